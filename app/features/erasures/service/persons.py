"""One transaction that takes a person out of everything, and leaves every count as it was."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events, models
from app.access.principal import Principal
from app.features.attachments.errors import UNKNOWN_ATTACHMENT
from app.features.attachments.service import key
from app.features.erasures import rules
from app.features.erasures.errors import NOT_A_NAME, NOTHING_NAMED, ErasureTooBroad
from app.features.erasures.queries import texts, traces
from app.features.erasures.queries.texts import Area, Hit
from app.features.erasures.rules import PLACEHOLDER, Wanted
from app.features.erasures.schemas import ErasureIn, ErasureOut, FileOut, FoundOut
from app.features.exports.service import removing as exports
from app.features.imports.service import forgetting as imports
from app.features.organizations.leaders.service import leaders
from app.features.reports import alike
from app.features.reports import queries as report_queries
from app.features.reports.service.creating import sketch_texts
from app.kit import ids
from app.kit.problems import FieldError, Invalid, NotFound
from app.models import Attachment, Leader

MOST: Final = 10_000
"""Rows that one erasure changes at most."""
RECORDS: Final[dict[str, Any]] = {
    "activity": models.Activity, "attachment": Attachment, "campaign": models.Campaign,
    "client": models.Client, "finding": models.Finding, "grant": models.Grant,
    "inspection": models.Inspection, "leader": Leader, "leader_record": models.LeaderRecord,
    "notice": models.NoticeText, "supplement": models.Supplement,
    "obligation": models.Obligation, "opinion": models.Opinion, "report": models.Report,
    "requirement": models.Requirement,
    "unit": models.Organization, "branch": models.Organization,
}  # fmt: skip
"""What counts as changed when something is taken out of it or of its parts."""
_NAMES: Final = {model.__table__: name for name, model in RECORDS.items() if name != "branch"}
_SHOWN: Final = frozenset({models.Finding.__table__, models.Opinion.__table__})
_PARTS: Final = {"inspection_follow_ups": ("inspection", "inspection_id"),
                 "adoptions": ("report", "report_id"),
                 "exemption_proposals": ("obligation", "obligation_id"),
                 "second_posts": ("leader", "leader_id")}  # fmt: skip

Record = tuple[str, UUID]


async def erase(
    session: AsyncSession, caller: Principal, path: str, body: ErasureIn
) -> tuple[ErasureOut, list[str]]:
    """Erase, or say what would go; also where the bytes are that are to go after the commit."""
    area, apply = Area(caller, path), body.mode == "apply"
    leader = await _leader(session, caller, area, body.leader_id) if body.leader_id else None
    wanted = _wanted(body, leader)
    gone = await _files(session, area, body.attachment_ids)
    found = await texts.find_hits(session, area, wanted, MOST, lock=apply)
    if len(found) > MOST:
        raise ErasureTooBroad(found=MOST, limit=MOST)
    records = _records_of(found)
    about = traces.events_about(area, wanted)
    others = [i for _, i in records if i not in set(body.attachment_ids)]
    answer = ErasureOut(
        mode=body.mode,
        found=_counts(found, leader),
        events=await events.count(session, about),
        attachments=len(gone),
        namesakes=await traces.count_namesakes(session, area, wanted.names, body.leader_id),
        files=[
            FileOut.model_validate(file)
            for file in await traces.find_files(session, others)
            if file.id not in {f.id for f in gone}
        ],
    )
    if not apply:
        return answer, []
    # Files made of these records may name the person.
    made = await exports.remove_overlapping(session, path)
    records |= await _drop_files(session, area, wanted, gone)
    records |= await _clear(session, found, leader)
    persons = wanted.persons if area.is_whole else ()
    await traces.forget_answers(session, [i for _, i in records], persons)
    await events.forget(session, about)
    await _tell(session, records)
    await _restate(session, found)
    for file in answer.files:
        file.filename = rules.remove_names(file.filename, wanted)
    return answer, [*made, *(key(file.id) for file in gone)]


def _records_of(found: Sequence[Hit]) -> set[Record]:
    """Return the records that rows are, or are parts of.

    An activity shows its findings and opinions: it is another than it was.
    """
    records = {record for hit in found if (record := _record_of(hit)) is not None}
    shown = (hit.row["activity_id"] for hit in found if hit.table in _SHOWN)
    return records | {("activity", shown_by) for shown_by in shown if shown_by is not None}


async def _leader(session: AsyncSession, caller: Principal, area: Area, leader_id: UUID) -> Leader:
    """Return a leader of the area: elsewhere the caller may organize, but keep no security."""
    row = await leaders.begin(session, caller, leader_id)
    if not await traces.is_inside(session, area, row.org_id):
        raise NotFound
    return row


def _wanted(body: ErasureIn, leader: Leader | None) -> Wanted:
    own = [leader.name] if leader is not None and leader.name != PLACEHOLDER else []
    wrong: list[FieldError] = [
        NOT_A_NAME.at(f"/names/{index}")
        for index, name in enumerate(body.names)
        if not rules.is_name(name)
    ]
    if not (leader or body.names or body.persons or body.attachment_ids):
        wrong.append(NOTHING_NAMED.at("/leader_id"))
    if wrong:
        raise Invalid(wrong)
    names = [*body.names, *filter(rules.is_name, own)]
    pseudonym = f"erased-{ids.new_id()}"
    return Wanted(rules.sort_longest_first(names), tuple(sorted(set(body.persons))), pseudonym)


async def _files(session: AsyncSession, area: Area, named: Sequence[UUID]) -> list[Attachment]:
    found = await traces.lock_files(session, area, named) if named else []
    known = {file.id for file in found}
    wrong = [
        UNKNOWN_ATTACHMENT.at(f"/attachment_ids/{index}")
        for index, attachment_id in enumerate(named)
        if attachment_id not in known
    ]
    if wrong:
        raise Invalid(wrong)
    return found


def _counts(found: Sequence[Hit], leader: Leader | None) -> list[FoundOut]:
    counts = Counter((_name(hit), column) for hit in found for column in hit.changes)
    if leader is not None:
        counts |= Counter({("leader", "name"): 1, ("leader", "post"): 1})
    return [
        FoundOut(resource=resource, field=field, records=count)
        for (resource, field), count in sorted(counts.items())
    ]


async def _clear(session: AsyncSession, found: Sequence[Hit], leader: Leader | None) -> set[Record]:
    for hit in found:
        await texts.clear(session, hit)
    bodies = {
        (hit.row["id"], hit.row["org_id"]): hit.changes["body"] or ""
        for hit in found
        if hit.table is models.Report.__table__ and "body" in hit.changes
    }
    if bodies:
        await alike.replace_bands(session, await sketch_texts(bodies))
    records = {record for hit in found if (record := _record_of(hit)) is not None}
    if leader is not None:
        # Unit, branch, level and days stay: what is owed and done follows from them.
        blank = {"name": PLACEHOLDER, "post": PLACEHOLDER, "source": None, "external_id": None}
        await traces.clear_leader(session, leader.id, blank)
        ended = await traces.remove_own_grants(session, leader.id)
        changes = (events.Change("grant.deleted", g.id, g.org_id, g.revision) for g in ended)
        await events.record(session, *changes)
        records.add(("leader", leader.id))
    return records


async def _drop_files(
    session: AsyncSession, area: Area, wanted: Wanted, gone: Sequence[Attachment]
) -> set[Record]:
    """Delete files, and those on their way in; return the records that had them."""
    await imports.forget_under(session, area.path, wanted.persons)
    records: set[Record] = set()
    for file in gone:
        if file.resource is None or file.resource_id is None:
            continue
        model = RECORDS[file.resource]
        named = await traces.lock_attached_ids(session, model, file.resource_id)
        kept = [i for i in named if i != file.id]
        await traces.set_attached(session, model, file.resource_id, kept)
        records.add((file.resource, file.resource_id))
    if gone:
        await traces.remove_files(session, [file.id for file in gone])
        await events.record(
            session,
            *(events.Change("attachment.deleted", f.id, f.org_id, f.revision + 1) for f in gone),
        )
    return records


async def _tell(session: AsyncSession, records: Collection[Record]) -> None:
    """Count every record concerned as changed, so that who keeps a copy gets it anew."""
    by_name: dict[str, list[UUID]] = defaultdict(list)
    for name, record_id in sorted(records):
        by_name[name].append(record_id)
    # What was rendered of them says what they said; it is made anew of what is left.
    if reports := by_name.get("report"):
        await report_queries.replace_adopted_texts(session, reports, ())
    for name, some in by_name.items():
        rows = await traces.touch(session, RECORDS[name], some)
        changes = [events.Change(f"{name}.erased", r.id, r.org_id, r.revision) for r in rows]
        await events.record(session, *changes)


async def _restate(session: AsyncSession, found: Sequence[Hit]) -> None:
    """Have the trail keep what the rows are now of which it keeps digests."""
    for model in events.STATED:
        await events.restate(session, model, texts.collect_ids(found, model.__table__))


def _record_of(hit: Hit) -> Record | None:
    """Return the record that a row is, or is a part of."""
    if hit.table is models.Organization.__table__:
        return hit.row["type"], hit.row["id"]
    if hit.table in _NAMES:
        return _NAMES[hit.table], hit.row["id"]
    if hit.table.name in _PARTS:
        name, column = _PARTS[hit.table.name]
        return name, hit.row[column]
    if "record" in hit.row:
        return hit.row["record"], hit.row["record_id"]
    return None


def _name(hit: Hit) -> str:
    """Return what a row is called in an answer: its resource, else its table."""
    record = _record_of(hit)
    is_part = hit.table.name in _PARTS or "record" in hit.row
    return hit.table.name if record is None or is_part else record[0]
