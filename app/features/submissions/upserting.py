"""What is there already under the natural key of what is sent: left, or changed to what is sent."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.naming import take_names
from app.features.submissions.schemas import Created, NewSubmission
from app.kit.merge_patch import merge_given
from app.kit.naming import NAMES, Named
from app.kit.problems import Problem
from app.kit.sameness import says_the_same
from app.models.vocabulary import OnExists, Outcome

M = TypeVar("M", bound=NewSubmission)
W = TypeVar("W", bound=Named)

_FIXED: Final = frozenset({"id", "org_id", "source", "external_id", *NAMES})
"""What a record has by being found by its natural key."""


@dataclass(frozen=True, slots=True)
class Done:
    """A record that is as it was sent, or was left as it is."""

    id: UUID
    revision: int
    outcome: Outcome

    @classmethod
    def of(cls, created: Created) -> "Done":
        """Return what became of a record that was created, or was there already, the same."""
        record_id, revision, new = created
        return cls(record_id, revision, Outcome.CREATED if new else Outcome.UNCHANGED)

    @property
    def status(self) -> int:
        """The status that it would have had alone."""
        return 201 if self.outcome is Outcome.CREATED else 200


@dataclass(frozen=True, slots=True)
class Found:
    """A record that is there already, its content in the form in which it is sent."""

    id: UUID
    revision: int
    content: Mapping[str, Any]


Results = tuple[dict[int, Done], dict[int, Problem]]
"""What was done, and what is wrong with the others, each by index."""


class Upsert(ABC, Generic[M, W]):
    """Enters records of one kind: new ones are created, those that are there are changed."""

    whole: ClassVar[type[Named]]
    """The body of a replacement, by which a changed record is judged."""

    def __init__(self, session: AsyncSession, caller: Principal) -> None:
        """Enter in this transaction, for this caller."""
        self.session = session
        self.caller = caller

    async def enter(self, items: Mapping[int, M], on_exists: OnExists) -> Results:
        """Enter records; of several with one key each finds what the one before has left."""
        callers = dict.fromkeys(items, self.caller)
        items = await take_names(self.session, items, callers)
        if on_exists is OnExists.REJECT:
            return await self._create(items)
        done: dict[int, Done] = {}
        problems: dict[int, Problem] = {}
        left = dict(items)
        while left:
            firsts: dict[Hashable, int] = {}
            for index, item in left.items():
                firsts.setdefault(_key(index, item), index)
            now = {index: left.pop(index) for index in firsts.values()}
            there, refused = await self.settle(now, on_exists)
            done |= there
            problems |= refused
            new = {i: item for i, item in now.items() if i not in there and i not in refused}
            created, refused = await self._create(new)
            late = {i: new[i] for i, each in refused.items() if came_between(new[i], each)}
            there, wrong = await self.settle(late, on_exists)
            done |= created | there
            problems |= {i: each for i, each in refused.items() if i not in there} | wrong
        return done, problems

    async def settle(self, items: Mapping[int, M], on_exists: OnExists) -> Results:
        """Leave or change what is there already and in the caller's sight; the rest is new."""
        keyed = {
            index: item
            for index, item in items.items()
            if item.source is not None and not item.wrong_names
        }
        if on_exists is OnExists.REJECT or not keyed:
            return {}, {}
        await UnitOfWork.of(self.session).flush()
        known = await self.find(keyed)
        done: dict[int, Done] = {}
        problems: dict[int, Problem] = {}
        differing: dict[int, UUID] = {}
        for index, found in known.items():
            item = items[index]
            try:
                if item.id not in {None, found.id}:
                    raise ExistsOtherwise
                same = on_exists is OnExists.SKIP or self.is_same(found, item)
            except Problem as problem:
                problems[index] = problem
                continue
            if same:
                done[index] = Done(found.id, found.revision, Outcome.UNCHANGED)
            else:
                differing[index] = found.id
        if differing:
            await self.lock(set(differing.values()))
        for index, record_id in differing.items():
            try:
                async with self.session.begin_nested():
                    done[index] = await self.change(record_id, items[index])
                    await UnitOfWork.of(self.session).flush()
            except Problem as problem:
                problems[index] = problem
        return done, problems

    def is_same(self, found: Found, item: M) -> bool:
        """Return whether a record is what it would be with what is sent."""
        return says_the_same(self.merge(found.content, item), found.content)

    def merge(self, content: Mapping[str, Any], item: M) -> W:
        """Return a record with the fields that were sent of it, as a merge patch has them."""
        given = {name: getattr(item, name) for name in item.model_fields_set - _FIXED}
        merged: W = merge_given(self.whole, content, given)  # type: ignore[assignment]
        merged.follow(item)
        return merged

    @abstractmethod
    async def find(self, items: Mapping[int, M]) -> dict[int, Found]:
        """Return what is there by natural key and seen by the caller, by index."""

    @abstractmethod
    async def lock(self, record_ids: Collection[UUID]) -> object:
        """Lock records that are about to be changed, in the order of their ids."""

    @abstractmethod
    async def change(self, record_id: UUID, item: M) -> Done:
        """Change a record to what was sent of it; raises whatever stands against it."""

    @abstractmethod
    async def create(self, items: Mapping[int, M]) -> tuple[dict[int, Created], dict[int, Problem]]:
        """Create the records that are right; return the others' problems."""

    async def _create(self, items: Mapping[int, M]) -> Results:
        if not items:
            return {}, {}
        created, problems = await self.create(items)
        return {index: Done.of(each) for index, each in created.items()}, problems


def came_between(item: NewSubmission, problem: Problem) -> bool:
    """Return whether something was entered under its key after it had been looked for."""
    return item.source is not None and isinstance(problem, ExistsOtherwise)


def _key(index: int, item: NewSubmission) -> Hashable:
    """Return what no two records have in common; its index of what has no key."""
    if item.source is None:
        return index
    whose = "org_id" if hasattr(item, "org_id") else "leader_id"
    return getattr(item, whose), item.source, item.external_id
