"""Batches: up to 1,000 items in one request, one result for each, in order.

Items are read one by one, so that with `atomic: false` a bad item spoils only itself.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field, SkipValidation, StrictBool, TypeAdapter, ValidationError

from app.kit.fields import Input
from app.kit.problems import FieldError, Invalid, Problem
from app.kit.validation import field_errors

MAX_ITEMS: Final = 1000

T = TypeVar("T")


class Batch(Input, Generic[T]):
    """The body of a batch."""

    items: Annotated[list[SkipValidation[T]], Field(min_length=1, max_length=MAX_ITEMS)]
    atomic: StrictBool = Field(
        default=True, description="All or nothing. 默认要么全部成功，要么一项不留。"
    )


class ItemResult(BaseModel):
    """What became of one item."""

    status: int = Field(description="As if it had been sent alone: 201, 200, 409, 422 …")
    id: UUID | None = None
    revision: int | None = None
    problem: dict[str, Any] | None = Field(
        default=None, description="RFC 9457, pointers into the item. 问题详情。"
    )


class BatchResult(BaseModel):
    """One result for each item, in order."""

    atomic: bool
    applied: Literal[True] = True
    data: list[ItemResult]


def read_items(batch: Batch[T], model: type[T]) -> tuple[dict[int, T], dict[int, list[FieldError]]]:
    """The items that can be read, and the errors of the others, by index."""
    adapter = TypeAdapter(model)
    good: dict[int, T] = {}
    bad: dict[int, list[FieldError]] = {}
    for index, item in enumerate(batch.items):
        try:
            good[index] = adapter.validate_python(item)
        except ValidationError as error:
            found = [{**e, "loc": ("body", *e["loc"])} for e in error.errors(include_url=False)]
            bad[index] = field_errors(found, item)
    return good, bad


def refuse_if_atomic(batch: Batch[Any], problems: dict[int, Problem]) -> None:
    """With `atomic`, raise everything that is wrong with any item, pointers into the whole body."""
    if not (batch.atomic and problems):
        return
    errors: list[FieldError] = []
    for index, problem in sorted(problems.items()):
        place = f"/items/{index}"
        errors += [error.below(place) for error in problem.errors] or [
            FieldError(place, problem.code, problem.detail, problem.parameters)
        ]
    raise Invalid(errors)


def results(
    batch: Batch[Any],
    done: dict[int, ItemResult],
    problems: dict[int, Problem],
    render: Callable[[Problem], dict[str, Any]],
) -> BatchResult:
    """The answer, one result for each item."""
    data: Sequence[ItemResult] = [
        ItemResult(status=problems[index].status, problem=render(problems[index]))
        if index in problems
        else done[index]
        for index in range(len(batch.items))
    ]
    return BatchResult(atomic=batch.atomic, data=list(data))
