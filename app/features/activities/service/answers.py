"""Activities in the form in which they are answered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.rows import AnyRow
from app.features.activities.queries import pages
from app.features.activities.queries.pages import Parts
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import (
    ActivityIn,
    ActivityOut,
    ParticipantIn,
    ParticipantOut,
)
from app.features.findings.schemas.records import FindingIn, FindingOut, OpinionIn, OpinionOut
from app.features.submissions import service as reviews
from app.features.submissions.rules import (
    SETTLING,
    SUBMISSION,
    Side,
    allowed,
    as_sent,
    narrowed,
    stage_of,
)

Row = Mapping[str, Any]

PARTS: Final = frozenset({"participants", "findings", "opinions"})
_COLUMNS: Final = tuple(name for name in ActivityIn.model_fields if name not in PARTS)
_WIDTH: Final = len(pages.ANSWERED)
_NONE: Final[list[Any]] = []
_BLANK: Final[dict[str, Any]] = dict.fromkeys(ActivityOut.model_fields, _NONE)
_KINDS: Final[Mapping[str, type[BaseModel]]] = {
    "participants": ParticipantOut,
    "findings": FindingOut,
    "opinions": OpinionOut,
}
_FINDING: Final = ("check", "description", "cause", "measure", "goal", "responsible", "nature",
                   "due_on")  # fmt: skip
_OPINION: Final = ("field", "source_group", "content", "handling", "handler", "due_on", "answer")


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


def answer_page(caller: Principal, rows: Sequence[AnyRow], parts: Parts) -> list[dict[str, Any]]:
    """Return the rows of a page of `queries.pages`, with their parts, as this caller gets them."""
    actions: dict[tuple[str, frozenset[Side], str], list[str]] = {}
    found = {}
    for row in rows:
        answer = dict(_BLANK)
        answer.update(zip(pages.ANSWERED, row, strict=False))
        found[answer["id"]] = answer
        path, campaign_status, settle_until, authors = row[_WIDTH : _WIDTH + 4]
        stage = stage_of(campaign_status, settle_until)
        if stage in {"open", SETTLING}:
            sides = reviews.sides_of(caller, path, reviews.above(path), authors)
            here = (answer["status"], sides, stage)
            if here not in actions:
                found_here = allowed(SUBMISSION, answer["status"], sides)
                actions[here] = narrowed(found_here, stage, answer["status"])
            answer["allowed_actions"] = actions[here]
    for name, of_kind in parts.items():
        for activity_id, of_activity in of_kind.items():
            found[activity_id][name] = of_activity
    return list(found.values())


def build_content(whole: Whole) -> dict[str, Any]:
    """Return an activity in the form in which it is sent."""
    result = {name: getattr(whole.activity, name) for name in _COLUMNS}
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
            **{name: getattr(activity, name) for name in pages.ANSWERED},
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
            "allowed_actions": list(allowed),
            **{
                name: [_fields(part, kind.model_fields) for part in parts[name]]
                for name, kind in _KINDS.items()
            },
        }
    )


def _fields(row: Row, names: Iterable[str]) -> dict[str, Any]:
    """Return these fields of a row; what was not written is null."""
    return {name: row.get(name) for name in names}
