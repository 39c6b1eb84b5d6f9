"""What records count for, and what they nearly count for; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.features.obligations.evidence import Evidence, Shortfall
from app.features.obligations.rules import OwedRow, RequirementRow
from app.kit.ids import path_ids

Labels = Mapping[str, Sequence[Mapping[str, Any]]]
"""A campaign's own `topics`, `checks`, `talk_modes`, `methods` and `activity_kinds`."""
Added = tuple[UUID, Labels]
"""A unit below, and what its own notice adds to them."""


@dataclass(frozen=True, slots=True)
class Effect:
    """An obligation for which a record counts, or nearly counts.

    `status` and `missing` are as they are with the record counted.
    """

    asked: RequirementRow
    owed: OwedRow
    status: str
    missing: int
    shortfalls: tuple[Shortfall, ...] = ()
    """What the record lacks; nothing where it counts."""

    @property
    def order(self) -> tuple[int, str, str, str]:
        """Return its place among others: that of the requirement, then by day and subject."""
        day = self.owed.opens_on.isoformat() if self.owed.opens_on else ""
        return self.asked.sort_order, self.asked.code, day, str(self.owed.subject_id)


@dataclass(slots=True)
class Effects:
    """The effects of records, by the record that was sent; what it gave leaders is among them."""

    counted: dict[UUID, dict[UUID, Effect]] = field(default_factory=dict)
    near: dict[UUID, dict[UUID, Effect]] = field(default_factory=dict)
    labels: dict[UUID, Labels] = field(default_factory=dict)
    """By campaign."""
    added: dict[UUID, Sequence[Added]] = field(default_factory=dict)
    """By campaign, where a requirement names a code that is none of the campaign's own."""
    known: set[UUID] = field(default_factory=set)
    """The records of which they are known, be there any or none."""

    def find_labels(self, campaign_id: UUID, path: str) -> Labels:
        """Return what a campaign calls its codes at a path: with what is added on that line."""
        own = self.labels.get(campaign_id, {})
        added = self.added.get(campaign_id)
        if not added:
            return own
        line = set(path_ids(path))
        below = [labels for unit_id, labels in added if unit_id in line]
        return {
            name: [*own.get(name, ()), *(entry for each in below for entry in each.get(name, ()))]
            for name in {*own, *(name for each in below for name in each)}
        }

    def begin(self, evidence: Iterable[Evidence]) -> None:
        """Begin anew with the effects of records: all that are added from now on."""
        for item in evidence:
            self._drop(find_origin(item))
            self.known.add(find_origin(item))

    def discard(self, evidence: Iterable[Evidence]) -> None:
        """Know no more of the effects of records."""
        for item in evidence:
            self._drop(find_origin(item))
            self.known.discard(find_origin(item))

    def _drop(self, origin: UUID) -> None:
        self.counted.pop(origin, None)
        self.near.pop(origin, None)

    def add_counted(self, item: Evidence, effect: Effect) -> None:
        """Add an obligation for which a record counts, unless nobody asks it of the subject."""
        if effect.status == "void":
            return
        self.counted.setdefault(find_origin(item), {})[effect.owed.id] = effect

    def add_near(self, item: Evidence, effect: Effect) -> None:
        """Add an obligation for which a record nearly counts: by the way on which least lacks."""
        origin, obligation_id = find_origin(item), effect.owed.id
        if obligation_id in self.counted.get(origin, ()):
            return
        known = self.near.setdefault(origin, {})
        before = known.get(obligation_id)
        if before is None or len(effect.shortfalls) < len(before.shortfalls):
            known[obligation_id] = effect

    def list_counted(self, record_id: UUID, sees: Callable[[str], bool]) -> list[Effect]:
        """Return what a record counts for, as far as the caller sees who owes it."""
        return _listed(self.counted.get(record_id, {}), sees)

    def list_near(self, record_id: UUID, sees: Callable[[str], bool]) -> list[Effect]:
        """Return what a record nearly counts for, as far as the caller sees who owes it."""
        return _listed(self.near.get(record_id, {}), sees)


def find_origin(item: Evidence) -> UUID:
    """Return the record that was sent, from which a leader record may follow."""
    return item.origin_id or item.source_id


def count_missing(status: str, count: int, min_count: int) -> int:
    """Return how many more records an obligation needs."""
    return max(0, min_count - count) if status in {"open", "nil"} else 0


def _listed(effects: Mapping[UUID, Effect], sees: Callable[[str], bool]) -> list[Effect]:
    seen = [effect for effect in effects.values() if sees(effect.owed.path)]
    return sorted(seen, key=lambda effect: effect.order)
