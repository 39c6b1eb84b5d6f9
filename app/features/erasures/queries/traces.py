"""SQL of what else speaks of a person: files, kept answers, events, namesakes."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power
from app.access.visibility import visible
from app.db.rows import find_rows
from app.features.erasures.queries.texts import Area
from app.features.erasures.rules import Wanted, in_json
from app.kit import clock
from app.models import (
    Activity,
    Attachment,
    Event,
    Finding,
    Grant,
    IdempotentAnswer,
    Inspection,
    Leader,
    NoticeText,
    Organization,
    Report,
    SecondPost,
)

_CHUNK = 100
_FILES = 200


async def count_namesakes(
    session: AsyncSession, area: Area, names: Collection[str], leader_id: UUID | None
) -> int:
    """Return how many other leaders of the area bear one of the names."""
    statement = select(func.count()).where(
        Leader.name.in_(names), visible(area.caller, Leader.org_id, Power.SECURE, under=area.path)
    )
    if leader_id is not None:
        statement = statement.where(Leader.id != leader_id)
    return (await session.execute(statement)).scalar_one()


def events_about(area: Area, wanted: Wanted) -> ColumnElement[bool]:
    """Condition: events of the area that name one of the persons, or hold one of the names."""
    data = cast(Event.data, Text)
    forms = {form for name in wanted.names for form in in_json(name)}
    # A person's identifier is a whole value: as a part of another it says nothing of them.
    forms |= {f'"{form}"' for person in wanted.persons for form in in_json(person)}
    about = or_(
        false(),
        Event.actor.in_(wanted.persons),
        Event.subject.in_(wanted.persons),
        *(Event.actor.contains(name, autoescape=True) for name in wanted.names),
        *(data.contains(form, autoescape=True) for form in sorted(forms)),
    )
    if area.is_whole:
        return about
    return about & visible(area.caller, Event.org_id, Power.SECURE, under=area.path)


async def is_inside(session: AsyncSession, area: Area, org_id: UUID) -> bool:
    """Return whether an organization lies in the area."""
    statement = select(Organization.id).where(
        Organization.id == org_id,
        visible(area.caller, Organization.id, Power.SECURE, under=area.path),
    )
    return (await session.execute(statement)).first() is not None


async def find_files(session: AsyncSession, record_ids: Sequence[UUID]) -> list[Attachment]:
    """Files of these records, at most two hundred."""
    found: list[Attachment] = []
    for start in range(0, len(record_ids), _CHUNK):
        some = record_ids[start : start + _CHUNK]
        statement = select(Attachment).where(Attachment.resource_id.in_(some))
        statement = statement.order_by(Attachment.id).limit(_FILES - len(found))
        found += (await session.execute(statement)).scalars()
    return found


async def lock_files(session: AsyncSession, area: Area, ids: Collection[UUID]) -> list[Attachment]:
    """Lock and return these files, as far as they belong to the area."""
    statement = (
        select(Attachment)
        .where(
            Attachment.id.in_(ids),
            visible(area.caller, Attachment.org_id, Power.SECURE, under=area.path),
        )
        .order_by(Attachment.id)
        .with_for_update()
    )
    return list((await session.execute(statement)).scalars())


Attaching = type[Activity | Finding | Inspection | Report | NoticeText]


async def lock_attached_ids(session: AsyncSession, model: Attaching, record_id: UUID) -> list[UUID]:
    """Lock a record and return the ids of the files that it names."""
    statement = select(model.attachment_ids).where(model.id == record_id).with_for_update()
    named: list[UUID] = (await session.execute(statement)).scalar_one()
    return named


async def set_attached(
    session: AsyncSession, model: Attaching, record_id: UUID, named: Sequence[UUID]
) -> None:
    """Let a record name these as its files."""
    statement = update(model).where(model.id == record_id).values(attachment_ids=list(named))
    await session.execute(statement)


async def remove_files(session: AsyncSession, ids: Collection[UUID]) -> None:
    """Delete the rows of files."""
    statement = delete(Attachment).where(Attachment.id.in_(ids))
    await session.execute(statement)


async def clear_leader(session: AsyncSession, leader_id: UUID, values: Mapping[str, Any]) -> None:
    """Set values of a leader's own row, the `post` of second posts too; counted later on."""
    statement = update(Leader).where(Leader.id == leader_id).values(**values)
    await session.execute(statement)
    await clear_second_posts(session, [leader_id], values["post"])


async def remove_own_grants(session: AsyncSession, leader_id: UUID) -> Sequence[Grant]:
    """Delete the grants that say who a leading cadre is; return them as they were."""
    rows = (await session.scalars(select(Grant).where(Grant.leader_id == leader_id))).all()
    await session.execute(delete(Grant).where(Grant.leader_id == leader_id))
    return rows


async def clear_second_posts(
    session: AsyncSession, leader_ids: Collection[UUID], post: str
) -> None:
    """Set what the second posts of leaders are called; unit and days stay, for what is owed."""
    theirs = update(SecondPost).where(SecondPost.leader_id.in_(leader_ids)).values(post=post)
    await session.execute(theirs)


class TouchedRow(NamedTuple):
    """A record that was changed."""

    id: UUID
    org_id: UUID
    revision: int


async def touch(session: AsyncSession, model: Any, ids: Collection[UUID]) -> Sequence[TouchedRow]:
    """Count records as changed; return what they are now."""
    columns = model.__table__.c
    owner = columns.get("org_id", columns.id)
    statement = (
        update(model)
        .where(columns.id.in_(ids))
        .values(revision=columns.revision + 1, updated_at=clock.now())
        .returning(columns.id, owner.label("org_id"), columns.revision)
    )
    return await find_rows(session, TouchedRow, statement)


async def forget_answers(
    session: AsyncSession, ids: Sequence[UUID], persons: Sequence[str]
) -> None:
    """Empty kept answers about these records; those of these persons go.

    The answers are encrypted under keys that only their callers have; what they were about shows
    in their address. An empty one is not given again, and its work is not done again;
    the row of a person names them, and goes whole: only where the whole tree is cleared.
    """
    headers = cast(IdempotentAnswer.headers, Text)
    for start in range(0, len(ids), _CHUNK):
        about = or_(
            *(
                or_(headers.contains(text), IdempotentAnswer.route.contains(text))
                for text in map(str, ids[start : start + _CHUNK])
            )
        )
        emptied = update(IdempotentAnswer).where(about).values(body=b"", headers={})
        await session.execute(emptied)
    if persons:
        theirs = IdempotentAnswer.principal.in_([f"person:{person}" for person in persons])
        gone = delete(IdempotentAnswer).where(theirs)
        await session.execute(gone)
