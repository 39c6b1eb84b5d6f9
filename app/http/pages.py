"""Pages of lists, as they are answered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, SerializeAsAny

T = TypeVar("T")
R = TypeVar("R")


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[SerializeAsAny[T]]
    has_more: bool = Field(description="Whether another page follows. 后面是否还有。")
    next_cursor: str | None = Field(
        default=None, description="Give it as `cursor` for the next page. 下一页的游标。"
    )
    changes_cursor: str | None = Field(
        default=None,
        description="On the last page: give it as `after` to `/v1/changes` for all that has "
        "changed since the first page was read. 仅最后一页：作为 after 交给 /v1/changes，"
        "可读取自读取第一页以来的全部变更。",
    )
    total: int | None = Field(
        default=None,
        description="How many rows there are in all, where that is known without counting: where "
        "the first page has all of them, or the list is made at once; else null. "
        "总数，无须另行计数即可得知时给出，否则为空。",
    )


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """The rows of one page and the cursor of the next."""

    rows: Sequence[R]
    next_cursor: str | None
    changes_cursor: str | None = None
    total: int | None = None
    """How many there are in all, where that is known."""

    def page(self, answers: Iterable[T]) -> Page[T]:
        """Return the answer: one for each row, in their order."""
        return Page(
            data=list(answers),
            has_more=self.next_cursor is not None,
            next_cursor=self.next_cursor,
            changes_cursor=self.changes_cursor,
            total=self.total,
        )

    def write(self, page: type[Page[T]], answers: list[Any]) -> Page[T]:
        """Return what the database has checked already: written as it stands.

        Each of `answers` has the fields of the page's rows, in their order. That they are what
        reading them by the schema would give, `tests/contract/test_pages.py` says.
        """
        return page.model_construct(
            data=answers,
            has_more=self.next_cursor is not None,
            next_cursor=self.next_cursor,
            changes_cursor=self.changes_cursor,
            total=self.total,
        )
