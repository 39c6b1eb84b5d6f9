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
from app.features.activities.schemas.activity import ActivityIn, ActivityOut
from app.features.activities.service import answers, checking, resending, slips
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import PARTS
from app.features.attachments import service as attachments
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.obligations.rules import Evidence
from app.features.submissions import service as reviews
from app.features.submissions.references import References
from app.features.submissions.rules import SUBMISSION, Weight, allowed, take_repeats, weight
from app.features.submissions.schemas import Created
from app.kit import clock, ids
from app.kit.pacing import paced
from app.kit.problems import Invalid, Problem

_BY_LEADER: Final = itemgetter("leader_id")


@dataclass(frozen=True, slots=True)
class Sending:
    """One activity as it was sent: by whom, and in which call if a transaction has several."""

    caller: Principal
    item: ActivityIn
    call: events.Call | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """An activity that was entered, and whether it is new."""

    answer: ActivityOut
    new: bool
    like: str | None = None
    """The title of another that it likely is."""


async def create(
    session: AsyncSession, sendings: Mapping[int, Sending], own_ids: Mapping[int, UUID]
) -> tuple[dict[int, Created], dict[int, Problem], Mapping[int, str]]:
    """Submit the activities that are right; return them and the others' problems, each by index.

    And of those that are likely there already the title of the other.
    """
    if not sendings:
        return {}, {}, {}
    refs = await checking.load_references(session, (sent.item for sent in sendings.values()))
    done, problems, written = await _created(session, sendings, own_ids, refs)
    return done, problems, written.alike


async def create_one(
    session: AsyncSession, caller: Principal, item: ActivityIn, *, own_id: UUID | None = None
) -> Entered:
    """Submit one activity. Raises what is wrong with it.

    What was written just now is answered as it was written: nothing of it is read again.
    """
    refs = await checking.load_references(session, [item])
    own_ids = {} if own_id is None else {0: own_id}
    sent = Sending(caller, item)
    done, problems, written = await _created(session, {0: sent}, own_ids, refs)
    if problems:
        raise problems[0]
    activity_id, _, new = done[0]
    if not new:
        whole = await reading.get(session, caller, activity_id)
        return Entered(await answers.answer(session, caller, whole), new=False)
    answer = written.answer(activity_id, _actions(sent, refs))
    return Entered(answer, new=True, like=written.alike.get(0))


async def create_together(
    session: AsyncSession, sendings: Mapping[int, Sending]
) -> dict[int, Entered]:
    """Submit activities of several callers; return the answers of those that are right and new."""
    refs = await checking.load_references(session, (sent.item for sent in sendings.values()))
    done, _, written = await _created(session, sendings, {}, refs)
    return {
        index: Entered(
            written.answer(activity_id, _actions(sendings[index], refs)),
            new=True,
            like=written.alike.get(index),
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
    session: AsyncSession,
    sendings: Mapping[int, Sending],
    own_ids: Mapping[int, UUID],
    refs: References,
) -> tuple[dict[int, Created], dict[int, Problem], _Written]:
    problems: dict[int, Problem] = {}
    async for index, sent in paced(sendings.items()):
        problem = checking.problem_of(sent.caller, sent.item, refs)
        if problem is not None:
            problems[index] = problem
    new = {index: sent.item for index, sent in sendings.items() if index not in problems}
    identified = {index: own_ids.get(index) or ids.new_id() for index in new}
    own = {index: own_id for index, own_id in own_ids.items() if index in new}
    done = await resending.drop_known(session, new, identified, own, problems)
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
    return item.model_dump(exclude=set(PARTS))


def build_part_rows(
    activity_id: UUID,
    home: ids.OrgRef,
    item: ActivityIn,
    before: Whole | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of participants, and of findings and opinions that were not there before."""
    findings_before = {f.id for f in before.findings} if before else set()
    opinions_before = {o.id for o in before.opinions} if before else set()
    now = clock.now()
    owner = {"activity_id": activity_id, "org_id": home.org_id}
    stamp = {**owner, **home.columns, "campaign_id": item.campaign_id, "revision": 1,
             "created_at": now, "updated_at": now}  # fmt: skip
    participants = [{**owner, **p.model_dump()} for p in item.participants]
    findings = [
        {**f.model_dump(), **stamp, "id": f.id or ids.new_id(), "status": "open", "origin": "own"}
        for f in item.findings
        if f.id not in findings_before
    ]
    opinions = [
        {**o.model_dump(), **stamp, "id": o.id or ids.new_id()}
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
        build_part_rows(identifier, homes[sent.item.org_id], sent.item)
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
        counted.build_evidence(identifier, item, refs)
        async for identifier, item in paced(items.items())
        if item.status != "draft"
    ] + records.evidence
    met = await obligations.lock_met(session, [e for e in evidence if _counted(e, refs)])
    activities = list(written.activities.values())
    writing.insert(session, activities, written.participants, written.findings, written.opinions)
    derived.insert(session, records)
    await obligations.count(session, met)
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
