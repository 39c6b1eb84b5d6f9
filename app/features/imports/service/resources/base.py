"""What planning and applying ask of a resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.imports.rules.columns import Column
from app.kit.language import Text
from app.kit.merge_patch import validate
from app.kit.problems import Invalid, Problem
from app.kit.validation import REQUIRED

Body = dict[str, Any]


class ChangedSinceError(Exception):
    """A record is not what the plan has seen: rows by their number."""

    def __init__(self, numbers: Sequence[int]) -> None:
        """Keep which rows it concerns."""
        super().__init__("changed since it was planned")
        self.numbers = list(numbers)


@dataclass(frozen=True, slots=True)
class Target:
    """A record that a row is about, as it is kept, in the form in which it is sent."""

    id: UUID
    revision: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What holds for all rows of an import."""

    source: str | None = None
    campaign_id: UUID | None = None


@dataclass(slots=True)
class Verdict:
    """What is wrong with rows, and what is to be told of them, by their number."""

    problems: dict[int, Problem] = field(default_factory=dict)
    warnings: dict[int, list[Text]] = field(default_factory=dict)


class Resource(Protocol):
    """One resource: its columns, what a row is known by, how it is judged and written."""

    name: ClassVar[str]
    label: ClassVar[Text]
    power: ClassVar[Power]
    """What the caller must be able to do somewhere at all."""
    counts: ClassVar[bool]
    """Whether duties are met by its records."""
    in_campaign: ClassVar[bool]
    columns: ClassVar[Sequence[Column]]
    further: ClassVar[Mapping[str, Sequence[Column]]]
    """What further sheets may hold that belongs to its records: part of a body → its columns."""

    superior: ClassVar[str | None]
    """Which field names the record above, that may stand in another row of the same file."""

    def complete(self, body: Body, given: Given) -> None:
        """Give a body what holds for all rows."""

    def read(self, body: Body) -> Any:
        """Return a body as a new record; raises `Invalid` with all that is wrong."""

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return what no second row may have; None where too little is known."""

    async def find(
        self, session: AsyncSession, caller: Principal, bodies: Mapping[int, Body], /
    ) -> dict[int, Target]:
        """Return the records that rows are about, of those that are there already."""

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> Verdict:
        """Return what is wrong with new records; nothing is written."""

    def change(self, content: Mapping[str, Any], body: Body) -> Any:
        """Return a record with what a row says of it; raises `Invalid` with all that is wrong."""

    async def judge_changes(
        self,
        session: AsyncSession,
        caller: Principal,
        changes: Mapping[int, tuple[Target, Body]],
    ) -> Verdict:
        """Return what is wrong with changes of records; nothing stays written."""

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, Any]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Write new records with all that follows; return their ids, and what is wrong."""

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Change a record with all that follows; raises a problem, or `ChangedSinceError`."""


class Plain:
    """A resource whose records are all of one shape, and none of which stands above another."""

    model: ClassVar[type[BaseModel]]
    further: ClassVar[Mapping[str, Sequence[Column]]] = {}
    superior: ClassVar[str | None] = None
    counts: ClassVar[bool] = False

    def read(self, body: Body) -> Any:
        """Return a body as a new record; raises `Invalid` with all that is wrong."""
        return read_as(self.model, body)


def give_source(body: Body, given: Given) -> None:
    """Give a body its source, where it has an id there."""
    if "external_id" in body and given.source is not None:
        body["source"] = given.source


def merged(content: Mapping[str, Any], body: Mapping[str, Any]) -> Body:
    """Return a record with what a row says of it: what it says nothing of stays."""
    result: Body = to_jsonable_python(dict(content))
    for name, value in body.items():
        before = result.get(name)
        both = isinstance(before, dict) and isinstance(value, dict)
        result[name] = before | value if both else value
    return result


def read_new(resource: Resource, body: Body) -> Any:
    """Return a new record as a row says it; raises `Invalid` with all that is wrong.

    What a table must say is not filled in as for a single record: a row is known again by it.
    """
    needed = dict.fromkeys(column.field for column in resource.columns if column.needed)
    missing = {f"/{name}": REQUIRED.at(f"/{name}") for name in needed if name not in body}
    try:
        item = resource.read(body)
    except Invalid as problem:
        told = {error.pointer for error in problem.errors}
        others = [error for pointer, error in missing.items() if pointer not in told]
        raise Invalid([*problem.errors, *others]) from problem
    if missing:
        raise Invalid(list(missing.values()))
    return item


def read_as(model: type[Any], body: Mapping[str, Any]) -> Any:
    """Return a body as a model; raises `Invalid` with all that is wrong."""
    return validate(model, dict(body))


class Changeable(Protocol):
    """A resource whose records are changed one by one."""

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Change a record with all that follows."""


async def try_changes(
    resource: Changeable,
    session: AsyncSession,
    caller: Principal,
    changes: Mapping[int, tuple[Target, Body]],
) -> Verdict:
    """Return what is wrong with changes: each is made and taken back."""
    verdict = Verdict()
    for number, (target, body) in changes.items():
        savepoint = await session.begin_nested()
        try:
            await resource.update(session, caller, number, target, body)
        except Problem as problem:
            verdict.problems[number] = problem
        finally:
            await savepoint.rollback()
    return verdict
