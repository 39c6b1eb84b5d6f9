"""Reports that may be there already under their natural keys."""

from collections.abc import Collection, Mapping
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.reports import queries
from app.features.reports.schemas import ReportIn, ReportNew
from app.features.reports.service import changing, creating, defaulting
from app.features.submissions.queries import find_seen
from app.features.submissions.rules import as_sent
from app.features.submissions.schemas import Created, own_ids
from app.features.submissions.upserting import Done, Found, Upsert
from app.kit.problems import Problem
from app.kit.sameness import says_the_same
from app.models import Report
from app.models.vocabulary import Outcome


class Reports(Upsert[ReportNew, ReportIn]):
    """Enters reports; `defaulted` is what was filled in of those that were created."""

    whole: ClassVar = ReportIn

    def __init__(self, session: AsyncSession, caller: Principal) -> None:
        """Begin with nothing filled in."""
        super().__init__(session, caller)
        self.defaulted: dict[int, list[str]] = {}

    async def find(self, items: Mapping[int, ReportNew]) -> dict[int, Found]:
        """Return what is there by natural key, its organization that of the caller if not sent."""
        placed = {i: defaulting.place(self.caller, item) for i, item in items.items()}
        keys = {i: (p.org_id, p.source or "", p.external_id or "") for i, p in placed.items()}
        there = await find_seen(self.session, self.caller, Report, set(keys.values()))
        return {
            index: Found(there[key].id, there[key].revision, _content(there[key]))
            for index, key in keys.items()
            if key in there
        }

    async def lock(self, record_ids: Collection[UUID]) -> None:
        """Lock reports."""
        await queries.lock_all(self.session, self.caller, record_ids)

    async def change(self, record_id: UUID, item: ReportNew) -> Done:
        """Change a report as a patch would."""
        report = await queries.get_for_update(self.session, self.caller, record_id)
        content = _content(report)
        changed = self.merge(content, item)
        if says_the_same(changed, content):
            return Done(record_id, report.revision, Outcome.UNCHANGED)
        await changing.replace(self.session, self.caller, report, changed)
        return Done(record_id, report.revision, Outcome.UPDATED)

    async def create(
        self, items: Mapping[int, ReportNew]
    ) -> tuple[dict[int, Created], dict[int, Problem]]:
        """Create reports, what was not sent filled in."""
        ready = await defaulting.complete(self.session, self.caller, items)
        self.defaulted |= ready.defaulted
        return await creating.create(
            self.session,
            self.caller,
            ready.items,
            own_ids=own_ids(ready.items),
            unfilled=ready.unfilled,
        )


def _content(report: Report) -> dict[str, object]:
    return {**changing.build_content(report), "status": as_sent(report.status)}
