"""Units and branches in one table, each below another row or below what is there."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.imports.rules.columns import Column
from app.features.imports.service.resources.base import (
    Body,
    Given,
    Resource,
    Target,
    Verdict,
    give_source,
)
from app.features.imports.service.resources.organizations import BRANCH, UNIT, Branches, Units
from app.features.organizations.schemas.organizations import BranchNew, UnitNew
from app.kit.language import Text
from app.kit.problems import Invalid, Problem
from app.models.vocabulary import BranchKind

_ABOVE, _UNIT_ABOVE = "parent_id", "unit_id"
_OWN: Final = {column.field for column in UNIT}
_COLUMNS: Final = (
    *(replace(c, also_codes=BranchKind) if c.field == "kind" else c for c in UNIT),
    *(c for c in BRANCH if c.field not in {*_OWN, _UNIT_ABOVE}),
)


class Organizations:
    """Units and branches: the kind says which of the two a row is."""

    name: ClassVar[str] = "organizations"
    label: ClassVar = Text("党组织架构", "organizations")
    power: ClassVar = Power.ORGANIZE
    in_campaign: ClassVar = False
    counts: ClassVar[bool] = False
    columns: ClassVar[Sequence[Column]] = _COLUMNS
    further: ClassVar[Mapping[str, Sequence[Column]]] = {}
    superior: ClassVar[str | None] = _ABOVE
    _units: ClassVar[Resource] = Units()
    _branches: ClassVar[Resource] = Branches()

    def complete(self, body: Body, given: Given) -> None:
        """Give a body its source, where it has an id there."""
        give_source(body, given)

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return the code, else the name below its unit."""
        return self._units.sameness(body)

    def read(self, body: Body) -> Any:
        """Return a body as a new unit or branch; raises `Invalid` with all that is wrong."""
        try:
            return self._of(body).read(_plain(body))
        except Invalid as problem:
            raise _as_here(problem) from problem

    async def find(
        self, session: AsyncSession, caller: Principal, bodies: Mapping[int, Body]
    ) -> dict[int, Target]:
        """Return the units and branches that rows are about."""
        found: dict[int, Target] = {}
        for resource in (self._units, self._branches):
            own = {n: _plain(b) for n, b in bodies.items() if self._of(b) is resource}
            found |= await resource.find(session, caller, own)
        return found

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> Verdict:
        """Return what is wrong with new units and branches."""
        units, branches = _parted(items)
        verdict = await self._units.judge(session, caller, units)
        above = {unit.id: unit.parent_id for unit in units.values() if unit.id is not None}
        there = {n: _below_what_is_there(item, above) for n, item in branches.items()}
        below = await self._branches.judge(session, caller, there)
        wrong = {number: _as_here(problem) for number, problem in below.problems.items()}
        return Verdict({**verdict.problems, **wrong})

    def change(self, content: Mapping[str, Any], body: Body) -> Any:
        """Return a unit or branch with what a row says of it."""
        return self._of(body).change(content, _plain(body))

    async def judge_changes(
        self, session: AsyncSession, caller: Principal, changes: Mapping[int, tuple[Target, Body]]
    ) -> Verdict:
        """Return what is wrong with changes."""
        verdict = Verdict()
        for resource in (self._units, self._branches):
            own = {n: (t, _plain(b)) for n, (t, b) in changes.items() if self._of(b) is resource}
            found = await resource.judge_changes(session, caller, own)
            verdict.problems |= {n: _as_here(problem) for n, problem in found.problems.items()}
        return verdict

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Found units, then the branches, which may stand below them."""
        units, branches = _parted(items)
        made, problems = await self._units.create(session, caller, units)
        below, wrong = await self._branches.create(session, caller, branches)
        return made | below, problems | wrong

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give a unit or branch what the row says of it."""
        await self._of(body).update(session, caller, number, target, _plain(body))

    def _of(self, body: Body) -> Resource:
        is_branch = body.get("kind") in set(BranchKind)
        return self._branches if is_branch else self._units


def _plain(body: Body) -> Body:
    """Return a body as units and branches have it, each with its own name of who is above."""
    if body.get("kind") not in set(BranchKind):
        return body
    return {_UNIT_ABOVE if name == _ABOVE else name: value for name, value in body.items()}


def _parted(
    items: Mapping[int, UnitNew | BranchNew],
) -> tuple[dict[int, UnitNew], dict[int, BranchNew]]:
    branches = {n: item for n, item in items.items() if isinstance(item, BranchNew)}
    units = {n: item for n, item in items.items() if isinstance(item, UnitNew)}
    return units, branches


def _below_what_is_there(item: BranchNew, above: Mapping[UUID, UUID]) -> BranchNew:
    """Return a branch below the nearest unit that is no new one: it is judged there."""
    unit_id = item.unit_id
    while unit_id in above:
        unit_id = above[unit_id]
    return item if unit_id == item.unit_id else item.model_copy(update={"unit_id": unit_id})


def _as_here(problem: Problem) -> Problem:
    """Return a problem at the column that names the superior of either."""
    if not problem.errors:
        return problem
    return Invalid(
        [
            replace(error, pointer=f"/{_ABOVE}") if error.pointer == f"/{_UNIT_ABOVE}" else error
            for error in problem.errors
        ]
    )
