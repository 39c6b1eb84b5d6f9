"""Who stands above whom in one file: superiors first, whatever order the rows have."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.features.imports.errors import SEVERAL_SUPERIORS, SUPERIOR_CYCLE
from app.features.imports.rules.cells import CellError, shorten
from app.features.imports.rules.names import Names, level_name

_LINES_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table of organizations."""

    line: int
    code: str | None
    name: str | None
    superiors: tuple[str, ...] = ()
    """What it says of its superior: a name, a code, or both."""


@dataclass(slots=True)
class Order:
    """The places of rows in the order in which they are planned."""

    places: list[int]
    above: dict[int, int] = field(default_factory=dict)
    """Place of a row → place of its superior's, where that is in the file."""
    wrong: dict[int, CellError] = field(default_factory=dict)

    def line_of(self, place: int) -> list[int]:
        """Return the places of all above a row, the nearest first."""
        found: list[int] = []
        while (place := self.above.get(place, -1)) >= 0:
            found.append(place)
        return found


def order(entries: Sequence[Entry], names: Names) -> Order:
    """Return rows with their superiors first; those whose superiors go in a circle are told."""
    book = _Book(entries, names)
    above: dict[int, int] = {}
    wrong: dict[int, CellError] = {}
    for place, entry in enumerate(entries):
        try:
            found = book.find(entry)
        except CellError as error:
            wrong[place] = error
            continue
        if found is not None:
            above[place] = found
    return sort(entries, above, wrong)


def sort(
    entries: Sequence[Entry], above: Mapping[int, int], wrong: Mapping[int, CellError]
) -> Order:
    """Return rows with their superiors first, otherwise in their own order."""
    done: dict[int, None] = {}
    result = Order([], dict(above), dict(wrong))
    for place in range(len(entries)):
        line: dict[int, None] = {}
        at: int | None = place
        while at is not None and at not in done and at not in line:
            line[at] = None
            at = result.above.get(at)
        if at is not None and at in line:
            _break(entries, list(line), at, result)
        done |= dict.fromkeys(reversed(line))
    result.places = list(done)
    return result


def _break(entries: Sequence[Entry], line: Sequence[int], start: int, result: Order) -> None:
    """Tell a circle at each of its rows, none of which has a superior then."""
    circle = line[line.index(start) :]
    shown = [shorten(entries[place].name or entries[place].code or "") for place in circle]
    for place in circle:
        told = " → ".join([*shown, shown[0]])
        result.wrong[place] = CellError(SUPERIOR_CYCLE, circle=told)
        result.above.pop(place, None)


class _Book:
    """The rows of a file by their codes and names."""

    def __init__(self, entries: Sequence[Entry], names: Names) -> None:
        self._entries = entries
        self._names = names
        self._by_code = {e.code: place for place, e in enumerate(entries) if e.code}
        self._by_name: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(entries):
            if entry.code and entry.name:
                self._by_name[level_name(entry.name)].append(place)

    def find(self, entry: Entry) -> int | None:
        """Return the row of a superior, None where it is in no row; raises `CellError`."""
        for text in entry.superiors:
            if text in self._by_code:
                return self._by_code[text]
        for text in entry.superiors:
            named = self._by_name.get(level_name(text), [])
            others = [o for o in self._names.levelled.get(level_name(text), ()) if o.type == "unit"]
            if not named or text in self._names.by_code:
                continue
            others = [o for o in others if o.code not in self._by_code]
            if len(named) > 1 or others:
                raise self._several(text, named, [o.shown for o in others])
            return named[0]
        return None

    def _several(self, text: str, named: Sequence[int], others: Sequence[str]) -> CellError:
        lines = [str(self._entries[place].line) for place in named[:_LINES_TOLD]]
        told = "、".join([*lines, *others[:_LINES_TOLD]])
        return CellError(SEVERAL_SUPERIORS, name=shorten(text), candidates=told)
