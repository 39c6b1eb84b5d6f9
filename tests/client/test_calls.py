"""The client sends again what may be sent again, as it is told, and raises what it is refused."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from app.client.calls import Client
from app.client.failures import (
    FieldProblem,
    ProblemError,
    UnexpectedAnswerError,
    UnreachableError,
)
from app.client.retrying import Retries
from tests.support.server import free_port
from tests.support.standin import StandIn, Told, problem, standing_in

KEY = "djt_aaaaaaaaaaaa_hidden"
BROKEN = Told(silent=True)
KNOWN = Told(body=b'{"known": true}')


class Pauses(list[float]):
    """Pauses that are counted and not made."""

    def __call__(self, seconds: float) -> None:
        """Count one."""
        self.append(seconds)


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with standing_in() as found:
        yield found


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def client(stand_in: StandIn, pauses: Pauses) -> Iterator[Client]:
    with Client(stand_in.url, KEY, sleep=pauses) as made:
        yield made


def test_what_is_busy_is_asked_again_when_it_says(
    stand_in: StandIn, client: Client, pauses: Pauses
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    stand_in.answers = [
        problem(429, "too_many_requests", **{"Retry-After": "7"}),
        problem(503, "unavailable", **{"Retry-After": later}),
        problem(503, "unavailable"),
        Told(201, b'{"id": "1"}'),
    ]
    assert client.post("/v1/things", {"name": "x"}).body == {"id": "1"}
    assert 7 <= pauses[0] <= 7.7
    assert 90 <= pauses[1] <= 110
    assert 1 <= pauses[2] <= 2
    keys = {asked.headers["idempotency-key"] for asked in stand_in.asked}
    assert (len(stand_in.asked), len(keys)) == (4, 1)
    assert {asked.body for asked in stand_in.asked} == {b'{"name":"x"}'}


def test_each_post_has_a_key_of_its_own(stand_in: StandIn, client: Client) -> None:
    stand_in.answers = [KNOWN, KNOWN, KNOWN]
    client.post("/v1/things")
    client.send("POST", "/v1/things")
    client.post("/v1/things", key="mine", if_match='"3"')
    keys = [asked.headers["idempotency-key"] for asked in stand_in.asked]
    assert (len(set(keys)), keys[2], stand_in.asked[2].headers["if-match"]) == (3, "mine", '"3"')


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 422, 428, 500])
def test_what_is_refused_is_not_asked_again(
    stand_in: StandIn, client: Client, pauses: Pauses, status: int
) -> None:
    stand_in.answers = [problem(status, "refused", **{"Retry-After": "1"})]
    with pytest.raises(ProblemError) as refused:
        client.post("/v1/things", {})
    assert (refused.value.status, refused.value.code) == (status, "refused")
    assert (len(stand_in.asked), pauses) == (1, [])


def test_what_is_still_running_under_the_same_key_is_asked_again(
    stand_in: StandIn, client: Client, pauses: Pauses
) -> None:
    running = problem(409, "idempotency_in_progress", **{"Retry-After": "1"})
    stand_in.answers = [BROKEN, running, KNOWN]
    assert client.post("/v1/things").body == {"known": True}
    assert len(pauses) == 2


def test_a_lost_answer_is_asked_for_again_where_nothing_is_done_twice(
    stand_in: StandIn, client: Client
) -> None:
    stand_in.answers = [BROKEN, KNOWN, BROKEN, BROKEN, KNOWN, BROKEN]
    assert client.get("/v1/things").body == {"known": True}
    assert client.post("/v1/things").body == {"known": True}
    with pytest.raises(UnreachableError):
        client.send("PATCH", "/v1/things/1", {"name": "y"})
    assert [asked.method for asked in stand_in.asked] == ["GET"] * 2 + ["POST"] * 3 + ["PATCH"]


def test_patience_has_an_end(stand_in: StandIn, client: Client, pauses: Pauses) -> None:
    stand_in.answers = [problem(503, "unavailable", **{"Retry-After": "9999"})]
    with pytest.raises(ProblemError):
        client.get("/v1/things")
    assert pauses == []
    stand_in.answers = [problem(503, "unavailable") for _ in range(100)]
    with pytest.raises(ProblemError):
        client.get("/v1/things")
    assert 150 < sum(pauses) <= Retries().patience_seconds
    assert max(pauses) <= Retries().longest_seconds


def test_an_address_that_never_answered_is_given_up_soon() -> None:
    pauses = Pauses()
    url = f"http://127.0.0.1:{free_port()}"
    with Client(url, KEY, sleep=pauses) as client, pytest.raises(UnreachableError) as failed:
        client.get("/v1/me")
    assert len(pauses) == Retries().strange_attempts - 1
    assert url in failed.value.say("zh")
    assert KEY not in str(failed.value)


def test_what_is_not_the_service_is_told(stand_in: StandIn, client: Client) -> None:
    page = Told(200, b"<html>", {"Content-Type": "text/html"})
    stand_in.answers = [page, Told(404, b"<html>"), Told(200, b"[1]")]
    for _ in range(3):
        with pytest.raises(UnexpectedAnswerError) as failed:
            list(client.rows("/v1/units"))
        assert stand_in.url in failed.value.say("en")


def test_a_problem_says_all_that_is_wrong(stand_in: StandIn, client: Client) -> None:
    body = json.loads(problem(422, "invalid").body)
    body["errors"] = [{"pointer": "/title", "code": "required", "detail": "必填"}]
    body |= {"more_errors": 3, "request_id": "r1"}
    stand_in.answers = [Told(422, json.dumps(body).encode())]
    with pytest.raises(ProblemError) as refused:
        client.post("/v1/things", {})
    error = refused.value
    assert error.errors == (FieldProblem("/title", "required", "必填"),)
    assert (error.more_errors, error.request_id) == (3, "r1")
    assert error.say("zh") == "“invalid”；/title：必填"


def test_lists_are_read_to_their_end(stand_in: StandIn, client: Client) -> None:
    pages = [
        {"data": [1, 2], "has_more": True, "next_cursor": "c"},
        {"data": [3], "has_more": False, "next_cursor": None},
    ]
    stand_in.answers = [Told(body=json.dumps(page).encode()) for page in pages]
    assert list(client.rows("/v1/things", {"q": "谈", "closed": None})) == [1, 2, 3]
    assert [asked.path.partition("?")[2] for asked in stand_in.asked] == [
        "limit=200&q=%E8%B0%88", "limit=200&q=%E8%B0%88&cursor=c",
    ]  # fmt: skip


def test_a_file_is_sent_whole_each_time_a_part_at_a_time(
    stand_in: StandIn, client: Client, tmp_path: Path
) -> None:
    file = tmp_path / "台账.xlsx"
    content = bytes(range(256)) * 2000
    file.write_bytes(content)
    stand_in.answers = [BROKEN, problem(503, "unavailable"), Told(202, b'{"id": "1"}')]
    told: list[tuple[int, int]] = []

    def on_sent(done: int, total: int) -> None:
        told.append((done, total))

    client.upload("/v1/imports", file, {"resource": "activities", "source": None}, on_sent=on_sent)
    assert len({asked.headers["idempotency-key"] for asked in stand_in.asked}) == 1
    for asked in stand_in.asked:
        assert content in asked.body
        assert "filename*=" in asked.body.decode("latin-1") or "台账.xlsx".encode() in asked.body
        assert b'name="source"' not in asked.body
    size = len(content)
    assert (0 < told[0][0] < size / 2, told[-1]) == (True, (size, size))


def test_a_file_has_its_name_once_it_is_whole(
    stand_in: StandIn, client: Client, tmp_path: Path
) -> None:
    content = b"x" * 500_000
    to = tmp_path / "out.xlsx"
    to.write_bytes(b"of before")
    seen: list[bytes] = []
    stand_in.answers = [Told(body=content, breaks_after=300_000), Told(body=content)]

    def on_received(_done: int, _total: int) -> None:
        seen.append(to.read_bytes())

    received = client.download("/v1/exports/1/file", to, on_received=on_received)
    assert (received.size, to.read_bytes()) == (len(content), content)
    assert set(seen) == {b"of before"}
    assert list(tmp_path.iterdir()) == [to]

    stand_in.answers = [problem(404, "not_found")]
    with pytest.raises(ProblemError):
        client.download("/v1/exports/2/file", tmp_path / "none.xlsx")
    assert list(tmp_path.iterdir()) == [to]
