"""What an address and its headers may hold, whatever the route: checked before anything is read."""

import re
from typing import Any, Final, get_args, get_origin

from fastapi import Request

from app.kit.fields import find_unfit
from app.kit.language import Text
from app.kit.personal import find_resident_number
from app.kit.problems import MAX_ERRORS, FieldError, FieldErrorKind, Invalid
from app.kit.validation import (
    BAD_FORMAT,
    BAD_TEXT,
    CHARACTERS,
    PERSONAL_NUMBER,
    TIMES,
    TOO_LONG,
    UNKNOWN_PARAMETER,
    suggest_parameters,
    suggest_similar,
)

REPEATED = FieldErrorKind(
    "repeated_parameter", "只能给出一次", "is given more than once, and only one value is taken"
)

MAX_LENGTH: Final = 2000
"""Characters of one value."""
MAX_REPEATS: Final = 50
"""How often one parameter may be given."""
MAX_HEADER: Final = 1000
_LONGEST_NAME: Final = 40
_MOST_TOLD: Final = 2
"""Unknown parameters of which each says what there is: beside more of them it is told already."""
MAX_ACTOR: Final = 200
_ACTOR: Final = re.compile(rf"[\x20-\x7e]{{1,{MAX_ACTOR}}}")
_ACTOR_FORM: Final = Text(
    f"1 至 {MAX_ACTOR} 个可见 ASCII 字符", f"1 to {MAX_ACTOR} visible ASCII characters"
)
_HEADERS: Final = ("If-None-Match", "Dajiatan-Position")
_ONCE: Final = ("Authorization", "Idempotency-Key", "Actor", "Content-Type", "Dajiatan-Position")


def takes_several(annotation: Any) -> bool:
    """Whether a parameter of this type may be given more than once."""
    return any(get_origin(part) is list for part in (annotation, *get_args(annotation)))


def refuse_unfit(request: Request, known: frozenset[str], several: frozenset[str]) -> None:
    """Raise `Invalid` with each parameter that is unknown, unreadable or too much of it.

    `known` are those of the route, of which `several` may be given more than once.
    """
    names = list(request.query_params)
    unknown = [name for name in names if name not in known]
    errors = [
        UNKNOWN_PARAMETER.at(f"?{name}", similar=suggest_parameters(name[:_LONGEST_NAME], known))
        for name in unknown[:_MOST_TOLD]
    ]
    errors += [
        UNKNOWN_PARAMETER.at(f"?{name}", similar=suggest_similar(name[:_LONGEST_NAME], known))
        for name in unknown[_MOST_TOLD:MAX_ERRORS]
    ]
    for name in names:
        if name in known:
            errors += _named(request, name, several)
    errors += [
        TOO_LONG.at(f"{name}:", limit=MAX_HEADER, unit=CHARACTERS)
        for name in _HEADERS
        if len(request.headers.get(name, "")) > MAX_HEADER
    ]
    errors += [REPEATED.at(f"{name}:") for name in _ONCE if len(request.headers.getlist(name)) > 1]
    if errors:
        raise Invalid(errors, more=len(unknown[MAX_ERRORS:]))


def actor_of(request: Request) -> str | None:
    """Return whom the caller says that it acts for, in its own words; raises `Invalid`."""
    actor = request.headers.get("actor")
    if actor is not None and not _ACTOR.fullmatch(actor):
        raise Invalid([BAD_FORMAT.at("Actor:", expected=_ACTOR_FORM)])
    place = find_resident_number(actor or "")
    if place is not None:
        raise Invalid([PERSONAL_NUMBER.at("Actor:", place=place + 1)])
    return actor


def _named(request: Request, name: str, several: frozenset[str]) -> list[FieldError]:
    place = f"?{name}"
    values = request.query_params.getlist(name)
    if len(values) > 1 and name not in several:
        return [REPEATED.at(place)]
    if len(values) > MAX_REPEATS:
        return [TOO_LONG.at(place, limit=MAX_REPEATS, unit=TIMES)]
    if any(len(value) > MAX_LENGTH for value in values):
        return [TOO_LONG.at(place, limit=MAX_LENGTH, unit=CHARACTERS)]
    unfit = next(filter(None, map(find_unfit, values)), None)
    return [BAD_TEXT.at(place, what=unfit)] if unfit is not None else []
