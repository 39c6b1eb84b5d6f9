"""Reports as a caller gets them: with their level, reviews, adoptions and whole lineage."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.reports import alike, queries, rules
from app.features.reports.schemas import (
    AdoptionOut,
    DispatchOut,
    ReportListed,
    ReportOut,
    ReportRow,
    SimilarList,
    SimilarOut,
    Version,
)
from app.features.reports.service import standing
from app.features.submissions import queries as review_queries
from app.features.submissions import service as reviews
from app.features.submissions.schemas import Reviewer, ReviewOut
from app.kit import markdown
from app.kit.problems import Forbidden
from app.models import Report, Revision


async def answer_page(
    session: AsyncSession, caller: Principal, reports: Sequence[Report]
) -> dict[UUID, ReportListed]:
    """Return the reports of one page of a list."""
    context = await reviews.load_context(session, reports)
    names = await queries.load_names(session, {report.level_id for report in reports})
    adoptions = await queries.load_adoptions(session, [report.id for report in reports])
    dispatches = await queries.load_dispatches(session, [report.id for report in reports])
    found = {}
    for report in reports:
        table = standing.table(report, standing.within(report, context))
        found[report.id] = ReportListed(
            **ReportRow.model_validate(report).model_dump(),
            level=Reviewer(id=report.level_id, name=names[report.level_id]),
            adoptions=[AdoptionOut.model_validate(a) for a in adoptions.get(report.id, ())],
            dispatches=[DispatchOut.of(d) for d in dispatches.get(report.id, ())],
            allowed_actions=reviews.find_actions(caller, report, context, table),
        )
    return found


async def answer(session: AsyncSession, caller: Principal, report: Report) -> ReportOut:
    """Return one report, whole."""
    common = (await answer_page(session, caller, [report]))[report.id]
    decisions = (await reviews.load_reviews(session, [report.id])).get(report.id, [])
    return ReportOut(
        **dict(common),
        body=report.body,
        body_html=await markdown.render(report.body) if report.body else None,
        reviews=decisions,
        lineage=(await load_lineages(session, [report]))[report.id],
    )


async def publish(report: ReportOut) -> ReportOut:
    """Return a report with the text that was adopted: its last version."""
    last = report.lineage[-1]
    html = await markdown.render(last.body) if last.body else None
    return report.model_copy(update={"title": last.title, "body_html": html})


async def load_lineages(
    session: AsyncSession, reports: Sequence[Report]
) -> dict[UUID, list[Version]]:
    """Map reports to every version of their text; three statements, however many they are."""
    known = [report.id for report in reports]
    names = await queries.load_names(session, {report.org_id for report in reports})
    kept = await review_queries.load_revisions(session, known)
    decisions = await reviews.load_reviews(session, known)
    return {
        r.id: _lineage(r, names[r.org_id], kept.get(r.id, []), decisions.get(r.id, []))
        for r in reports
    }


async def find_similar(session: AsyncSession, caller: Principal, report: Report) -> SimilarList:
    """Return near-copies of a report, for its author and its reviewers only.

    Of a report out of the caller's sight only the fact is told.
    """
    context = await reviews.load_context(session, [report])
    place = standing.within(report, context)
    if not (
        caller.may(Power.REPORT, context.paths[report.org_id]) or standing.may_review(caller, place)
    ):
        raise Forbidden
    found = []
    rows = await alike.find_candidates(session, caller, report)
    texts = [row.body or "" for row in rows]
    # Long texts take long to compare: others are answered meanwhile.
    for row, likeness in zip(
        rows, await asyncio.to_thread(_likenesses, report.body or "", texts), strict=True
    ):
        if likeness is not None:
            shown: Mapping[str, Any] = (
                {"report_id": row.id, "title": row.title, "org_id": row.org_id}
                if row.seen
                else {"report_id": None, "title": None, "org_id": None}
            )
            found.append(SimilarOut(likeness=likeness, **shown))
    return SimilarList(data=found)


def _likenesses(text: str, others: Sequence[str]) -> list[rules.Likeness | None]:
    mine = rules.shingles(text)
    return [rules.likeness(mine, other) for other in others]


def _lineage(
    report: Report, name: str, kept: Sequence[Revision], decisions: Sequence[ReviewOut]
) -> list[Version]:
    own = Reviewer(id=report.org_id, name=name)
    states = [*(row.before for row in kept), {"title": report.title, "body": report.body}]
    stamps = [(1, report.created_at), *((row.revision, row.at) for row in kept)]
    versions = [
        Version(by=own, revision=revision, title=state["title"], body=state["body"], at=at)
        for state, (revision, at) in zip(states, stamps, strict=True)
    ]
    written = list(_rewritten(versions))
    return sorted([*written, *_edited(decisions, written)], key=lambda version: version.at)


def _rewritten(versions: Sequence[Version]) -> Iterator[Version]:
    """Yield the author's versions that differ from the one before."""
    former: tuple[Any, Any] | None = None
    for version in versions:
        if (version.title, version.body) != former:
            yield version
        former = version.title, version.body


def _edited(decisions: Sequence[ReviewOut], written: Sequence[Version]) -> Iterator[Version]:
    """Yield what levels made of the text in forwarding it; what they left is as they got it."""
    latest: Version | None = None
    for decision in decisions:
        if decision.decision != "forward" or (decision.title is None and decision.body is None):
            continue
        author = max((v for v in written if v.at <= decision.at), key=lambda v: v.at)
        read = latest if latest and latest.at > author.at else author
        latest = Version(
            by=decision.level,
            revision=decision.revision,
            title=decision.title or read.title,
            body=decision.body or read.body,
            at=decision.at,
        )
        yield latest
