"""The way in: `/` for a person and for a program, and addresses that there are not."""

import re

import pytest

from app import __version__
from tests.support.client import Api

pytestmark = pytest.mark.one_database
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_a_person_gets_a_page_whose_links_answer(api: Api) -> None:
    answer = await api.send("GET", "/", expect=200, headers={"Accept": BROWSER})
    assert answer.headers["content-type"].startswith("text/html")
    assert __version__ in answer.text
    assert "http" not in "".join(re.findall(r'(?:src|href)="([^"]*)"', answer.text))
    paths = re.findall(r'href="([^"]+)"', answer.text)
    assert {"/docs", "/openapi.json", "/v1/me", "/pages"} <= set(paths)
    for path in paths:
        await api.send("GET", path, expect=200)


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html", ""])
async def test_a_program_gets_links(api: Api, accept: str) -> None:
    answer = await api.send("GET", "/", expect=200, headers={"Accept": accept})
    found = answer.json()
    assert (found["version"], found["name"]) == (__version__, "大家谈 Dajiatan")
    base = api.app.state.settings.base_url
    for name in ("document", "docs", "health", "me", "problems"):
        assert found[name].startswith(base)
        await api.send("GET", found[name].removeprefix(base), expect=200)
    assert answer.headers["vary"] == "Accept"
    head = await api.send("HEAD", "/", expect=200)
    assert head.content == b""


@pytest.mark.parametrize("path", ["/v1", "/v1/unit", "/v2/units", "/nothing", "/v1/units/x/y"])
async def test_an_unknown_address_says_where_the_known_ones_are(api: Api, path: str) -> None:
    answer = await api.send("GET", path, expect=404)
    assert answer.json()["code"] == "unknown_address"
    assert answer.headers["link"] == '</>; rel="start", </docs>; rel="help"'
    english = await api.send("GET", path, expect=404, headers={"Accept-Language": "en"})
    assert "first page" in english.json()["detail"]


async def test_what_is_absent_is_not_an_unknown_address(api: Api) -> None:
    absent = "/v1/units/01900000-0000-7000-8000-000000000000"
    assert (await api.get(absent, expect=404))["code"] == "not_found"
