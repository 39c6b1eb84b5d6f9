"""Parameters of the pages' addresses, as forms send them: a field left empty is none."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BeforeValidator

from app.http.paging import Listing


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


UnitQuery = Annotated[
    UUID | None, BeforeValidator(_none_if_empty), Query(description="Whose subtree. 单位。")
]
DayQuery = Annotated[
    date | None, BeforeValidator(_none_if_empty), Query(description="As of this day. 截至日期。")
]
PageQuery = Annotated[int, Query(ge=1, le=10_000, description="Which page. 第几页。")]
_ROWS: int = 50


async def _rows(
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> Listing:
    """Return the paging part of a page with a list, which is in one order only."""
    return Listing(_ROWS, cursor, None, request, response)


RowsDep = Annotated[Listing, Depends(_rows)]


def whole_list(request: Request, *, most: int = 200, sort: str | None = None) -> Listing:
    """Return the paging of a list that a page shows from its beginning, and not further."""
    return Listing(most, None, sort, request, Response())
