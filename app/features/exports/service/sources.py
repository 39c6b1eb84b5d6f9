"""Where the rows of each kind of table come from."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.exports.queries import (
    activities,
    figures,
    owed,
    rectification,
    three_ones,
    writings,
)
from app.features.exports.queries.places import Asked, Source
from app.models.vocabulary import ExportKind

SOURCES: Final[Mapping[ExportKind, Callable[[AsyncSession, Asked], Awaitable[Source]]]] = {
    ExportKind.ACTIVITIES: activities.read_activities,
    ExportKind.FINDINGS: rectification.read_findings,
    ExportKind.OPINIONS: rectification.read_opinions,
    ExportKind.THREE_ONES_DETAIL: three_ones.read_detail,
    ExportKind.THREE_ONES_SUMMARY: figures.read_three_ones,
    ExportKind.STATISTICS: figures.read_statistics,
    ExportKind.REPORTS: writings.read_reports,
    ExportKind.RECEPTIONS: activities.read_receptions,
    ExportKind.OPEN_OBLIGATIONS: owed.read_open,
    ExportKind.URGING: owed.read_urging,
}
