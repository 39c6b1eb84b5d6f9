"""Bodies: by whom they are read, when, and how much of what is wrong with them is told."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from app.features.activities.schemas.activity import ActivityIn
from app.features.findings.schemas.records import OpinionContent
from app.http import bodies, strict_json
from app.kit.problems import MAX_ERRORS, Invalid
from app.kit.reading import read
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.doubling import MOST, awaited_ratio
from tests.support.granted import granted
from tests.support.places import Place

pytestmark = pytest.mark.one_database

JSON = {"Content-Type": "application/json"}


def repeated(count: int) -> bytes:
    """An object with one repeated key and many others."""
    others = ",".join(f'"k{number}":0' for number in range(count))
    return f'{{"a":1,"a":2,{others}}}'.encode()


async def test_a_body_of_repeated_keys_costs_its_size(api: Api) -> None:
    """It took six seconds for 160 KB: the square of its size."""
    viewer = await granted(api, await factories.root(api), "viewer")
    for caller, status in ((viewer, 403), (api, 400)):

        async def refused(body: bytes, caller: Api = caller, status: int = status) -> None:
            answer = await caller.http.post("/v1/activities", content=body, headers=JSON)
            assert answer.status_code == status

        assert await awaited_ratio(repeated, refused, 8_000) <= MOST


async def test_a_name_without_end_is_not_told_in_full(api: Api) -> None:
    for path, body in (("/v1/units", b'{"%s":1}'), ("/v1/units", b'{"%s":1,"%s":1}')):
        content = body.replace(b"%s", b"~" * 100_000)
        answer = await api.http.post(path, content=content, headers=JSON)
        assert answer.status_code in {400, 422}
        assert len(answer.content) < 2000
        assert any(each["pointer"].startswith("/~0~0") for each in answer.json()["errors"])


@pytest.mark.parametrize(
    ("item", "path", "status"),
    [
        ({"a": {"b": []}}, "/v1/units/batch", 422),
        ({"a": [[[[]]]]}, "/v1/units/batch", 422),
        ({"a": {"b": float("inf")}}, "/v1/units/batch", 400),
        (
            {"campaign_id": factories.own_id(), "org_id": factories.own_id(), "title": "x"},
            "/v1/reports/batch",
            422,
        ),
    ],
)
async def test_nothing_stays_in_memory_of_a_body_that_is_refused(
    api: Api, item: object, path: str, status: int
) -> None:
    """Each left a hundred times its size behind, until a collector came by: 100 MiB of 4 MB."""
    body = json.dumps({"items": [item] * 10_000}).encode()
    await api.http.post(path, content=body, headers=JSON)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(3):
            answer = await api.http.post(path, content=body, headers=JSON)
            assert answer.status_code == status
        left = len(gc.get_objects()) - before
    finally:
        gc.enable()
    assert left < 20_000


@pytest.mark.parametrize("count", [1, 20_000])
async def test_a_body_is_read_before_a_connection_is_taken(
    api: Api, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    pool: Any = api.database.engine.pool
    in_use = []

    def watched(body: bytes, validate: Any) -> Any:
        in_use.append(pool.checkedout())
        return true_read(body, validate)

    true_read = bodies._read  # noqa: SLF001 - the moment of reading
    monkeypatch.setattr(bodies, "_read", watched)
    before = pool.checkedout()
    answer = await api.http.post("/v1/units", content=repeated(count), headers=JSON)
    assert answer.status_code == 400
    assert in_use == [before]


async def test_who_may_not_send_it_is_told_before_a_large_body_is_received(api: Api) -> None:
    viewer = await granted(api, await factories.root(api), "viewer")

    async def content() -> AsyncIterator[bytes]:
        for asked in (True,):
            assert not asked
            yield b""

    for caller, status in ((viewer, 403), (api.with_key(None), 401)):
        headers = {**JSON, "Content-Length": "4000000"}
        answer = await caller.http.post("/v1/activities", content=content(), headers=headers)
        assert answer.status_code == status


async def test_others_are_answered_while_a_large_body_is_read(api: Api) -> None:
    body = b'{"items":[' + b",".join([b'{"a":[1,1.5,"",{"b":null}]}'] * 60_000) + b"]}"
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    counting = asyncio.create_task(count())
    answer = await api.http.post("/v1/activities/batch", content=body, headers=JSON)
    counting.cancel()
    assert answer.status_code == 422
    assert turns > 20


@pytest.mark.parametrize("size", [1, 40])
async def test_what_is_wrong_elsewhere_is_told_together_with_the_body(api: Api, size: int) -> None:
    body = {"name": 1, "post": "长" * 200 * size}
    answer = await api.send("PUT", "/v1/leaders/x", body, expect=422)
    assert {("{leader_id}", "bad_format"), ("/name", "wrong_type")} <= problems(answer.json())


async def test_a_viewer_is_not_told_what_is_wrong_with_a_body(api: Api) -> None:
    viewer = await granted(api, await factories.root(api), "viewer")
    for body in (b"{", b'{"a":1,"a":1}', b"\xff", b'{"title": 1}'):
        answer = await viewer.http.post("/v1/activities", content=body, headers=JSON)
        assert answer.status_code == 403, body


def told(answer: httpx2.Response) -> tuple[int, int]:
    """How many errors are listed, and how many more there are said to be."""
    document = answer.json()
    return len(document["errors"]), document["more_errors"]


async def test_errors_are_listed_up_to_a_number_and_the_others_counted(api: Api) -> None:
    wrong = {"participants": [{"leader_id": n} for n in range(400)]}
    answer = await api.send("POST", "/v1/activities", wrong, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert told(answer) == (MAX_ERRORS, 301)  # the day is missing; the rest is filled in
    assert "401 value(s)" in answer.json()["detail"]
    assert "The first 100 are listed, 301 more are not." in answer.json()["detail"]
    chinese = await api.send("POST", "/v1/activities", wrong)
    assert "此处列出前 100 处，另有 301 处未列出。" in chinese.json()["detail"]

    twice = b"[" + b",".join([b'{"a":1,"a":1}'] * 300) + b"]"
    answer = await api.http.post("/v1/activities", content=twice, headers=JSON)
    assert (answer.status_code, told(answer)) == (400, (MAX_ERRORS, 200))

    unknown = "&".join(f"x{number}=1" for number in range(150))
    answer = await api.http.get(f"/v1/units?{unknown}")
    assert (answer.status_code, told(answer)) == (422, (MAX_ERRORS, 50))


async def test_the_errors_of_a_batch_are_a_bounded_number(api: Api) -> None:
    items: list[dict[str, Any]] = [{f"x{n}": 0 for n in range(20)}] * 300
    path = "/v1/activities/batch"
    answer = await api.send("POST", path, {"items": items}, expect=422)
    assert told(answer) == (MAX_ERRORS, 21 * 300 - MAX_ERRORS)
    last = answer.json()["errors"][-1]["pointer"]
    assert last.startswith("/items/4/")

    answer = await api.send("POST", path, {"items": items, "atomic": False}, expect=200)
    shown = [len(item["problem"]["errors"]) for item in answer.json()["data"]]
    more = {item["problem"]["more_errors"] for item in answer.json()["data"]}
    assert (shown, more) == ([3] * 300, {18})


def test_errors_far_down_a_list_are_found_without_building_all() -> None:
    good = {"leader_id": factories.own_id()}
    bad = {f"x{number}": 0 for number in range(30)}
    for start in (0, 1, 99, 250, 499):
        data = {"participants": [good] * start + [bad] * (500 - start), "findings": [bad] * 200}
        with pytest.raises(Invalid) as caught:
            read(ActivityIn.model_validate, data)
        total = 5 + 31 * (500 - start) + 32 * 200
        assert len(caught.value.errors) == MAX_ERRORS
        assert len(caught.value.errors) + caught.value.more == total


async def test_a_body_where_none_is_taken_is_not_overlooked(place: Place) -> None:
    made = await place.activity(status="draft")
    path = f"/v1/activities/{made['id']}"
    headers = {**JSON, "If-Match": '"1"'}
    for method, address in (("GET", path), ("POST", f"{path}/submission"), ("DELETE", path)):
        for body in (b'{"reason":"x"}', b"x", b"[]"):
            answer = await place.reporter.http.request(
                method, address, content=body, headers=headers
            )
            assert answer.status_code == 422, (method, body)
            assert problems(answer.json()) == {("", "unexpected_body")}
    # What says nothing is let pass: some clients send it with every POST.
    answer = await place.reporter.http.post(f"{path}/submission", content=b"{}", headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("query", "headers", "place"),
    [
        ("limit=1&limit=2", [], "?limit"),
        ("q=a&q=a", [], "?q"),
        ("", [("Actor", "a"), ("Actor", "b")], "Actor:"),
        ("", [("Idempotency-Key", "a"), ("Idempotency-Key", "b")], "Idempotency-Key:"),
    ],
)
async def test_what_is_taken_once_is_refused_twice(
    api: Api, query: str, headers: list[tuple[str, str]], place: str
) -> None:
    request = api.http.build_request("GET", f"/v1/units?{query}")
    request.headers = httpx2.Headers([*request.headers.multi_items(), *headers])
    answer = await api.http.send(request)
    assert answer.status_code == 422
    assert problems(answer.json()) == {(place, "repeated_parameter")}


async def test_etags_on_several_lines_are_one_list(api: Api) -> None:
    root = await factories.root(api)
    request = api.http.build_request("GET", f"/v1/units/{root['id']}")
    etags = [("If-None-Match", '"999"'), ("If-None-Match", f'"{root["revision"]}"')]
    request.headers = httpx2.Headers([*request.headers.multi_items(), *etags])
    assert (await api.http.send(request)).status_code == 304


@pytest.mark.parametrize(
    "marks", ["\u0301" * 31, "\u0f73" * 31, "\u0301" * 20 + "\u200b" + "\u0301" * 20]
)
def test_marks_without_end_are_no_text(marks: str) -> None:
    with pytest.raises(Invalid) as caught:
        read(OpinionContent.model_validate, {"content": f"长{marks}"})
    told = {(error.pointer, error.code) for error in caught.value.errors}
    assert ("/content", "bad_text") in told


def test_what_a_body_holds_is_read_alike_by_both_scanners() -> None:
    value = {"a": [1, -2.5, None, True, {"b": "长\n"}], "c": ""}
    small, large = json.dumps(value).encode(), json.dumps([value] * 20_000).encode()
    assert len(large) > 512 * 1024
    assert strict_json.parse(large) == [strict_json.parse(small)] * 20_000
