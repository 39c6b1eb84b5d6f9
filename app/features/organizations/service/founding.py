"""New units and branches, one or a thousand: judged first, then written set by set."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.obligations import service as obligations
from app.features.organizations import errors, rules
from app.features.organizations.queries import history
from app.features.organizations.queries import organizations as queries
from app.features.organizations.schemas.organizations import (
    PARENT_FIELDS,
    BranchIn,
    BranchNew,
    UnitIn,
    UnitNew,
    columns,
    digested,
)
from app.features.organizations.service.naming import take_from_batch, take_names
from app.features.tree.queries.lock import lock_structure
from app.http.batches import Batch, ItemResult, read_items, refuse_if_atomic
from app.kit import ids
from app.kit.fields import Warned
from app.kit.language import Language
from app.kit.pacing import paced, sliced
from app.kit.problems import FieldError, Problem
from app.models import FormerPlace, Organization

New = TypeVar("New", UnitNew, BranchNew)


@dataclass(frozen=True, slots=True)
class Founded:
    """A unit or branch that is there now; `new` unless it was before, with the same content."""

    row: Organization
    new: bool


async def found_one(
    session: AsyncSession,
    caller: Principal,
    kind: str,
    item: UnitIn | BranchIn,
    own_id: UUID | None,
) -> Founded:
    """Found one unit or branch; raises everything that is wrong with it."""
    own_ids = {} if own_id is None else {0: own_id}
    named = await take_names(session, caller, {0: item})
    founded, problems = await found(session, caller, kind, named, own_ids=own_ids)
    if problems:
        raise problems[0]
    await keep(session, founded.values())
    return founded[0]


async def find_slips(session: AsyncSession, founded: Founded, language: Language) -> list[Warned]:
    """Return what is probably a slip about an organization that was founded just now."""
    code = await queries.find_namesake(session, founded.row) if founded.new else None
    return [] if code is None else [rules.NAMESAKE.told(language, code=code)]


async def found_batch(
    session: AsyncSession, caller: Principal, kind: str, batch: Batch[New]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Found the units or branches of a batch: its results and problems by index."""
    good, bad = read_items(batch)
    own_ids = {index: item.id for index, item in good.items() if item.id is not None}
    named = await take_names(session, caller, good)
    take_from_batch(kind, good, named, own_ids)
    founded, problems = await found(
        session,
        caller,
        kind,
        named,
        own_ids=own_ids,
        refused=set(_ids_in(batch.items[index] for index in bad)),
    )
    problems |= bad
    refuse_if_atomic(batch, problems)
    await keep(session, founded.values())
    done = {
        index: ItemResult(
            status=201 if item.new else 200, id=item.row.id, revision=item.row.revision
        )
        for index, item in founded.items()
    }
    return done, problems


async def found(
    session: AsyncSession,
    caller: Principal,
    kind: str,
    items: Mapping[int, UnitIn | BranchIn],
    *,
    own_ids: Mapping[int, UUID],
    refused: Collection[UUID] = (),
) -> tuple[dict[int, Founded], dict[int, Problem]]:
    """Found the units or branches that are right; the others' problems by the same index.

    An item may stand below one that comes before it. `refused` are the ids of items that could
    not even be read. The session holds what was founded; nothing is written if all are wrong.
    """
    await lock_structure(session)
    wanted = {index: columns(item) async for index, item in paced(items.items())}
    parents = await queries.find_visible(session, caller, {v["parent_id"] for v in wanted.values()})
    register = await _register(session, wanted.values(), own_ids.values())
    judge = _Judge(caller, kind, dict(parents), register, set(refused))
    founded: dict[int, Founded] = {}
    problems: dict[int, Problem] = {}
    async for index, values in paced(wanted.items()):
        item = items[index]
        verdict = judge.of(own_ids.get(index), values, wrong=item.wrong_names)
        if isinstance(verdict, Founded):
            founded[index] = verdict
        else:
            problems[index] = errors.refusal(item.point(verdict))
    return founded, problems


async def keep(session: AsyncSession, founded: Iterable[Founded]) -> None:
    """Write what is new, with its events and what it owes."""
    rows = [item.row for item in founded if item.new]
    if not rows:
        return
    former = await _former_places(session, rows)
    for some in sliced(rows):
        session.add_all(some)
        await session.flush()
    session.add_all(former)
    await session.flush()
    changes = [
        events.Change(f"{row.type}.created", row.id, row.id, row.revision, after=digested(row))
        async for row in paced(rows)
    ]
    await events.record(session, *changes)
    await obligations.reconcile_organizations(session, [row.id for row in rows])


async def _former_places(session: AsyncSession, rows: Sequence[Organization]) -> list[FormerPlace]:
    """Return where what is founded stood before it was entered: below its unit, wherever that was.

    A day of its existence may lie before the day on which its unit moved.
    """
    known: dict[UUID, list[FormerPlace]] = defaultdict(list)
    above = {row.parent_id for row in rows if row.parent_id is not None}
    for place in await history.list_former_places(session, above):
        known[place.org_id].append(place)
    for row in rows:
        for place in known.get(row.parent_id, ()) if row.parent_id is not None else ():
            path = place.path + ids.path_segment(row.id)
            if path == row.path:
                continue  # its unit was closed then, and stood where it stands
            known[row.id].append(
                FormerPlace(
                    org_id=row.id, since=place.since, until=place.until,
                    parent_id=row.parent_id, path=path,
                )
            )  # fmt: skip
            row.placed_on = place.until
    return [place for row in rows for place in known.get(row.id, ())]


def _ids_in(items: Iterable[Any]) -> Iterator[UUID]:
    """Yield the ids that items which could not be read give."""
    for item in items:
        with suppress(KeyError, TypeError, ValueError):
            yield UUID(str(item["id"]))


@dataclass(slots=True)
class _Register:
    """Who is known, by id, code and natural key."""

    by_id: dict[UUID, Organization] = field(default_factory=dict)
    by_code: dict[str, Organization] = field(default_factory=dict)
    by_key: dict[tuple[str, str], Organization] = field(default_factory=dict)

    def add(self, row: Organization) -> None:
        """Know one more."""
        self.by_id[row.id] = row
        self.by_code[row.code] = row
        if row.source is not None and row.external_id is not None:
            self.by_key[row.source, row.external_id] = row


async def _register(
    session: AsyncSession, wanted: Iterable[Mapping[str, Any]], own_ids: Collection[UUID]
) -> _Register:
    wanted = list(wanted)
    keys = {key for key in map(key_of, wanted) if key is not None}
    register = _Register()
    if wanted:
        codes = {values["code"] for values in wanted}
        for row in await queries.find_known(session, own_ids, codes, keys):
            register.add(row)
    return register


def key_of(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the natural key in an organization's or leader's values, if it has one."""
    source, external_id = values["source"], values["external_id"]
    return None if source is None or external_id is None else (source, external_id)


@dataclass(slots=True)
class _Judge:
    """Decides over item after item, each knowing of those before it."""

    caller: Principal
    kind: str
    parents: dict[UUID, Organization]
    register: _Register
    refused: set[UUID]

    def of(
        self, own_id: UUID | None, values: dict[str, Any], *, wrong: Sequence[FieldError] = ()
    ) -> Founded | list[FieldError]:
        """Return what is founded, or everything that is wrong with it, names first."""
        known = self._known(own_id, values)
        if known is not None and self._repeats(known, own_id, values):
            return Founded(known, new=False)
        found = [
            *wrong,
            *rules.organization_faults(values, values),
            *self._uniqueness_errors(own_id, values),
            *([] if wrong else self._place_errors(values["parent_id"])),
        ]
        if found:
            if own_id is not None:
                self.refused.add(own_id)
            return found
        row = self._row(own_id, values)
        self.register.add(row)
        self.parents[row.id] = row
        return Founded(row, new=True)

    def _known(self, own_id: UUID | None, values: Mapping[str, Any]) -> Organization | None:
        if own_id is not None and own_id in self.register.by_id:
            return self.register.by_id[own_id]
        key = key_of(values)
        return None if key is None else self.register.by_key.get(key)

    def _repeats(self, known: Organization, own_id: UUID | None, values: Mapping[str, Any]) -> bool:
        """Return whether the item says again what the record, seen by the caller, says already."""
        said = {k: v for k, v in values.items() if k != "closed_on" or v is not None}
        return (
            known.type == self.kind
            and own_id in {None, known.id}
            and self.caller.may(Power.VIEW, known.path)
            and rules.same(said, known)
        )

    def _uniqueness_errors(
        self, own_id: UUID | None, values: Mapping[str, Any]
    ) -> Iterable[FieldError]:
        register = self.register
        if own_id is not None and own_id in register.by_id:
            yield errors.DUPLICATE_ID.at("/id")
        if key_of(values) in register.by_key:
            yield errors.DUPLICATE_EXTERNAL_ID.at("/external_id")
        if values["code"] in register.by_code:
            yield errors.DUPLICATE_CODE.at("/code")

    def _place_errors(self, parent_id: UUID) -> list[FieldError]:
        pointer = f"/{PARENT_FIELDS[self.kind]}"
        if parent_id not in self.parents and parent_id in self.refused:
            return [errors.PARENT_REFUSED.at(pointer)]
        return parent_errors(self.caller, self.parents.get(parent_id), pointer)

    def _row(self, own_id: UUID | None, values: dict[str, Any]) -> Organization:
        org_id = own_id or ids.new_id()
        path = self.parents[values["parent_id"]].path + ids.path_segment(org_id)
        zones = ids.zones_of(path)
        return Organization(id=org_id, type=self.kind, path=path, **zones, **values)


def parent_errors(caller: Principal, parent: Organization | None, pointer: str) -> list[FieldError]:
    """Return why nothing can stand below this parent; None stands for one that is not seen."""
    if parent is None:
        return [errors.UNKNOWN_PARENT.at(pointer)]
    if parent.type == "branch":
        return [errors.PARENT_IS_BRANCH.at(pointer)]
    if not caller.may(Power.ORGANIZE, parent.path):
        return [errors.ORGANIZE_FORBIDDEN.at(pointer)]
    if parent.closed_on is not None:
        return [errors.ORGANIZATION_CLOSED.at(pointer, closed_on=parent.closed_on)]
    return []
