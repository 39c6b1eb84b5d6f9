"""New activities, one or a thousand: set-based, with everything that follows from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.activities.queries import reading, writing
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn, ActivityOut
from app.features.activities.service import answers, checking
from app.features.activities.service import credits as counted
from app.features.activities.service.answers import PARTS
from app.features.activities.service.checking import Surroundings
from app.features.attachments import service as attachments
from app.features.leader_records.service import derived
from app.features.obligations import service as obligations
from app.features.obligations.rules import Evidence
from app.features.submissions import service as reviews
from app.features.submissions.errors import ExistsOtherwise
from app.features.submissions.rules import SUBMISSION, Weight, allowed, hands_in, weight
from app.features.submissions.schemas import Created
from app.kit import clock, ids
from app.kit.pacing import paced
from app.kit.problems import Invalid, Problem


async def create(
    session: AsyncSession,
    caller: Principal,
    items: Mapping[int, ActivityIn],
    *,
    own_ids: Mapping[int, UUID] | None = None,
) -> tuple[dict[int, Created], dict[int, Problem]]:
    """Submit the activities that are right; return them and the others' problems, each by index."""
    if not items:
        return {}, {}
    around = await checking.surroundings(session, caller, items.values())
    done, problems, _ = await _created(session, caller, items, own_ids or {}, around)
    return done, problems


async def create_one(
    session: AsyncSession, caller: Principal, item: ActivityIn, *, own_id: UUID | None = None
) -> tuple[ActivityOut, bool]:
    """Submit one activity; return its answer and whether it is new, or raise what is wrong.

    What was written just now is answered as it was written: nothing of it is read again.
    """
    around = await checking.surroundings(session, caller, [item])
    own_ids = {} if own_id is None else {0: own_id}
    done, problems, written = await _created(session, caller, {0: item}, own_ids, around)
    if problems:
        raise problems[0]
    activity_id, _, new = done[0]
    if not new:
        return await answers.answer(
            session, caller, await reading.one(session, caller, activity_id)
        ), False
    return answers.new(written.activities[0], written.parts(), _actions(caller, item, around)), True


@dataclass(frozen=True, slots=True)
class _Written:
    """The rows of new activities and of their parts."""

    activities: list[dict[str, Any]]
    participants: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    opinions: list[dict[str, Any]]

    def parts(self) -> dict[str, list[dict[str, Any]]]:
        """Return the parts of the only activity, in the order in which they are read."""
        by_id = itemgetter("id")
        return {
            "participants": sorted(self.participants, key=itemgetter("leader_id")),
            "findings": sorted(self.findings, key=by_id),
            "opinions": sorted(self.opinions, key=by_id),
        }


def _actions(caller: Principal, item: ActivityIn, around: Surroundings) -> list[str]:
    """Return what the caller, who is its author, may do with a new activity next."""
    path = around.organizations[item.org_id].path
    sides = reviews.sides_of(caller, path, reviews.above(path), [caller.name])
    return allowed(SUBMISSION, item.status, sides)


async def _created(
    session: AsyncSession,
    caller: Principal,
    items: Mapping[int, ActivityIn],
    own_ids: Mapping[int, UUID],
    around: Surroundings,
) -> tuple[dict[int, Created], dict[int, Problem], _Written]:
    problems: dict[int, Problem] = {}
    async for index, item in paced(items.items()):
        problem = checking.problem_of(caller, item, around)
        if problem is not None:
            problems[index] = problem
    new = {index: item for index, item in items.items() if index not in problems}
    identified = {index: own_ids.get(index) or ids.new_id() for index in new}
    done = await _drop_known(session, new, identified, problems)
    await _refuse_taken(session, new, problems)
    named = {index: (identified[index], item.attachment_ids) for index, item in new.items()}
    for index, wrong in attachments.claim(named, around.attachments).items():
        problems[index] = Invalid(wrong)
        del new[index]
    rows = {identified[index]: item for index, item in new.items()}
    written = await _rows(caller, rows, around)
    await _insert(session, rows, written, around)
    return done | {index: (identified[index], 1, True) for index in new}, problems, written


def columns_of(item: ActivityIn) -> dict[str, Any]:
    """Return the columns of the activity's own row."""
    return item.model_dump(exclude=set(PARTS))


def part_rows(
    activity_id: UUID,
    zones: Mapping[str, UUID],
    item: ActivityIn,
    before: Whole | None = None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the rows of participants, and of findings and opinions that were not there before."""
    findings_before = {f.id for f in before.findings} if before else set()
    opinions_before = {o.id for o in before.opinions} if before else set()
    now = clock.now()
    owner = {"activity_id": activity_id, "org_id": item.org_id}
    stamp = {**owner, **zones, "campaign_id": item.campaign_id, "revision": 1,
             "created_at": now, "updated_at": now}  # fmt: skip
    participants = [{**owner, **p.model_dump()} for p in item.participants]
    findings = [
        {**f.model_dump(), **stamp, "id": f.id or ids.new_id(), "status": "open"}
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
    caller: Principal, new: Mapping[UUID, ActivityIn], around: Surroundings
) -> _Written:
    now = clock.now()
    stamp = {"authors": [caller.name], "revision": 1, "created_at": now, "updated_at": now}
    zones = {id_: ids.zones_of(row.path) for id_, row in around.organizations.items()}
    rows = [
        {"id": identifier, **zones[item.org_id], **columns_of(item), **stamp}
        async for identifier, item in paced(new.items())
    ]
    parts = [part_rows(i, zones[item.org_id], item) async for i, item in paced(new.items())]
    return _Written(rows, *([row for part in parts for row in part[n]] for n in range(3)))


async def _insert(
    session: AsyncSession,
    new: Mapping[UUID, ActivityIn],
    written: _Written,
    around: Surroundings,
) -> None:
    if not new:
        return
    await writing.add(
        session, written.activities, written.participants, written.findings, written.opinions
    )
    named = {identifier: (item.org_id, item.attachment_ids) for identifier, item in new.items()}
    await attachments.attach(session, "activity", named)
    derivations = [
        derivation
        async for identifier, item in paced(new.items())
        for derivation in counted.derivations(identifier, item, around, item.status)
    ]
    evidence = [
        counted.evidence(identifier, item, around)
        async for identifier, item in paced(new.items())
        if item.status != "draft"
    ]
    records, changes = await derived.add(session, derivations)
    evidence += records
    await obligations.credit(session, [item for item in evidence if _counted(item, around)])
    await events.record(session, *_changes(written), *changes)


def _changes(written: _Written) -> Iterator[events.Change]:
    for kind, rows in (
        ("activity.created", written.activities),
        ("finding.created", written.findings),
        ("opinion.created", written.opinions),
    ):
        for row in rows:
            yield events.Change(kind, row["id"], row["org_id"], 1)


def _counted(item: Evidence, around: Surroundings) -> bool:
    """Return whether what was submitted just now counts in its campaign before it is accepted."""
    counts_from = around.campaigns[item.campaign_id].counts_from
    return weight("submitted", counts_from) is Weight.COUNTED


async def _drop_known(
    session: AsyncSession,
    new: dict[int, ActivityIn],
    identified: Mapping[int, UUID],
    problems: dict[int, Problem],
) -> dict[int, Created]:
    """Take out of `new` what is there already: the same again is done, other content a problem."""
    keys = {
        index: (item.org_id, item.source, item.external_id or "")
        for index, item in new.items()
        if item.source is not None
    }
    known = await reading.by_natural_keys(session, set(keys.values()))
    done: dict[int, Created] = {}
    first: dict[tuple[UUID, str, str], int] = {}
    for index, key in keys.items():
        whole = known.get(key)
        if whole is None and key not in first:
            first[key] = index
            continue
        item = new.pop(index)
        same = answers.as_item(whole) if whole else new[first[key]]
        otherwise = hands_in(item.status, same.status) or not _part_ids(item) <= _part_ids(same)
        before = answers.content(whole) if whole else new[first[key]].model_dump()
        if otherwise or _comparable(item.model_dump()) != _comparable(before):
            problems[index] = ExistsOtherwise()
        elif whole:
            done[index] = (whole.activity.id, whole.activity.revision, False)
        else:
            done[index] = (identified[first[key]], 1, False)
    return done


async def _refuse_taken(
    session: AsyncSession, new: dict[int, ActivityIn], problems: dict[int, Problem]
) -> None:
    """Take out of `new` what brings a part under an id that another record has."""
    taken = await checking.taken_ids(session, new.values())
    for index, item in list(new.items()):
        wrong = list(checking.part_id_errors(item, taken))
        if wrong:
            problems[index] = Invalid(wrong)
            del new[index]
        else:
            taken.add(item)


def _part_ids(item: ActivityIn) -> set[tuple[str, UUID]]:
    """Return the ids that the caller gave to the parts of an activity."""
    parts = (("finding", item.findings), ("opinion", item.opinions))
    return {(kind, part.id) for kind, given in parts for part in given if part.id is not None}


def _comparable(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes two sendings the same: all but the state, ids and the order of parts."""
    result: dict[str, Any] = to_jsonable_python({k: v for k, v in sent.items() if k != "status"})
    for name in PARTS:
        for part in result[name]:
            part.pop("id", None)
        result[name] = sorted(result[name], key=repr)
    return result
