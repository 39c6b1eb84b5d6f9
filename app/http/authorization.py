"""Authorization: every route names the power that its caller needs."""

import json
from collections.abc import Iterable
from typing import Any, Final

from fastapi import Depends, Request, Response, params

from app.access.principal import Power
from app.http.context import get_context
from app.kit.problems import Forbidden

_OK: Final = 200
_OF_LISTS: Final = frozenset({"limit", "cursor", "sort", "fields"})


class Authorization:
    """The named authorization of a route: the caller needs one of its powers somewhere.

    Where exactly is decided against the row, by `visibility`.
    """

    def __init__(self, *powers: Power) -> None:
        """`powers` of which some grant of the caller must carry one; none: whoever it is."""
        self.powers = powers

    async def __call__(self, request: Request) -> None:
        """Check it as a dependency."""
        self.check(request)

    def check(self, request: Request) -> None:
        """Raise `Forbidden` unless the caller has one of the powers anywhere at all."""
        caller = get_context(request).authenticated()
        if self.powers and not any(caller.may_anywhere(power) for power in self.powers):
            raise Forbidden


def allow(power: Power, *others: Power) -> Any:
    """Return the authorization of a route, for its `dependencies`.

    Several powers: what two sides do, each with its own.
    """
    return Depends(Authorization(power, *others))


class Publication(Authorization):
    """The authorization of a route that shows who sees only what is public some of its fields."""

    def __init__(self, fields: frozenset[str] | None, filters: frozenset[str]) -> None:
        """`fields` of each row, None: all; `filters` are the query parameters it takes then."""
        super().__init__(Power.VIEW, Power.PUBLIC)
        self.fields = fields
        self._taken = filters | _OF_LISTS

    def check(self, request: Request) -> None:
        """Raise `Forbidden` also for what the rest could be found out by."""
        super().check(request)
        if _is_public_only(request) and not set(request.query_params) <= self._taken:
            raise Forbidden

    def cut(self, request: Request, response: Response) -> Response:
        """Return the answer with only what is public of it, to who sees no more."""
        if self.fields is None or response.status_code != _OK or not _is_public_only(request):
            return response
        answer = json.loads(bytes(response.body))
        if "data" in answer:
            answer["data"] = [self._only(row) for row in answer["data"]]
        else:
            answer = self._only(answer)
        content = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        headers = {k: v for k, v in response.headers.items() if k != "content-length"}
        return Response(content, _OK, headers)

    def _only(self, row: dict[str, Any]) -> dict[str, Any]:
        return {name: row[name] for name in row if name in (self.fields or ())}


def _is_public_only(request: Request) -> bool:
    return not get_context(request).authenticated().may_anywhere(Power.VIEW)


def allow_published(fields: Iterable[str] | None, filters: Iterable[str] = ()) -> Any:
    """Return the authorization of a route for who sees, or sees only what is public.

    These get only these fields of each row, and may ask by these parameters. Its handler takes a
    `ReaderDep`.
    """
    listed = None if fields is None else frozenset(fields)
    return Depends(Publication(listed, frozenset(filters)))


def find_publication(dependencies: Iterable[params.Depends]) -> Publication | None:
    """Return what a route shows of itself to who sees only what is public; None: nothing."""
    found = (each.dependency for each in dependencies)
    return next((one for one in found if isinstance(one, Publication)), None)


def allow_every_caller() -> Any:
    """Return the authorization of a route that shows callers only what is their own."""
    return Depends(Authorization())
