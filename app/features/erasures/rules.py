"""What is taken out of a text or a structured value, and what stands there instead."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

PLACEHOLDER: Final = "〔已清除〕"
"""Stands where a name stood."""
_CODE: Final = re.compile(r"[a-z0-9_.:/ -]*|[A-Z0-9-]{1,3}")
"""What a code of the service looks like, or a number, a day, an id: never a name."""
_SHORTEST: Final = 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: names anywhere in texts, persons' identifiers as whole values."""

    names: tuple[str, ...]
    persons: tuple[str, ...]
    pseudonym: str
    """Stands where a person's identifier stood: one for an erasure, so that acts of one person
    still show as such."""

    @property
    def subjects(self) -> tuple[tuple[str, str], ...]:
        """Persons of an issuer: `(issuer, subject)` of `issuer#subject`."""
        split = (person.rpartition("#") for person in self.persons)
        return tuple((issuer, subject) for issuer, mark, subject in split if mark)


def is_name(text: str) -> bool:
    """Return whether a text can be a name: replacing it changes no code, no number, no id."""
    return len(text) >= _SHORTEST and not _CODE.fullmatch(text)


def sort_longest_first(names: Sequence[str]) -> tuple[str, ...]:
    """Each name once, those that hold others first."""
    return tuple(sorted(set(names), key=lambda name: (-len(name), name)))


def in_json(text: str) -> set[str]:
    """Return how a text can stand in stored JSON: as it is, or with escapes."""
    return {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}


def remove_names(value: Any, wanted: Wanted) -> Any:
    """Return a text or structured value without what is wanted; the same where it holds none."""
    if isinstance(value, str):
        if value in wanted.persons:
            return wanted.pseudonym
        for name in wanted.names:
            value = value.replace(name, PLACEHOLDER)
        return value
    if isinstance(value, list):
        return [remove_names(item, wanted) for item in value]
    if isinstance(value, dict):
        return {key: remove_names(item, wanted) for key, item in value.items()}
    return value
