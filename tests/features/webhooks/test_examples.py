"""The examples: real scripts that receive from the service, and post to a stand-in of a robot."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.features.reminders.jobs import look_for_due
from app.features.webhooks import rules
from tests.support.client import Api
from tests.support.hooks import allow_receivers, deliver, deliveries, hasten
from tests.support.places import Place
from tests.support.receiver import Receiver, Reply, receiving
from tests.support.sealing import seal_all

CHAT = Path(__file__).parents[3] / "examples/chat"
ROBOT_SECRET = "SEC0123456789"
CHECK = """
import json, sys
from receiving import is_genuine

cases = json.load(sys.stdin)
print(json.dumps([is_genuine(headers, body.encode(), secret) for headers, body, secret in cases]))
"""


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["wecom", "dingtalk"])
async def test_a_reminder_reaches_the_chat(place: Place, name: str) -> None:
    async with receiving() as robot, receiving() as service:
        port = _free_port()
        allow_receivers(place.admin)
        await seal_all(place.admin)
        body = {"url": f"http://127.0.0.1:{port}/", "types": ["reminder"]}
        made = await place.reviewer.post("/v1/webhook-endpoints", body)
        reminders = await _remind(place)
        _answer_for(service, reminders)
        robot.decide = lambda _r: _said(45009 if len(robot.requests) == 1 else 0)
        async with _script(name, port, made["secret"], robot, service):
            await deliver(place.admin)
            (row, *_) = [r for r in await deliveries(place.reviewer) if r["status"] == "pending"]
            assert row["history"][0]["status"] == 503, "the robot had had enough"
            await hasten(place.admin)
            await deliver(place.admin)

    assert {row["status"] for row in await deliveries(place.reviewer)} == {"delivered"}
    texts = [request.json["markdown"] for request in robot.requests[1:]]
    assert len(texts) == len(reminders)
    said = " ".join(text.get("content", text.get("text")) for text in texts)
    assert all(reminder["org_name"] in said for reminder in reminders)
    if name == "dingtalk":
        query = parse_qs(urlsplit(robot.requests[0].path).query)
        assert query["sign"] == [_ding_sign(query["timestamp"][0])]
    assert all(r.headers["authorization"] == "Bearer djt_example" for r in service.requests)


@pytest.mark.one_database
async def test_the_examples_refuse_forgeries() -> None:
    """Another secret, another body, an old time: nothing gets to the robot."""
    secret, now = b"k" * 32, int(time.time())
    shown = rules.show_secret(secret)

    def headers(stamp: int) -> dict[str, str]:
        signature = rules.sign([b"other" * 8, secret], "m1", stamp, "{}")
        return {
            "webhook-id": "m1", "webhook-timestamp": str(stamp), "webhook-signature": signature,
        }  # fmt: skip

    cases = [
        (headers(now), "{}", shown),
        (headers(now), "{ }", shown),
        (headers(now), "{}", rules.show_secret(b"z" * 32)),
        (headers(now - 301), "{}", shown),
        ({**headers(now), "webhook-id": "m2"}, "{}", shown),
        ({}, "{}", shown),
    ]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHECK, cwd=CHAT, stdin=-1, stdout=-1
    )
    said, _ = await process.communicate(json.dumps(cases).encode())

    assert json.loads(said) == [True, False, False, False, False, False]


async def _remind(place: Place) -> list[Any]:
    api: Api = place.admin
    async with api.database.writing() as session:
        await look_for_due(session)
    await api.work()
    return await place.reviewer.all("/v1/reminders")


def _answer_for(service: Receiver, reminders: list[Any]) -> None:
    """Answer as `/v1/reminders` does."""

    def decide(request: Any) -> Reply:
        (org_id,) = parse_qs(urlsplit(request.path).query)["org_id"]
        rows = [row for row in reminders if row["org_id"] == org_id]
        return Reply(200, body=json.dumps({"data": rows}).encode())

    service.decide = decide


@asynccontextmanager
async def _script(
    name: str, port: int, secret: str, robot: Receiver, service: Receiver
) -> AsyncIterator[None]:
    environment = {
        **os.environ,
        "PORT": str(port),
        "WEBHOOK_SECRET": secret,
        "DAJIATAN_URL": f"http://127.0.0.1:{service.port}",
        "DAJIATAN_KEY": "djt_example",
        "ROBOT_URL": f"{robot.url}?key=1",
        "ROBOT_SECRET": ROBOT_SECRET,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, f"{name}.py", cwd=CHAT, env=environment
    )
    try:
        while not await _listens(port):
            assert process.returncode is None
            await asyncio.sleep(0.05)
        yield
    finally:
        process.kill()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def _said(code: int) -> Reply:
    return Reply(200, body=json.dumps({"errcode": code, "errmsg": "said"}).encode())


def _ding_sign(stamp: str) -> str:
    signed = f"{stamp}\n{ROBOT_SECRET}".encode()
    mac = hmac.new(ROBOT_SECRET.encode(), signed, hashlib.sha256).digest()
    return base64.b64encode(mac).decode()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
