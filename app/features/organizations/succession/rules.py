"""Pure rules of succession: who stands in whose place, and what history keeps of a record."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from pydantic_core import to_jsonable_python

from app.kit.ids import path_ids

ACT: Final = "handed_over"
"""What histories and events call it: as where a superior passes something on."""

STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "finding": (
        "id", "org_id", "activity_id", "campaign_id", "check", "description", "cause", "measure",
        "goal", "responsible", "nature", "due_on", "origin", "status", "inspection_id", "found_on",
        "from_activity_id", "from_org_id", "done", "created_at",
    ),
    "opinion": (
        "id", "org_id", "activity_id", "campaign_id", "field", "source_group", "content",
        "handling", "handler", "handler_org_id", "due_on", "answer", "gathered_on",
        "from_activity_id", "created_at",
    ),
    "follow_up": (
        "id", "what", "due_on", "handler_org_id", "state", "answer", "answered_at", "done_on",
    ),
    "inspection": (
        "id", "campaign_id", "unit_id", "org_id", "answering_org_id", "verifying_unit_id",
        "held_on", "inspectors", "seen", "attachment_ids", "status", "source", "external_id",
        "created_at",
    ),
    "report": (
        "id", "campaign_id", "org_id", "kind", "title", "author", "leader_id", "nil_kinds",
        "period", "attachment_ids", "reported_on", "status", "resubmit_by", "selected", "source",
        "external_id", "created_at", "body", "level_id", "on_behalf",
    ),
}  # fmt: skip
"""What of each record its history keeps. The features that own the records stand above this one;
a test compares these names with their answers."""


def state(record: str, row: Any) -> dict[str, Any]:
    """Return what a record is, as its history keeps it."""
    kept: dict[str, Any] = to_jsonable_python({name: getattr(row, name) for name in STATES[record]})
    return kept


def levels(old: str, new: str) -> dict[UUID, UUID]:
    """Map the units that stand above no longer to who stands in their place.

    `old` and `new` are the paths of the unit directly above, before and now. The new superior
    takes the old one's place; higher up it is the unit of the same level, where there is one.
    """
    before, after = path_ids(old), path_ids(new)
    direct = len(before) - 1
    return {
        unit_id: after[number] if number < min(direct, len(after)) else after[-1]
        for number, unit_id in enumerate(before)
        if unit_id not in after
    }
