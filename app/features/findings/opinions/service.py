"""Opinions on their own: entered, and handled to the answer."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.findings import placement
from app.features.findings import queries as finding_queries
from app.features.findings.errors import NOT_YOURS
from app.features.findings.parties import find_roles
from app.features.findings.rules import (
    OPINION,
    deferral_errors,
    handling_errors,
    open_actions,
)
from app.features.findings.schemas.records import (
    OpinionContent,
    OpinionRecord,
    OpinionRecordIn,
    OpinionState,
)
from app.features.findings.schemas.supervision import ExtensionDecisionIn, ExtensionIn, ExtensionOut
from app.features.findings.service import entering, extending
from app.features.findings.service.writing import write
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.naming import take_own
from app.features.submissions.rules import Side, allowed
from app.kit import clock, ids
from app.kit.problems import Forbidden, Invalid
from app.models import Opinion

_FIXED: Final = ("campaign_id", "org_id", "activity_id", "gathered_on")
_ANSWERED: Final = frozenset({"handling", "answer"})
"""What who answers an opinion for another organization may change of it."""


async def create(
    session: AsyncSession, caller: Principal, item: OpinionRecordIn, own_id: UUID | None = None
) -> tuple[UUID, bool]:
    """Enter an opinion; return its id, and whether it is new."""
    item = await take_own(session, caller, item)
    wrong = list(handling_errors("", item.handling, item.handler, item.answer))
    day = item.gathered_on
    path = await entering.check(session, caller, item, day, "/gathered_on", wrong)
    if not caller.may(Power.REPORT, path):
        raise Forbidden
    values = item.model_dump() | ids.OrgRef.of(path).columns
    values["gathered_on"] = day or clock.today()
    made_here = ("gathered_on",)
    if own_id and await entering.is_again(session, Opinion, item, own_id, made_here):
        return own_id, False
    return await entering.add(session, Opinion, values, own_id), True


async def replace(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: OpinionRecordIn
) -> None:
    """Give an opinion new content; where it was gathered stays."""
    entering.refuse_moved(opinion, item, _FIXED)
    content = item.model_dump(include=set(OpinionContent.model_fields))
    await change(session, caller, opinion, OpinionContent.model_validate(content))


async def change(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: OpinionContent
) -> None:
    """Change an opinion: assign it, answer it, resolve it."""
    own, handler = await _paths(session, opinion)
    gathered = caller.may(Power.REPORT, own)
    if not gathered and not caller.may(Power.REPORT, handler):
        raise Forbidden
    after = item.model_dump()
    before: dict[str, Any] = {name: getattr(opinion, name) for name in after}
    wrong = list(handling_errors("", item.handling, item.handler, item.answer))
    if not gathered:
        wrong += [
            NOT_YOURS.at(f"/{name}")
            for name in after
            if name not in _ANSWERED and before[name] != after[name]
        ]
    elif Side.SUPERIOR not in find_roles(caller, own):
        wrong += deferral_errors(before, after)
    if wrong:
        raise Invalid(wrong)
    act = "updated" if item.handling == opinion.handling else item.handling.value
    await write(session, opinion, act, after)


async def ask(
    session: AsyncSession, caller: Principal, opinion: Opinion, item: ExtensionIn
) -> None:
    """Ask for a later day, as who has to answer it."""
    _, handler = await _paths(session, opinion)
    if Side.OWNER not in find_roles(caller, handler):
        raise Forbidden
    reviews.judge_move("ask_extension", opinion.handling, OPINION)
    told = await extending.ask(session, caller, "opinion", opinion, item)
    await write(session, opinion, "extension_asked", {}, item.reason, told)


async def decide(
    session: AsyncSession,
    caller: Principal,
    opinion: Opinion,
    extension_id: UUID,
    item: ExtensionDecisionIn,
) -> None:
    """Grant or refuse a later day, as a superior of who has to answer it."""
    _, handler = await _paths(session, opinion)
    if Side.SUPERIOR not in find_roles(caller, handler):
        raise Forbidden
    reviews.judge_move("decide_extension", opinion.handling, OPINION)
    extension = await extending.decide(session, caller, opinion, extension_id, item)
    values = {"due_on": extension.until} if extension.status == "granted" else {}
    told = {"extension_id": str(extension.id)}
    act = f"extension_{extension.status}"
    await write(session, opinion, act, values, item.reason, told)


async def answer_records(
    session: AsyncSession, caller: Principal, rows: Sequence[placement.PlacedOpinion]
) -> dict[UUID, OpinionRecord]:
    """Return opinions as this caller gets them."""
    asked = await finding_queries.load_extensions(session, [row.opinion.id for row in rows])
    found = {}
    for row in rows:
        opinion = row.opinion
        extensions = [ExtensionOut.model_validate(each) for each in asked.get(opinion.id, ())]
        found[opinion.id] = OpinionRecord(
            **dict(OpinionState.model_validate(opinion)),
            overdue=opinion.is_overdue(clock.today()),
            extensions=extensions,
            allowed_actions=open_actions(
                _actions(caller, opinion, row),
                due_on=opinion.due_on,
                is_asked=any(each.status == "asked" for each in extensions),
            ),
        )
    return found


def _actions(caller: Principal, opinion: Opinion, row: placement.PlacedOpinion) -> list[str]:
    own, handling = find_roles(caller, row.path), find_roles(caller, row.handler_path or row.path)
    actions = ["edit"] if Side.OWNER in own | handling else []
    actions += allowed(OPINION, opinion.handling, handling)
    if own and opinion.is_unsettled:
        actions.append("hand_over")
    return actions


async def _paths(session: AsyncSession, opinion: Opinion) -> tuple[str, str]:
    """Return the paths of who gathered an opinion and of who answers it."""
    handler = opinion.handler_org_id or opinion.org_id
    paths = await review_queries.load_paths(session, {opinion.org_id, handler})
    return paths[opinion.org_id], paths[handler]
