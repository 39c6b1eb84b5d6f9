"""Scopes of tokens: what a token keeps of its caller's grants. It can only ever be less.

A scope string is a list of powers (`view report review organize audit secure`) and of units
(`unit:<id>`), separated by spaces. Powers named: only those. Units named: only their subtrees.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from app.access.principal import Power, Scope
from app.kit.ids import is_within

_UNIT: Final = "unit:"
MAX_UNITS: Final = 20


class UnknownScopeError(ValueError):
    """A part of a scope string that means nothing."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A scope string, read. Empty sets leave that side as wide as the caller's."""

    powers: frozenset[Power] = frozenset()
    units: frozenset[UUID] = frozenset()

    @classmethod
    def read(cls, text: str) -> "Narrowing":
        """Read a scope string; raises `UnknownScopeError`."""
        powers: set[Power] = set()
        units: set[UUID] = set()
        for part in text.split():
            try:
                if part.startswith(_UNIT):
                    units.add(UUID(part.removeprefix(_UNIT)))
                else:
                    powers.add(Power.of(part))
            except ValueError:
                raise UnknownScopeError(part) from None
        if len(units) > MAX_UNITS:
            raise UnknownScopeError(_UNIT)
        return cls(frozenset(powers), frozenset(units))

    def __str__(self) -> str:
        """Return the scope string, always in one order."""
        units = sorted(f"{_UNIT}{unit}" for unit in self.units)
        return " ".join([power for power in Power if power in self.powers] + units)


def narrow_scopes(
    scopes: Iterable[Scope], narrowing: Narrowing, paths: Mapping[UUID, str]
) -> tuple[Scope, ...]:
    """Return what is left of scopes; `paths` are those of the narrowing's units but the absent."""
    kept = [
        replace(scope, powers=scope.held & (narrowing.powers or scope.held)) for scope in scopes
    ]
    if narrowing.units:
        kept = [
            inner
            for scope in kept
            for unit_id, path in paths.items()
            if unit_id in narrowing.units and (inner := _inside(scope, unit_id, path))
        ]
    return tuple(scope for scope in kept if scope.held)


def intersect(one: Iterable[Scope], other: Iterable[Scope]) -> tuple[Scope, ...]:
    """Return what both allow, under the roles of the first.

    A client acting for a person can do no more than either of them.
    """
    others = tuple(other)
    found = (
        replace(
            inner,
            powers=_common(mine, theirs),
            leader_id=mine.leader_id or theirs.leader_id,
            inherited=mine.inherited or theirs.inherited,
        )
        for mine in one
        for theirs in others
        if (inner := _inside(mine, theirs.org_id, theirs.path))
    )
    return tuple(scope for scope in found if scope.held)


def _common(mine: Scope, theirs: Scope) -> frozenset[Power]:
    """Return the powers that both have.

    Who sees and reports for all of a unit may do so for one of its leading cadres.
    """
    if mine.leader_id is None and theirs.leader_id is None:
        return mine.held & theirs.held
    same = mine.leader_id is None or theirs.leader_id in {None, mine.leader_id}
    able = (
        scope.held >= ({Power.OWN} if scope.leader_id else {Power.VIEW, Power.REPORT})
        for scope in (mine, theirs)
    )
    return frozenset({Power.OWN}) if same and all(able) else frozenset()


def _inside(scope: Scope, org_id: UUID, path: str) -> Scope | None:
    """Return the scope within one more subtree, None where they have nothing in common."""
    if is_within(scope.path, path):
        return scope
    if is_within(path, scope.path):
        return replace(scope, org_id=org_id, path=path, powers=scope.held)
    return None
