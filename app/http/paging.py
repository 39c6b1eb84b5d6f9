"""Lists: keyset pages behind signed cursors, one style of sorting, nothing silently cut."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.access import following
from app.access.principal import Power
from app.db.rows import AnySelect, plain_rows
from app.http import cursors, field_selection
from app.http.context import get_context
from app.http.field_selection import FieldsQuery
from app.http.pages import Found, Page
from app.kit.choices import choices
from app.kit.problems import Invalid, InvalidCursor
from app.kit.validation import NOT_ALLOWED_VALUE

__all__ = ["Found", "Join", "Keys", "Listing", "ListingDep", "Page", "Sorts"]

T = TypeVar("T")
R = TypeVar("R")
Read = TypeVar("Read", bound=Sequence[Any])

_KEYS: Final = 4
"""Parts of a cursor that say where the list goes on; others are carried from page to page."""

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Sorts:
    """The sorts of a list: name → a column that is never null, ties broken by `id`."""

    columns: Mapping[str, Column]
    id: Column
    default: str


@dataclass(frozen=True, slots=True)
class Keys(Generic[R]):
    """The sorts of a list that is worked out: name → what of a row, ties broken by `id`."""

    columns: Mapping[str, Callable[[R], Any]]
    id: Callable[[R], Any]
    default: str


@dataclass(frozen=True, slots=True)
class Join(Generic[R]):
    """What is shown with the rows of a page, joined to those and to no others."""

    select: Callable[[Subquery], AnySelect]
    """Makes the statement that reads the rows of a page with what is joined to them."""
    row: Callable[..., R]
    """The named tuple of its columns."""


@dataclass(slots=True)
class Listing:
    """The paging part of a list request."""

    limit: int
    cursor: str | None
    sort: str | None
    request: Request
    response: Response
    _stands: list[Any] | None = field(default=None, init=False)
    """Where the feed of changes stood when the first page was read, and for which scope."""

    async def find(self, session: AsyncSession, statement: Select[R], sorts: Sorts) -> "Found[R]":
        """Return one page of the entities that a statement selects."""
        await self._stand(session)
        rows = (await session.execute(self._ordered(statement, sorts))).all()
        return self._cut(rows, sorts, lambda row: row[0])

    async def find_columns(
        self,
        session: AsyncSession,
        statement: AnySelect,
        sorts: Sorts,
        columns: Sequence[ColumnElement[Any]],
        kind: Callable[..., R],
    ) -> "Found[R]":
        """Return one page without entities: of what a statement selects, only these columns.

        `kind` is made of a row's columns, in their order. What is looked up for a row elsewhere
        the database looks up for the rows of the page only.
        """
        await self._stand(session)
        ordered = self._ordered(statement.with_only_columns(*columns), sorts)
        return self._cut(await plain_rows(session, ordered), sorts, lambda row: kind(*row[:-2]))

    async def find_rows(
        self, session: AsyncSession, statement: AnySelect, sorts: Sorts, kind: Callable[..., R]
    ) -> "Found[R]":
        """Return one page of rows; `kind` is the named tuple of what the statement selects."""
        await self._stand(session)
        rows = (await session.execute(self._ordered(statement, sorts))).all()
        return self._cut(rows, sorts, lambda row: kind(*row[:-2]))

    async def find_joined(
        self,
        session: AsyncSession,
        statement: AnySelect,
        sorts: Sorts,
        join: "Join[R]",
    ) -> "Found[R]":
        """Return one page of entities, each with what is joined to it."""
        await self._stand(session)
        return await self._joined(session, self._ordered(statement, sorts), sorts, join)

    async def find_merged(
        self,
        session: AsyncSession,
        parts: Sequence[tuple[AnySelect, Sorts]],
        join: "Join[R]",
    ) -> "Found[R]":
        """Return one page out of several lists of the same columns and sorts, in one order.

        Each is read in that order itself, as far as a page goes. No list at all is an empty page.
        """
        await self._stand(session)
        if not parts:
            return Found([], None, self._changes_cursor(), total=0)
        pages = (self._ordered(statement, sorts).subquery() for statement, sorts in parts)
        together = union_all(*(select(one) for one in pages))
        return await self._joined(session, together, parts[0][1], join)

    def find_among(self, rows: Iterable[R], keys: Keys[R]) -> "Found[R]":
        """Return one page of rows that are all at hand: no two have the same id."""
        name, descending, column = self._sort(keys.columns, keys.default)

        def mark(row: R) -> list[Any]:
            return [column(row), keys.id(row)]

        after = self._position(name, descending=descending)
        ordered = sorted(rows, key=mark, reverse=descending)
        total = len(ordered)
        if after is not None:
            ordered = [r for r in ordered if (mark(r) < after if descending else mark(r) > after)]
        if len(ordered) <= self.limit:
            return Found(ordered, None, total=total)
        page = ordered[: self.limit]
        cursor = self._signed(name, descending=descending, key=mark(page[-1]))
        self._link(cursor)
        return Found(page, cursor, total=total)

    async def _joined(
        self,
        session: AsyncSession,
        statement: AnySelect | CompoundSelect[*tuple[Any, ...]],
        sorts: Sorts,
        join: "Join[R]",
    ) -> "Found[R]":
        page = statement.subquery("page")
        marks = [page.c[name] for name in ("_key0", "_key1")]
        ordered = join.select(page).add_columns(*marks).order_by(*self._order(marks, sorts))
        rows = (await session.execute(ordered.limit(self.limit + 1))).all()
        return self._cut(rows, sorts, lambda row: join.row(*row[:-2]))

    def _ordered(self, statement: AnySelect, sorts: Sorts) -> AnySelect:
        """Return the statement for one page, its keys the last two columns."""
        name, descending, column = self._sort(sorts.columns, sorts.default)
        keys = (column, sorts.id)
        after = self._position(name, descending=descending)
        if after is not None:
            here = tuple_(*keys)
            marked = zip(after, keys, strict=True)
            mark = tuple_(*(literal(value, column.type) for value, column in marked))
            statement = statement.where(here < mark if descending else here > mark)
        labelled = statement.add_columns(*(k.label(f"_key{i}") for i, k in enumerate(keys)))
        return labelled.order_by(*self._order(keys, sorts)).limit(self.limit + 1)

    def _order(self, keys: Iterable[Column], sorts: Sorts) -> list[ColumnElement[Any]]:
        _, descending, _ = self._sort(sorts.columns, sorts.default)
        return [key.desc() if descending else key.asc() for key in keys]

    def _cut(self, rows: Sequence[Read], sorts: Sorts, build: Callable[[Read], R]) -> "Found[R]":
        """Return the page of what was read: a row too many says that there are more."""
        if len(rows) <= self.limit:
            whole = len(rows) if self.cursor is None else None
            found = [build(row) for row in rows]
            return Found(found, None, self._changes_cursor(), total=whole)
        rows = rows[: self.limit]
        name, descending, _ = self._sort(sorts.columns, sorts.default)
        cursor = self._signed(name, descending=descending, key=tuple(rows[-1])[-2:])
        self._link(cursor)
        return Found([build(row) for row in rows], cursor)

    def _sort(self, columns: Mapping[str, T], default: str) -> tuple[str, bool, T]:
        wanted = self.sort or default
        name = wanted.removeprefix("-")
        if name not in columns:
            expected = choices(way for key in columns for way in (key, f"-{key}"))
            raise Invalid([NOT_ALLOWED_VALUE.at("?sort", expected=expected)])
        return name, wanted.startswith("-"), columns[name]

    def _digest(self) -> str:
        """Digest what the cursor is bound to: the path and every filter."""
        filters = sorted(
            (k, v)
            for k, v in self.request.query_params.multi_items()
            if k not in {"cursor", "limit", "fields", "expand"}
        )
        text = json.dumps([self.request.url.path, filters])
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def _signed(self, name: str, *, descending: bool, key: Sequence[Any]) -> str:
        values = [cursors.encode(value) for value in key]
        parts = [self._digest(), name, descending, values]
        if self._stands is not None:
            parts.append(self._stands)
        if position := get_context(self.request).position:
            parts.append(position)
        return cursors.sign(self._secret(), parts)

    def _position(self, name: str, *, descending: bool) -> list[Any] | None:
        if self.cursor is None:
            return None
        digest, its_name, its_descending, values, *_ = cursors.read(self._secret(), self.cursor)
        if (digest, its_name, its_descending) != (self._digest(), name, descending):
            raise InvalidCursor
        return [cursors.decode(value) for value in values]

    async def _stand(self, session: AsyncSession) -> None:
        """Find out where the feed of changes stands, before the first page is read.

        Later pages have it from the first: what changes meanwhile may be on none of them.
        """
        if self.cursor is not None:
            more = cursors.read(self._secret(), self.cursor)[_KEYS:]
            found = [part for part in more if isinstance(part, list)]
            self._stands = found[0] if found else None
            return
        caller = get_context(self.request).caller
        follows = caller is not None and not caller.public_only
        if caller is not None and follows and caller.may_anywhere(Power.VIEW):
            self._stands = [*await following.find_latest(session), following.scope_of(caller)]

    def _changes_cursor(self) -> str | None:
        """Return the cursor of changes since the first page was read."""
        if self._stands is None:
            return None
        place, mark, scope = self._stands
        parts = following.to_parts(following.Position(place, mark), scope)
        return cursors.sign(self._secret(), parts)

    def _secret(self) -> bytes:
        secret: bytes = self.request.app.state.settings.secret
        return secret

    def _link(self, cursor: str) -> None:
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k != "cursor"]
        base_url = self.request.app.state.settings.base_url
        address = f"{base_url}{self.request.url.path}?{urlencode([*query, ('cursor', cursor)])}"
        self.response.headers["Link"] = f'<{address}>; rel="next"'


async def listing(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="Rows a page. 每页条数。")] = 50,
    cursor: Annotated[
        str | None,
        Query(max_length=2000, description="`next_cursor` of the page before. 上一页给出的游标。"),
    ] = None,
    sort: Annotated[
        str | None,
        Query(max_length=64, description="Field to sort by, `-` before it: descending. 排序字段。"),
    ] = None,
    fields: FieldsQuery = None,  # noqa: ARG001 - declared here, done by the route class
) -> Listing:
    """Return the paging part of a list request, as a dependency."""
    field_selection.check_fields(request)
    return Listing(limit, cursor, sort, request, response)


ListingDep = Annotated[Listing, Depends(listing)]
