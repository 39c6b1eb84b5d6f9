"""Names that become records: on one level, one is taken, several or none are a question."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from rapidfuzz import fuzz, process

from app.features.imports.errors import AMBIGUOUS, UNRESOLVED
from app.features.imports.rules.cells import CellError, shorten
from app.kit.ids import is_within
from app.kit.language import Text
from app.kit.levelling import compose

NEAREST: Final = 3
_LEAST_LIKE: Final = 40.0
_SHOWN: Final = 5
_LONGEST: Final = 200
"""Characters of a name of an organization or a person."""
_MOST_LIKENED: Final = 2_000_000
"""Comparisons for all names of a part that are not found; the more names there are, the fewer."""
_SPACES: Final = re.compile(r"[\s·“”\"'‘’]+")
_BRACKETS: Final = str.maketrans("〔【[｛{〕】]｝}", "((((()))))")
_BRACKETED: Final = re.compile(r"\([^()]*\)")
_LEVELS: Final = (
    (re.compile(r"^(中国共产党|中共)"), ""),
    (re.compile(r"党?总支部?(委员会)?$"), "总支"),
    (re.compile(r"党?支部(委员会)?$"), "支部"),
    (re.compile(r"党?工(?:作)?委(?:员会)?$"), "工委"),
    (re.compile(r"党?委(?:员会|会)?$"), "委"),
)
_SIMILAR: Final = Text("；相近的有 {names}", "; similar are {names}")
_NONE_SIMILAR: Final = Text("", "")


@dataclass(frozen=True, slots=True)
class Named:
    """A record that a name may mean."""

    id: UUID
    name: str
    code: str | None
    type: str
    """`unit`, `branch` or `leader`."""
    path: str
    """The organization's own; of a leader that of the unit they lead."""
    above: str = ""
    """The name of the unit above, or of the unit that a leader leads."""
    short_name: str | None = None
    branch_id: UUID | None = None

    @property
    def shown(self) -> str:
        """Return the name with what tells it from another of the same."""
        beside = self.code or self.above
        return f"{self.name}（{beside}）" if beside else self.name


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name was taken for, and by what it was found."""

    named: Named
    how: str
    """`code`, `name`, `levelled`, `with_unit` or `unit` (of two of one name that of the unit)."""


def level_name(name: str) -> str:
    """Return the name of an organization without what differs between two ways to write it."""
    found = _SPACES.sub("", compose(name)).translate(_BRACKETS).lower()
    for pattern, level in _LEVELS:
        found = pattern.sub(level, found)
    return found


def level_person(name: str) -> str:
    """Return the name of a person without spaces and what is in brackets: 张 三（书记）."""
    return _SPACES.sub("", without_brackets(name)).lower()


def without_brackets(text: str) -> str:
    """Return a text without what is in brackets, whose own lists would part it."""
    return _BRACKETED.sub("", compose(text).translate(_BRACKETS))


@dataclass(slots=True)
class Likened:
    """What names that are not found may have meant, each looked for once.

    To compare each with all names there are would cost their product: when a part of a file has
    had its comparisons, nothing similar is named for the rest of it.
    """

    left: int = _MOST_LIKENED
    _known: dict[tuple[str, tuple[str, ...]], Text] = field(default_factory=dict)
    _records: dict[tuple[str, ...], dict[str, Named]] = field(default_factory=dict)

    def find(
        self, level: str, types: tuple[str, ...], first_of_each: Callable[[], dict[str, Named]]
    ) -> Text:
        """Return the end of the sentence about a name; `first_of_each` returns the names of types.

        Those are asked for once.
        """
        if (level, types) in self._known:
            return self._known[level, types]
        if self.left <= 0:
            return _NONE_SIMILAR
        if types not in self._records:
            self._records[types] = first_of_each()
        records = self._records[types]
        self.left -= len(records)
        found = similar([records[key] for key in nearest(level, list(records))])
        self._known[level, types] = found
        return found


@dataclass(slots=True)
class Names:
    """The records that the caller sees, by every name that they go by."""

    by_code: dict[str, Named] = field(default_factory=dict)
    exact: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    levelled: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    with_unit: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    likened: Likened = field(default_factory=Likened)

    @classmethod
    def of(cls, records: Iterable[Named]) -> "Names":
        """Return the names of records."""
        names = cls()
        for record in records:
            if record.code is not None:
                names.by_code[record.code] = record
            own = {record.name, *filter(None, [record.short_name])}
            for name in own:
                names.exact[name].append(record)
            for level in {level_name(name) for name in own}:
                names.levelled[level].append(record)
                if record.above:
                    names.with_unit[level_name(record.above) + level].append(record)
        return names

    def find(self, text: str, types: Collection[str]) -> Resolved:
        """Return the one record of these types that a text means; raises `CellError`."""
        known = self.by_code.get(text)
        if known is not None and known.type in types:
            return Resolved(known, "code")
        level = level_name(text)
        for how, index, key in (
            ("name", self.exact, text),
            ("levelled", self.levelled, level),
            ("with_unit", self.with_unit, level),
        ):
            fitting = [record for record in index.get(key, ()) if record.type in types]
            if len(fitting) == 1:
                return Resolved(fitting[0], how)
            if fitting:
                raise CellError(AMBIGUOUS, name=shorten(text), candidates=shown(fitting))
        raise CellError(UNRESOLVED, name=shorten(text), similar=self._similar(level, types))

    def _similar(self, level: str, types: Collection[str]) -> Text:
        def first_of_each() -> dict[str, Named]:
            found = {
                key: next((record for record in records if record.type in types), None)
                for key, records in self.levelled.items()
            }
            return {key: record for key, record in found.items() if record is not None}

        return self.likened.find(level, tuple(types), first_of_each)


@dataclass(slots=True)
class People:
    """The leaders whom the caller sees, by name."""

    by_name: dict[str, list[Named]] = field(default_factory=lambda: defaultdict(list))
    likened: Likened = field(default_factory=Likened)

    @classmethod
    def of(cls, leaders: Iterable[Named]) -> "People":
        """Return the names of leaders."""
        people = cls()
        for leader in leaders:
            people.by_name[level_person(leader.name)].append(leader)
        return people

    def find(self, text: str, home: Named | None) -> Resolved:
        """Return the one leader that a name means, of several that of the row's unit or branch.

        Raises `CellError`.
        """
        level = level_person(text)
        fitting = self.by_name.get(level, [])
        if len(fitting) == 1:
            return Resolved(fitting[0], "name")
        near = _nearest_to(home, fitting) if home is not None else []
        if len(near) == 1:
            return Resolved(near[0], "unit")
        if fitting:
            raise CellError(AMBIGUOUS, name=shorten(text), candidates=shown(fitting))
        similar_ones = self.likened.find(level, (), self._first_of_each)
        raise CellError(UNRESOLVED, name=shorten(text), similar=similar_ones)

    def _first_of_each(self) -> dict[str, Named]:
        return {name: leaders[0] for name, leaders in self.by_name.items()}


def _nearest_to(home: Named, leaders: Sequence[Named]) -> list[Named]:
    """Return the leaders who are of an organization: its members, else those who lead it, or above.

    Of those above only the nearest.
    """
    members = [leader for leader in leaders if leader.branch_id == home.id]
    above = [leader for leader in leaders if is_within(home.path, leader.path)]
    last = max((len(leader.path) for leader in above), default=0)
    return members or [leader for leader in above if len(leader.path) == last]


def nearest(level: str, keys: Sequence[str]) -> list[str]:
    """Return the three of the names that are most like one; no name is as long as some texts."""
    if len(level) > _LONGEST:
        return []
    found = process.extract(level, keys, scorer=fuzz.ratio, limit=NEAREST)
    return [key for key, score, _ in found if score >= _LEAST_LIKE]


def similar(records: Sequence[Named]) -> Text:
    """Return the end of a sentence about a name that is not found: what it may have meant."""
    return _SIMILAR.filled(names=shown(records)) if records else _NONE_SIMILAR


def shown(records: Sequence[Named]) -> Text:
    """Return records one after the other, the first few of many."""
    names = [record.shown for record in records[:_SHOWN]]
    more = "…" if len(records) > _SHOWN else ""
    return Text("、".join(names) + more, ", ".join(names) + more)
