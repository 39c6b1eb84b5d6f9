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
    lock_met,
    passed_on,
    suspend,
)
from app.features.obligations.service.exempting import exempt, lift_exemption
from app.features.obligations.service.existing import recredit_leaders, recredit_organizations
from app.features.obligations.service.following import (
    branches_moved,
    forget_leader,
    forget_organization,
    moved,
)
from app.features.obligations.service.opening import open_step
from app.features.obligations.service.reconciling import (
    reconcile_leaders,
    reconcile_organizations,
    reconcile_requirements,
)

__all__ = [
    "Evidence",
    "branches_moved",
    "count",
    "credit",
    "debit",
    "exempt",
    "forget_leader",
    "forget_organization",
    "lift_exemption",
    "lock_met",
    "moved",
    "open_step",
    "passed_on",
    "reconcile_leaders",
    "reconcile_organizations",
    "reconcile_requirements",
    "recredit_leaders",
    "recredit_organizations",
    "suspend",
]
