"""Authorization: every route names the power that its caller needs."""

from typing import Any

from fastapi import Depends, Request

from app.access.principal import Power
from app.http.context import get_context
from app.kit.problems import Forbidden


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


def allow_every_caller() -> Any:
    """Return the authorization of a route that shows callers only what is their own."""
    return Depends(Authorization())
