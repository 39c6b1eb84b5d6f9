"""Followers beside writers: no gap and no repeat, however late a transaction ends."""

import asyncio
import os
import random
from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from app import events
from app.db import Database
from app.events.sealing import seal
from app.kit import ids
from app.models import Attachment
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.sealing import seal_all

FACTOR = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1"))
WRITERS, TURNS, FOLLOWERS = 8, 10 * FACTOR, 3
Step = tuple[str, int]


class Writer:
    """Makes files, changes and deletes them; some of it comes to nothing, and all of it lasts."""

    def __init__(self, database: Database, org_ids: list[UUID], number: int) -> None:
        self.database, self.org_ids = database, org_ids
        self.chance = random.Random(number)  # noqa: S311 - to be repeated
        self.steps: list[tuple[UUID, Step]] = []

    async def write(self) -> None:
        """Carry out all turns."""
        for _ in range(TURNS):
            made = []
            async with self.database.writing() as session:
                for _ in range(self.chance.randint(1, 3)):
                    made.append(await self.change(session))
                    await asyncio.sleep(self.chance.random() / 100)
                if undone := self.chance.random() < 0.2:
                    await session.rollback()
            if not undone:
                self.steps += made

    async def change(self, session: Any) -> tuple[UUID, Step]:
        """Make a file, or change one that somebody made, or delete it."""
        chosen = select(Attachment.id, Attachment.org_id, Attachment.revision)
        some = chosen.order_by(Attachment.sha256).limit(1).with_for_update(skip_locked=True)
        old = (await session.execute(some.where(Attachment.sha256 > self.mark()))).first()
        act, row = self.chance.choice(["created", "updated", "updated", "deleted"]), old
        if act == "created" or row is None:
            file = Attachment(
                id=ids.new_id(), org_id=self.chance.choice(self.org_ids), filename="a.txt",
                media_type="text/plain", size=1, sha256=self.mark(),
            )  # fmt: skip
            session.add(file)
            await session.flush()
            act, org_id, file_id, revision = "created", file.org_id, file.id, 1
        else:
            file_id, org_id, revision = row.id, row.org_id, row.revision + 1
            mine = Attachment.id == file_id
            changed = update(Attachment).where(mine).values(revision=revision)
            gone = delete(Attachment).where(mine)
            await session.execute(gone if act == "deleted" else changed)
        told = events.Change(f"attachment.{act}", file_id, org_id, revision)
        await events.record(session, told)
        return org_id, (str(file_id), revision)

    def mark(self) -> str:
        """Return a digest by which a file is found."""
        return f"{self.chance.getrandbits(64):064x}"


class Follower:
    """Reads on from what it has kept, and forgets now and then what it has not kept yet."""

    def __init__(self, api: Api, after: str, number: int) -> None:
        self.api, self.after = api, after
        self.chance = random.Random(100 + number)  # noqa: S311 - to be repeated
        self.told: list[Any] = []
        self.restarts = 0

    async def follow(self, over: asyncio.Event) -> None:
        """Follow until the writing is over and nothing is new."""
        while True:
            ended = over.is_set()
            limit = self.chance.choice([1, 3, 50])
            page = await self.api.get("/v1/changes", after=self.after, limit=limit)
            if page["data"] and self.chance.random() < 0.2:
                self.restarts += 1
                # A page of which nothing was kept, or the first part of it, is read again.
                kept = page["data"][: self.chance.randrange(len(page["data"]))]
                self.told += kept
                self.after = kept[-1]["cursor"] if kept else self.after
                continue
            self.told += page["data"]
            self.after = page["next_cursor"]
            if ended and not page["has_more"]:
                return
            await asyncio.sleep(0.01)


async def _seal_on(database: Database, secret: bytes, over: asyncio.Event) -> None:
    while not over.is_set():
        async with database.writing() as session:
            await seal(session, "sha256", secret, batch=7)
        await asyncio.sleep(0.02)


async def test_followers_end_with_exactly_what_was_written(api: Api, elsewhere: Database) -> None:
    root = await factories.root(api)
    units = [await factories.unit(api, root) for _ in range(2)]
    callers = [api, *[await granted(api, unit, "viewer") for unit in units]]
    scopes = [{unit["id"] for unit in units}, *({unit["id"]} for unit in units)]
    assert len(callers) == FOLLOWERS
    org_ids = [UUID(unit["id"]) for unit in units]
    followers = []
    for number, caller in enumerate(callers):
        page = await caller.get("/v1/attachments")
        followers.append(Follower(caller, page["changes_cursor"], number))
    writers = [Writer(elsewhere, org_ids, number) for number in range(WRITERS)]
    written, sealed = asyncio.Event(), asyncio.Event()
    secret = api.settings.secret
    sealing = asyncio.create_task(_seal_on(api.database, secret, written))
    following = [asyncio.create_task(each.follow(sealed)) for each in followers]

    await asyncio.gather(*(writer.write() for writer in writers))
    written.set()
    await sealing
    await seal_all(api)
    sealed.set()
    await asyncio.gather(*following)

    async with api.database.reading() as session:
        rows = await session.execute(select(Attachment.id, Attachment.org_id, Attachment.revision))
        there = {str(id_): (str(org_id), revision) for id_, org_id, revision in rows}
    steps: defaultdict[str, set[Step]] = defaultdict(set)
    for writer in writers:
        for org_id, step in writer.steps:
            steps[str(org_id)].add(step)
    for follower, scope in zip(followers, scopes, strict=True):
        told = [c for c in follower.told if c["resource"] == "attachment"]
        assert len({c["cursor"] for c in follower.told}) == len(follower.told)
        _agrees(told, there, set().union(*(steps[org_id] for org_id in scope)), scope)
    assert sum(follower.restarts for follower in followers) > 0


def _agrees(
    told: list[Any], there: dict[str, tuple[str, int]], steps: set[Step], scope: set[str]
) -> None:
    """What was told ends with what is there; every step is told, in the order of its record."""
    last: dict[str, int] = {}
    for change in told:
        # A record that is gone by now is told of by its deletion alone.
        assert change["revision"] > last.get(change["id"], 0)
        last[change["id"]] = change["revision"]
    ended = {c["id"] for c in told if c["op"] == "deleted"}
    assert {id_: last[id_] for id_ in last.keys() - ended} == {
        id_: revision for id_, (org_id, revision) in there.items() if org_id in scope
    }
    pairs = {(c["id"], c["revision"]) for c in told}
    assert len(pairs) == len(told)
    assert pairs <= steps
    assert {step for step in steps if step[0] in there} <= pairs
    assert {id_ for id_, _ in steps} - there.keys() == ended
