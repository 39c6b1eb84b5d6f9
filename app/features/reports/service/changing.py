"""Changes of a report: by its author, by the levels that review it, by those who adopt it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.attachments import rules as attachment_rules
from app.features.attachments import service as attachments
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.reports import alike, queries, rules
from app.features.reports.errors import ONLY_FORWARDED, NoLevelAbove
from app.features.reports.schemas import (
    AdoptionIn,
    AdoptionOut,
    ReportIn,
    ReportReviewItem,
    ReportState,
)
from app.features.reports.service import adopted_texts, checking, standing
from app.features.reports.service import credits as counted
from app.features.reports.service.creating import CONTENT, find_first_level, sketch_texts
from app.features.submissions import openness, references
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.errors import IMMUTABLE, IN_FUTURE
from app.features.submissions.reviewing import review_each
from app.features.submissions.rules import DONE, state_errors, weight
from app.features.submissions.schemas import UNFILLED
from app.features.submissions.settling import settle
from app.http.batches import ItemResult
from app.kit import clock, ids
from app.kit.problems import Forbidden, Invalid, NotFound, Problem
from app.models import Adoption, Report, Review


def build_content(report: Report) -> dict[str, Any]:
    """Return a report in the form in which it is sent."""
    return {name: getattr(report, name) for name in CONTENT}


_MOVING: Final = frozenset({"adopted", "adoption_removed", "dispatched", "dispatch_changed"})
"""Acts after which the ledger asks anew who passed a report on."""


async def replace(session: AsyncSession, caller: Principal, report: Report, item: ReportIn) -> None:
    """Give a report new content; its state stays."""
    place = await standing.of(session, report)
    reviews.judge_move("edit", report.status, standing.table(report, place))
    refs = await checking.load_references(session, caller, [item])
    problem = checking.problem_of(caller, item, refs, report, report)
    wrong = [*(problem.errors if problem else ()), *(
        item.point([IMMUTABLE.at(f"/{name}")])[0]
        for name in ("org_id", "campaign_id")
        if getattr(item, name) not in {getattr(report, name), UNFILLED}
    )]  # fmt: skip
    wrong += state_errors(item.status, report.status)
    wrong += attachment_rules.taken(item.attachment_ids, refs.attachments, report.id)
    if wrong:
        raise Invalid(wrong)
    if problem:
        raise problem
    values = item.model_dump(include=set(CONTENT))
    values["authors"] = reviews.add_author(caller, report.authors)
    if values["reported_on"] is None:
        values["reported_on"] = report.reported_on
    await attachments.reattach(session, "report", report, item.attachment_ids)
    if item.body != report.body:
        texts = {(report.id, report.org_id): item.body or ""}
        await alike.replace_bands(session, await sketch_texts(texts))
    await change(session, report, "updated", values)


async def submit(session: AsyncSession, caller: Principal, report: Report) -> None:
    """Hand in a draft, or again what was returned or withdrawn: to the first level above."""
    status = reviews.judge_move("submit", report.status)
    day = rules.day_of_submission(
        report.status, report.reported_on, report.resubmit_by, clock.today()
    )
    item = ReportIn.model_validate({**build_content(report), "status": "submitted"})
    refs = await checking.load_references(session, caller, [item])
    problem = checking.problem_of(caller, item, refs, report)
    if problem:
        raise problem
    values = {
        "status": status,
        "resubmit_by": None,
        "reported_on": day,
        "level_id": find_first_level(refs.organizations[report.org_id].path),
        "authors": reviews.add_author(caller, report.authors),
    }
    await change(session, report, "submitted", values)


async def withdraw(session: AsyncSession, report: Report, reason: str | None) -> None:
    """Take a report back; what it counted towards is owed again."""
    status = reviews.judge_move("withdraw", report.status)
    await openness.require_open(session, report.campaign_id)
    values = _back_home(report) | {"status": status, "resubmit_by": None}
    await change(session, report, "withdrawn", values, reason)


async def review(
    session: AsyncSession, caller: Principal, report: Report, decision: Review
) -> None:
    """Accept, return or forward a report at the level that has it now."""
    place = await standing.of(session, report)
    decision.record = "report"
    if decision.decision == "forward":
        if standing.at_root(place.path):
            raise NoLevelAbove
        decision.to_level_id = ids.path_ids(reviews.above(place.path))[-1]
    else:
        _refuse_edited_version(decision)
    status = await reviews.decide(session, caller, report, decision, rules.LIFE)
    values: dict[str, Any] = {"status": status, "resubmit_by": decision.resubmit_by}
    if decision.decision == "return":
        values |= _back_home(report)
    else:
        values["endorsed"] = True
    if decision.decision == "forward":
        values["level_id"] = decision.to_level_id
        values["passed_by"] = reviews.add_author(caller, report.passed_by)
    await change(session, report, DONE[decision.decision], values, decision.reason)


async def review_all(
    session: AsyncSession, caller: Principal, items: Mapping[int, ReportReviewItem]
) -> tuple[dict[int, ItemResult], dict[int, Problem]]:
    """Decide on several reports, each by itself; return results and problems by index."""
    await queries.lock_all(session, caller, {item.id for item in items.values()})

    async def one(item: ReportReviewItem) -> tuple[UUID, int]:
        report = await queries.get_for_update(session, caller, item.id, Power.VIEW)
        await review(session, caller, report, Review(**item.model_dump(exclude={"id"})))
        return report.id, report.revision

    return await review_each(items, one)


async def select(
    session: AsyncSession, caller: Principal, report: Report, *, selected: bool
) -> None:
    """Select a report as excellent, or take the selection back."""
    await _require_superior(session, caller, report, "select" if selected else "deselect")
    if report.selected != selected:
        act = "selected" if selected else "deselected"
        await change(session, report, act, {"selected": selected})


async def adopt(session: AsyncSession, caller: Principal, report: Report, item: AdoptionIn) -> None:
    """Record that an outlet used a report; the same again changes nothing."""
    await _require_superior(session, caller, report, "adopt")
    if item.adopted_on > clock.today():
        raise Invalid([IN_FUTURE.at("/adopted_on")])
    values = {**item.model_dump(mode="json"), "adopted_on": item.adopted_on}
    known = (await queries.load_adoptions(session, [report.id])).get(report.id, [])
    if any(all(getattr(a, name) == value for name, value in values.items()) for a in known):
        return
    adoption = Adoption(
        id=ids.new_id(), org_id=report.org_id, report_id=report.id,
        campaign_id=report.campaign_id, **values,
    )  # fmt: skip
    await queries.add_fact(session, adoption)
    told = events.Change("adoption.created", adoption.id, report.org_id, 1, row=adoption)
    await events.record(session, told)
    data = AdoptionOut.model_validate(adoption).model_dump(mode="json")
    count = {"adopted_count": report.adopted_count + 1}
    await change(session, report, "adopted", count, data={"adoption": data})


async def drop_adoption(
    session: AsyncSession, caller: Principal, report: Report, adoption_id: UUID
) -> None:
    """Take back an adoption that was recorded by mistake."""
    place = await standing.of(session, report)
    if not standing.may_review(caller, place):
        raise Forbidden
    known = (await queries.load_adoptions(session, [report.id])).get(report.id, [])
    adoption = next((a for a in known if a.id == adoption_id), None)
    if adoption is None:
        raise NotFound
    await queries.remove_fact(session, adoption)
    told = events.Change("adoption.deleted", adoption.id, report.org_id, 2)
    await events.record(session, told)
    count = {"adopted_count": report.adopted_count - 1}
    await change(session, report, "adoption_removed", count)


async def delete(session: AsyncSession, report: Report) -> None:
    """Delete a draft."""
    reviews.judge_move("delete", report.status)
    before = ReportState.model_validate(report).model_dump_json()
    await attachments.release(session, report)
    await queries.remove(session, report.id)
    change = events.Change("report.deleted", report.id, report.org_id, report.revision + 1, before)
    await events.record(session, change)


async def _require_superior(
    session: AsyncSession, caller: Principal, report: Report, action: str
) -> None:
    place = await standing.of(session, report)
    standing.require_superior(caller, report, place)
    reviews.judge_move(action, report.status, rules.LIFE)


async def change(
    session: AsyncSession,
    report: Report,
    act: str,
    values: Mapping[str, Any],
    reason: str | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Set values of a report; the ledger, its history and the feeds follow."""
    before, adopted = ReportState.model_validate(report), report.adopted_count
    weighed = _weighed(report)
    await queries.change(session, report, values)
    if _weighed(report) != weighed or act in _MOVING:
        await _count_again(session, report, anew=act == "submitted")
    after = ReportState.model_validate(report)
    step = reviews.Step("report", act, before, after, reason, data or {})
    await reviews.record_changes(session, report.org_id, step)
    if adopted or report.adopted_count:
        await adopted_texts.keep(session, [report])


def _refuse_edited_version(decision: Review) -> None:
    given = [name for name in ("title", "body") if getattr(decision, name) is not None]
    if given:
        raise Invalid([ONLY_FORWARDED.at(f"/{name}") for name in given])


def _weighed(report: Report) -> tuple[Any, ...]:
    """Return everything of a report that the ledger and the leader records look at."""
    return (
        report.status, report.endorsed, report.kind, report.title, report.leader_id,
        report.reported_on, report.selected, report.level_id, report.nil_kinds, report.period,
    )  # fmt: skip


async def _count_again(session: AsyncSession, report: Report, *, anew: bool) -> None:
    """Let the ledger follow a report; handed in anew, nobody has passed it on yet."""
    row = build_content(report) | {
        name: getattr(report, name) for name in ("id", "status", "level_id", "selected")
    }
    known = [report.leader_id] if report.leader_id else []
    leaders = list((await references.load_leaders(session, known)).values())
    named = {report.campaign_id} if leaders and report.kind == "research_article" else set()
    campaign = (await references.load_campaigns(session, named)).get(report.campaign_id)
    derivations = counted.derive_records(row, leaders[0] if leaders else None, campaign)
    evidence, before = await derived.replace(session, [report.id], derivations)
    if report.reported_on is not None:
        own = counted.build_evidence(row)
        passings = [] if anew else await obligations.list_passings(session, report.id)
        evidence += [own, *counted.nil(own, row), *counted.passed_on(own, passings)]
    _, counts_from = await review_queries.lock_campaign(session, report.campaign_id)
    worth = weight(report.status, counts_from, endorsed=report.endorsed)
    await settle(session, [report.id, *before], evidence, worth)


def _back_home(report: Report) -> dict[str, Any]:
    """Return the values with which what leaves the way up starts anew, at its author's."""
    return {"level_id": report.org_id, "passed_by": [], "endorsed": False, "selected": False}
