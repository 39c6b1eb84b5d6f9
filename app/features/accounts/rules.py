"""Who may hand out what."""

from typing import Final

from app.access.principal import POWERS, Power, Principal
from app.models.vocabulary import Role

_AS_WIDE: Final = {
    Role.SELF: frozenset({Power.VIEW, Power.REPORT}),
    Role.WEBSITE: frozenset({Power.VIEW}),
}
"""What lets a caller do all that a role does, where it is not that role's own powers."""
_ALONE: Final = {Role.AUDITOR, Role.WEBSITE}
"""Roles that are held beside no other."""


def may_give(caller: Principal, role: Role, path: str) -> bool:
    """Return whether the caller may give a role at `path` and below, or a key to who has it.

    It needs every power of the role itself, and security, over that subtree. Nobody who acts
    reads the audit trail, so an auditor is made by who holds all of an administrator's powers.
    """
    needed = POWERS[Role.ADMIN] if role is Role.AUDITOR else _AS_WIDE.get(role, POWERS[role])
    needed |= {Power.SECURE}
    return all(caller.may(power, path) for power in needed)


def separable(role: Role, others: set[Role]) -> bool:
    """Return whether the role can be held beside others: auditing goes with nothing else.

    Nor does what a website has: beside another role it would be as much as nothing.
    """
    alone = _ALONE & {role, *others}
    return not others or not alone or others == {role}
