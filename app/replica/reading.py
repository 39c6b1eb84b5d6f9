"""Reading from a replica that lags behind: only what is young enough, seen alike, and far enough.

Who calls, with which grants, is always read on the primary. The replica answers while its beat is
young, its marks of sight are the primary's, and it has replayed every position that the caller
shows (`docs/decisions/0025-read-replica.md`). In every other case the primary does.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from fastapi import Response
from sqlalchemy import bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException

from app.db import Database, Deadline, Replica
from app.kit.problems import Problem
from app.replica.visibility_marks import PREFIX

HEADER: Final = "Dajiatan-Position"
_BEAT: Final = "beat"
_TELLING_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.1
_LOOKS: Final = 20
"""How often background work looks whether a replica has come as far as it needs."""
_LINEAGE: Final = (
    "(SELECT system_identifier FROM pg_control_system()) || '-' ||"
    " substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)"
)
_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_WRITTEN: Final = "(pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"
_REPLAYED: Final = "(pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint"
_AWAY: Final = ("08", "53", "57P")
"""SQLSTATEs of a replica that is gone, full or starting, not of one statement's bad luck."""

Enter = Callable[[AsyncSession], Awaitable[None]]
Handle = Callable[[AsyncSession, str | None], Awaitable[Response]]
"""Answers in a session, given the position of its server, if it knows one."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a cluster has written: `lsn` in bytes, to be compared within one lineage only."""

    lineage: str
    lsn: int

    def __str__(self) -> str:
        """As callers carry it; opaque to them."""
        return f"{self.lineage}-{self.lsn:x}"

    @classmethod
    def read(cls, shown: str) -> "Position":
        """Read what a caller shows; what is no position is one that no replica has reached."""
        lineage, _, lsn = shown.rpartition("-")
        try:
            return cls(lineage, int(lsn, 16))
        except ValueError:
            return cls("", 0)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a server says of itself in the snapshot of its session; times in ms of the primary."""

    now: int
    beat: int
    lineage: str
    lsn: int
    sight: frozenset[tuple[str, int]]

    @property
    def position(self) -> Position:
        """Nothing that the snapshot shows was written behind it."""
        return Position(self.lineage, self.lsn)


async def beat(session: AsyncSession) -> None:
    """Periodic task: tell the replicas the time, by which they know how old they are."""
    statement = text(
        f"INSERT INTO replica_marks (name, number, lineage) VALUES (:name, {_NOW}, {_LINEAGE})"  # noqa: S608 - constants
        " ON CONFLICT (name) DO UPDATE SET number = excluded.number, lineage = excluded.lineage"
    )
    await session.execute(statement.bindparams(bindparam("name", _BEAT)))


async def read(
    shown: Sequence[str], database: Database, deadline: Deadline, enter: Enter, handle: Handle
) -> Response:
    """Return the answer to a reading request: the replica's if it may give it, else the primary's.

    `shown` are the positions that the caller has seen: of its own writes, of the pages before.
    """
    replica = database.replica
    if replica is not None and replica.worth_asking():
        async with database.reading(deadline) as session:
            await enter(session)
            here = await _marks(session, primary=True)
        answer = await _of_replica(shown, replica, here, handle)
        if answer is not None:
            return answer
    async with database.reading(deadline) as session:
        await enter(session)
        marks = await _marks(session, primary=True)
        return await handle(session, _told(marks))


@asynccontextmanager
async def opened(
    database: Database, deadline: Deadline, *, alone: bool = False
) -> AsyncIterator[AsyncSession]:
    """Open a reading session for background work: of the replica, if it has come as far as this.

    It has what was committed on the primary before, or the primary is read; `alone`: it is anyway.
    """
    replica = None if alone else await _that_has_come_here(database)
    opening = database.reading(deadline) if replica is None else replica.reading(deadline)
    async with opening as session:
        yield session


async def tell_position(database: Database, *responses: Response) -> None:
    """Tell who has written how far the primary is, now that it is committed."""
    try:
        async with database.reading(Deadline(_TELLING_SECONDS)) as session:
            row = (await session.execute(text(f"SELECT {_LINEAGE}, {_WRITTEN}"))).one()
    except (SQLAlchemyError, OSError, TimeoutError):
        return  # it is written, whatever happens to the answer's ornament
    for response in responses:
        response.headers[HEADER] = str(Position(*row))


async def _of_replica(
    shown: Sequence[str],
    replica: Replica,
    here: Marks | None,
    handle: Handle,
) -> Response | None:
    """Return the replica's answer, None where the primary has to give it."""
    if here is None:
        replica.rest()
        return None
    wanted = [Position.read(each) for each in shown]
    try:
        # Before the snapshot is taken: what is replayed while it is taken might not be in it.
        replayed = await _replayed(replica) if wanted else 0
        async with replica.reading() as session:
            there = await _marks(session, primary=False)
            if there is None or here.now - there.beat > replica.max_age_seconds * 1000:
                replica.rest()
                return None
            reached = all(p.lineage == there.lineage and p.lsn <= replayed for p in wanted)
            if there.sight != here.sight or not reached:
                return None
            answer = await handle(session, _told(there))
    except (Problem, HTTPException):
        raise  # an answer like any other
    except Exception as error:  # noqa: BLE001 - whatever befalls a replica, the primary answers
        if _is_away(error):
            replica.rest()
        return None
    replica.answered()
    return answer


async def _that_has_come_here(database: Database) -> Replica | None:
    """Return the replica once it has replayed what the primary has written until now."""
    replica = database.replica
    if replica is None or not replica.worth_asking():
        return None
    async with database.reading() as session:
        here = await _marks(session, primary=True)
    if here is None:
        return None
    try:
        for _ in range(_LOOKS):
            if await _replayed(replica) >= here.lsn:
                break
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return None
        async with replica.reading() as session:
            there = await _marks(session, primary=False)
    except Exception as error:  # noqa: BLE001 - whatever befalls a replica, the primary is there
        if _is_away(error):
            replica.rest()
        return None
    if there is None or there.lineage != here.lineage or there.sight != here.sight:
        return None
    replica.answered()
    return replica


def _told(marks: Marks | None) -> str | None:
    return str(marks.position) if marks else None


async def _replayed(replica: Replica) -> int:
    async with replica.reading() as session:
        return int((await session.execute(text(f"SELECT {_REPLAYED}"))).scalar_one() or 0)


async def _marks(session: AsyncSession, *, primary: bool) -> Marks | None:
    """Return the marks in this session's snapshot; None while no worker has told the time."""
    lineage, lsn = (_LINEAGE, _WRITTEN) if primary else ("NULL", _REPLAYED)
    columns = f"name, number, lineage, {lineage}, {lsn}, {_NOW}"
    rows = (await session.execute(text(f"SELECT {columns} FROM replica_marks"))).all()  # noqa: S608 - constants
    beats = [row for row in rows if row[0] == _BEAT]
    if not beats:
        return None
    (_, at, told, own, lsn_now, now), *_ = beats
    sight = frozenset((row[0], row[1]) for row in rows if row[0].startswith(PREFIX))
    return Marks(now, at, own or told, lsn_now or 0, sight)


def _is_away(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return True
    state = str(getattr(error.orig, "sqlstate", None) or "")
    return error.connection_invalidated or not state or state.startswith(_AWAY)
