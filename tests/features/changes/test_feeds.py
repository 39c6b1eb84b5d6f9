"""The feed of adopted writings: what it tells, to whom, and nothing of people's names."""

from typing import Any
from xml.etree import ElementTree as ET

from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import Place, review

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
    await place.reporter.change("POST", f"{path}/withdrawal", {}, of=path)
    assert await entries(place.admin, place.campaign["id"]) == []
