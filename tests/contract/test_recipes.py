"""The recipes: each script works as it stands, and sends as few requests as the guide says."""

import asyncio
import re
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review
from tests.support.processes import ROOT

pytestmark = pytest.mark.one_database
_MOST_LINES = 15
_slept = time.sleep


def recipes(name: str) -> list[tuple[str, str]]:
    """What is said of each, and its script."""
    text = (ROOT / "docs/guides" / name).read_text(encoding="utf-8")
    return re.findall(r"^## (.*?)^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class _Bridge(httpx2.BaseTransport):
    """Takes what a script sends to the service of the tests; the first requests may be lost."""

    def __init__(self, loop: asyncio.AbstractEventLoop, api: Api) -> None:
        self.loop, self.api = loop, api
        self.sent: list[str] = []
        self.lost: list[httpx2.Response | None] = []
        """What befalls the first requests: an answer of somebody between, or none at all."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(f"{request.method} {request.url.path}")
        headers, content = request.headers, request.read()
        answer = self._wait(
            self.api.http.request(
                request.method, str(request.url), content=content, headers=dict(headers)
            )
        )
        if self.lost:
            instead = self.lost.pop(0)
            if instead is None:
                raise httpx2.ConnectError("lost on the way back")
            return instead
        kept = {k: v for k, v in answer.headers.items() if k != "content-encoding"}
        return httpx2.Response(answer.status_code, headers=kept, content=answer.content)

    def sleep(self, seconds: float) -> None:
        """Let the worker do what a script waits for."""
        if threading.current_thread() is threading.main_thread():
            _slept(seconds)
        else:
            self._wait(self.api.work())

    def _wait(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


@pytest.fixture
async def run(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs a script of the guide as a caller; what it printed is in `capsys`."""
    monkeypatch.setenv("DAJIATAN_URL", "http://dajiatan.test")
    monkeypatch.setenv("BRANCH_ID", place.branch["id"])
    monkeypatch.setenv("CAMPAIGN_ID", place.campaign["id"])

    async def run_it(number: int, caller: Api, *lost: httpx2.Response | None) -> _Bridge:
        assert caller.key is not None
        monkeypatch.setenv("KEY", caller.key)
        bridge = _Bridge(asyncio.get_running_loop(), place.admin.with_key(None))
        bridge.lost += lost
        with monkeypatch.context() as patched:
            patched.setattr(httpx2, "Client", partial(httpx2.Client, transport=bridge))
            patched.setattr(time, "sleep", bridge.sleep)
            said, script = recipes("recipes.md")[number]
            # Its files lie in a folder of its own, and nobody else is moved there.
            names = {"open": lambda name, mode: (tmp_path / name).open(mode)}
            await asyncio.to_thread(exec, compile(script, said, "exec"), names)
        counted = re.search(r"(\w+) requests?\.", said)
        if counted is not None:
            told = {"One": 1}.get(counted[1]) or int(counted[1])
            assert len(bridge.sent) == told, bridge.sent
        return bridge

    return run_it


def test_both_languages_have_the_same_short_scripts() -> None:
    english, chinese = recipes("recipes.md"), recipes("recipes.zh-CN.md")
    assert [script for _, script in english] == [script for _, script in chinese]
    assert len(english) == 7
    for said, script in english:
        lines = [line for line in script.splitlines() if line.strip()]
        assert len(lines) <= _MOST_LINES, said


async def test_a_table_of_progress_and_who_has_not_yet(
    place: Place, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    await run(0, await granted(place.admin, place.root, "website"))
    assert re.findall(r"<tr><td>(.*?)</td><td>\d+/\d+</td></tr>", capsys.readouterr().out)
    await run(1, await granted(place.admin, place.root, "viewer"))
    assert place.branch["name"] in capsys.readouterr().out
    await place.activity(topics=["topic_new_measures"])
    await run(1, place.admin)
    assert place.branch["name"] not in capsys.readouterr().out


async def test_what_is_lost_on_the_way_is_sent_again_and_entered_once(
    place: Place, run: Any
) -> None:
    bridge = await run(2, place.reporter, None, httpx2.Response(503, headers={"Retry-After": "1"}))
    assert bridge.sent == ["POST /v1/activities"] * 3
    assert len(await place.admin.all("/v1/activities")) == 1


async def test_what_was_returned_comes_again(
    place: Place, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await place.activity()
    path = f"/v1/activities/{made['id']}"
    returned = review(made, "return", reason="请补充讨论情况")
    await place.reviewer.change("POST", f"{path}/reviews", returned, of=path, expect=201)
    await run(4, place.reporter)
    assert "请补充讨论情况" in capsys.readouterr().out
    await run(3, place.reporter)
    assert capsys.readouterr().out.split()[-1] == "submitted"
    assert (await place.admin.get(path))["status"] == "submitted"


async def test_a_file_and_a_ledger(
    place: Place, run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = await place.activity(topics=list(factories.TOPICS))
    monkeypatch.setenv("ACTIVITY_ID", made["id"])
    (tmp_path / "notes.txt").write_text("讨论记录", encoding="utf-8")
    await run(5, place.reporter)
    whole = await place.admin.get(f"/v1/activities/{made['id']}")
    assert len(whole["attachment_ids"]) == 1
    bridge = await run(6, place.reporter)
    assert bridge.sent[-1].endswith("/file")
    assert (tmp_path / "活动台账.xlsx").read_bytes().startswith(b"PK")
