"""Batches: up to 1,000 items in one request, one result for each, in order.

Items are read one by one, so that with `atomic: false` a bad item spoils only itself.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, PrivateAttr, SkipValidation, StrictBool

from app.kit.fields import DEFAULTED, Input, Warned
from app.kit.problems import MAX_ERRORS, FieldError, Invalid, Problem
from app.kit.reading import read

MAX_ITEMS: Final = 1000

T = TypeVar("T")


class Batch(Input, Generic[T]):
    """The body of a batch; its items are read with it, where nobody waits for them."""

    _read: tuple[dict[int, T], dict[int, Invalid]] = PrivateAttr()

    items: Annotated[list[SkipValidation[T]], Field(min_length=1, max_length=MAX_ITEMS)]
    atomic: StrictBool = Field(
        default=True, description="All or nothing. 默认要么全部成功，要么一项不留。"
    )

    def model_post_init(self, _context: Any) -> None:
        """Read the items, each by itself."""
        (model,) = self.__pydantic_generic_metadata__["args"]
        good: dict[int, T] = {}
        bad: dict[int, Invalid] = {}
        for index, item in enumerate(self.items):
            try:
                good[index] = read(model.model_validate, item)
            except Invalid as problem:
                bad[index] = problem
        self._read = good, bad


class ItemResult(BaseModel):
    """What became of one item."""

    status: int = Field(
        description="As if it had been sent alone: 201, 200, 409, 422 … 单独发送时的状态码。"
    )
    id: UUID | None = None
    revision: int | None = None
    warnings: list[Warned] = Field(default=[], description="Probable slips. 可能的差错。")
    defaulted: list[str] = Field(default=[], description=DEFAULTED)
    problem: dict[str, Any] | None = Field(
        default=None, description="RFC 9457, pointers into the item. 问题详情。"
    )


R = TypeVar("R", bound=ItemResult)


class BatchResult(BaseModel):
    """One result for each item, in order."""

    atomic: bool
    applied: Literal[True] = True
    data: list[ItemResult]


def read_items(batch: Batch[T]) -> tuple[dict[int, T], dict[int, Invalid]]:
    """Return the items that can be read, and the problems of the others, by index."""
    return batch._read  # noqa: SLF001 - read together with the batch


def refuse_if_atomic(batch: Batch[Any], problems: dict[int, Problem]) -> None:
    """With `atomic`, raise what is wrong with any item, pointers into the whole body."""
    if not (batch.atomic and problems):
        return
    total = sum(len(problem.errors) + problem.more or 1 for problem in problems.values())
    errors = list(islice(_placed(problems), MAX_ERRORS))
    unread = any(isinstance(p, Invalid) and p.unread for p in problems.values())
    raise Invalid(errors, more=total - len(errors), unread=unread)


def _placed(problems: dict[int, Problem]) -> Iterator[FieldError]:
    for index, problem in sorted(problems.items()):
        place = f"/items/{index}"
        if not problem.errors:
            yield FieldError(place, problem.code, problem.detail, problem.parameters)
        for error in problem.errors:
            yield error.below(place)


def results(
    batch: Batch[Any],
    done: dict[int, ItemResult],
    problems: dict[int, Problem],
    render: Callable[[Problem, int], dict[str, Any]],
) -> BatchResult:
    """Return one result for each item; the errors of all are a bounded number."""
    return BatchResult(atomic=batch.atomic, data=list_results(batch, done, problems, render))


def list_results(
    batch: Batch[Any],
    done: Mapping[int, R],
    problems: Mapping[int, Problem],
    render: Callable[[Problem, int], dict[str, Any]],
    kind: type[R] = ItemResult,  # type: ignore[assignment]  # where nothing else says what R is
) -> list[R]:
    """Return the same as a list, of results of a kind."""
    most = max(1, min(MAX_ERRORS, MAX_ITEMS // (len(problems) or 1)))
    return [
        kind(status=problems[index].status, problem=render(problems[index], most))
        if index in problems
        else done[index]
        for index in range(len(batch.items))
    ]
