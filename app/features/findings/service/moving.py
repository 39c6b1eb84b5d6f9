"""Findings led from one state to the next, one or many of them."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.findings import queries
from app.features.findings.errors import ONLY_REPORTED_DONE, FindingIncomplete
from app.features.findings.parties import caller_roles, find_roles
from app.features.findings.rules import FINDING, FINDING_DONE, NEEDED, find_missing
from app.features.findings.schemas.supervision import DoneIn, TransitionIn, TransitionItem
from app.features.findings.service.writing import write
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import IN_FUTURE, OtherRevision, OwnSubmission
from app.kit import clock
from app.kit.problems import FieldError, Forbidden, Invalid, NotFound, Problem
from app.kit.validation import REQUIRED
from app.models import Finding


async def move(
    session: AsyncSession, caller: Principal, finding: Finding, step: TransitionIn
) -> None:
    """Lead a finding to its next state."""
    path = (await review_queries.load_paths(session, [finding.org_id]))[finding.org_id]
    await _move(session, caller, finding, path, step)


async def move_all(
    session: AsyncSession, caller: Principal, items: Mapping[int, TransitionItem]
) -> tuple[dict[int, Finding], dict[int, Problem]]:
    """Lead several findings on; return them and the others' problems, each by index."""
    known = await queries.lock_findings(session, caller, {item.id for item in items.values()})
    paths = await review_queries.load_paths(session, {f.org_id for f in known.values()})
    done: dict[int, Finding] = {}
    problems: dict[int, Problem] = {}
    for index, item in items.items():
        finding = known.get(item.id)
        try:
            if finding is None:
                raise NotFound
            if finding.revision != item.revision:
                raise OtherRevision(current=finding.revision)
            await _move(session, caller, finding, paths[finding.org_id], item)
            done[index] = finding
        except Problem as problem:
            problems[index] = problem
    return done, problems


async def _move(
    session: AsyncSession, caller: Principal, finding: Finding, path: str, step: TransitionIn
) -> None:
    transition = FINDING[step.action]
    held = find_roles(caller, path)
    if transition.by not in held:
        raise Forbidden
    if transition.by not in caller_roles(caller, finding.reported_by, held):
        raise OwnSubmission
    status = reviews.judge_move(step.action, finding.status, FINDING)
    wrong = list(step_errors(step))
    if step.done is not None:
        wrong += await _file_errors(session, finding, step.done)
    if wrong:
        raise Invalid(wrong)
    values: dict[str, Any] = {"status": status}
    if step.done is not None:
        values |= await _reported(session, caller, finding, step.done)
    elif step.action in {"return", "reopen"}:
        values["reported_by"] = None
    lacking = find_missing(finding) if step.action == "close" else []
    if lacking:
        zh, en = (separator.join(getattr(NEEDED[n], part) for n in lacking)
                  for part, separator in (("zh", "、"), ("en", ", ")))  # fmt: skip
        raise FindingIncomplete(missing=zh, missing_en=en)
    await write(session, finding, FINDING_DONE[step.action], values, step.reason)


def step_errors(step: TransitionIn) -> list[FieldError]:
    """Return what is missing from a step, or of no use in it."""
    wrong = []
    if FINDING[step.action].reasoned and step.reason is None:
        wrong.append(REQUIRED.at("/reason"))
    if step.action == "report_done" and step.done is None:
        wrong.append(REQUIRED.at("/done"))
    if step.action != "report_done" and step.done is not None:
        wrong.append(ONLY_REPORTED_DONE.at("/done"))
    if step.done and step.done.done_on and step.done.done_on > clock.today():
        wrong.append(IN_FUTURE.at("/done/done_on"))
    return wrong


async def _file_errors(session: AsyncSession, finding: Finding, done: DoneIn) -> list[FieldError]:
    owners = await attachments.lock_owners(session, done.attachment_ids)
    named = done.attachment_ids
    wrong = [*attachment_rules.unknown(named, owners, {finding.org_id})]
    wrong += attachment_rules.taken(named, owners, finding.id)
    return [error.below("/done") for error in wrong]


async def _reported(
    session: AsyncSession, caller: Principal, finding: Finding, done: DoneIn
) -> dict[str, Any]:
    await attachments.reattach(session, "finding", finding, done.attachment_ids)
    return {
        "reported_by": caller.name,
        "done_text": done.text,
        "done_on": done.done_on or clock.today(),
        "attachment_ids": done.attachment_ids,
    }
