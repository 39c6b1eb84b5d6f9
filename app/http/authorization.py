"""Authorization: every route names the power that its caller needs."""

from typing import Any

from fastapi import Depends, Request

from app.access.principal import Power
from app.http.context import context_of
from app.kit.problems import Forbidden


class Authorization:
    """The named authorization of a route: the caller needs the power somewhere.

    Where exactly is decided against the row, by `visibility`.
    """

    def __init__(self, power: Power | None) -> None:
        """`power` that some grant of the caller must carry; None: whoever the caller is."""
        self.power = power

    async def __call__(self, request: Request) -> None:
        """Check it as a dependency."""
        self.check(request)

    def check(self, request: Request) -> None:
        """Raise `Forbidden` unless the caller has the power anywhere at all."""
        caller = context_of(request).authenticated()
        if self.power is not None and not caller.may_anywhere(self.power):
            raise Forbidden


def allow(power: Power) -> Any:
    """Return the authorization of a route, for its `dependencies`."""
    return Depends(Authorization(power))


def allow_every_caller() -> Any:
    """Return the authorization of a route that shows callers only what is their own."""
    return Depends(Authorization(None))
