"""Receivers that fail: how often, how long and how politely they are tried again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from sqlalchemy import select

from app.features.webhooks import jobs, rules
from app.kit import clock
from app.models import Event, WebhookDelivery, WebhookLane
from app.worker.courier import deliver_until_idle
from tests.support.client import Api
from tests.support.hooks import deliver, deliveries, hasten, subscribe
from tests.support.places import Place
from tests.support.receiver import Reply, receiving
from tests.support.sealing import seal_all

HOUR = 3600.0
NOMINAL = [5, 60, 300, 1800, 2 * HOUR, 5 * HOUR, 8 * HOUR, 10 * HOUR, 10 * HOUR]
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""There the service's clock is the database's as well."""


class FakeClock:
    """Stands still until it is set forward."""

    def __init__(self) -> None:
        self.now = clock.now()

    def read(self) -> datetime:
        """Return the time that it shows."""
        return self.now


@pytest.fixture
def fake_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClock]:
    fake = FakeClock()
    monkeypatch.setattr(clock, "now", fake.read)
    yield fake
    monkeypatch.undo()


@ON_SQLITE
async def test_the_whole_schedule(place: Place, fake_clock: FakeClock) -> None:
    """Ten attempts over 36 hours, then the endpoint is paused, told of, and loses nothing."""
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        receiver.answer(500)
        await place.report()
        await seal_all(place.admin)
        waits: list[float] = []
        for attempt in range(1, 11):
            await _run(place.admin)
            assert len(receiver.requests) == attempt
            if attempt < 10:
                due = await _next_attempt(place.admin)
                fake_clock.now = due - timedelta(seconds=1)
                await _run(place.admin)
                assert len(receiver.requests) == attempt, "not a second too early"
                waits.append((due - clock.now()).total_seconds())
                fake_clock.now = due
        fake_clock.now += timedelta(days=2)
        await _run(place.admin)
        assert len(receiver.requests) == 10
        path = f"/v1/webhook-endpoints/{made['id']}"
        stopped = await place.reviewer.get(path)
        receiver.answer(204)
        await place.reviewer.change("POST", f"{path}/resume", of=path)
        await _run(place.admin)

    assert len({request.id for request in receiver.requests}) == 1
    assert (stopped["status"], stopped["reason"]) == ("paused", "failing")
    assert await _events(place.admin) == ["webhook_endpoint.created", *_PAUSED_AND_RESUMED]
    assert {row["status"] for row in await deliveries(place.reviewer)} == {"delivered"}


_PAUSED_AND_RESUMED = ("webhook_endpoint.paused", "webhook_endpoint.resumed")


def test_waits_are_spread_around_the_schedule() -> None:
    for attempts, nominal in enumerate(NOMINAL, 1):
        waits = [rules.wait_after(attempts) or 0.0 for _ in range(200)]
        assert nominal * 0.9 <= min(waits) < nominal < max(waits) <= nominal * 1.1
    assert 35 * HOUR < sum(NOMINAL) < 36.5 * HOUR
    assert rules.wait_after(10) is None


@pytest.mark.one_database
async def test_one_message_that_is_refused_does_not_stop_the_others(place: Place) -> None:
    """It is given up after its time; the endpoint, to which others get through, goes on."""
    async with receiving() as receiver:
        made = await subscribe(place.reviewer, receiver, types=["report"])
        bad = (await place.report())["id"]
        receiver.decide = lambda r: Reply(400 if r.json["data"]["id"] == bad else 204)
        for number in range(12):
            await place.report(title=f"第 {number} 份")
            await hasten(place.admin)
            await deliver(place.admin)

    refused = [r for r in receiver.requests if r.json["data"]["id"] == bad]
    assert len(refused) == 10
    rows = await deliveries(place.reviewer)
    assert [row["resource_id"] for row in rows if row["status"] == "failed"] == [bad]
    assert len([row for row in rows if row["status"] == "delivered"]) == 12
    endpoint = await place.reviewer.get(f"/v1/webhook-endpoints/{made['id']}")
    assert endpoint["status"] == "active"
    assert endpoint["last_delivered_at"] is not None


@ON_SQLITE
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("as_date", [False, True])
async def test_retry_after_is_honoured(
    place: Place, fake_clock: FakeClock, status: int, *, as_date: bool
) -> None:
    """The whole endpoint is left alone for as long as it asks."""
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        then = fake_clock.now.replace(microsecond=0) + timedelta(seconds=900)
        asked = format_datetime(then, usegmt=True) if as_date else "900"
        receiver.answer(status, headers={"Retry-After": asked})
        await place.report()
        await deliver(place.admin)
        receiver.answer(204)
        await place.report(title="第二份")
        fake_clock.now += timedelta(seconds=890)
        await deliver(place.admin)
        assert len(receiver.requests) == 1
        fake_clock.now += timedelta(seconds=120)
        await deliver(place.admin)

    assert len(receiver.requests) == 3


@ON_SQLITE
async def test_a_dead_endpoint_costs_little(place: Place, fake_clock: FakeClock) -> None:
    """While nothing gets through, one message at a time is tried, five minutes apart."""
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        receiver.answer(500)
        for number in range(20):
            await place.report(title=f"第 {number} 份")
        await seal_all(place.admin)
        for _ in range(10):
            await _run(place.admin)
            fake_clock.now += timedelta(seconds=301)
        tried = len(receiver.requests)
        receiver.answer(204)
        fake_clock.now += timedelta(hours=11)
        await _run(place.admin)

    assert tried < 40
    assert {row["status"] for row in await deliveries(place.reviewer)} == {"delivered"}
    assert len({request.id for request in receiver.requests}) == 20


@pytest.mark.one_database
async def test_a_slow_receiver_is_given_up_in_time(place: Place) -> None:
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        place.admin.settings.webhook_timeout_seconds = 0.2
        receiver.answer(204, after=30)
        await place.report()
        await deliver(place.admin)

    (row,) = await deliveries(place.reviewer)
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert row["history"][0]["error"] == "timeout"


async def test_a_lease_runs_out_and_another_takes_over(place: Place) -> None:
    """A worker that took an endpoint and died: a minute later another one serves it."""
    async with receiving() as receiver:
        await subscribe(place.reviewer, receiver, types=["report"])
        await place.report()
        await seal_all(place.admin)
        api = place.admin
        taken = await jobs.begin(api.database, api.settings)
        assert taken is not None
        assert taken[1] is not None
        assert len(taken[1].parcels) == 1
        await deliver_until_idle(api.database, api.settings)
        assert receiver.requests == [], "while the lease lasts"
        async with api.database.reading() as session:
            until = (await session.execute(select(WebhookLane.free_at))).scalar_one()
        assert (until - clock.now()).total_seconds() < 60
        await hasten(api, timedelta(seconds=1))
        await deliver_until_idle(api.database, api.settings)
        lease, work = taken
        await jobs.serve(api.database, api.settings, lease, work)

    assert len(receiver.requests) == 2, "the first worker was slow, and sent it as well"
    assert len({request.id for request in receiver.requests}) == 1
    (row,) = await deliveries(place.reviewer)
    assert (row["status"], row["attempts"]) == ("delivered", 1), "it has no say any more"


async def _run(api: Api) -> None:
    await deliver_until_idle(api.database, api.settings)


async def _next_attempt(api: Api) -> datetime:
    async with api.database.reading() as session:
        due = (await session.execute(select(WebhookDelivery.due_at))).scalar_one()
        free = (await session.execute(select(WebhookLane.free_at))).scalar_one()
    assert free <= due
    return due


async def _events(api: Api) -> list[str]:
    async with api.database.reading() as session:
        statement = select(Event.type).where(Event.resource == "webhook_endpoint")
        return list(await session.scalars(statement.order_by(Event.position)))
