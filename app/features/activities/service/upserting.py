"""Activities that may be there already under their natural keys."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.activities.queries import reading
from app.features.activities.schemas.activity import ActivityIn, ActivityNew
from app.features.activities.service import answers, changing, creating, defaulting
from app.features.activities.service.creating import Entered, Remarks
from app.features.activities.service.sending import Sending
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.naming import take_own
from app.features.submissions.queries import find_seen
from app.features.submissions.schemas import Created, own_ids
from app.features.submissions.upserting import Done, Found, Upsert, came_between
from app.kit.problems import Problem
from app.kit.sameness import says_the_same
from app.models import Activity
from app.models.vocabulary import OnExists, Outcome


class Activities(Upsert[ActivityNew, ActivityIn]):
    """Enters activities; `remarks` are on those that were created."""

    whole: ClassVar = ActivityIn

    def __init__(self, session: AsyncSession, caller: Principal) -> None:
        """Begin without remarks."""
        super().__init__(session, caller)
        self.remarks = Remarks({}, {})

    async def find(self, items: Mapping[int, ActivityNew]) -> dict[int, Found]:
        """Return what is there by natural key, its organization that of the caller if not sent."""
        placed = {i: defaulting.place(self.caller, item) for i, item in items.items()}
        keys = {i: (p.org_id, p.source or "", p.external_id or "") for i, p in placed.items()}
        known = await find_seen(self.session, self.caller, Activity, set(keys.values()))
        wholes = await reading.load_whole(self.session, list(known.values())) if known else []
        there = {
            key: Found(whole.activity.id, whole.activity.revision, answers.build_content(whole))
            for key, whole in zip(known, wholes, strict=True)
        }
        return {index: there[key] for index, key in keys.items() if key in there}

    def merge(self, content: Mapping[str, Any], item: ActivityNew) -> ActivityIn:
        """Return an activity with what was sent; either form of the campaigns is all of them."""
        return super().merge(changing.leave_campaigns(content, item), item)

    async def lock(self, record_ids: Collection[UUID]) -> None:
        """Lock activities."""
        await reading.lock_all(self.session, self.caller, record_ids)

    async def change(self, record_id: UUID, item: ActivityNew) -> Done:
        """Change an activity as a patch would."""
        whole = await reading.get_for_update(self.session, self.caller, record_id)
        content = answers.build_content(whole)
        changed = self.merge(content, item)
        if says_the_same(changed, content):
            return Done(record_id, whole.activity.revision, Outcome.UNCHANGED)
        whole = await changing.replace(self.session, self.caller, whole, changed)
        return Done(record_id, whole.activity.revision, Outcome.UPDATED)

    async def create(
        self, items: Mapping[int, ActivityNew]
    ) -> tuple[dict[int, Created], dict[int, Problem]]:
        """Create activities."""
        sendings = {index: Sending(self.caller, item) for index, item in items.items()}
        done, problems, said = await creating.create(self.session, sendings, own_ids(items))
        self.remarks = Remarks(
            {**self.remarks.alike, **said.alike}, {**self.remarks.defaulted, **said.defaulted}
        )
        return done, problems


async def enter_one(
    session: AsyncSession, caller: Principal, item: ActivityNew, on_exists: OnExists
) -> Entered:
    """Enter one activity. Raises what is wrong with it."""
    item = await take_own(session, caller, item)
    entering = Activities(session, caller)
    there, problems = await entering.settle({0: item}, on_exists)
    if not there and not problems:
        try:
            return await creating.create_one(session, caller, item, own_id=item.id)
        except ExistsOtherwise as problem:
            if came_between(item, problem):
                there, problems = await entering.settle({0: item}, on_exists)
            if not there:
                raise problems.get(0, problem) from None
    if problems:
        raise problems[0]
    whole = await reading.get(session, caller, there[0].id)
    return Entered(await answers.answer(session, caller, whole), there[0].outcome)
