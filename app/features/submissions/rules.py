"""The life of a submission as a table: action → states it starts from, state it ends in, by whom.

Whatever has a life (submissions, findings) has such a table, and one function reads them all.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from app.features.submissions.errors import BY_ACTION, ID_IN_USE, TWICE
from app.kit import clock
from app.kit.problems import FieldError, Problem

Json = Mapping[str, Any]


class Side(StrEnum):
    """From which side a caller comes to a record; one caller may come from both."""

    OWNER = "owner"
    """May report for the organization that the record belongs to."""
    SUPERIOR = "superior"
    """May review at the level that has the record now, and wrote nothing of it."""
    LEVEL = "level"
    """May review at the level that has the record now, whoever wrote it."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One action: where it may start, where it ends (None: the state stays), who may do it."""

    starts: frozenset[str]
    end: str | None
    by: Side
    reasoned: bool = False
    """Whether it needs a reason."""


Table = Mapping[str, Transition]

SUBMISSION: Final[Table] = {
    "edit": Transition(frozenset({"draft", "submitted", "returned"}), None, Side.OWNER),
    "submit": Transition(frozenset({"draft", "returned", "withdrawn"}), "submitted", Side.OWNER),
    "withdraw": Transition(frozenset({"draft", "submitted", "returned"}), "withdrawn", Side.OWNER),
    "delete": Transition(frozenset({"draft"}), None, Side.OWNER),
    "accept": Transition(frozenset({"submitted"}), "accepted", Side.SUPERIOR),
    # An acceptance given by mistake is taken back in the same way.
    "return": Transition(
        frozenset({"submitted", "accepted"}), "returned", Side.SUPERIOR, reasoned=True
    ),
}

DONE: Final = {"accept": "accepted", "return": "returned", "forward": "forwarded",
               "submit": "submitted", "withdraw": "withdrawn"}  # fmt: skip
"""Action → what the record's history and its events call it once it is done."""


SETTLING: Final = "settling"
"""The stage of a campaign that is closed, but still takes decisions on what was handed in."""
AT_THE_END: Final = frozenset(
    {"accept", "return", "forward", "select", "deselect", "adopt", "dispatch"}
)
"""What superiors may still do then."""
_RETURNED_AT_THE_END: Final = frozenset({"edit", "submit"})


def stage_of(status: str, settle_until: date | None) -> str:
    """Return the stage of a campaign, as `queries.stage` has it in SQL."""
    settling = settle_until is not None and settle_until >= clock.today()
    return SETTLING if status == "closed" and settling else status


def is_live(stage: str) -> bool:
    """Return whether a campaign still takes what is decided."""
    return stage in {"open", SETTLING}


def narrowed_by_all(actions: Sequence[str], stages: Collection[str], status: str) -> list[str]:
    """Return the actions that the stages of all campaigns of a record leave open.

    To accept takes nothing away from a campaign that is closed: one that is not is enough.
    """
    left = [set(narrowed(actions, stage, status)) for stage in stages]
    return [a for a in actions if (any if a == "accept" else all)(a in some for some in left)]


def narrowed(actions: Sequence[str], stage: str, status: str) -> list[str]:
    """Return those of the actions that the stage of the campaign leaves open to a record."""
    if stage == "open":
        return list(actions)
    if stage != SETTLING:
        return []
    more = _RETURNED_AT_THE_END if status == "returned" else frozenset()
    return [action for action in actions if action in AT_THE_END | more]


def comes_in(stage: str, *, returned: bool, summary: bool = False) -> bool:
    """Return whether a record may be handed in: at the end only what came back, and summaries."""
    return stage == "open" or (stage == SETTLING and (returned or summary))


class Weight(StrEnum):
    """What a submission is worth to the ledger."""

    NOTHING = "nothing"
    SUSPENDED = "suspended"
    """Returned: not counted, but what it is for is not overdue either."""
    COUNTED = "counted"


def weight(status: str, counts_from: str, *, endorsed: bool = False) -> Weight:
    """Return what a submission is worth in a campaign that counts from a state on.

    `endorsed`: a level has already accepted it on its way further up.
    """
    if status == "returned":
        return Weight.SUSPENDED
    good = status == "accepted" or (
        status == "submitted" and (counts_from == "submitted" or endorsed)
    )
    return Weight.COUNTED if good else Weight.NOTHING


def after(table: Table, action: str, status: str) -> str | None:
    """Return the state an action leads to, None where it is not allowed."""
    transition = table.get(action)
    if transition is None or status not in transition.starts:
        return None
    return transition.end or status


def allowed(table: Table, status: str, sides: Collection[Side]) -> list[str]:
    """Return the actions open in a state to a caller who comes from these sides."""
    return [
        action
        for action, transition in table.items()
        if status in transition.starts and transition.by in sides
    ]


_DAYS: Final = ("held_on", "done_on", "reported_on")
"""The day of a record, by whichever name."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that changed, at a JSON Pointer; None on a side that has no value there."""

    pointer: str
    before: Any
    after: Any


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:
    """Yield where two JSON values differ, as deep as both are objects or arrays equal in length."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            yield from differences(before.get(name), after.get(name), place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from differences(one, other, f"{pointer}/{index}")
    elif before != after:
        yield Difference(pointer, before, after)


def states_of(before: Sequence[Json], now: Json) -> list[Json]:
    """Return the states of a record between its changes, the first one first, and as it is now.

    What a change leaves empty was a change of a part: the record's own is that of the next one. A
    part that has a revision has a history of its own; here it is told only that it came or went.
    """
    states = [*before, now]
    for index in range(len(before) - 1, -1, -1):
        states[index] = states[index] or states[index + 1]
    return [{name: _without_parts(value) for name, value in state.items()} for state in states]


def _without_parts(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return [each["id"] if isinstance(each, Mapping) and "revision" in each else each
            for each in value]  # fmt: skip


def state_errors(sent: str, status: str) -> Iterator[FieldError]:
    """Yield what is wrong where a replacement calls a draft submitted, or the other way round."""
    if (sent == "draft") != (status == "draft"):
        yield BY_ACTION.at("/status")


def of_changes(found: Iterable[FieldError], before: Any, item: Any) -> list[FieldError]:
    """Return the errors about what a change changes; `before` is None of what is new.

    The rest was right when it was entered: a campaign or an organization may have got other days
    since, which is no reason against a better title.
    """
    return [error for error in found if before is None or not _stays(error.pointer, before, item)]


def _stays(pointer: str, before: Any, item: Any) -> bool:
    name, *rest = pointer.removeprefix("/").split("/")
    if name == "org_id":  # which never changes: of days on which it is not there
        name = next(day for day in _DAYS if hasattr(item, day))
    was, now = getattr(before, name), getattr(item, name)
    return now[int(rest[0])] in was if rest and isinstance(now, list) else was == now


def as_sent(status: str) -> str:
    """Return the state with which a record in this one could have been sent."""
    return "draft" if status == "draft" else "submitted"


def hands_in(sent: str, status: str) -> bool:
    """Return whether what is sent again would submit what is there as a draft."""
    return sent == "submitted" and status == "draft"


R = TypeVar("R")
Handle = UUID | tuple[UUID, str, str]
"""What a record is known by: its id, or `(org_id, source, external_id)`."""


def handles(
    own_ids: Mapping[int, UUID], keys: Mapping[int, tuple[UUID, str, str]]
) -> dict[int, list[Handle]]:
    """Return by what each of those that have an id or a key of their own is known, its id first."""
    found: dict[int, list[Handle]] = {index: [own_id] for index, own_id in own_ids.items()}
    for index, key in keys.items():
        found.setdefault(index, []).append(key)
    return dict(sorted(found.items()))


def sent_before(
    known_by: Mapping[int, Sequence[Handle]], known: Mapping[Handle, R]
) -> Iterator[tuple[int, R | None, int]]:
    """Yield what was there already, or came before in the same sending: `known` has records.

    That is its index, the record that is there or None, and else the index of the first.
    """
    first: dict[Handle, int] = {}
    for index, mine in known_by.items():
        record = next((known[handle] for handle in mine if handle in known), None)
        earlier = next((first[handle] for handle in mine if handle in first), None)
        if record is not None or earlier is not None:
            yield index, record, -1 if earlier is None else earlier
        else:
            first |= dict.fromkeys(mine, index)


def take_repeats(
    done: dict[int, tuple[UUID, int, bool]], refused: Mapping[UUID, Problem]
) -> dict[int, Problem]:
    """Take out of `done` what repeats something that was refused after all; return its problems.

    `refused` are the ids that it would have had, with why not.
    """
    found = {index: refused[there] for index, (there, *_) in done.items() if there in refused}
    for index in found:
        del done[index]
    return found


def part_id_errors(
    pointer: str, ids: Sequence[UUID | None], taken: Collection[UUID]
) -> Iterator[FieldError]:
    """Yield what is wrong with the callers' own ids of parts: given twice, or another record's."""
    before: set[UUID] = set()
    for index, part_id in enumerate(ids):
        if part_id is None:
            continue
        if part_id in before:
            yield TWICE.at(f"{pointer}/{index}/id")
        elif part_id in taken:
            yield ID_IN_USE.at(f"{pointer}/{index}/id")
        before.add(part_id)
