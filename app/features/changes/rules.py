"""What an event means for who keeps a copy of what they see. Pure."""

from dataclasses import dataclass
from typing import Final

from app.models.vocabulary import Act, ChangeOp

_APPEARING: Final = frozenset({"finding.submitted", "opinion.submitted"})
"""Parts of a draft, which nobody saw before it was handed in."""
_PASSING: Final = frozenset({Act.HANDED_OVER, Act.FOLLOW_UP_HANDED_OVER})
"""Acts that who had the record so far is told of by an event of its own."""
_ENTERING: Final = frozenset({Act.MOVED, Act.TRANSFERRED, Act.HANDED_OVER})
"""Acts by which a record may come from elsewhere."""


@dataclass(frozen=True, slots=True)
class Seen:
    """How an event stands to a scope as it is now."""

    type: str
    revision: int
    is_seen: bool
    """The record is there, and in sight."""
    in_own: bool
    """The organization of the event is in the scope, or what it issues is seen there."""
    in_other: bool
    """The organization that the record has left, or that sees it as well, is in the scope."""


def judge(seen: Seen) -> ChangeOp | None:
    """Return what is told of an event, None where it is nothing.

    Of a record that has come into sight or gone out of it since, a later event tells.
    """
    act = seen.type.partition(".")[2]
    if act == Act.DELETED:
        return ChangeOp.DELETED if seen.in_own or seen.in_other else None
    if not seen.is_seen:
        left = seen.in_other and not seen.in_own
        passed = seen.in_own and act in _PASSING
        return ChangeOp.LEFT_SCOPE if left or passed else None
    entered = act in _ENTERING and not seen.in_other
    new = entered or seen.revision == 1 or seen.type in _APPEARING
    return ChangeOp.CREATED if new else ChangeOp.UPDATED
