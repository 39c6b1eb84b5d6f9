"""Later days: asked for by who has to act, granted or refused by the superior."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db.unit_of_work import UnitOfWork
from app.features.findings import queries
from app.features.findings.errors import NOT_LATER, ExtensionPending, NoDayToExtend
from app.features.findings.parties import find_roles
from app.features.findings.rules import FINDING
from app.features.findings.schemas.supervision import ExtensionDecisionIn, ExtensionIn
from app.features.findings.service.writing import write
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import IN_PAST, OwnSubmission, WrongState
from app.kit import clock, ids
from app.kit.problems import FieldError, Forbidden, Invalid, NotFound
from app.kit.validation import REQUIRED
from app.models import Extension, Finding, FollowUp, Opinion

Extended = Finding | Opinion | FollowUp


async def ask_for_finding(
    session: AsyncSession, caller: Principal, finding: Finding, item: ExtensionIn
) -> None:
    """Ask for a later day of a finding, as its organization."""
    await _require(session, caller, finding, "ask_extension")
    told = await ask(session, caller, "finding", finding, item)
    await write(session, finding, "extension_asked", {}, item.reason, told)


async def decide_for_finding(
    session: AsyncSession,
    caller: Principal,
    finding: Finding,
    extension_id: UUID,
    item: ExtensionDecisionIn,
) -> None:
    """Grant or refuse a later day of a finding, as a superior."""
    await _require(session, caller, finding, "decide_extension")
    extension = await decide(session, caller, finding, extension_id, item)
    values = {"due_on": extension.until} if extension.status == "granted" else {}
    told = {"extension_id": str(extension.id)}
    await write(session, finding, f"extension_{extension.status}", values, item.reason, told)


async def ask(
    session: AsyncSession, caller: Principal, record: str, row: Extended, item: ExtensionIn
) -> dict[str, Any]:
    """Ask for a later day; return what the events tell of it."""
    if row.due_on is None:
        raise NoDayToExtend
    wrong: list[FieldError] = []
    if item.until <= row.due_on:
        wrong.append(NOT_LATER.at("/until", due_on=row.due_on))
    elif item.until < clock.today():
        wrong.append(IN_PAST.at("/until"))
    if wrong:
        raise Invalid(wrong)
    before = (await queries.load_extensions(session, [row.id])).get(row.id, [])
    if any(extension.status == "asked" for extension in before):
        raise ExtensionPending
    values = {
        "id": ids.new_id(),
        "org_id": row.org_id,
        "record": record,
        "record_id": row.id,
        "until": item.until,
        "reason": item.reason,
        "status": "asked",
        "asked_by": caller.name,
        "asked_at": clock.now(),
    }
    queries.insert_extension(session, values)
    await UnitOfWork.of(session).flush()
    return {"extension_id": str(values["id"]), "until": item.until.isoformat()}


async def decide(
    session: AsyncSession,
    caller: Principal,
    row: Extended,
    extension_id: UUID,
    item: ExtensionDecisionIn,
) -> Extension:
    """Grant or refuse a later day; return the request, whose day is then the record's."""
    known = (await queries.load_extensions(session, [row.id])).get(row.id, [])
    extension = next((each for each in known if each.id == extension_id), None)
    if extension is None:
        raise NotFound
    if extension.asked_by == caller.name:
        raise OwnSubmission
    if extension.status != "asked":
        raise WrongState(status=extension.status)
    if item.decision == "refuse" and item.reason is None:
        raise Invalid([REQUIRED.at("/reason")])
    status = {"grant": "granted", "refuse": "refused"}[item.decision]
    values = {"status": status, "answer": item.reason, "decided_at": clock.now()}
    await queries.decide_extension(session, extension.id, values)
    await session.refresh(extension)
    return extension


async def _require(session: AsyncSession, caller: Principal, finding: Finding, action: str) -> None:
    path = (await review_queries.load_paths(session, [finding.org_id]))[finding.org_id]
    if FINDING[action].by not in find_roles(caller, path):
        raise Forbidden
    reviews.judge_move(action, finding.status, FINDING)
