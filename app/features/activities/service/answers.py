"""Activities in the form in which they are answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.activities.queries import pages
from app.features.activities.queries.pages import Parts, ShownRow
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn, ParticipantIn
from app.features.activities.schemas.answers import ActivityOut, ParticipantOut
from app.features.findings.schemas.records import FindingIn, FindingOut, OpinionIn, OpinionOut
from app.features.submissions import service as reviews
from app.features.submissions.rules import (
    SUBMISSION,
    Side,
    allowed,
    as_sent,
    is_live,
    narrowed_by_all,
    stage_of,
)
from app.kit.expanded import answered_fields
from app.kit.naming import sent_fields
from app.models.vocabulary import ActivityKind

Row = Mapping[str, Any]

PARTS: Final = frozenset({"participants", "findings", "opinions"})
_COLUMNS: Final = tuple(name for name in sent_fields(ActivityIn) if name not in PARTS)
_NONE: Final[list[Any]] = []
_BLANK: Final[dict[str, Any]] = dict.fromkeys(answered_fields(ActivityOut), _NONE)
_KINDS: Final[Mapping[str, type[BaseModel]]] = {
    "participants": ParticipantOut,
    "findings": FindingOut,
    "opinions": OpinionOut,
}
_FINDING: Final = ("check", "description", "cause", "measure", "goal", "responsible", "nature",
                   "due_on")  # fmt: skip
_OPINION: Final = ("field", "source_group", "content", "handling", "handler", "due_on", "answer")


Stages = Mapping[str, Sequence[str]]
"""Activity → the stages of its further campaigns."""


async def answer(session: AsyncSession, caller: Principal, whole: Whole) -> ActivityOut:
    """Return an activity as this caller gets it."""
    return (await answer_several(session, caller, [whole]))[whole.activity.id]


async def answer_several(
    session: AsyncSession, caller: Principal, wholes: Sequence[Whole]
) -> dict[UUID, ActivityOut]:
    """Return activities as this caller gets them: with what the caller may do next."""
    context = await reviews.load_context(session, [whole.activity for whole in wholes])
    return {
        whole.activity.id: build_answer(
            whole, reviews.find_actions(caller, whole.activity, context)
        )
        for whole in wholes
    }


def answer_page(
    caller: Principal, rows: Sequence[ShownRow], parts: Parts, further: Stages
) -> list[dict[str, Any]]:
    """Return the rows of a page of `queries.pages`, with their parts, as this caller gets them."""
    actions: dict[tuple[str, frozenset[Side], frozenset[str]], list[str]] = {}
    found = {}
    for row in rows:
        answer = _BLANK | row.answered
        found[answer["id"]] = answer
        answer["kind"] = row.own_kind or answer["kind"]
        answer["campaign_ids"] = [answer["campaign_id"], *row.further_campaign_ids]
        first = stage_of(row.campaign_status, row.settle_until)
        stages = frozenset((first, *further.get(answer["id"], ())))
        if any(map(is_live, stages)):
            sides = reviews.sides_of(caller, row.path, reviews.above(row.path), row.authors)
            here = (answer["status"], sides, stages)
            if here not in actions:
                found_here = allowed(SUBMISSION, answer["status"], sides)
                actions[here] = narrowed_by_all(found_here, stages, answer["status"])
            answer["allowed_actions"] = actions[here]
    for name, of_kind in parts.items():
        for activity_id, of_activity in of_kind.items():
            found[activity_id][name] = of_activity
    return list(found.values())


def build_content(whole: Whole) -> dict[str, Any]:
    """Return an activity in the form in which it is sent."""
    result = {name: getattr(whole.activity, name) for name in _COLUMNS}
    kind = whole.activity.shown_kind
    result["kind"] = ActivityKind.of(kind) if kind in set(ActivityKind) else kind
    result["status"] = as_sent(whole.activity.status)
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


def as_item(whole: Whole, status: str | None = None) -> ActivityIn:
    """Return a stored activity in the form of a body; what was taken once is not judged again."""
    sent = build_content(whole)
    given: dict[str, Any] = {
        "participants": [ParticipantIn.model_construct(**part) for part in sent["participants"]],
        "findings": [FindingIn.model_construct(**part) for part in sent["findings"]],
        "opinions": [OpinionIn.model_construct(**part) for part in sent["opinions"]],
    }
    return ActivityIn.model_construct(**{**sent, **given, "status": status or sent["status"]})


def build_answer(whole: Whole, allowed: Sequence[str] = ()) -> ActivityOut:
    """Return an activity in the form in which it is answered; `allowed` is what a caller may do."""
    activity = whole.activity
    return ActivityOut.model_validate(
        {
            **{name: getattr(activity, name) for name in (*pages.ANSWERED, "campaign_ids")},
            "kind": activity.shown_kind,
            "allowed_actions": list(allowed),
            "participants": whole.participants,
            "findings": whole.findings,
            "opinions": whole.opinions,
        }
    )


def build_new_answer(
    row: Row, parts: Mapping[str, Sequence[Row]], allowed: Sequence[str]
) -> ActivityOut:
    """Return an activity in the same form out of the rows that it has just been written as."""
    return ActivityOut.model_validate(
        {
            **_fields(row, pages.ANSWERED),
            "campaign_ids": [row["campaign_id"], *row["further_campaign_ids"]],
            "kind": row["own_kind"] or row["kind"],
            "allowed_actions": list(allowed),
            **{
                name: [_fields(part, answered_fields(kind)) for part in parts[name]]
                for name, kind in _KINDS.items()
            },
        }
    )


def _fields(row: Row, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a row; what was not written is null."""
    return {name: row.get(name) for name in names}
