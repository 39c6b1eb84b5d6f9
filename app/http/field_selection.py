"""Sparse lists: `fields=name,code` leaves the other fields of every row out."""

import json
from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from app.kit.choices import choices
from app.kit.expanded import answered_fields
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE

PARAMETER: Final = "fields"
_ALWAYS: Final = "id"
_OK: Final = 200

FieldsQuery = Annotated[
    str | None,
    Query(
        alias=PARAMETER,
        max_length=2000,
        description="只返回所列字段，逗号分隔；`id` 总在其中。未列的字段不出现，"
        "即使文档标为必有。 Only these fields of each row, separated by commas; `id` is always "
        "among them. The others are absent, even where the schema requires them.",
    ),
]
"""The declared parameter; what it does happens in `selected`."""


def check_fields(request: Request) -> None:
    """Raise `Invalid` unless every field asked for is one of the list's rows."""
    wanted, known = _wanted(request), _known(request)
    if wanted and not wanted <= known:
        raise Invalid([NOT_ALLOWED_VALUE.at(f"?{PARAMETER}", expected=choices(sorted(known)))])


def select_fields(request: Request, response: Response) -> Response:
    """Return the answer with only the fields that were asked for."""
    wanted = _wanted(request)
    if not wanted or response.status_code != _OK:
        return response
    page = json.loads(bytes(response.body))
    # What is to be shown beside the ids was asked for, too.
    wanted |= set(request.query_params.get("expand", "").split(","))
    page["data"] = [_only(row, wanted) for row in page["data"]]
    content = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    headers = {k: v for k, v in response.headers.items() if k != "content-length"}
    return Response(content, _OK, headers)


def _wanted(request: Request) -> set[str]:
    return set(filter(None, request.query_params.get(PARAMETER, "").split(",")))


def _known(request: Request) -> set[str]:
    """Return the fields of the rows, by the route's declared `Page[…]`."""
    route = request.scope.get("route")
    model = route.response_model if isinstance(route, APIRoute) else None
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return set()
    rows = model.__pydantic_generic_metadata__["args"]
    row = rows[0] if rows else None
    if isinstance(row, type) and issubclass(row, BaseModel):
        return {*answered_fields(row), *row.model_computed_fields}
    return set()


def _only(row: dict[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in row if name in wanted or name == _ALWAYS}
