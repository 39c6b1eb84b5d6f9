"""What is delivered: each change once, in order, under a stable id, to who may see it now."""

import asyncio
import json
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.features.reminders.jobs import look_for_due
from app.features.webhooks import jobs as webhook_jobs
from app.kit import clock
from app.models import WebhookDelivery
from app.worker.courier import deliver_until_idle
from tests.support import factories
from tests.support.callers import caller
from tests.support.client import Api
from tests.support.hooks import deliver, deliveries, hasten, subscribe, told
from tests.support.places import Place
from tests.support.receiver import Received, Reply, receiving
from tests.support.sealing import seal_all

ENDPOINTS = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
NODE = Path(__file__).parents[2] / "contract/node"
VERIFY = """
const { Webhook } = require("standardwebhooks");
const [secret, body, headers] = JSON.parse(process.argv[1]);
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
"""


def is_signed_with(request: Received, secret: str) -> bool:
    """Whether the library of Standard Webhooks takes it."""
    try:
        message = Webhook(secret).verify(request.body, dict(request.headers.items()))
    except WebhookVerificationError:
        return False
    assert message == request.json
    return True


async def test_changes_are_delivered_as_the_feed_tells_them(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver)
        start = (await place.reviewer.get("/v1/changes", limit=1000))["next_cursor"]
        report = await place.report()
        await _edit(place, report, 1)
        await place.activity()
        await deliver(place.admin)
        feed = (await place.reviewer.get("/v1/changes", after=start))["data"]
        first, *_ = receiver.requests

    fields = ("type", "resource", "id", "org_id", "revision", "op", "cursor")
    sent = [{"type": r.json["type"], **r.json["data"]} for r in receiver.requests]
    assert sorted(sent, key=str) == sorted([{f: e[f] for f in fields} for e in feed], key=str)
    assert len(sent) >= 3
    assert all(is_signed_with(request, made["secret"]) for request in receiver.requests)
    assert first.headers["content-type"] == "application/json"
    assert {row["status"] for row in await deliveries(place.reviewer)} == {"delivered"}
    behind = await place.reviewer.get("/v1/changes", after=feed[0]["cursor"])
    assert behind["data"] == feed[1:], "a message's cursor is one of the feed"


@pytest.mark.one_database
@pytest.mark.skipif(
    shutil.which("node") is None or not (NODE / "node_modules/standardwebhooks").exists(),
    reason="`make client-tools` has not been run, or there is no Node",
)
async def test_the_library_for_node_takes_what_is_sent(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        report = await place.report(title="群众路线")
        await deliver(place.admin)
    (request,) = receiver.requests
    given = [made["secret"], request.body.decode(), dict(request.headers.items())]
    command = ["node", "-e", VERIFY, json.dumps(given)]
    said = await asyncio.to_thread(
        subprocess.run, command, cwd=NODE, capture_output=True, text=True, check=False
    )

    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["data"]["id"] == report["id"]


async def test_filters_of_types_and_subtree(place: Place) -> None:
    async with receiving() as receiver:
        other = await factories.unit(place.admin, place.root)
        whole = await caller(place.admin, "reviewer", place.root)
        await subscribe(whole.api, receiver, types=["unit", "report"], under=place.unit["id"])
        await place.report()
        await place.activity()
        await factories.unit(place.admin, other)
        below = await factories.unit(place.admin, place.unit)
        await deliver(place.admin)

    assert {kind for kind, _ in told(receiver.requests)} >= {"unit.created", "report.created"}
    assert {request.json["data"]["resource"] for request in receiver.requests} == {
        "unit", "report",
    }  # fmt: skip
    units = [r.json["data"]["id"] for r in receiver.requests if r.json["type"] == "unit.created"]
    assert units == [below["id"]]


async def test_reminders_are_delivered(place: Place) -> None:
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["reminder"])
        await subscribe(place.reviewer, receiver, types=["report"])
        await place.admin.post("/v1/findings", await _overdue(place))
        await _send_reminders(place.admin)
        await deliver(place.admin)
        reminders = await place.reviewer.all("/v1/reminders")

    assert reminders
    assert {i for _, i in told(receiver.requests)} >= {row["id"] for row in reminders}
    assert {kind for kind, _ in told(receiver.requests)} == {"reminder.created"}


async def test_records_keep_their_order_while_one_fails(place: Place) -> None:
    """What comes behind a message that fails waits, if it is of the same record; others do not."""
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        one, other = await place.report(), await place.report(title="另一份")
        await _edit(place, one, 3)
        receiver.decide = lambda r: Reply(503 if r.json["data"]["id"] == one["id"] else 204)
        await deliver(place.admin)
        tried = [r.json["data"]["revision"] for r in receiver.requests if _is_of(r, one)]
        assert tried == [1], "nothing of the record passes its first message"
        assert [r for r in receiver.requests if _is_of(r, other)]
        await _edit(place, other, 1)
        receiver.decide = lambda _request: Reply()
        await deliver(place.admin)
        await hasten(place.admin)
        await deliver(place.admin)

    assert [r.json["data"]["revision"] for r in receiver.requests if _is_of(r, one)] == [
        1, 1, 2, 3, 4,
    ]  # fmt: skip
    ids = [r.id for r in receiver.requests if _is_of(r, one)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4


async def test_what_is_out_of_scope_by_now_is_never_sent(place: Place) -> None:
    async with receiving() as receiver:
        holder = await caller(place.admin, "reviewer", place.unit)
        await subscribe(holder.api, receiver)
        receiver.answer(503)
        await place.report()
        await deliver(place.admin)
        before = len(receiver.requests)
        receiver.answer(204)
        path = f"/v1/grants/{holder.grant['id']}"
        await place.admin.change("DELETE", path, expect=204)
        await place.report(title="第二份")
        await hasten(place.admin)
        await deliver(place.admin)

    assert before
    assert len(receiver.requests) == before
    assert await _statuses(place.admin) == {"withheld"}


@pytest.mark.one_database
async def test_a_client_that_is_stopped_gets_nothing(place: Place) -> None:
    async with receiving() as receiver:
        holder = await caller(place.admin, "reviewer", place.unit)
        await subscribe(holder.api, receiver)
        await place.report()
        await place.admin.change("PATCH", f"/v1/clients/{holder.client['id']}", {"active": False})
        await deliver(place.admin)

    assert receiver.requests == []


async def test_a_moved_unit_leaves(place: Place) -> None:
    """The receiver is told that it has left, and of nothing afterwards."""
    async with receiving() as receiver:
        holder = await caller(place.admin, "reviewer", place.unit)
        below = await factories.unit(place.admin, place.unit)
        elsewhere = await factories.unit(place.admin, place.root)
        await subscribe(holder.api, receiver)
        path = f"/v1/units/{below['id']}"
        await place.admin.change("POST", f"{path}/move", {"parent_id": elsewhere["id"]}, of=path)
        await place.admin.change("PATCH", path, {"name": "改名"})
        await deliver(place.admin)

    ops = [(r.json["data"]["id"], r.json["data"]["op"]) for r in receiver.requests]
    assert ops == [(below["id"], "left_scope")]


@pytest.mark.one_database
async def test_rotation_overlaps(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        path = f"{ENDPOINTS}/{made['id']}"
        body = {"overlap_seconds": 3600}
        rotated = await place.reviewer.change("POST", f"{path}/rotation", body, of=path)
        await place.report()
        await deliver(place.admin)
        (both,) = receiver.requests
        again = await place.reviewer.change(
            "POST", f"{path}/rotation", {"overlap_seconds": 0}, of=path
        )
        await place.report(title="第二份")
        await deliver(place.admin)
        last = receiver.requests[-1]

    assert len({made["secret"], rotated["secret"], again["secret"]}) == 3
    assert is_signed_with(both, made["secret"])
    assert is_signed_with(both, rotated["secret"])
    assert rotated["former_secret_until"] is not None
    assert is_signed_with(last, again["secret"])
    assert not is_signed_with(last, rotated["secret"])
    assert again["former_secret_until"] is None


@pytest.mark.one_database
async def test_a_secret_that_cannot_be_read_stops_the_endpoint(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver)
        await place.report()
        await seal_all(place.admin)
        other = place.admin.settings.model_copy(update={"secret_key": None})
        other.__dict__["secret"] = b"another secret of the service, long enough to be one"
        await deliver_until_idle(place.admin.database, other)

    stopped = await place.reviewer.get(f"{ENDPOINTS}/{made['id']}")
    assert (stopped["status"], stopped["reason"]) == ("paused", "secret_unreadable")
    assert receiver.requests == []


@pytest.mark.one_database
async def test_gone_disables(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver)
        receiver.answer(410)
        await place.report()
        await deliver(place.admin)
        await hasten(place.admin)
        await deliver(place.admin)
        path = f"{ENDPOINTS}/{made['id']}"
        stopped = await place.reviewer.get(path)
        tried = {request.id for request in receiver.requests}
        receiver.answer(204)
        await place.reviewer.change("POST", f"{path}/resume", of=path)
        await deliver(place.admin)

    assert (stopped["status"], stopped["reason"]) == ("disabled", "gone")
    assert len(receiver.requests) > len(tried)
    assert tried <= {r.id for r in receiver.requests[len(tried) :]}, "what was refused is sent"
    assert {row["status"] for row in await deliveries(place.reviewer)} == {"delivered"}


async def test_paused_and_resumed_nothing_is_lost(place: Place) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        path = f"{ENDPOINTS}/{made['id']}"
        await place.reviewer.change("POST", f"{path}/pause", of=path)
        reports = [await place.report(title=f"第 {number} 份") for number in range(3)]
        await deliver(place.admin)
        assert receiver.requests == []
        await place.reviewer.change("POST", f"{path}/resume", of=path)
        await deliver(place.admin)

    # Of several records, each goes as soon as it can: the order is kept within each.
    assert sorted(i for _, i in told(receiver.requests)) == sorted(made["id"] for made in reports)


@pytest.mark.one_database
async def test_a_delivery_is_replayed_under_the_same_id(place: Place) -> None:
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        await place.report()
        await deliver(place.admin)
        (row,) = await deliveries(place.reviewer)
        asked = await place.reviewer.post(f"{DELIVERIES}/{row['id']}/replay", expect=202)
        refused = await place.reviewer.post(f"{DELIVERIES}/{row['id']}/replay", expect=409)
        await deliver(place.admin)

    assert asked["status"] == "pending"
    assert refused["code"] == "delivery_pending"
    one, other = receiver.requests
    assert (one.id, one.body) == (other.id, other.body)
    detail = await place.reviewer.get(f"{DELIVERIES}/{row['id']}")
    assert (detail["status"], len(detail["history"])) == ("delivered", 2)


async def test_a_week_later_deliveries_are_removed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        await place.report()
        await deliver(place.admin)
        await _sweep(place.admin)
        assert len(await deliveries(place.reviewer)) == 1
        later = clock.now() + timedelta(days=7, minutes=1)
        monkeypatch.setattr(clock, "now", lambda: later)
        await _sweep(place.admin)
        monkeypatch.undo()

    assert await deliveries(place.reviewer) == []
    await place.reviewer.get(f"{ENDPOINTS}/{made['id']}")


async def test_two_workers_send_each_message_once(place: Place) -> None:
    """Four endpoints, two workers at the same time: nothing twice, nothing missing."""
    async with receiving() as receiver:
        receiver.answer(204, after=0.01)
        for _ in range(4):
            await subscribe(place.reviewer, receiver, types=["report"])
        reports = {(await place.report(title=f"第 {n} 份"))["id"] for n in range(10)}
        await seal_all(place.admin)
        api = place.admin
        await asyncio.gather(*(deliver_until_idle(api.database, api.settings) for _ in range(2)))

    assert len(receiver.requests) == 40
    assert {i for _, i in told(receiver.requests)} == reports
    assert len({r.headers["webhook-signature"] for r in receiver.requests}) == 40


async def _edit(place: Place, report: Any, times: int) -> None:
    path = f"/v1/reports/{report['id']}"
    for number in range(times):
        body = {"title": f"第 {number} 次修改 {clock.now().timestamp()}"}
        await place.reporter.change("PATCH", path, body)


def _is_of(request: Received, record: Any) -> bool:
    return bool(request.json["data"]["id"] == record["id"])


async def _overdue(place: Place) -> dict[str, Any]:
    return {
        "org_id": place.branch["id"],
        "campaign_id": place.campaign["id"],
        "check": "work_style",
        "description": "走访不够经常。",
        "measure": "每月走访两天。",
        "nature": "by_date",
        "due_on": str(clock.today() - timedelta(days=3)),
    }


async def _send_reminders(api: Api) -> None:
    async with api.database.writing() as session:
        await look_for_due(session)
    await api.work()


async def _statuses(api: Api) -> set[str]:
    async with api.database.reading() as session:
        return set(await session.scalars(select(WebhookDelivery.status)))


async def _sweep(api: Api) -> None:
    async with api.database.writing() as session:
        await webhook_jobs.sweep(session)
