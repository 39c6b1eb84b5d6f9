"""The kernel: keeps the ledger true, and its counters with it.

Whoever changes what is owed calls `reconcile_*`; whoever changes what met it calls `credit` and
`debit`, and `follow` where others count because of it; whoever moves or deletes an organization
says so by `moved` and `forget_*`: always in the transaction of the change itself.
"""

from app.features.obligations.evidence import Evidence
from app.features.obligations.service.crediting import (
    count,
    credit,
    debit,
    follow,
    list_passings,
    lock_met,
    suspend,
)
from app.features.obligations.service.exempting import exempt, lift_exemption
from app.features.obligations.service.existing import recredit_leaders, recredit_organizations
from app.features.obligations.service.finding_out import (
    find_effects,
    find_near_records,
    load_campaign,
)
from app.features.obligations.service.following import (
    follow_move,
    forget_leader,
    forget_organization,
    move_branches,
)
from app.features.obligations.service.opening import open_periods_step, open_step
from app.features.obligations.service.periods import Behind, find_behind, follow_days
from app.features.obligations.service.reconciling import (
    reconcile_leaders,
    reconcile_organizations,
    reconcile_requirements,
)
from app.features.obligations.service.surroundings import follow_findings
from app.features.obligations.service.telling import (
    discard,
    forget_all,
    is_known,
    keep_labels,
    tell,
)

__all__ = [
    "Behind",
    "Evidence",
    "count",
    "credit",
    "debit",
    "discard",
    "exempt",
    "find_behind",
    "find_effects",
    "find_near_records",
    "follow",
    "follow_days",
    "follow_findings",
    "follow_move",
    "forget_all",
    "forget_leader",
    "forget_organization",
    "is_known",
    "keep_labels",
    "lift_exemption",
    "list_passings",
    "load_campaign",
    "lock_met",
    "move_branches",
    "open_periods_step",
    "open_step",
    "reconcile_leaders",
    "reconcile_organizations",
    "reconcile_requirements",
    "recredit_leaders",
    "recredit_organizations",
    "suspend",
    "tell",
]
