"""Pure rules of findings and opinions: their life, and who may change what of them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from app.features.findings.errors import BY_EXTENSION, NOT_YOURS
from app.features.submissions.rules import Side, Table, Transition
from app.kit.language import Text
from app.kit.problems import FieldError
from app.kit.validation import REQUIRED

_AT_WORK: Final = frozenset({"open", "in_progress"})

FINDING: Final[Table] = {
    "edit": Transition(_AT_WORK, None, Side.OWNER),
    "start": Transition(frozenset({"open"}), "in_progress", Side.OWNER),
    "report_done": Transition(frozenset({"in_progress"}), "reported_done", Side.OWNER),
    "ask_extension": Transition(_AT_WORK, None, Side.OWNER),
    "amend": Transition(_AT_WORK, None, Side.SUPERIOR),
    "decide_extension": Transition(_AT_WORK, None, Side.SUPERIOR),
    "hand_over": Transition(_AT_WORK, "open", Side.SUPERIOR, reasoned=True),
    "return": Transition(frozenset({"reported_done"}), "in_progress", Side.SUPERIOR, reasoned=True),
    "verify": Transition(frozenset({"reported_done"}), "verified", Side.SUPERIOR),
    # Verifying and striking off may be one step.
    "close": Transition(frozenset({"reported_done", "verified"}), "closed", Side.SUPERIOR),
    "reopen": Transition(frozenset({"verified", "closed"}), "open", Side.SUPERIOR, reasoned=True),
}
"""The life of a finding, and of what must follow from an inspection: its organization works on it,
a superior verifies and closes it (销号)."""

FINDING_DONE: Final = {
    "start": "started", "report_done": "reported_done", "return": "returned",
    "verify": "verified", "close": "closed", "reopen": "reopened",
}  # fmt: skip
"""Action → what the finding's history and its events call it once it is done."""

_UNANSWERED: Final = frozenset({"recorded", "assigned"})
OPINION: Final[Table] = {
    "ask_extension": Transition(_UNANSWERED, None, Side.OWNER),
    "decide_extension": Transition(_UNANSWERED, None, Side.SUPERIOR),
}
"""The life of an opinion, beside its handling, which its organizations write as they go on."""

NEEDED: Final = {
    "cause": Text("原因", "cause"),
    "measure": Text("整改措施", "measure"),
    "responsible": Text("责任人", "responsible post"),
    "goal": Text("整改目标", "goal"),
}
"""What a finding must say before it is struck off."""
_GIVEN: Final = frozenset({"check", "description", "nature", "due_on"})
"""What who found it says: what, of which nature, by which day."""
_DEADLINE: Final = frozenset({"nature", "due_on"})
"""What a superior may set for any finding."""


def find_missing(finding: Any) -> list[str]:
    """Return what a finding still has to say before it can be struck off."""
    return [name for name in NEEDED if getattr(finding, name) is None]


def open_actions(actions: Collection[str], *, due_on: date | None, is_asked: bool) -> list[str]:
    """Return the actions that are left when there is a day to put off, or a request to decide."""
    closed = {"ask_extension"} if is_asked or due_on is None else set()
    if not is_asked:
        closed.add("decide_extension")
    return [action for action in actions if action not in closed]


def change_errors(
    origin: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    sides: Collection[Side],
    *,
    reported: bool,
) -> Iterator[FieldError]:
    """Yield errors for what a caller from these sides may not change of a finding.

    What a superior wrote is the superior's, how it is put right is its organization's. A day that
    was reported upward is not put off without asking.
    """
    if Side.OWNER in sides and Side.SUPERIOR in sides:
        return
    given = _GIVEN if origin != "own" else frozenset()
    for name in after:
        if before[name] == after[name]:
            continue
        if Side.SUPERIOR in sides:
            if name not in given | _DEADLINE:
                yield NOT_YOURS.at(f"/{name}")
        elif name in given:
            yield NOT_YOURS.at(f"/{name}")
    if Side.SUPERIOR not in sides and not given and reported:
        yield from deferral_errors(before, after)


def deferral_errors(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield an error where a day is put off, or taken away, by who has to keep it."""
    day, later = before["due_on"], after["due_on"]
    if day is None:
        return
    if later is None or later > day:
        yield BY_EXTENSION.at("/due_on")
    natures = before.get("nature"), after.get("nature")
    if natures[1] == "long_term" and natures[0] != "long_term":
        yield BY_EXTENSION.at("/nature")


def handling_errors(
    pointer: str, handling: str, handler: str | None, answer: str | None
) -> Iterator[FieldError]:
    """Yield an error if what was assigned has no handler, or answered or resolved no answer."""
    if handling == "assigned" and handler is None:
        yield REQUIRED.at(f"{pointer}/handler")
    if handling in {"answered", "resolved"} and answer is None:
        yield REQUIRED.at(f"{pointer}/answer")
