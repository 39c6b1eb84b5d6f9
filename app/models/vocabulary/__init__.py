"""The vocabulary: every code of the records, with its Chinese and English label beside it.

Columns hold the codes as text; input models take the enumerations. `CODE_LISTS` is what callers
may read of it. Topics, checks, talk modes and methods belong to each campaign as data; those here
are the ones that the records themselves are built on.
"""

from typing import Final

from app.kit.choices import know
from app.models.vocabulary.access import Role
from app.models.vocabulary.campaigns import (
    CampaignStatus,
    Channel,
    CountsFrom,
    EvidenceRecord,
    JobStatus,
    ObligationStatus,
    RequirementScope,
    Secrecy,
    SubjectType,
    Urgency,
)
from app.models.vocabulary.coded import Coded
from app.models.vocabulary.organizations import (
    BranchKind,
    DelegateLevel,
    DivisionSystem,
    OrganizationType,
    PositionLevel,
    Sector,
    UnitKind,
)
from app.models.vocabulary.submissions import (
    ActivityKind,
    Check,
    DispatchChannel,
    DispatchOutcome,
    ExtensionStatus,
    FindingAction,
    FindingNature,
    FindingOrigin,
    FindingStatus,
    LeaderItem,
    Medium,
    OpinionField,
    OpinionHandling,
    OutletLevel,
    ParticipantRole,
    ReportKind,
    ReviewDecision,
    SourceGroup,
    SubmissionStatus,
)

__all__ = [
    "CODE_LISTS",
    "ActivityKind",
    "BranchKind",
    "CampaignStatus",
    "Channel",
    "Check",
    "Coded",
    "CountsFrom",
    "DelegateLevel",
    "DispatchChannel",
    "DispatchOutcome",
    "DivisionSystem",
    "EvidenceRecord",
    "ExtensionStatus",
    "FindingAction",
    "FindingNature",
    "FindingOrigin",
    "FindingStatus",
    "JobStatus",
    "LeaderItem",
    "Medium",
    "ObligationStatus",
    "OpinionField",
    "OpinionHandling",
    "OrganizationType",
    "OutletLevel",
    "ParticipantRole",
    "PositionLevel",
    "ReportKind",
    "RequirementScope",
    "ReviewDecision",
    "Role",
    "Secrecy",
    "Sector",
    "SourceGroup",
    "SubjectType",
    "SubmissionStatus",
    "UnitKind",
    "Urgency",
]

CODE_LISTS: Final[dict[str, type[Coded]]] = {
    "activity_kinds": ActivityKind,
    "branch_kinds": BranchKind,
    "campaign_statuses": CampaignStatus,
    "channels": Channel,
    "checks": Check,
    "counts_from": CountsFrom,
    "delegate_levels": DelegateLevel,
    "dispatch_channels": DispatchChannel,
    "dispatch_outcomes": DispatchOutcome,
    "division_systems": DivisionSystem,
    "evidence_records": EvidenceRecord,
    "finding_actions": FindingAction,
    "extension_statuses": ExtensionStatus,
    "finding_natures": FindingNature,
    "finding_origins": FindingOrigin,
    "finding_statuses": FindingStatus,
    "job_statuses": JobStatus,
    "leader_items": LeaderItem,
    "media": Medium,
    "obligation_statuses": ObligationStatus,
    "opinion_fields": OpinionField,
    "opinion_handlings": OpinionHandling,
    "organization_types": OrganizationType,
    "outlet_levels": OutletLevel,
    "participant_roles": ParticipantRole,
    "position_levels": PositionLevel,
    "report_kinds": ReportKind,
    "requirement_scopes": RequirementScope,
    "review_decisions": ReviewDecision,
    "roles": Role,
    "secrecy_levels": Secrecy,
    "sectors": Sector,
    "source_groups": SourceGroup,
    "subject_types": SubjectType,
    "submission_statuses": SubmissionStatus,
    "unit_kinds": UnitKind,
    "urgencies": Urgency,
}
"""Every code list by its public name."""

for _codes in CODE_LISTS.values():
    know(_codes)
