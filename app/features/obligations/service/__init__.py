"""The kernel: keeps the ledger true, and its counters with it.

Whoever changes what is owed calls `reconcile_*`; whoever changes what met it calls `credit` and
`debit`; whoever moves or deletes an organization says so by `moved` and `forget_*`: always in the
transaction of the change itself.
"""

from app.features.obligations.rules import Evidence
from app.features.obligations.service.crediting import (
    count,
    credit,
    debit,
    list_passings,
    lock_met,
    suspend,
)
from app.features.obligations.service.exempting import exempt, lift_exemption
from app.features.obligations.service.existing import recredit_leaders, recredit_organizations
from app.features.obligations.service.following import (
    follow_move,
    forget_leader,
    forget_organization,
    move_branches,
)
from app.features.obligations.service.opening import open_step
from app.features.obligations.service.reconciling import (
    reconcile_leaders,
    reconcile_organizations,
    reconcile_requirements,
)

__all__ = [
    "Evidence",
    "count",
    "credit",
    "debit",
    "exempt",
    "follow_move",
    "forget_leader",
    "forget_organization",
    "lift_exemption",
    "list_passings",
    "lock_met",
    "move_branches",
    "open_step",
    "reconcile_leaders",
    "reconcile_organizations",
    "reconcile_requirements",
    "recredit_leaders",
    "recredit_organizations",
    "suspend",
]
