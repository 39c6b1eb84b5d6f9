"""The baseline: what the first release left without a digest gets one, once."""

from collections import defaultdict
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import secret_of
from app.events import former
from app.events.digests import compute_event_mac
from app.events.recording import Change, record, restate
from app.events.states import GONE, find_discrepancies
from app.models import Event

TYPE: Final = "audit.baseline"
_ID: Final = UUID("00000000-0000-8000-8000-000000000073")
"""One for all databases, by which it is found."""
_MOST: Final = 2000


async def is_due(session: AsyncSession, secret: bytes) -> bool:
    """Return whether rows may still be without a digest: the trail is older than digests are."""
    if not await former.began_before(session):
        return False
    statement = select(Event).where(Event.resource == "audit", Event.resource_id == _ID)
    rows = (await session.scalars(statement)).all()
    return not any(row.mac == compute_event_mac(secret, vars(row)) for row in rows)


async def state_former(session: AsyncSession) -> None:
    """Periodic task: give the rows of the first release their digests, a part at a time.

    Not before its processes have ended: what they change has no digest. Once all rows have one,
    an event says so, and from then on a row without is a fault.
    """
    secret = secret_of(session)
    if secret is None or not await is_due(session, secret):
        return
    if (await former.unsigned(session)).still:
        return
    found: dict[Any, list[UUID]] = defaultdict(list)
    count = 0
    async for each in find_discrepancies(session, secret):
        count += 1
        if each.text is GONE:
            await record(session, Change(each.state.ended, each.id, None, 1))
        else:
            found[each.state.model].append(each.id)
        if count == _MOST:
            break
    for model, ids in found.items():
        await restate(session, model, ids)
    if count < _MOST:
        await record(session, Change(TYPE, _ID, None, 1))
