"""Whether two requirements ask for the same, or one for more than the other; pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Asked = Mapping[str, Any] | None
"""One condition of evidence, None where it is not made."""

_ONE_OF: Final = ("kinds", "talk_modes")
_ALL_OF: Final = ("topics", "checks", "methods")


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two requirements ask for the same, so that one record can meet both.

    That is: a kind in common, and topics, checks, ways of talking and codes of details in common
    wherever both name some. Leaving a check out, or adding a topic, does not make it something
    else; another topic does.
    """
    return (
        one["record"] == other["record"]
        and all(not mine or not theirs or mine & theirs for mine, theirs in _choices(one, other))
        and _windows_meet(one.get("window"), other.get("window"))
        and (
            bool(one.get("forwarded")) == bool(other.get("forwarded"))
            or bool(one.get("own") or other.get("own"))
        )
    )


def covers(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether whatever meets `one` meets `other` as well."""
    return (
        one["record"] == other["record"]
        and all(_narrows(_set(one, part), _set(other, part)) for part in _ONE_OF)
        and all(_set(one, part) >= _set(other, part) for part in _ALL_OF)
        and bool(one.get("forwarded")) == bool(other.get("forwarded"))
        and (not one.get("own") or bool(other.get("own")))
        and (not other.get("selected") or bool(one.get("selected")))
        and all(
            _is_as_strict((one.get("details") or {}).get(name), condition)
            for name, condition in (other.get("details") or {}).items()
        )
        and _is_within(one.get("window"), other.get("window"))
        and _comes_after(one.get("preceded_by"), other.get("preceded_by"))
        and _finds_more(one.get("findings"), other.get("findings"))
    )


def _choices(
    one: Mapping[str, Any], other: Mapping[str, Any]
) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Yield what both name of everything that can be named, code by code."""
    for part in (*_ONE_OF, *_ALL_OF):
        yield _set(one, part), _set(other, part)
    mine, theirs = one.get("details") or {}, other.get("details") or {}
    for name in mine.keys() & theirs.keys():
        yield _set(mine[name], "in"), _set(theirs[name], "in")


def _narrows(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether `one` leaves no more to choose from than `other`; empty leaves everything."""
    return not other or (bool(one) and one <= other)


def _is_as_strict(one: Asked, other: Mapping[str, Any]) -> bool:
    if one is None:
        return False
    least, most = other.get("min"), other.get("max")
    return (
        (least is None or one.get("min", -1) >= least)
        and (most is None or ("max" in one and one["max"] <= most))
        and _narrows(_set(one, "in"), _set(other, "in"))
    )


def _is_within(one: Asked, other: Asked) -> bool:
    """Return whether days are among the other days; written as they are, they sort as days."""
    if other is None:
        return True
    return one is not None and bool(other["from"] <= one["from"] and one["to"] <= other["to"])


def _windows_meet(one: Asked, other: Asked) -> bool:
    if one is None or other is None:
        return True
    return bool(one["from"] <= other["to"] and other["from"] <= one["to"])


def _comes_after(one: Asked, other: Asked) -> bool:
    if other is None:
        return True
    if one is None:
        return False
    named = all(other.get(n) is None or one.get(n) == other[n] for n in ("kind", "method"))
    within, wide = one.get("within_days"), other.get("within_days")
    return named and (wide is None or (within is not None and within <= wide))


def _finds_more(one: Asked, other: Asked) -> bool:
    if other is None:
        return True
    return (
        one is not None and one["min"] >= other["min"] and _set(one, "with") >= _set(other, "with")
    )


def _set(evidence: Mapping[str, Any], part: str) -> frozenset[str]:
    return frozenset(evidence.get(part) or ())
