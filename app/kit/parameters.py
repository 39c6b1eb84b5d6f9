"""What an address and its headers may hold, whatever the route: checked before anything is read."""

from typing import Final

from fastapi import Request

from app.kit.fields import fit_parameter
from app.kit.problems import FieldError, Invalid
from app.kit.validation import BAD_TEXT, TOO_LONG, UNKNOWN_PARAMETER

MAX_LENGTH: Final = 2000
"""Characters of one value."""
MAX_REPEATS: Final = 50
"""How often one parameter may be given."""
MAX_HEADER: Final = 1000
MAX_ACTOR: Final = 200
_HEADERS: Final = ("If-None-Match", "Dajiatan-Position")


def refuse_unfit(request: Request, known: frozenset[str]) -> None:
    """Raise `Invalid` with every parameter that is unknown, unreadable or too much of it."""
    errors = [error for name in request.query_params for error in _named(request, name, known)]
    errors += [
        TOO_LONG.at(f"{name}:", limit=MAX_HEADER)
        for name in _HEADERS
        if len(request.headers.get(name, "")) > MAX_HEADER
    ]
    if errors:
        raise Invalid(errors)


def _named(request: Request, name: str, known: frozenset[str]) -> list[FieldError]:
    place = f"?{name}"
    if name not in known:
        return [UNKNOWN_PARAMETER.at(place)]
    values = request.query_params.getlist(name)
    if len(values) > MAX_REPEATS:
        return [TOO_LONG.at(place, limit=MAX_REPEATS)]
    if any(len(value) > MAX_LENGTH for value in values):
        return [TOO_LONG.at(place, limit=MAX_LENGTH)]
    return (
        []
        if all(fit_parameter(value) for value in values)
        else [BAD_TEXT.at(place, what="control")]
    )
