"""Who may hand out what."""

from app.access.principal import POWERS, Power, Principal
from app.models.vocabulary import Role


def may_give(caller: Principal, role: Role, path: str) -> bool:
    """Return whether the caller may give a role at `path` and below, or a key to who has it.

    It needs every power of the role itself, and security, over that subtree. Nobody who acts
    reads the audit trail, so an auditor is made by who holds all of an administrator's powers.
    """
    needed = POWERS[Role.ADMIN] if role is Role.AUDITOR else POWERS[role] | {Power.SECURE}
    return all(caller.may(power, path) for power in needed)


def separable(role: Role, others: set[Role]) -> bool:
    """Return whether the role can be held beside others: auditing goes with nothing else."""
    return not others or (role is Role.AUDITOR) == (others == {Role.AUDITOR})
