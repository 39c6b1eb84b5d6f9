"""The schema: one graph of tables, one file per aggregate."""

from app.models.accounts import ApiKey, Client, Grant, RevokedToken
from app.models.activities import Activity, ActivityCampaign, Finding, Opinion, Participant
from app.models.attachments import Attachment
from app.models.base import Base
from app.models.campaigns import Campaign, Requirement, RequirementPeriod
from app.models.counters import Counter, CounterDelta
from app.models.counts import OwnCount, SubtreeCount, Uncounted
from app.models.delegate_offices import DelegateOffice
from app.models.events import Event, EventSeal
from app.models.exports import Export
from app.models.idempotency import IdempotentAnswer
from app.models.imports import Import, ImportMapping, ImportPart, ImportRow
from app.models.inspections import FollowUp, Inspection
from app.models.jobs import Job, PeriodicTask
from app.models.leader_records import LeaderRecord
from app.models.obligations import Credit, ExemptionProposal, Obligation
from app.models.organizations import (
    FormerPlace,
    FormerPost,
    Leader,
    Organization,
    SecondPost,
    Succession,
)
from app.models.reminders import Reminder
from app.models.replica import ReplicaMark
from app.models.reports import AdoptedText, Adoption, Dispatch, Report, ReportBand
from app.models.reviews import Extension, Review, Revision
from app.models.snapshots import Snapshot
from app.models.supplements import NoticeText, Receipt, Supplement
from app.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookLane

__all__ = [
    "Activity",
    "ActivityCampaign",
    "AdoptedText",
    "Adoption",
    "ApiKey",
    "Attachment",
    "Base",
    "Campaign",
    "Client",
    "Counter",
    "CounterDelta",
    "Credit",
    "DelegateOffice",
    "Dispatch",
    "Event",
    "EventSeal",
    "ExemptionProposal",
    "Export",
    "Extension",
    "Finding",
    "FollowUp",
    "FormerPlace",
    "FormerPost",
    "Grant",
    "IdempotentAnswer",
    "Import",
    "ImportMapping",
    "ImportPart",
    "ImportRow",
    "Inspection",
    "Job",
    "Leader",
    "LeaderRecord",
    "NoticeText",
    "Obligation",
    "Opinion",
    "Organization",
    "OwnCount",
    "Participant",
    "PeriodicTask",
    "Receipt",
    "Reminder",
    "ReplicaMark",
    "Report",
    "ReportBand",
    "Requirement",
    "RequirementPeriod",
    "Review",
    "Revision",
    "RevokedToken",
    "SecondPost",
    "Snapshot",
    "SubtreeCount",
    "Succession",
    "Supplement",
    "Uncounted",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookLane",
]
