"""The feed of adopted writings: what it tells, to whom, and nothing of people's names."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import delete, select

from app.features.reports.jobs import keep_missing
from app.kit import markdown
from app.models import AdoptedText
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review
from tests.support.statements import QueryCounter

ATOM = {"a": "http://www.w3.org/2005/Atom"}
ADOPTION = {"level": "city", "outlet": "组工信息", "issue": "第3期", "adopted_on": "2013-02-01",
            "link": "https://example.org/3?a=1&b=2"}  # fmt: skip


async def adopted(place: Place, **fields: Any) -> Any:
    made = await place.report("reflection_essay", author="某某", **fields)
    return await place.reviewer.post(f"/v1/reports/{made['id']}/adoptions", ADOPTION)


async def entries(api: Api, name: str) -> list[ET.Element]:
    answer = await api.send("GET", f"/v1/feeds/{name}/adopted.atom", expect=200)
    assert answer.headers["content-type"].startswith("application/atom+xml")
    return ET.fromstring(answer.text).findall("a:entry", ATOM)  # noqa: S314 - our own answer


async def test_it_tells_what_was_adopted_last_and_in_its_last_version(place: Place) -> None:
    made = await adopted(place, title="体会 <一>", body="初稿")
    seen = await place.reviewer.get(f"/v1/reports/{made['id']}")
    edited = review(seen, "forward", body="**改定** <script>x</script>")
    await place.reviewer.post(f"/v1/reports/{made['id']}/reviews", edited)
    await place.report(title="未采用")

    (entry,) = await entries(place.admin, place.campaign["id"])

    texts = {e.tag.partition("}")[2]: e.text or "" for e in entry}
    assert texts["id"] == f"urn:uuid:{made['id']}"
    assert texts["title"] == "体会 <一>"
    assert "组工信息第3期（2013-02-01）" in texts["summary"]
    assert "<strong>改定</strong>" in texts["content"]
    assert "<script" not in texts["content"]
    assert [e.get("href") for e in entry.findall("a:link", ATOM)] == [ADOPTION["link"]]
    author = entry.find("a:author/a:name", ATOM)
    assert author is not None
    assert author.text == place.branch["name"]
    assert "某某" not in ET.tostring(entry, encoding="unicode")
    (again,) = await entries(place.admin, place.campaign["code"])
    assert ET.tostring(again) == ET.tostring(entry)


async def test_public_only_if_the_campaign_says_so(place: Place, api: Api) -> None:
    await adopted(place)
    path = f"/v1/feeds/{place.campaign['code']}/adopted.atom"
    nobody = api.with_key(None)
    for unknown in (path, "/v1/feeds/none/adopted.atom"):
        refused = await nobody.send("GET", unknown, expect=401)
        assert refused.headers["www-authenticate"]
    await api.with_key("djt_wrong").send("GET", path, expect=401)
    # Those who take part see what is in their scope.
    elsewhere = await granted(api, await factories.unit(api, place.root), "viewer")
    assert await entries(elsewhere, place.campaign["code"]) == []
    assert len(await entries(place.reporter, place.campaign["code"])) == 1
    await elsewhere.send("GET", "/v1/feeds/none/adopted.atom", expect=404)

    campaign = f"/v1/campaigns/{place.campaign['id']}"
    await api.change("PATCH", campaign, {"public_feed": True})

    assert len(await entries(nobody, place.campaign["code"])) == 1
    assert len(await entries(elsewhere, place.campaign["code"])) == 1
    first = await nobody.send("GET", path, expect=200)
    known = {"If-None-Match": first.headers["etag"]}
    await nobody.send("GET", path, expect=304, headers=known)
    await api.with_key("djt_wrong").send("GET", path, expect=401)


async def test_what_was_withdrawn_leaves_the_feed(place: Place) -> None:
    made = await adopted(place)
    path = f"/v1/reports/{made['id']}"
    assert len(await entries(place.admin, place.campaign["id"])) == 1
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)
    assert await entries(place.admin, place.campaign["id"]) == []


async def content(api: Api, campaign: Any) -> tuple[str, str]:
    """The kind and the text of the only entry, and that its ETag holds."""
    path = f"/v1/feeds/{campaign['id']}/adopted.atom"
    answer = await api.send("GET", path, expect=200)
    await api.send("GET", path, expect=304, headers={"If-None-Match": answer.headers["etag"]})
    (found,) = ET.fromstring(answer.text).findall("a:entry/a:content", ATOM)  # noqa: S314 - as above
    return found.get("type", ""), found.text or ""


async def kept(api: Api) -> list[tuple[int, str | None]]:
    async with api.database.reading() as session:
        rows = await session.execute(select(AdoptedText.renderer, AdoptedText.html))
        return [(row.renderer, row.html) for row in rows]


async def keep(api: Api) -> None:
    async with api.database.writing() as session:
        await keep_missing(session)


def refuse_to_render(_text: str) -> str:
    message = "rendered again"
    raise AssertionError(message)


async def test_who_has_it_already_costs_no_text_and_nobody_a_rendering(
    place: Place, query_counter: QueryCounter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await adopted(place, title=f"体会 {number}", body=f"**{number}**")
    monkeypatch.setattr(markdown, "to_html", refuse_to_render)
    path = f"/v1/feeds/{place.campaign['id']}/adopted.atom"
    first = await place.admin.send("GET", path, expect=200)
    assert first.text.count("&lt;strong&gt;") == 3
    with query_counter.counting() as statements:
        known = {"If-None-Match": first.headers["etag"]}
        await place.admin.send("GET", path, expect=304, headers=known)
    read = [s for s in statements if ".html" in s or ".body" in s or "revisions" in s]
    assert read == []


async def test_what_changes_is_rendered_anew_and_what_is_withdrawn_forgotten(place: Place) -> None:
    made = await adopted(place, body="**初稿**")
    path = f"/v1/reports/{made['id']}"
    await place.reporter.change("PATCH", path, {"body": "*改稿*"})
    assert await content(place.admin, place.campaign) == ("html", "<p><em>改稿</em></p>\n")
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误"}, of=path)
    assert await kept(place.admin) == []
    await place.reporter.change("POST", f"{path}/submission", of=path)
    assert await content(place.admin, place.campaign) == ("html", "<p><em>改稿</em></p>\n")
    (adoption,) = (await place.admin.get(path))["adoptions"]
    await place.reviewer.change("DELETE", f"{path}/adoptions/{adoption['id']}", of=path)
    assert await kept(place.admin) == []


async def test_who_is_erased_is_gone_from_what_is_kept(place: Place) -> None:
    await adopted(place, body="**王建国**同志的体会")
    wanted = {"names": ["王建国"], "unit_id": place.root["id"], "mode": "apply"}
    await place.admin.post("/v1/erasures", wanted, expect=200)
    assert await kept(place.admin) == []
    assert await content(place.admin, place.campaign) == ("text", "**〔已清除〕**同志的体会")
    await keep(place.admin)
    assert (await content(place.admin, place.campaign))[0] == "html"
    assert "王建国" not in str(await kept(place.admin))


async def test_older_records_and_another_renderer_are_rendered_in_the_background(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    await adopted(place, body="**体会**")
    html = ("html", "<p><strong>体会</strong></p>\n")
    async with place.admin.database.writing() as session:
        await session.execute(delete(AdoptedText))
    assert await content(place.admin, place.campaign) == ("text", "**体会**")
    await keep(place.admin)
    assert await content(place.admin, place.campaign) == html
    monkeypatch.setattr(markdown, "RENDERER", markdown.RENDERER + 1)
    assert await content(place.admin, place.campaign) == ("text", "**体会**")
    await keep(place.admin)
    assert await content(place.admin, place.campaign) == html
    assert [renderer for renderer, _ in await kept(place.admin)] == [markdown.RENDERER]
