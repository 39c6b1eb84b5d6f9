"""New activities, one or a thousand: set-based, with everything that follows from them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.activities.queries import reading, writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn
from app.features.activities.schemas.answers import ActivityOut
from app.features.activities.service import answers, checking, resending, slips
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import PARTS
from app.features.activities.service.sending import Prepared, Sending, prepare
from app.features.attachments import service as attachments
from app.features.campaigns import codes
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.obligations.evidence import Evidence
from app.features.submissions import service as reviews
from app.features.submissions.defaulting import with_unfilled
from app.features.submissions.references import References
from app.features.submissions.rules import SUBMISSION, Weight, allowed, take_repeats, weight
from app.features.submissions.schemas import Created
from app.kit import clock, ids
from app.kit.pacing import paced
from app.kit.problems import Invalid, Problem
from app.models.vocabulary import ActivityKind, Outcome

_BY_LEADER: Final = itemgetter("leader_id")


@dataclass(frozen=True, slots=True)
class Entered:
    """An activity that was entered, and what became of it."""

    answer: ActivityOut
    outcome: Outcome
    like: str | None = None
    """The title of another that it likely is."""
    defaulted: Sequence[str] = ()
    """What of it was filled in."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What is to be said of activities that were created, each by index."""

    alike: Mapping[int, str]
    """Of those that are likely there already, the title of the other."""
    defaulted: Mapping[int, Sequence[str]]
    """What of each was filled in."""


async def create(
    session: AsyncSession, sendings: Mapping[int, Sending], own_ids: Mapping[int, UUID]
) -> tuple[dict[int, Created], dict[int, Problem], Remarks]:
    """Submit the activities that are right; return them, others' problems, and remarks on both."""
    if not sendings:
        return {}, {}, Remarks({}, {})
    ready = await prepare(session, sendings, own_ids)
    done, problems, written = await _created(session, ready, own_ids)
    defaulted = {index: sent.defaulted for index, sent in ready.sendings.items()}
    return done, problems, Remarks(written.alike, defaulted)


async def create_one(
    session: AsyncSession, caller: Principal, item: ActivityIn, *, own_id: UUID | None = None
) -> Entered:
    """Submit one activity. Raises what is wrong with it.

    What was written just now is answered as it was written: nothing of it is read again.
    """
    own_ids = {} if own_id is None else {0: own_id}
    ready = await prepare(session, {0: Sending(caller, item)}, own_ids)
    sent = ready.sendings[0]
    done, problems, written = await _created(session, ready, own_ids)
    if problems:
        raise problems[0]
    activity_id, _, new = done[0]
    if not new:
        whole = await reading.get(session, caller, activity_id)
        answer = await answers.answer(session, caller, whole)
        return Entered(answer, Outcome.UNCHANGED, defaulted=sent.defaulted)
    answer = written.answer(activity_id, _actions(sent, ready.refs))
    return Entered(answer, Outcome.CREATED, like=written.alike.get(0), defaulted=sent.defaulted)


async def create_together(
    session: AsyncSession, sendings: Mapping[int, Sending]
) -> dict[int, Entered]:
    """Submit activities of several callers; return the answers of those that are right and new."""
    ready = await prepare(session, sendings, {})
    done, _, written = await _created(session, ready, {})
    return {
        index: Entered(
            written.answer(activity_id, _actions(ready.sendings[index], ready.refs)),
            Outcome.CREATED,
            like=written.alike.get(index),
            defaulted=ready.sendings[index].defaulted,
        )
        for index, (activity_id, _, new) in done.items()
        if new
    }


@dataclass(frozen=True, slots=True)
class _Written:
    """The rows of new activities and of their parts."""

    activities: dict[UUID, dict[str, Any]]
    participants: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    opinions: list[dict[str, Any]]
    alike: Mapping[int, str]
    """Of those that are likely there already, by the index of the sending, the other's title."""

    def answer(self, activity_id: UUID, actions: Sequence[str]) -> ActivityOut:
        """Return the answer to one of them, its parts in the order in which they are read."""
        by_id = itemgetter("id")
        parts = {
            "participants": sorted(self._of(activity_id, self.participants), key=_BY_LEADER),
            "findings": sorted(self._of(activity_id, self.findings), key=by_id),
            "opinions": sorted(self._of(activity_id, self.opinions), key=by_id),
        }
        return answers.build_new_answer(self.activities[activity_id], parts, actions)

    def _of(self, activity_id: UUID, rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        return (row for row in rows if row["activity_id"] == activity_id)


def _actions(sent: Sending, refs: References) -> list[str]:
    """Return what the caller, who is its author, may do with a new activity next."""
    path = refs.organizations[sent.item.org_id].path
    sides = reviews.sides_of(sent.caller, path, reviews.above(path), [sent.caller.name])
    return allowed(SUBMISSION, sent.item.status, sides)


async def _created(
    session: AsyncSession, ready: Prepared, own_ids: Mapping[int, UUID]
) -> tuple[dict[int, Created], dict[int, Problem], _Written]:
    sendings, refs = ready.sendings, ready.refs
    problems: dict[int, Problem] = {}
    async for index, sent in paced(sendings.items()):
        problem = checking.problem_of(sent.caller, sent.item, refs)
        problem = with_unfilled(problem, ready.unfilled.get(index, ()))
        if problem is not None:
            problems[index] = problem
    new = {index: sent.item for index, sent in sendings.items() if index not in problems}
    identified = {index: own_ids.get(index) or ids.new_id() for index in new}
    own = {index: own_id for index, own_id in own_ids.items() if index in new}
    done = resending.drop_known(new, identified, own, ready.known, problems)
    tried = set(new)
    await resending.refuse_taken(session, new, problems)
    named = {index: (identified[index], item.attachment_ids) for index, item in new.items()}
    for index, wrong in attachments.claim(named, refs.attachments).items():
        problems[index] = Invalid(wrong)
        del new[index]
    refused = {identified[index]: problems[index] for index in tried - set(new)}
    problems |= take_repeats(done, refused)
    rows = {identified[index]: sendings[index] for index in new}
    written = await _rows(rows, refs, slips.alike(new, refs))
    await _insert(session, rows, written, refs)
    return done | {index: (identified[index], 1, True) for index in new}, problems, written


def build_columns(item: ActivityIn) -> dict[str, Any]:
    """Return the columns of the activity's own row."""
    own = None if isinstance(item.kind, ActivityKind) else item.kind
    more = {
        "further_campaign_ids": item.further_campaign_ids,
        "kind": str(item.base_kind or item.kind),
        "own_kind": own,
        "office_id": item.office_id,
    }
    return item.model_dump(exclude={*PARTS, "campaign_ids"}) | more


def find_campaign(check: str, item: ActivityIn, refs: References) -> UUID:
    """Return the campaign that a finding belongs to: the first one that has its check."""
    path = refs.organizations[item.org_id].path
    of = {
        id_: codes.label([refs.seen_from(refs.campaigns[id_], path)], "checks")
        for id_ in item.campaign_ids
    }
    return next((id_ for id_ in item.campaign_ids if check in of[id_]), item.campaign_id)


def build_part_rows(
    activity_id: UUID,
    home: ids.OrgRef,
    item: ActivityIn,
    refs: References,
    before: Whole | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of participants, and of findings and opinions that were not there before."""
    findings_before = {f.id for f in before.findings} if before else set()
    opinions_before = {o.id for o in before.opinions} if before else set()
    now = clock.now()
    owner = {"activity_id": activity_id, "org_id": home.org_id}
    stamp = {**owner, **home.columns, "revision": 1, "created_at": now, "updated_at": now}
    participants = [{**owner, **p.model_dump()} for p in item.participants]
    findings = [
        {**f.model_dump(), **stamp, "id": f.id or ids.new_id(), "status": "open", "origin": "own",
         "campaign_id": find_campaign(f.check, item, refs)}
        for f in item.findings
        if f.id not in findings_before
    ]  # fmt: skip
    opinions = [
        {**o.model_dump(), **stamp, "id": o.id or ids.new_id(), "campaign_id": item.campaign_id}
        for o in item.opinions
        if o.id not in opinions_before
    ]
    return participants, findings, opinions


async def _rows(
    new: Mapping[UUID, Sending], refs: References, alike: Mapping[int, str]
) -> _Written:
    now = clock.now()
    stamp = {"revision": 1, "created_at": now, "updated_at": now}
    homes = {id_: ids.OrgRef.of(row.path) for id_, row in refs.organizations.items()}
    rows = {
        identifier: {
            "id": identifier,
            **build_columns(sent.item),
            **homes[sent.item.org_id].columns,
            "authors": [sent.caller.name],
            **stamp,
        }
        async for identifier, sent in paced(new.items())
    }
    parts = [
        build_part_rows(identifier, homes[sent.item.org_id], sent.item, refs)
        async for identifier, sent in paced(new.items())
    ]
    participants, findings, opinions = ([r for part in parts for r in part[n]] for n in range(3))
    return _Written(rows, participants, findings, opinions, alike)


async def _insert(
    session: AsyncSession, new: Mapping[UUID, Sending], written: _Written, refs: References
) -> None:
    """Read and lock what follows from new activities, then insert them and all of it.

    What is left to flush are the events, and how the counters change.
    """
    if not new:
        return
    items = {identifier: sent.item for identifier, sent in new.items()}
    calls = {identifier: sent.call for identifier, sent in new.items()}
    named = {identifier: (item.org_id, item.attachment_ids) for identifier, item in items.items()}
    await attachments.attach(session, "activity", named)
    derivations = [
        derivation
        async for identifier, item in paced(items.items())
        for derivation in counted.derive_records(identifier, item, refs, item.status)
    ]
    records = derived.derive(derivations, calls)
    evidence = [
        one
        async for identifier, item in paced(items.items())
        if item.status != "draft"
        for one in counted.build_evidence(identifier, item, refs, new=True)
    ] + records.evidence
    counts = [item for item in evidence if _counted(item, refs)]
    waits = [item for item in evidence if not _counted(item, refs)]
    met = await obligations.lock_met(session, counts, waits)
    activities = list(written.activities.values())
    writing.insert(session, activities, written.participants, written.findings, written.opinions)
    writing.link(session, activities)
    derived.insert(session, records)
    await obligations.count(session, met)
    await obligations.find_effects(session, await counted.build_drafts(items, refs), counted=())
    await events.insert(session, *_changes(written, calls), *records.changes)


def _changes(
    written: _Written, calls: Mapping[UUID, events.Call | None]
) -> Iterator[events.Change]:
    for kind, of, rows in (
        ("activity.created", "id", written.activities.values()),
        ("finding.created", "activity_id", written.findings),
        ("opinion.created", "activity_id", written.opinions),
    ):
        for row in rows:
            yield events.Change(kind, row["id"], row["org_id"], 1, call=calls[row[of]])


def _counted(item: Evidence, refs: References) -> bool:
    """Return whether what was submitted just now counts in its campaign before it is accepted."""
    counts_from = refs.campaigns[item.campaign_id].counts_from
    return weight("submitted", counts_from) is Weight.COUNTED
