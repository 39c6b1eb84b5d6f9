"""Lists: keyset pages behind signed cursors, one style of sorting, nothing silently cut."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field, SerializeAsAny
from sqlalchemy import ColumnElement, Subquery, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.db.rows import AnyRow, AnySelect, plain_rows
from app.http import field_selection
from app.http.context import get_context
from app.http.field_selection import FieldsQuery
from app.kit.choices import choices
from app.kit.problems import Invalid, InvalidCursor
from app.kit.validation import NOT_ALLOWED_VALUE

_SIGNATURE_BYTES: Final = 12

T = TypeVar("T")

Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    data: list[SerializeAsAny[T]]
    has_more: bool = Field(description="Whether another page follows. 后面是否还有。")
    next_cursor: str | None = Field(
        default=None, description="Give it as `cursor` for the next page. 下一页的游标。"
    )


@dataclass(frozen=True, slots=True)
class Sorts:
    """The sorts of a list: name → a column that is never null, ties broken by `id`."""

    columns: Mapping[str, Column]
    id: Column
    default: str


@dataclass(slots=True)
class Listing:
    """The paging part of a list request."""

    limit: int
    cursor: str | None
    sort: str | None
    request: Request
    response: Response

    async def slice(
        self,
        session: AsyncSession,
        statement: AnySelect,
        sorts: Sorts,
        widened: Callable[[Subquery], AnySelect] | None = None,
    ) -> "Slice":
        """Run a statement for one page: at most `limit` rows, one more read to know of the next.

        `widened` joins to the rows of the page what is shown with them, and to no others.
        """
        ordered = self._ordered(statement, sorts)
        if widened is not None:
            page = ordered.subquery("page")
            marks = [page.c[name] for name in ("_key0", "_key1")]
            ordered = widened(page).add_columns(*marks).order_by(*self._order(marks, sorts))
        return self._cut((await session.execute(ordered)).all(), sorts)

    async def rows(
        self,
        session: AsyncSession,
        statement: AnySelect,
        sorts: Sorts,
        shown: Sequence[ColumnElement[Any]],
    ) -> "Slice":
        """Run a statement for one page without entities: only the columns `shown`.

        They are put together once for a list; so is what is looked up for a row elsewhere, which
        the database does for the rows of the page only.
        """
        ordered = self._ordered(statement.with_only_columns(*shown), sorts)
        return self._cut(await plain_rows(session, ordered), sorts)

    async def merged(
        self,
        session: AsyncSession,
        parts: Sequence[tuple[AnySelect, Sorts]],
        widened: Callable[[Subquery], AnySelect],
    ) -> "Slice":
        """One page out of several lists of the same columns and sorts, in one order.

        Each is read in that order itself, as far as a page goes. `widened` as in `slice`.
        """
        pages = (self._ordered(statement, sorts).subquery() for statement, sorts in parts)
        page = union_all(*(select(one) for one in pages)).subquery("page")
        marks, (_, sorts) = [page.c[name] for name in ("_key0", "_key1")], parts[0]
        ordered = widened(page).add_columns(*marks).order_by(*self._order(marks, sorts))
        rows = await session.execute(ordered.limit(self.limit + 1))
        return self._cut(rows.all(), sorts)

    def _ordered(self, statement: AnySelect, sorts: Sorts) -> AnySelect:
        """Return the statement for one page, its keys the last two columns."""
        name, descending, column = self._sort(sorts)
        keys = (column, sorts.id)
        after = self._position(name, descending=descending)
        if after is not None:
            here = tuple_(*keys)
            mark = tuple_(*(literal(v, k.type) for v, k in zip(after, keys, strict=True)))
            statement = statement.where(here < mark if descending else here > mark)
        labelled = statement.add_columns(*(k.label(f"_key{i}") for i, k in enumerate(keys)))
        return labelled.order_by(*self._order(keys, sorts)).limit(self.limit + 1)

    def _order(self, keys: Iterable[Column], sorts: Sorts) -> list[ColumnElement[Any]]:
        _, descending, _ = self._sort(sorts)
        return [key.desc() if descending else key.asc() for key in keys]

    def _cut(self, rows: Sequence[AnyRow], sorts: Sorts) -> "Slice":
        """Return the page of what was read: a row too many says that there are more."""
        if len(rows) <= self.limit:
            return Slice(rows, None)
        rows = rows[: self.limit]
        name, descending, _ = self._sort(sorts)
        cursor = self._signed(name, descending=descending, key=tuple(rows[-1])[-2:])
        self._link(cursor)
        return Slice(rows, cursor)

    def _sort(self, sorts: Sorts) -> tuple[str, bool, Column]:
        wanted = self.sort or sorts.default
        name = wanted.removeprefix("-")
        if name not in sorts.columns:
            expected = choices(way for key in sorts.columns for way in (key, f"-{key}"))
            raise Invalid([NOT_ALLOWED_VALUE.at("?sort", expected=expected)])
        return name, wanted.startswith("-"), sorts.columns[name]

    def _digest(self) -> str:
        """Digest what the cursor is bound to: the path and every filter."""
        filters = sorted(
            (k, v)
            for k, v in self.request.query_params.multi_items()
            if k not in {"cursor", "limit", "fields"}
        )
        text = json.dumps([self.request.url.path, filters])
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def _signed(self, name: str, *, descending: bool, key: Sequence[Any]) -> str:
        values = [_encode(value) for value in key]
        parts = [self._digest(), name, descending, values]
        if position := get_context(self.request).position:
            parts.append(position)
        payload = json.dumps(parts).encode()
        return base64.urlsafe_b64encode(self._mac(payload) + payload).rstrip(b"=").decode("ascii")

    def _position(self, name: str, *, descending: bool) -> list[Any] | None:
        if self.cursor is None:
            return None
        mac, payload = _taken_apart(self.cursor)
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidCursor
        digest, its_name, its_descending, values, *_ = json.loads(payload)
        if (digest, its_name, its_descending) != (self._digest(), name, descending):
            raise InvalidCursor
        return [_decode(value) for value in values]

    def _mac(self, payload: bytes) -> bytes:
        secret: bytes = self.request.app.state.settings.secret
        return hmac.new(secret, b"cursor:" + payload, hashlib.sha256).digest()[:_SIGNATURE_BYTES]

    def _link(self, cursor: str) -> None:
        query = [(k, v) for k, v in self.request.query_params.multi_items() if k != "cursor"]
        base_url = self.request.app.state.settings.base_url
        address = f"{base_url}{self.request.url.path}?{urlencode([*query, ('cursor', cursor)])}"
        self.response.headers["Link"] = f'<{address}>; rel="next"'


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows of one page and the cursor of the next."""

    rows: Sequence[AnyRow]
    next_cursor: str | None

    def page(self, convert: Callable[[AnyRow], T]) -> Page[T]:
        """Return the answer: every row converted."""
        return Page(
            data=[convert(row) for row in self.rows],
            has_more=self.next_cursor is not None,
            next_cursor=self.next_cursor,
        )

    def as_kept(self, page: type[Page[T]], answers: list[Any]) -> Page[T]:
        """Return what the database has checked already: written as it stands.

        Each of `answers` has the fields of the page's rows, in their order. That they are what
        reading them by the schema would give, `tests/contract/test_pages.py` says.
        """
        return page.model_construct(
            data=answers, has_more=self.next_cursor is not None, next_cursor=self.next_cursor
        )


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


def position_of(request: Request) -> str | None:
    """How far the server was that gave the page before, as its cursor says; unchecked."""
    try:
        _, payload = _taken_apart(request.query_params.get("cursor", ""))
        *_, position = json.loads(payload)
    except (InvalidCursor, ValueError, TypeError):
        return None
    return position if isinstance(position, str) else None


def _taken_apart(cursor: str) -> tuple[bytes, bytes]:
    """Signature and payload; raises `InvalidCursor`."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise InvalidCursor from None
    return raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]


ListingDep = Annotated[Listing, Depends(listing)]


def _encode(value: Any) -> list[Any]:
    if isinstance(value, datetime):
        return ["t", value.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, UUID):
        return ["u", str(value)]
    return ["v", value]


def _decode(pair: list[Any]) -> Any:
    kind, value = pair
    match kind:
        case "t":
            return datetime.fromisoformat(value)
        case "d":
            return date.fromisoformat(value)
        case "u":
            return UUID(value)
        case _:
            return value
