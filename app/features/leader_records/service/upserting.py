"""Leader records that may be there already under their natural keys."""

from collections.abc import Collection, Mapping
from typing import ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.leader_records import queries
from app.features.leader_records.schemas import LeaderRecordIn, LeaderRecordNew
from app.features.leader_records.service import defaulting, direct
from app.features.submissions import references
from app.features.submissions.queries import find_seen
from app.features.submissions.rules import as_sent
from app.features.submissions.schemas import Created, own_ids
from app.features.submissions.upserting import Done, Found, Upsert
from app.kit.problems import Problem
from app.kit.sameness import says_the_same
from app.models import LeaderRecord
from app.models.vocabulary import Outcome


class LeaderRecords(Upsert[LeaderRecordNew, LeaderRecordIn]):
    """Enters leader records; `defaulted` is what was filled in of those that were created."""

    whole: ClassVar = LeaderRecordIn

    def __init__(self, session: AsyncSession, caller: Principal) -> None:
        """Begin with nothing filled in."""
        super().__init__(session, caller)
        self.defaulted: dict[int, list[str]] = {}

    async def find(self, items: Mapping[int, LeaderRecordNew]) -> dict[int, Found]:
        """Return what is there by natural key, at the units of the leaders."""
        named = {item.leader_id for item in items.values()}
        leaders = await references.load_leaders(self.session, named)
        keys = {
            i: (leaders[item.leader_id].home.org_id, item.source or "", item.external_id or "")
            for i, item in items.items()
            if item.leader_id in leaders
        }
        there = await find_seen(self.session, self.caller, LeaderRecord, set(keys.values()))
        return {
            index: Found(there[key].id, there[key].revision, _content(there[key]))
            for index, key in keys.items()
            if key in there
        }

    async def lock(self, record_ids: Collection[UUID]) -> None:
        """Lock leader records."""
        await queries.lock_all(self.session, self.caller, record_ids)

    async def change(self, record_id: UUID, item: LeaderRecordNew) -> Done:
        """Change a leader record as a patch would."""
        record = await queries.get_for_update(self.session, self.caller, record_id)
        content = _content(record)
        changed = self.merge(content, item)
        if says_the_same(changed, content):
            return Done(record_id, record.revision, Outcome.UNCHANGED)
        await direct.replace(self.session, self.caller, record, changed)
        return Done(record_id, record.revision, Outcome.UPDATED)

    async def create(
        self, items: Mapping[int, LeaderRecordNew]
    ) -> tuple[dict[int, Created], dict[int, Problem]]:
        """Create leader records, what was not sent filled in."""
        ready = await defaulting.complete(self.session, self.caller, items)
        self.defaulted |= ready.defaulted
        return await direct.create(
            self.session,
            self.caller,
            ready.items,
            own_ids=own_ids(ready.items),
            unfilled=ready.unfilled,
        )


def _content(record: LeaderRecord) -> dict[str, object]:
    return {**direct.build_content(record), "status": as_sent(record.status)}
