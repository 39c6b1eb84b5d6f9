"""The trail against who owns the database: what SQL alone can do to it is found."""

import re
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.cli.verification import VERIFICATIONS
from app.db import context_of
from app.events import former, heads, sealing
from app.events.recording import ERASED
from app.events.sealing import seal
from app.kit import clock, ids
from app.models import Event, EventSeal
from app.settings import Settings
from tests.support.client import Api
from tests.support.factories import root, unit

MANY = 1000


async def found(api: Api, **settings: Any) -> str:
    """What `db verify` says is wrong, in Chinese."""
    of = Settings(**{**api.settings.model_dump(), **settings})
    async with api.database.reading() as session:
        return "\n".join([f for verify in VERIFICATIONS for f in await verify(session, of, [])])


async def seal_all(api: Api) -> None:
    async with api.database.writing() as session:
        await seal(session, "sha256", api.settings.secret, batch=5)


async def tell(api: Api, where: str) -> None:
    """As the worker does each hour."""
    async with api.database.writing() as session:
        settings = {**api.settings.model_dump(), "audit_heads_to": where}
        context_of(session).settings = Settings(**settings)
        await heads.tell_head(session)
    await heads.wait_until_told()


async def happened(api: Api) -> None:
    api.http.headers["Actor"] = "somebody"
    top = await root(api)
    for _ in range(4):
        await unit(api, top)


async def cut_the_newest(session: AsyncSession) -> None:
    """The newest seal together with its events, and what is left looks whole."""
    numbers = await session.scalars(select(EventSeal.number).order_by(EventSeal.number))
    *_, before, last = numbers
    place = select(EventSeal.last_place).where(EventSeal.number == before)
    await session.execute(delete(Event).where(Event.place > await session.scalar(place)))
    await session.execute(delete(EventSeal).where(EventSeal.number == last))


async def test_the_newest_seals_cut_with_their_events_are_missed_by_a_file(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "heads"
    for _ in range(3):
        await happened(api)
        await seal_all(api)
        await tell(api, str(file))
    assert "audit_head" in capsys.readouterr().out
    assert len(file.read_text("utf-8").splitlines()) == 3
    assert await found(api, audit_heads_to=str(file)) == ""
    async with api.database.writing() as session:
        await cut_the_newest(session)
    assert await found(api) == ""
    assert "审计链中没有摘要为" in await found(api, audit_heads_to=str(file))
    # What is told afterwards does not make the first telling forgotten.
    await happened(api)
    await seal_all(api)
    await tell(api, str(file))
    assert "审计链中没有摘要为" in await found(api, audit_heads_to=str(file))


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address that keeps the lines that it is sent, and gives them to who asks."""
    lines: list[str] = []

    class Keeper(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            lines.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._answer(b"")

        def do_GET(self) -> None:
            self._answer("".join(lines).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = HTTPServer(("127.0.0.1", 0), Keeper)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/heads", lines
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_they_are_missed_by_an_address(api: Api) -> None:
    with listener() as (address, lines):
        await happened(api)
        await seal_all(api)
        await tell(api, address)
        assert len(lines) == 1
        assert await found(api, audit_heads_to=address) == ""
        async with api.database.writing() as session:
            await session.execute(delete(EventSeal))
            await session.execute(delete(Event))
        assert "审计链中没有摘要为" in await found(api, audit_heads_to=address)


@pytest.mark.parametrize("where", ["/no/such/folder/heads", "http://127.0.0.1:9/"])
async def test_a_head_that_cannot_be_sent_stops_nothing(
    api: Api, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await happened(api)
    await seal_all(api)
    await tell(api, where)
    assert "audit_head_not_sent" in capsys.readouterr().out
    assert await found(api, audit_heads_to=where) == ""
    assert "DAJIATAN_AUDIT_HEADS_TO" in capsys.readouterr().err


async def test_what_is_not_sealed_for_over_a_minute_is_a_fault(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await happened(api)
    assert await found(api) == ""
    later = clock.now() + timedelta(seconds=90)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: later)
        assert "超过一分钟未封存" in await found(api)
        assert "dajiatan worker" in await found(api)
    await seal_all(api)
    assert await found(api) == ""


async def forge(session: AsyncSession, **values: Any) -> None:
    """Insert an event as like those of the service as SQL can make it."""
    columns = [c for c in Event.__table__.columns if c.name not in {"position", "place", "id"}]
    last = select(func.max(Event.position)).scalar_subquery()
    row = (await session.execute(select(*columns).where(Event.position == last))).mappings().one()
    await session.execute(insert(Event).values({**row, "id": ids.new_id(), **values}))


async def edit(session: AsyncSession) -> None:
    last = select(func.max(Event.position)).scalar_subquery()
    await session.execute(update(Event).where(Event.position == last).values(revision=MANY))


async def edit_unsigned(session: AsyncSession) -> None:
    """Pretend that the first release wrote it."""
    last = select(func.max(Event.position)).scalar_subquery()
    values = {"client_id": ids.new_id(), "mac": None, "xid": 7}
    await session.execute(update(Event).where(Event.position == last).values(values))


async def edit_who(session: AsyncSession) -> None:
    last = select(func.max(Event.position)).scalar_subquery()
    await session.execute(update(Event).where(Event.position == last).values(actor="another"))


async def tell_again(session: AsyncSession) -> None:
    """Let an event of the service happen twice."""
    columns = [c for c in Event.__table__.columns if c.name not in {"position", "place"}]
    first = select(func.min(Event.position)).scalar_subquery()
    row = (await session.execute(select(*columns).where(Event.position == first))).mappings().one()
    await session.execute(insert(Event).values(**row))


async def hide(session: AsyncSession, **erasure: Any) -> None:
    """Take away who did something, and say that it was an erasure."""
    last = await session.scalar(select(func.max(Event.position)))
    gone = {"actor": None, "subject": None, "address": None, "data": null(), "salt": None}
    await session.execute(update(Event).where(Event.position == last).values(gone))
    named = {"type": ERASED, "resource": "audit", "data": {"positions": [last]}}
    await forge(session, salt=b"salt", **named, **erasure)


async def hide_unsigned(session: AsyncSession) -> None:
    await hide(session, mac=None, xid=7)


async def hide_in_another(session: AsyncSession) -> None:
    """Add one more to an erasure that there was."""
    last = await session.scalar(select(func.max(Event.position)).where(Event.type != ERASED))
    gone = {"actor": None, "subject": None, "address": None, "data": null(), "salt": None}
    await session.execute(update(Event).where(Event.position == last).values(gone))
    there = update(Event).where(Event.type == ERASED).values(data={"positions": [last]})
    await session.execute(there)


@pytest.mark.parametrize("first", ["sealed", "unsealed"])
@pytest.mark.parametrize(
    "tamper",
    [edit, edit_unsigned, edit_who, forge, tell_again, hide, hide_unsigned, hide_in_another],
)
async def test_what_sql_did_to_events_is_found_before_and_after_they_are_sealed(
    api: Api, tamper: Callable[[AsyncSession], Awaitable[None]], first: str
) -> None:
    async with api.database.writing() as session:
        events.set_call(session, events.Call(actor="forgotten"))
        await events.record(session, events.Change("unit.updated", ids.new_id(), None, 1))
    await happened(api)
    async with api.database.writing() as session:
        await events.erase(session, "forgotten")
    await happened(api)
    if first == "sealed":
        await seal_all(api)
    assert await found(api) == ""
    async with api.database.writing() as session:
        await tamper(session)
    assert await found(api) != ""
    await seal_all(api)
    assert await found(api) != ""


async def test_events_of_the_first_release_need_no_signature_for_an_hour(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes may write on for a while; what has no signature later is a fault."""
    unsigned = {"mac": None, "xid": 1}
    await happened(api)
    async with api.database.writing() as session:
        await session.execute(update(Event).values(unsigned))
    assert await found(api) == ""
    await seal_all(api)
    await happened(api)
    async with api.database.writing() as session:
        await session.execute(update(Event).where(Event.place.is_(None)).values(unsigned))
    assert await found(api) == ""
    await seal_all(api)
    assert await found(api) == ""
    await happened(api)
    later = clock.now() + former.GRACE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    async with api.database.writing() as session:
        await session.execute(update(Event).where(Event.place.is_(None)).values(unsigned))
    assert "不是本服务写入的" in await found(api)
    await seal_all(api)
    told = await found(api)
    assert told.count("不是本服务写入的") == told.count("\n") + 1 == 4


async def test_the_metrics_say_when_all_was_last_sealed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before it is committed, and not while some wait: so it stands still when sealing does."""

    async def told() -> float:
        figures = (await api.send("GET", "/metrics", expect=200)).text
        found = re.search(r"dajiatan_audit_sealed_timestamp_seconds (\d.*)", figures)
        assert found
        return float(found[1])

    await happened(api)
    before = await told()
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    async with api.database.writing() as session:
        await seal(session, "sha256", api.settings.secret)
        await session.rollback()
    assert await told() == before
    monkeypatch.setattr(sealing, "_BATCHES", 1)
    async with api.database.writing() as session:
        assert await seal(session, "sha256", api.settings.secret, batch=1) == 1
    assert await told() == before
    async with api.database.writing() as session:
        assert await seal(session, "sha256", api.settings.secret) > 1
    assert await told() == later.timestamp()
