"""Who comes to what is owed from which side."""

from typing import Final

from app.access.principal import Power, Principal

ACTING: Final = (Power.REVIEW, Power.REPORT)
"""What lets a caller speak for an organization."""


def acts_for(caller: Principal, path: str) -> bool:
    """Return whether the caller speaks for the organization at a path, or for one above it."""
    return any(caller.may(power, path) for power in ACTING)
