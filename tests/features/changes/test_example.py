"""The example that follows: its copy is what the service has, through stops and starts."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.processes import ROOT, Processes, running, wait_for

LISTS = ("units", "branches", "leaders")


@pytest.fixture
def service(own_database_url: str, tmp_path: Path) -> Iterator[tuple[Processes, httpx2.Client]]:
    """The service as it really runs, and its administrator."""
    folder = tmp_path / "service"
    folder.mkdir()
    with running(own_database_url, folder) as (processes, key):
        headers = {"Authorization": f"Bearer {key}"}
        with httpx2.Client(base_url=f"{processes.address}/v1", headers=headers) as http:
            yield processes, http


def post(http: httpx2.Client, path: str, body: Any, **headers: str) -> Any:
    answer = http.post(path, json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


def there(http: httpx2.Client) -> dict[str, Any]:
    return {row["id"]: row for name in LISTS for row in http.get(f"/{name}").json()["data"]}


def copied(file: Path) -> dict[str, Any]:
    rows = sqlite3.connect(file).execute("SELECT id, body FROM records")
    return {id_: json.loads(body) for id_, body in rows}


def _command(folder: Path) -> list[str]:
    """The command of both guides, to be run in a folder."""
    (folder / "examples").symlink_to(ROOT / "examples")
    said = set()
    for name in ("following.md", "following.zh-CN.md"):
        text = (ROOT / "docs/guides" / name).read_text(encoding="utf-8")
        said |= set(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    python, *rest = said.pop().split()
    assert (said, python) == (set(), "python")
    return [sys.executable, *rest]


@pytest.mark.one_database
def test_its_copy_is_what_is_there(
    service: tuple[Processes, httpx2.Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes, http = service
    monkeypatch.setenv("DAJIATAN_URL", processes.address)
    key = http.headers["Authorization"].removeprefix("Bearer ")
    monkeypatch.setenv("DAJIATAN_KEY", key)
    file = tmp_path / "copy.db"
    command = _command(tmp_path)
    (root,) = http.get("/units").json()["data"]
    made = {"kind": "committee", "sector": "rural", "parent_id": root["id"]}
    west, east = [post(http, "/units", {**made, "code": c, "name": c}) for c in ("西", "东")]
    branch = {"kind": "branch", "sector": "rural", "unit_id": west["id"]}
    first = post(http, "/branches", {**branch, "code": "一", "name": "一支部"})
    subprocess.run(command, check=True, cwd=tmp_path)
    assert copied(file) == there(http)

    follower = subprocess.Popen(command[:-1], cwd=tmp_path)
    try:
        post(http, "/branches", {**branch, "code": "二", "name": "二支部"})
        etag = http.get(f"/units/{west['id']}").headers["etag"]
        moved = {"parent_id": east["id"]}
        post(http, f"/units/{west['id']}/move", moved, **{"If-Match": etag})
        etag = http.get(f"/branches/{first['id']}").headers["etag"]
        gone = http.delete(f"/branches/{first['id']}", headers={"If-Match": etag})
        assert gone.status_code == 204, gone.text
        wait_for(lambda: copied(file) == there(http), "the copy is what is there")
        # It waits now; whoever stops the service does not wait for it.
        processes.end("server")
    finally:
        follower.kill()
        follower.wait()
