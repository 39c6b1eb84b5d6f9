"""Activities in the form in which they are answered."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn, ActivityOut
from app.features.reviews import service as reviews
from app.kit.rows import AnyRow

PARTS: Final = frozenset({"participants", "findings", "opinions"})
_COLUMNS: Final = tuple(name for name in ActivityIn.model_fields if name not in PARTS)
_ANSWERED: Final = tuple(
    name for name in ActivityOut.model_fields if name not in {*PARTS, "allowed_actions"}
)
_FINDING: Final = ("check", "description", "cause", "measure", "goal", "responsible", "nature",
                   "due_on")  # fmt: skip
_OPINION: Final = ("field", "source_group", "content", "handling", "handler", "answer")


async def answer(session: AsyncSession, caller: Principal, whole: Whole) -> ActivityOut:
    """An activity as this caller gets it."""
    return (await answers(session, caller, [whole]))[whole.activity.id]


async def answers(
    session: AsyncSession, caller: Principal, wholes: Sequence[Whole]
) -> dict[UUID, ActivityOut]:
    """Activities as this caller gets them: with what the caller may do next."""
    around = await reviews.surroundings(session, [whole.activity for whole in wholes])
    return answered(caller, wholes, around)


def surroundings_of(rows: Sequence[AnyRow]) -> reviews.Surroundings:
    """Where activities stand, out of the rows of `reading.placed`."""
    return reviews.Surroundings(
        {row[0].org_id: row.path for row in rows},
        {row[0].campaign_id: (row.campaign_status, row.counts_from) for row in rows},
    )


def answered(
    caller: Principal, wholes: Sequence[Whole], around: reviews.Surroundings
) -> dict[UUID, ActivityOut]:
    """The same where it is known already where the activities stand."""
    found = {}
    for whole in wholes:
        allowed = reviews.actions(caller, whole.activity, around)
        found[whole.activity.id] = out(whole, allowed)
    return found


def content(whole: Whole) -> dict[str, Any]:
    """An activity in the form in which it is sent."""
    result = {name: getattr(whole.activity, name) for name in _COLUMNS}
    result["participants"] = [
        {"leader_id": p.leader_id, "role": p.role} for p in whole.participants
    ]
    result["findings"] = [
        {"id": f.id, **{name: getattr(f, name) for name in _FINDING}} for f in whole.findings
    ]
    result["opinions"] = [
        {"id": o.id, **{name: getattr(o, name) for name in _OPINION}} for o in whole.opinions
    ]
    return result


def out(whole: Whole, allowed: Sequence[str] = ()) -> ActivityOut:
    """An activity in the form in which it is answered; `allowed` is what a caller may do."""
    activity = whole.activity
    return ActivityOut.model_validate(
        {
            **{name: getattr(activity, name) for name in _ANSWERED},
            "allowed_actions": list(allowed),
            "participants": whole.participants,
            "findings": whole.findings,
            "opinions": whole.opinions,
        }
    )
