"""One line for each request, ours: who, which route, how it ended; nothing of what was asked."""

import json
from pathlib import Path
from urllib.parse import quote

import httpx2

from tests.support.databases import Copies
from tests.support.service import serving

ASKED = "欧阳某某同志"


def test_each_request_is_one_line_without_its_query(sqlite_copies: Copies, tmp_path: Path) -> None:
    with (
        serving(sqlite_copies(), tmp_path) as service,
        httpx2.Client(base_url=service.addresses[0], headers=service.headers) as http,
    ):
        http.headers["X-Request-ID"] = "the-first"
        me = http.get("/v1/me").json()
        http.headers["X-Request-ID"] = "the-second"
        http.get("/v1/units", params={"code": ASKED})
        http.headers["X-Request-ID"] = "the-third"
        http.get(f"/v1/units/{me['client_id']}", params={"token": ASKED})
        http.headers["X-Request-ID"] = "the-fourth"
        http.get(f"/{ASKED}", params={"q": ASKED})
    said = service.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in said.splitlines()]
    requests = {line["request_id"]: line for line in lines if line["logger"] == "app.requests"}
    names = ("method", "route", "status", "client_id")
    assert {key: tuple(line[name] for name in names) for key, line in requests.items()} == {
        "the-first": ("GET", "/v1/me", 200, me["client_id"]),
        "the-second": ("GET", "/v1/units", 200, me["client_id"]),
        "the-third": ("GET", "/v1/units/{unit_id}", 422, None),
        "the-fourth": ("GET", "unmatched", 404, None),
    }
    assert all(line["duration_ms"] > 0 for line in requests.values())
    assert sum("the-second" in line for line in said.splitlines()) == 1
    assert not {line["logger"] for line in lines} & {"uvicorn.access"}
    assert ASKED not in said
    assert quote(ASKED) not in said
