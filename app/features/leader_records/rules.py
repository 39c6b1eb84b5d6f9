"""What of the "three ones" an activity gives each leader who took part."""

from typing import Final

from app.models.vocabulary import ActivityKind, BranchKind, LeaderItem, ParticipantRole, UnitKind

_DISCUSSIONS: Final = frozenset({ActivityKind.DISCUSSION, ActivityKind.SYMPOSIUM})
_PRIMARY_LEVEL: Final = frozenset(
    {*BranchKind, UnitKind.GENERAL_BRANCH, UnitKind.PRIMARY_COMMITTEE}
)


def is_primary_level(organization_kind: str) -> bool:
    """Return whether a kind is of the primary level, where guidance talks are to be given."""
    return organization_kind in _PRIMARY_LEVEL


def find_item(kind: str, role: str, organization_kind: str) -> LeaderItem | None:
    """Return the item that one leader's part in an activity counts as, None where it is none.

    Any part in a discussion is one discussion; a guidance talk is its speaker's, and only
    where it is given at the primary level.
    """
    if kind in _DISCUSSIONS:
        return LeaderItem.DISCUSSION
    speaking = kind == ActivityKind.GUIDANCE_TALK and role == ParticipantRole.SPEAKER
    if speaking and is_primary_level(organization_kind):
        return LeaderItem.GRASSROOTS_TALK
    return None
