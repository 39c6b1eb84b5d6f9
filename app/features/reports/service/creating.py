"""New reports, one or a thousand: set-based, with everything that follows from them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.attachments import service as attachments
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.obligations.evidence import Evidence
from app.features.reports import alike, queries, rules
from app.features.reports.schemas import ReportIn
from app.features.reports.service import checking
from app.features.reports.service import credits as counted
from app.features.submissions.defaulting import with_unfilled
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.references import References
from app.features.submissions.rules import (
    Handle,
    Weight,
    handles,
    hands_in,
    sent_before,
    take_repeats,
    weight,
)
from app.features.submissions.schemas import Created
from app.features.submissions.service import above
from app.kit import clock, ids
from app.kit.naming import sent_fields
from app.kit.pacing import paced
from app.kit.problems import FieldError, Invalid, Problem
from app.models import Report

CONTENT: Final = tuple(name for name in sent_fields(ReportIn) if name != "status")
"""What is sent of a report, but for its state."""

_SOON_SKETCHED: Final = 4000
"""Characters, a few milliseconds' worth."""

Rows = dict[int, dict[str, Any]]
Key = tuple[UUID, str, str]
"""`(org_id, source, external_id)`."""


async def create(
    session: AsyncSession,
    caller: Principal,
    items: Mapping[int, ReportIn],
    *,
    own_ids: Mapping[int, UUID] | None = None,
    unfilled: Mapping[int, Sequence[FieldError]] = MappingProxyType({}),
) -> tuple[dict[int, Created], dict[int, Problem]]:
    """Submit the reports that are right; return them and the others' problems, each by index.

    `unfilled` is what was not sent and could not be told.
    """
    if not items:
        return {}, {}
    refs = await checking.load_references(session, caller, items.values())
    known_by, known = await load_known(session, items, own_ids or {})
    problems: dict[int, Problem] = {}
    rows: Rows = {}
    async for index, item in paced(items.items()):
        report = next((known[by] for by in known_by.get(index, ()) if by in known), None)
        problem = checking.problem_of(caller, item, refs, report)
        problem = with_unfilled(problem, unfilled.get(index, ()))
        if problem is not None:
            problems[index] = problem
            continue
        row = {**item.model_dump(), "authors": [caller.name]}
        row["id"] = (own_ids or {}).get(index) or ids.new_id()
        if row["reported_on"] is None and row["status"] == "submitted":
            row["reported_on"] = clock.today()
        rows[index] = row
    done = _drop_known(rows, items, known_by, known, problems)
    named = {index: (row["id"], row["attachment_ids"]) for index, row in rows.items()}
    for index, wrong in attachments.claim(named, refs.attachments).items():
        problems[index] = Invalid(wrong)
        row_id = rows.pop(index)["id"]
        problems |= take_repeats(done, {row_id: problems[index]})
    await _insert(session, list(rows.values()), refs)
    return done | {index: (row["id"], 1, True) for index, row in rows.items()}, problems


async def load_known(
    session: AsyncSession, items: Mapping[int, ReportIn], own_ids: Mapping[int, UUID]
) -> tuple[dict[int, list[Handle]], dict[Any, Report]]:
    """Return by what reports are known, and those that are there already by each of these."""
    keys = {index: _key(item) for index, item in items.items() if item.source is not None}
    known: dict[Any, Report] = {
        **await queries.by_ids(session, own_ids.values()),
        **await queries.find_by_natural_keys(session, set(keys.values())),
    }
    return handles(own_ids, keys), known


def find_first_level(path: str) -> UUID:
    """Return the unit that first reviews an organization's reports: the one above, or the root."""
    return ids.path_ids(above(path))[-1]


def is_same(report: Report, item: ReportIn) -> bool:
    """Return whether a report is what is sent again."""
    if hands_in(item.status, report.status):
        return False
    sent = item.model_dump(include=set(CONTENT))
    if sent["reported_on"] is None:
        sent["reported_on"] = report.reported_on
    return all(getattr(report, name) == sent[name] for name in CONTENT)


async def sketch_texts(
    texts: Mapping[tuple[UUID, UUID], str],
) -> dict[tuple[UUID, UUID], list[int]]:
    """Return the sketch of each text; long ones are sketched while others are answered."""
    if sum(map(len, texts.values())) <= _SOON_SKETCHED:
        return {key: rules.bands(text) for key, text in texts.items()}
    return await asyncio.to_thread(lambda: {key: rules.bands(t) for key, t in texts.items()})


def _drop_known(
    rows: Rows,
    items: Mapping[int, ReportIn],
    known_by: Mapping[int, Sequence[Handle]],
    known: Mapping[Handle, Report],
    problems: dict[int, Problem],
) -> dict[int, Created]:
    """Take out of `rows` what is there already: the same again is done, other content a problem."""
    done: dict[int, Created] = {}
    mine = {index: found for index, found in known_by.items() if index in rows}
    for index, report, first in list(sent_before(mine, known)):
        own_id = next((handle for handle in mine[index] if isinstance(handle, UUID)), None)
        rows.pop(index)
        there = report.id if report is not None else rows[first]["id"]
        again = is_same(report, items[index]) if report else _say_the_same(items, index, first)
        if again and own_id in {None, there}:
            done[index] = (there, report.revision if report else 1, False)
        else:
            problems[index] = ExistsOtherwise()
    return done


def _say_the_same(items: Mapping[int, ReportIn], one: int, other: int) -> bool:
    """Return whether two of one sending say the same."""
    return items[one].model_dump() == items[other].model_dump()


async def _insert(session: AsyncSession, rows: list[dict[str, Any]], refs: References) -> None:
    if not rows:
        return
    now = clock.now()
    stamp = {"revision": 1, "created_at": now, "updated_at": now, "passed_by": [],
             "endorsed": False, "selected": False, "adopted_count": 0}  # fmt: skip
    async for row in paced(rows):
        own = refs.organizations[row["org_id"]]
        draft = row["status"] == "draft"
        level_id = own.id if draft else find_first_level(own.path)
        row |= {**stamp, "level_id": level_id, **ids.OrgRef.of(own.path).columns}
    named = {row["id"]: (row["org_id"], row["attachment_ids"]) for row in rows}
    await attachments.attach(session, "report", named)
    records = _derive(rows, refs)
    evidence = [item for row in rows for item in counted.handed_in(row)] + records.evidence
    met = await obligations.lock_met(session, *_counted_or_waiting(evidence, refs))
    texts = {(row["id"], row["org_id"]): row["body"] or "" for row in rows}
    sketched = await sketch_texts(texts)
    queries.insert(session, rows)
    alike.insert_bands(session, sketched)
    derived.insert(session, records)
    await obligations.count(session, met)
    await obligations.find_effects(session, _build_drafts(rows, refs), counted=())
    changes = [events.Change("report.created", row["id"], row["org_id"], 1) for row in rows]
    await events.record(session, *changes, *records.changes)


def _derive(rows: Iterable[Mapping[str, Any]], refs: References) -> derived.Derived:
    """Return the leader records that reports give."""
    given = (
        counted.derive_records(
            row, refs.leaders.get(row["leader_id"]), refs.campaigns[row["campaign_id"]]
        )
        for row in rows
    )
    return derived.derive([derivation for each in given for derivation in each])


def _build_drafts(rows: Iterable[Mapping[str, Any]], refs: References) -> list[Evidence]:
    """Return drafts as the ledger would see them if they were handed in today."""
    drafts = [
        {
            **row,
            "status": "submitted",
            "level_id": find_first_level(refs.organizations[row["org_id"]].path),
            "reported_on": row["reported_on"] or clock.today(),
        }
        for row in rows
        if row["status"] == "draft"
    ]
    own = [item for row in drafts for item in counted.handed_in(row)]
    return own + _derive(drafts, refs).evidence


def _counted_or_waiting(
    evidence: Iterable[Evidence], refs: References
) -> tuple[list[Evidence], list[Evidence]]:
    """Return what counts in its campaign before it is accepted, and what does not."""
    counts_from = {c.id: c.counts_from for c in refs.campaigns.values()}
    found: tuple[list[Evidence], list[Evidence]] = ([], [])
    for item in evidence:
        counts = weight("submitted", counts_from[item.campaign_id]) is Weight.COUNTED
        found[0 if counts else 1].append(item)
    return found


def _key(item: ReportIn) -> Key:
    return item.org_id, item.source or "", item.external_id or ""
