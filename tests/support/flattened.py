"""Counts as one row of numbers."""

from collections.abc import Mapping
from typing import Any


def flat(counts: Mapping[str, Any]) -> dict[str, int]:
    """Counts by name; what has parts, as `{n, of}`, by its name and theirs."""
    found: dict[str, int] = {}
    for name, value in counts.items():
        if isinstance(value, dict):
            found |= {f"{name}/{part}": number for part, number in value.items()}
        else:
            found[name] = value
    return found
