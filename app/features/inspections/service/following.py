"""What must follow from an inspection, led on as findings are."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.findings import parties
from app.features.findings.rules import FINDING_DONE
from app.features.findings.schemas.supervision import (
    DoneIn,
    ExtensionDecisionIn,
    ExtensionIn,
    HandoverIn,
    TransitionIn,
)
from app.features.findings.service import extending, passing
from app.features.findings.service.moving import step_errors
from app.features.inspections import queries
from app.features.inspections.errors import NOT_BELOW
from app.features.inspections.rules import FOLLOW_UP, LIFE
from app.features.inspections.service import answers
from app.features.inspections.service.inspections import record_change
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import OwnSubmission
from app.kit import clock
from app.kit.ids import is_within
from app.kit.problems import Forbidden, Invalid, NotFound
from app.models import FollowUp, Inspection

_TAKEN_BACK: Final = dict.fromkeys(("answer", "answered_at", "done_on", "reported_by"))
"""What is no longer said once it was refused; the history keeps it."""


async def move(
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
    follow_up_id: UUID,
    step: TransitionIn,
) -> None:
    """Lead what must follow to its next state; also after the campaign's end."""
    row, status = await _begun(session, caller, inspection, follow_up_id, step.action)
    wrong = step_errors(step)
    files = step.done.attachment_ids if step.done else []
    owners = await attachments.lock_owners(session, files)
    theirs = {inspection.org_id, answers.answering(inspection, row)}
    unknown = [*attachment_rules.unknown(files, owners, theirs)]
    unknown += attachment_rules.taken(files, owners, inspection.id)
    wrong += [error.below("/done") for error in unknown]
    if wrong:
        raise Invalid(wrong)
    before = await answers.build_state(session, inspection)
    values: dict[str, Any] = {"status": status}
    if step.done is not None:
        values |= _reported(caller, step.done)
        files = list(dict.fromkeys([*inspection.attachment_ids, *files]))
        await attachments.reattach(session, "inspection", inspection, files)
    elif step.action in {"return", "reopen"}:
        values |= _TAKEN_BACK
    await queries.change_follow_up(session, row.id, values)
    await queries.change(session, inspection, {"attachment_ids": files} if files else {})
    act = "answered" if step.action == "report_done" else f"follow_up_{FINDING_DONE[step.action]}"
    await record_change(session, inspection, before, act, step.reason, follow_up_id=row.id)


async def ask(
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
    follow_up_id: UUID,
    item: ExtensionIn,
) -> None:
    """Ask for a later day, as the inspected organization."""
    row, _ = await _begun(session, caller, inspection, follow_up_id, "ask_extension")
    before = await answers.build_state(session, inspection)
    await extending.ask(session, caller, "follow_up", row, item)
    await queries.change(session, inspection, {})
    act = "extension_asked"
    await record_change(session, inspection, before, act, item.reason, follow_up_id=row.id)


async def decide(
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
    follow_up_id: UUID,
    extension_id: UUID,
    item: ExtensionDecisionIn,
) -> None:
    """Grant or refuse a later day, as who inspected."""
    row, _ = await _begun(session, caller, inspection, follow_up_id, "decide_extension")
    before = await answers.build_state(session, inspection)
    extension = await extending.decide(session, caller, row, extension_id, item)
    if extension.status == "granted":
        await queries.change_follow_up(session, row.id, {"due_on": extension.until})
    await queries.change(session, inspection, {})
    act = f"extension_{extension.status}"
    await record_change(session, inspection, before, act, item.reason, follow_up_id=row.id)


async def pass_on(
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
    follow_up_id: UUID,
    item: HandoverIn,
) -> None:
    """Let another organization below the unit that verifies answer what must follow from now on."""
    row, status = await _begun(session, caller, inspection, follow_up_id, "hand_over")
    unit_id, now = answers.verifying(inspection), answers.answering(inspection, row)
    paths = await review_queries.load_paths(session, [unit_id])
    part = passing.Passed(now, inspection.campaign_id)
    target = await passing.find_target(session, caller, part, item)
    if target.id == unit_id or not is_within(target.path, paths[unit_id]):
        raise Invalid([NOT_BELOW.at("/org_id")])
    before = await answers.build_state(session, inspection)
    values = {
        "handler_org_id": target.id,
        "status": status,
        "due_on": item.due_on or row.due_on,
        **_TAKEN_BACK,
    }
    await queries.change_follow_up(session, row.id, values)
    await queries.change(session, inspection, {})
    act = "follow_up_handed_over"
    await record_change(session, inspection, before, act, item.reason, follow_up_id=row.id)
    told = {"follow_up_id": str(row.id), "from_org_id": str(now), "to_org_id": str(target.id)}
    kind, revision = f"inspection.{act}", inspection.revision
    if now != inspection.org_id:
        change = events.Change(kind, inspection.id, now, revision, data=told)
        await events.record(session, change)


async def _begun(
    session: AsyncSession,
    caller: Principal,
    inspection: Inspection,
    follow_up_id: UUID,
    action: str,
) -> tuple[FollowUp, str]:
    """Return what must follow, and the state that an action leads it to, or raise why not."""
    known = (await queries.load_follow_ups(session, [inspection.id]))[inspection.id]
    row = next((each for each in known if each.id == follow_up_id), None)
    if row is None:
        raise NotFound
    paths = await review_queries.load_paths(session, answers.parties(inspection, [row]))
    held = answers.follow_up_roles(caller, inspection, row, paths)
    by = FOLLOW_UP[action].by
    if by not in held:
        raise Forbidden
    if by not in parties.caller_roles(caller, row.reported_by, held):
        raise OwnSubmission
    reviews.judge_move("answer", inspection.status, LIFE)
    return row, reviews.judge_move(action, row.state, FOLLOW_UP)


def _reported(caller: Principal, done: DoneIn) -> dict[str, Any]:
    return {
        "answer": done.text,
        "answered_at": clock.now(),
        "done_on": done.done_on or clock.today(),
        "reported_by": caller.name,
    }
