"""Activities that are submitted at the same moment: one transaction, each caller's own answer."""

import asyncio
import json
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.features.activities.service import creating
from app.models import Activity, Event, IdempotentAnswer, Obligation
from tests.support import factories as make
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.statements import QueryCounter

TOGETHER = 5


async def send(api: Api, body: Any, key: str | None = None) -> httpx2.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await api.send("POST", "/v1/activities", body, headers=headers)


async def send_all(api: Api, bodies: list[Any]) -> list[httpx2.Response]:
    return await asyncio.gather(*(send(api, body, str(uuid4())) for body in bodies))


async def count(api: Api, model: type[Any], *conditions: Any) -> int:
    async with api.database.reading() as session:
        found = await session.scalar(select(func.count()).select_from(model).where(*conditions))
    return found or 0


def body_of(place: Place, number: int = 0, **fields: Any) -> dict[str, Any]:
    leader = {"leader_id": place.leader["id"], "role": "participant"}
    finding = {"check": "work_style", "description": "入户走访少"}
    return make.activity(
        place.branch, place.campaign, title=f"第{number}次", participants=[leader],
        findings=[finding], **fields,
    )  # fmt: skip


def comparable(answer: httpx2.Response) -> tuple[int, Any, Any]:
    """What of an answer is the same whenever the same is sent: all but ids and times."""
    text = json.dumps(answer.json())
    for part in (answer.json(), *answer.json().get("findings", ())):
        text = text.replace(str(part.get("id")), "")
    kept = json.loads(text)
    for part in (kept, *kept.get("findings", ())):
        for name in ("created_at", "updated_at", "request_id", "instance"):
            part.pop(name, None)
    own = {"location", "date", "x-request-id", "etag", "content-length"}
    headers = {n: v for n, v in answer.headers.items() if n not in own and "ratelimit" not in n}
    return answer.status_code, kept, headers


async def ledger_of(place: Place) -> list[Any]:
    rows = await place.admin.all("/v1/obligations", campaign_id=place.campaign["id"])
    return sorted((row["requirement_code"], row["status"], row["count"]) for row in rows)


async def test_many_at_once_are_what_they_are_alone(
    place: Place, query_counter: QueryCounter
) -> None:
    """Answers, events, replays and the ledger are those of as many requests one by one."""
    api = place.admin
    with query_counter.counting() as alone:
        first = await send(api, body_of(place, 0, external_id="A", source="S"), str(uuid4()))
    bodies = [body_of(place, number) for number in range(TOGETHER)]
    keys = [str(uuid4()) for _ in bodies]
    with query_counter.counting() as sent:
        answers = await asyncio.gather(*map(send, [api] * TOGETHER, bodies, keys))
    assert [answer.status_code for answer in answers] == [201] * TOGETHER
    assert len(sent) < 3 * len(alone)
    for number, answer in enumerate(answers):
        status, content, headers = comparable(answer)
        expected = comparable(first)
        assert (status, headers) == (expected[0], expected[2])
        own = {"title": f"第{number}次", "external_id": None, "source": None}
        # The first of them is the one alone once more, but for its key.
        assert len(content.pop("warnings")) == (number == 0)
        del expected[1]["warnings"]
        assert content == {**expected[1], **own}
        again = await send(api, bodies[number], keys[number])
        assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
        read = await api.send("GET", answer.headers["location"])
        assert read.headers["etag"] == answer.headers["etag"]
        assert read.json() == make.as_read(answer.json())
    assert await count(api, Activity) == TOGETHER + 1
    assert await count(api, IdempotentAnswer) == TOGETHER + 1
    for kind in ("activity.created", "finding.created"):
        assert await count(api, Event, Event.type == kind) == TOGETHER + 1
    counts = {count_ for _, status, count_ in await ledger_of(place) if status == "met"}
    assert counts == {TOGETHER + 1}


async def test_each_event_has_its_own_call(place: Place) -> None:
    api = place.admin
    actors = [f"operator {number}" for number in range(TOGETHER)]
    await asyncio.gather(*(
        api.send("POST", "/v1/activities", body_of(place, number), expect=201,
                 headers={"Actor": actor, "X-Request-ID": str(uuid4())})
        for number, actor in enumerate(actors)
    ))  # fmt: skip
    async with api.database.reading() as session:
        statement = select(Event).where(Event.actor.is_not(None))
        rows = (await session.execute(statement)).scalars().all()
    created = [row for row in rows if row.type == "activity.created"]
    assert Counter(row.actor for row in created) == Counter(actors)
    assert len({(row.actor, row.request_id, row.client_id) for row in rows}) == TOGETHER
    assert {row.type for row in rows} >= {"finding.created", "leader_record.derived"}


async def test_one_key_sent_at_once_gives_one_record(place: Place) -> None:
    body, key = body_of(place), str(uuid4())
    answers = await asyncio.gather(*(send(place.admin, body, key) for _ in range(TOGETHER)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[201] >= 1
    assert set(statuses) <= {201, 409}
    assert len({a.content for a in answers if a.status_code == 201}) == 1
    assert await count(place.admin, Activity) == 1


async def test_whatever_is_refused_leaves_the_others_alone(place: Place) -> None:
    """An error among others is the error that is answered alone, and the others are written."""
    api = place.admin
    viewer = await granted(api, place.branch, "viewer")
    cases: list[tuple[Api, Any, str | None]] = [
        (api, body_of(place, 1, held_on="2999-01-01"), None),
        (api, body_of(place, 2, org_id=str(uuid4())), None),
        (api, {"title": 7}, None),
        (api, body_of(place, 3), "bad key"),
        (viewer, body_of(place, 4), None),
        (api.with_key("dj_nobody_" + "0" * 40), body_of(place, 5), None),
    ]
    alone = [await send(*case) for case in cases]
    good = [(api, body_of(place, 10 + number), None) for number in range(TOGETHER)]
    mixed = [case for pair in zip(good, cases, strict=False) for case in pair] + [cases[-1]]
    answers = await asyncio.gather(*(send(*case) for case in mixed))
    together = {id(case): answer for case, answer in zip(mixed, answers, strict=True)}
    assert [together[id(case)].status_code for case in good] == [201] * TOGETHER
    for case, before in zip(cases, alone, strict=True):
        assert before.status_code >= 400
        assert comparable(together[id(case)]) == comparable(before)
    assert await count(api, Activity) == TOGETHER


async def test_a_revocation_counts_with_the_very_next_request(place: Place) -> None:
    api = place.admin
    client = (await api.send("POST", "/v1/clients", {"name": "系统"}, expect=201)).json()
    grant = {"client_id": client["id"], "role": "reporter", "unit_id": (await make.root(api))["id"]}
    made = (await api.send("POST", "/v1/grants", grant, expect=201)).json()
    key = (await api.send("POST", f"/v1/clients/{client['id']}/keys", {}, expect=201)).json()
    other = api.with_key(key["key"])
    both = [api, other] * TOGETHER
    answers = await asyncio.gather(*(send(a, body_of(place, n)) for n, a in enumerate(both)))
    assert {answer.status_code for answer in answers} == {201}
    await api.change("DELETE", f"/v1/grants/{made['id']}", expect=204)
    answers = await asyncio.gather(*(send(a, body_of(place, n)) for n, a in enumerate(both)))
    assert [answer.status_code for answer in answers] == [201, 403] * TOGETHER


async def test_a_group_that_fails_is_carried_out_one_by_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it stays; each of its requests is answered as if there had been none."""
    create_together = creating.create_together

    async def fails(session: Any, sendings: Any) -> Any:
        await create_together(session, sendings)
        await UnitOfWork.of(session).flush()
        raise RuntimeError

    monkeypatch.setattr(creating, "create_together", fails)
    answers = await send_all(place.admin, [body_of(place, n) for n in range(TOGETHER)])
    assert [answer.status_code for answer in answers] == [201] * TOGETHER
    assert await count(place.admin, Activity) == TOGETHER
    assert await count(place.admin, Event, Event.type == "activity.created") == TOGETHER


@pytest.mark.parametrize("backend", ["postgresql"])
async def test_a_locked_obligation_holds_up_its_own_request_only(place: Place) -> None:
    api, unit = place.admin, place.unit
    other = await make.branch(api, unit)
    await api.work()
    async with api.database.writing() as session:
        subjects = [UUID(place.branch["id"]), UUID(place.leader["id"])]
        locked = select(Obligation.id).where(Obligation.subject_id.in_(subjects))
        assert (await session.execute(locked.with_for_update())).all()
        waits = asyncio.create_task(send(api, body_of(place)))
        free = [make.activity(other, place.campaign, title=f"{n}") for n in range(TOGETHER)]
        answers = await send_all(api, free)
        assert [answer.status_code for answer in answers] == [201] * TOGETHER
        assert not waits.done()
        later = await send_all(api, free)
        assert [answer.status_code for answer in later] == [201] * TOGETHER
        assert not waits.done()
    assert (await waits).status_code == 201


async def test_tokens_and_keys_share_a_group(place: Place) -> None:
    """Each kind of credential is looked up at the moment of the group."""
    api = place.admin
    form = {"grant_type": "client_credentials"}
    basic = ((await api.get("/v1/me"))["client_id"], api.key or "")
    got = await api.with_key(None).http.post("/oauth/token", data=form, auth=basic)
    token = api.with_key(got.json()["access_token"])
    callers = [api, token, place.reporter] * 2
    bodies = [make.activity(place.branch, place.campaign, title=f"{n}") for n in range(6)]
    answers = await asyncio.gather(*map(send, callers, bodies))
    assert [answer.status_code for answer in answers] == [201] * 6
    async with api.database.reading() as session:
        rows = (await session.execute(select(Activity.title, Activity.authors))).all()
        xids = await session.scalars(select(Event.xid).where(Event.type == "activity.created"))
        assert len(set(xids)) < 6
    authors = dict(rows)
    assert authors["0"] == authors["1"] != authors["2"]
