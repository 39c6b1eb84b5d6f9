"""Disputes: a leader's unit says that a credit is wrong, the superior of who entered it decides."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.leader_records import queries
from app.features.leader_records.errors import AlreadyDisputed, NoOpenDispute, NotDisputable
from app.features.leader_records.schemas import DisputeDecisionIn, LeaderRecordOut
from app.features.obligations import service as obligations
from app.features.submissions import openness
from app.features.submissions import service as reviews
from app.features.submissions.errors import OwnSubmission, WrongState
from app.features.submissions.rules import SETTLING
from app.kit import clock
from app.kit.problems import Forbidden
from app.models import LeaderRecord

_COUNTING: Final = ("submitted", "accepted")
_ENDS: Final = {"uphold": "upheld", "reject": "rejected"}


async def dispute(
    session: AsyncSession, caller: Principal, record: LeaderRecord, reason: str
) -> None:
    """Dispute a record, which is locked, for the leader's unit; it counts until that is upheld."""
    source = await _source(session, record)
    if source is None or source.organization.id == record.org_id:
        raise NotDisputable
    if record.dispute_status is not None:
        raise AlreadyDisputed(status=record.dispute_status)
    if record.status not in _COUNTING:
        raise WrongState(status=record.status)
    await openness.require_open(session, record.campaign_id, or_settling=True)
    values = {
        "dispute_status": "open",
        "dispute_org_id": source.organization.id,
        "dispute_reason": reason,
        "disputed_by": caller.name,
        "disputed_at": clock.now(),
    }
    await _write(session, record, "disputed", values, reason)


async def decide(
    session: AsyncSession, caller: Principal, record: LeaderRecord, item: DisputeDecisionIn
) -> None:
    """Uphold or reject a dispute as the superior of who entered the record, which is locked."""
    source = await _source(session, record)
    if record.dispute_status is None or source is None:
        raise NoOpenDispute
    if not _is_superior(caller, source):
        raise Forbidden
    if _took_part(caller, record, source):
        raise OwnSubmission
    if record.dispute_status != "open":
        raise NoOpenDispute
    await openness.require_open(session, record.campaign_id, or_settling=True)
    status = _ENDS[item.decision]
    values: dict[str, Any] = {
        "dispute_status": status,
        "dispute_answer": item.reason,
        "dispute_decided_at": clock.now(),
    }
    if status == "upheld":
        values |= {"status": "withdrawn", "resubmit_by": None}
        await obligations.debit(session, [record.id])
    await _write(session, record, f"dispute_{status}", values, item.reason)


def actions(
    caller: Principal, record: LeaderRecord, source: queries.SourceRow, refs: reviews.ReviewContext
) -> list[str]:
    """Return what a caller may do with a record of an activity or a report of another one."""
    if refs.campaigns[record.campaign_id][0] not in {"open", SETTLING}:
        return []
    if record.dispute_status is None:
        own = caller.may(Power.REPORT, refs.paths[record.org_id])
        other = source.organization.id != record.org_id
        return ["dispute"] if own and other and record.status in _COUNTING else []
    decides = _is_superior(caller, source) and not _took_part(caller, record, source)
    return [*_ENDS] if decides and record.dispute_status == "open" else []


async def _source(session: AsyncSession, record: LeaderRecord) -> queries.SourceRow | None:
    source_id = record.activity_id or record.report_id
    if source_id is None:
        return None
    return (await queries.sources(session, [record]))[source_id]


def _is_superior(caller: Principal, source: queries.SourceRow) -> bool:
    return caller.may(Power.REVIEW, reviews.above(source.organization.path))


def _took_part(caller: Principal, record: LeaderRecord, source: queries.SourceRow) -> bool:
    return caller.name in {record.disputed_by, *source.authors}


async def _write(
    session: AsyncSession, record: LeaderRecord, act: str, values: Mapping[str, Any], reason: str
) -> None:
    """Set values of a record, with its history; tell its unit and who entered it."""
    before = LeaderRecordOut.model_validate(record)
    await queries.change(session, record.id, values)
    await session.refresh(record)
    after = LeaderRecordOut.model_validate(record)
    step = reviews.Step("leader_record", act, before, after, reason)
    await reviews.record_changes(session, record.org_id, step)
    told = events.Change(
        f"leader_record.{act}",
        record.id,
        record.dispute_org_id,
        record.revision,
        data={"reason": reason},
    )
    await events.record(session, told)
