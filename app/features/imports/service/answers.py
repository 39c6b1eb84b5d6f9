"""Imports as their owners see them: the plan with the first of what is wrong."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.imports.errors import ImportWorkerFailed
from app.features.imports.queries import imports as queries
from app.features.imports.schemas import CellMessage, CellProblem, ImportOut
from app.kit.language import Language
from app.models import Import, ImportRow

MOST: Final = 100
"""Errors, and warnings, that one answer lists: all of them are in the result."""

_REASON: Final = {
    "code": ImportWorkerFailed.code,
    "zh": ImportWorkerFailed.detail.zh,
    "en": ImportWorkerFailed.detail.en,
}
"""Why an import fails whose job was given up."""


async def answer(
    session: AsyncSession, row: Import, language: Language, *, job_failed: bool = False
) -> ImportOut:
    """Return an import with the first of its errors and warnings."""
    errors: list[CellProblem] = []
    warnings: list[CellMessage] = []
    if row.planned_at is not None:
        rejected = ImportRow.action == "rejected"
        wrong = await queries.list_rows(session, row.id, rejected, limit=MOST)
        errors = list(_errors(row, wrong, language))[:MOST]
        told = await queries.list_rows(session, row.id, ImportRow.warned > 0, limit=MOST)
        warnings = list(_warnings(row, told, language))[:MOST]
    reason = _REASON if job_failed else None
    return ImportOut.of(row, language, errors=errors, warnings=warnings, job_failed=reason)


def brief(row: Import, language: Language, *, job_failed: bool) -> ImportOut:
    """Return an import for a list: how much is wrong, and not what."""
    reason = _REASON if job_failed else None
    return ImportOut.of(row, language, errors=[], warnings=[], job_failed=reason)


def lines(row: Import, rows: Sequence[ImportRow], language: Language) -> Iterator[dict[str, Any]]:
    """Yield what became of each row, for programs."""
    for each in rows:
        yield {
            "sheet": row.found["sheets"][each.sheet]["name"],
            "row": each.line,
            "action": each.action,
            "record_id": str(each.record_id) if each.record_id else None,
            "errors": [error.model_dump() for error in _errors(row, [each], language)],
            "reasons": [reason[language] for reason in each.reasons or ()],
            "warnings": [told.model_dump() for told in _warnings(row, [each], language)],
        }


def _errors(row: Import, rows: Sequence[ImportRow], language: Language) -> Iterator[CellProblem]:
    for each in rows:
        for error in each.errors:
            yield CellProblem(
                **_place(row, each, error, language), field=error["field"], code=error["code"]
            )


def _warnings(row: Import, rows: Sequence[ImportRow], language: Language) -> Iterator[CellMessage]:
    for each in rows:
        for warning in each.warnings:
            yield CellMessage(**_place(row, each, warning, language))


def _place(
    row: Import, each: ImportRow, told: dict[str, Any], language: Language
) -> dict[str, Any]:
    return {
        "sheet": row.found["sheets"][told.get("sheet", each.sheet)]["name"],
        "row": told.get("line", each.line),
        "column": told["column"],
        "heading": told["heading"],
        "detail": told[language],
    }
