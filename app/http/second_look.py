"""A second look at a body with malformed values: what is wrong with the rest of it is told, too.

The rest is carried out like any other request, in a transaction that is rolled back whatever comes
of it (decision 0086).
"""

import copy
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from pydantic import ValidationError

from app.http.bodies import SeenError, StrictRequest
from app.kit import clock
from app.kit.problems import MAX_ERRORS, FieldError, FieldErrorKind, Invalid, Malformed, Problem

_ROUNDS: Final = 20
_SOME_ID: Final = "00000000-0000-7000-8000-000000000000"

_log = structlog.get_logger(__name__)


async def add_the_rest(
    problem: Invalid,
    request: StrictRequest,
    validate: Callable[[Any], Any],
    attempt: Callable[[], Awaitable[object]],
) -> Invalid:
    """Return a problem with what `attempt` finds wrong with the rest of the body, added."""
    known = [error.pointer for error in problem.errors]
    if problem.more or not all(pointer.startswith("/") for pointer in known):
        return problem
    with suppress(Malformed):
        rest = _Rest(await request.parsed())
        rest.take_out(known)
        value = rest.read(validate)
        if value is not None:
            found = [*_new(known, rest, await _look(request, value, attempt))]
            shown = [*problem.errors, *found][:MAX_ERRORS]
            return Invalid(shown, more=len(problem.errors) + len(found) - len(shown))
    return problem


async def _look(
    request: StrictRequest, value: Any, attempt: Callable[[], Awaitable[object]]
) -> list[FieldError]:
    request.look_at(value)
    try:
        await attempt()
    except Invalid as more:
        return more.errors
    except (Problem, SeenError):
        return []
    except Exception:  # noqa: BLE001 - the first look has an answer already
        _log.warning("second_look_failed", exc_info=True)
    return []


def _new(known: list[str], rest: "_Rest", found: Iterable[FieldError]) -> Iterator[FieldError]:
    """Yield the errors that neither repeat a known one nor hang on what it is about."""
    for error in found:
        pointer = rest.original(error.pointer)
        near = any(f"{pointer}/".startswith(f"{k}/") or f"{k}/".startswith(f"{pointer}/")
                   for k in known)  # fmt: skip
        kind = FieldErrorKind.catalogue.get(error.code)
        if not near and not (kind and kind.relative):
            yield FieldError(pointer, error.code, error.text, error.parameters)


@dataclass(slots=True)
class _Rest:
    """A body, and what was taken out of its lists, by the place of each list."""

    data: Any
    gone: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def take_out(self, pointers: Iterable[str]) -> None:
        """Take out the values at some places; the last of a list first, so that places hold."""
        for parts in sorted({_parts(p) for p in pointers}, key=_order, reverse=True):
            *above, last = parts
            holder = _at(self.data, above)
            if isinstance(holder, dict):
                holder.pop(last, None)
            elif isinstance(holder, list) and _is_index(last) and int(last) < len(holder):
                del holder[int(last)]
                self.gone["".join(f"/{part}" for part in above)].add(int(last))

    def original(self, pointer: str) -> str:
        """Return where a place of the rest is in the body as it was sent."""
        place = ""
        for part in pointer.split("/")[1:]:
            index = part
            if place in self.gone and _is_index(part):
                number = int(part)
                for removed in sorted(self.gone[place]):
                    number += removed <= number
                index = str(number)
            place += f"/{index}"
        return place

    def read(self, validate: Callable[[Any], Any]) -> Any:
        """Return the rest as its model, something put where it needs a value; None if it cannot."""
        for _ in range(_ROUNDS):
            try:
                return validate(copy.deepcopy(self.data))
            except ValidationError as error:
                missing = [e["loc"] for e in error.errors() if e["type"] == "missing"]
                if not missing or not self._fill(missing[0], validate):
                    return None
        return None

    def _fill(self, place: tuple[int | str, ...], validate: Callable[[Any], Any]) -> bool:
        """Put a value where one is missing that is no error there; return whether there is one."""
        parts = [str(part) for part in place]
        while parts[:-1] and not isinstance(_at(self.data, parts[:-1]), dict):
            parts = [*parts[:-2], parts[-1]]  # a tag of a union, which is no key
        holder = _at(self.data, parts[:-1])
        if not isinstance(holder, dict):
            return False
        stand_ins: tuple[Any, ...] = (str(clock.today()), _SOME_ID, 1, False, [], {})
        for value in stand_ins:
            holder[parts[-1]] = value
            wrong = _wrong_at(self.data, parts[-1], validate)
            if wrong is None:
                return True
            if wrong:
                holder[parts[-1]] = wrong
                return True
        return False


def _wrong_at(data: Any, name: str, validate: Callable[[Any], Any]) -> str | None:
    """Return None if a value is right; else the first of the codes that it may be, if any."""
    try:
        validate(copy.deepcopy(data))
    except ValidationError as error:
        for each in error.errors():
            if name in each["loc"] and each["type"] != "missing":
                expected = str(each.get("ctx", {}).get("expected", ""))
                return expected.split("'")[1] if each["type"] in _CODED else ""
    return None


_LONGEST_INDEX: Final = 10
_CODED: Final = frozenset({"enum", "literal_error"})


def _parts(pointer: str) -> tuple[str, ...]:
    return tuple(p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:])


def _order(parts: tuple[str, ...]) -> list[tuple[int, str]]:
    return [(int(part) if _is_index(part) else -1, part) for part in parts]


def _at(data: Any, parts: Iterable[str]) -> Any:
    for part in parts:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and _is_index(part) and int(part) < len(data):
            data = data[int(part)]
        else:
            return None
    return data


def _is_index(part: str) -> bool:
    """Return whether a part of a pointer may be a place in a list; a name such as `²0` is none."""
    return part.isdecimal() and part.isascii() and len(part) < _LONGEST_INDEX
