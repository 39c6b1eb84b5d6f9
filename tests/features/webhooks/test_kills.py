"""Workers killed amid their deliveries: nothing is lost, ids are stable, others take over."""

import asyncio
from collections import Counter
from multiprocessing.process import BaseProcess
from random import SystemRandom

from sqlalchemy import func, select

from app.models import WebhookDelivery
from app.settings import Settings
from tests.support import hook_process
from tests.support.hooks import ALLOW, subscribe
from tests.support.places import Place
from tests.support.receiver import receiving
from tests.support.sealing import seal_all

REPORTS = 12
ENDPOINTS = 3
KILLS = 4


async def test_nothing_is_lost_whatever_is_killed(place: Place, database_url: str) -> None:
    async with receiving() as receiver:
        receiver.answer(204, after=0.02)
        for _ in range(ENDPOINTS):
            await subscribe(place.reviewer, receiver, types=["report"])
        reports = [(await place.report(title=f"第 {n} 份"))["id"] for n in range(REPORTS)]
        first = f"/v1/reports/{reports[0]}"
        for number in range(3):
            await place.reporter.change("PATCH", first, {"title": f"第 {number} 次"})
        await seal_all(place.admin)
        settings = Settings(
            **place.admin.settings.model_dump()
            | {"database_url": database_url, "webhook_allow": ALLOW, "job_poll_seconds": 0.05}
        )
        workers = [hook_process.start(settings) for _ in range(2)]
        try:
            kills = 0
            while await _unfinished(place) or kills < KILLS:
                await asyncio.sleep(SystemRandom().uniform(0.05, 0.4))
                if kills < KILLS:
                    kills += 1
                    victim = SystemRandom().randrange(len(workers))
                    _kill(workers[victim])
                    workers[victim] = hook_process.start(settings)
        finally:
            for worker in workers:
                _kill(worker)

    sent = [(r.id, r.json["data"]["id"], r.json["data"]["revision"]) for r in receiver.requests]
    messages = REPORTS + 3
    assert len(set(sent)) == messages, "each change under one id, on each endpoint the same"
    assert min(Counter(sent).values()) >= ENDPOINTS
    assert {record for _, record, _ in sent} == set(reports)


async def _unfinished(place: Place) -> bool:
    """Whether anything is still to be sent: each change to each endpoint."""
    async with place.admin.database.reading() as session:
        done = select(func.count()).where(WebhookDelivery.status == "delivered")
        return (await session.scalar(done) or 0) < (REPORTS + 3) * ENDPOINTS


def _kill(worker: BaseProcess) -> None:
    worker.kill()
    worker.join()
