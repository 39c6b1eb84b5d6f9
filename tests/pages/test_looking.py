"""The pages: what they show is what the API answers, in both languages."""

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.html import PageReader
from tests.support.places import Place

LIMIT = 100_000
POLICY = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "


async def look(at: Api, path: str, *, expect: int = 200, **query: Any) -> PageReader:
    """A page as it is read; every one of them is small, whole and safe."""
    answer = await at.http.get(path, params=query or None)
    assert answer.status_code == expect, answer.text
    return _read(answer)


def _read(answer: httpx2.Response) -> PageReader:
    page = PageReader(answer.text)
    assert len(answer.content) <= LIMIT
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith(POLICY)
    assert not page.all("script")
    assert not page.all("style")
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
    for link in [*page.links, *(each["href"] for each in page.all("link"))]:
        assert link.startswith(("/pages", "/embed", "#", "data:")), link
    (document,) = page.all("html")
    assert document["lang"] == answer.headers["content-language"]
    labelled = {each["for"] for each in page.all("label")}
    for control in [*page.all("input"), *page.all("select")]:
        assert control.get("type") == "hidden" or control["id"] in labelled
    assert len(page.all("h1")) == 1
    return page


def _campaign(place: Place) -> str:
    return f"/pages/campaigns/{place.campaign['id']}"


@pytest.mark.one_database
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_every_page_is_whole_in_both_languages(place: Place, lang: str) -> None:
    owed = (await place.obligations(place.branch))["themed-meeting"]
    base, words = _campaign(place), {"zh": "退出", "en": "Sign out"}
    await place.activity(
        kind="themed_org_life_meeting", checks=["thinking"],
        findings=[{"check": "thinking", "description": "联系群众不够", "due_on": "2013-02-01"}],
    )  # fmt: skip
    for path in (
        "/pages", base, f"{base}/urging", f"{base}/urging/{place.unit['id']}", f"{base}/findings",
        f"{base}/leaders", f"/pages/leaders/{place.leader['id']}/three-ones", f"{base}/adopted",
        f"{base}/bulletins", f"{base}/duties/{owed['requirement_id']}",
        f"/pages/obligations/{owed['id']}",
    ):  # fmt: skip
        page = await look(place.admin, path, lang=lang)
        assert words[lang] in page.text, path
        other = "en" if lang == "zh" else "zh"
        assert [link for link in page.links if f"lang={other}" in link], path
        untold = [link for link in page.links if link[0] == "/" and "lang=" not in link]
        assert not untold, path
        if lang == "en":
            said = [t for t in page.texts if re.search("[完逾期未应单位截至]{2}", t)]
            assert not [t for t in said if t in {"应完成", "已完成", "逾期", "单位"}], path


async def test_a_campaign_at_a_unit_is_its_progress(place: Place) -> None:
    api, base = place.admin, _campaign(place)
    first = await factories.unit(api, place.root)
    path = f"/v1/units/{place.unit['id']}"
    await api.change("PATCH", path, {"sort_order": 9})
    await api.work()
    await place.activity(kind="practical_deed", details={"items": 3, "category": "修路"})

    page = await look(api, base, unit=place.root["id"])

    told = await api.get("/v1/progress", campaign_id=place.campaign["id"], unit_id=place.root["id"])
    names = [row[0] for row in page.cells]
    start = names.index("本级自身")
    assert names[start : start + 4] == ["本级自身", first["name"], place.unit["name"], "合计"]
    for row, group in zip(
        page.cells[start:], [g["totals"] for g in told["groups"]] + [told["totals"]], strict=False
    ):
        figures = [group[name] for name in ("due", "done", "nil", "open", "overdue")]
        assert row[1:6] == [str(number) for number in figures], row
    # Overdue is a word or a mark, never a colour alone; and one goes down, and up again.
    assert f"!{told['totals']['overdue']}" in page.text
    assert any(place.unit["id"] in link for link in page.links)
    below = await look(api, base, unit=place.branch["id"])
    assert f"{base}?unit={place.root['id']}" in below.links
    assert f"{base}?unit={place.unit['id']}" in below.links
    past = await look(api, base, unit=place.root["id"], as_of="2013-01-01")
    assert "2013年1月1日" in past.text
    # A form sends a field that is left empty; what is no day is said.
    assert (await look(api, base, unit=place.root["id"], as_of="")).text
    assert "as_of" in (await look(api, base, as_of="2013-13-01", expect=422)).text


@pytest.mark.one_database
async def test_nothing_sorts_by_figures(place: Place) -> None:
    refused = await look(place.admin, _campaign(place), sort="-done", expect=422)

    assert "sort" in refused.text


@pytest.mark.one_database
async def test_who_covers_a_part_sees_the_way_up_as_far_as_that(place: Place) -> None:
    base = _campaign(place)

    page = await look(place.reviewer, base)

    assert place.root["id"] not in " ".join(page.links)
    assert place.unit["name"] in page.text
    both = await granted(place.admin, place.branch, "viewer")
    assert place.branch["name"] in (await look(both, base)).text
    hidden = await look(both, base, unit=place.unit["id"], expect=404)
    assert place.unit["name"] not in hidden.text


@pytest.mark.one_database
async def test_a_page_stays_small_however_many_units_there_are(place: Place) -> None:
    api = place.admin
    body = [
        {
            "code": f"Z{n}",
            "name": f"中共佛山市第{n}镇街党工委及其所属机关党组织",
            "kind": "committee",
            "sector": "organ",
            "parent_id": place.unit["id"],
        }
        for n in range(45)
    ]
    await api.post("/v1/units/batch", {"items": body}, expect=200)
    await api.work()

    pages = [
        await look(api, _campaign(place), unit=place.unit["id"], page=number)
        for number in (1, 2, 3, 9)
    ]

    shown = [row[0] for page in pages[:3] for row in page.cells if "镇街" in row[0]]
    assert len(shown) == 45
    assert pages[3].cells == pages[2].cells
    assert all("（全部47个）" in page.text for page in pages)


@pytest.mark.one_database
async def test_what_people_wrote_is_shown_as_it_is(place: Place) -> None:
    api = place.admin
    name = "<script>alert(1)</script>\"'&"
    await factories.branch(api, place.unit, name=name)
    await api.work()

    page = await look(api, _campaign(place), unit=place.unit["id"])

    assert name in page.text


async def test_what_is_overdue_is_urged_unit_by_unit(place: Place) -> None:
    api, base = place.admin, _campaign(place)
    path = f"/v1/units/{place.unit['id']}"
    await api.change("PATCH", path, {"duty_phone": "0757-83330000"})

    page = await look(api, f"{base}/urging", unit=place.root["id"])

    told = await api.get(
        f"/v1/campaigns/{place.campaign['id']}/urging", unit_id=place.root["id"], overdue=True
    )
    (row,) = [row for row in page.cells if row[0] == place.unit["name"]]
    (urged,) = [each for each in told["data"] if each["id"] == place.unit["id"]]
    assert row[1] == "0757-83330000"
    assert row[2] == str(urged["overdue_total"])
    assert row[5] == str(urged["days_overdue"])
    slip = await look(api, f"{base}/urging/{place.unit['id']}")
    assert f"{place.unit['name']}：" in slip.text
    owed = await api.all(
        "/v1/obligations", under=place.unit["id"], overdue=True, campaign_id=place.campaign["id"]
    )
    assert owed
    rows = [row for row in slip.cells if len(row) == 4][1:]
    assert [row[:2] for row in rows] == [
        [each["subject"]["name"], each["requirement_title"]] for each in owed
    ]


async def test_a_duty_says_what_it_asks_and_where_it_stands(place: Place) -> None:
    api, base = place.admin, _campaign(place)
    campaign = await api.get(f"/v1/campaigns/{place.campaign['id']}")
    notice = campaign["notices"][0]
    text = "一、开展讨论。\n三、与召开专题组织生活会结合。\n进行“四查四看”。\n四、办实事。"
    address = f"/v1/campaigns/{campaign['id']}/notices/{notice['id']}"
    await api.change("PATCH", address, {"text": text})
    owed = (await place.obligations(place.branch))["themed-meeting"]

    page = await look(api, f"{base}/duties/{owed['requirement_id']}", unit=place.unit["id"])

    assert "查思想认识" in page.text
    assert notice["document_number"] in page.text
    assert "三、与召开专题组织生活会结合。 进行“四查四看”。" in page.text
    assert "四、办实事" not in page.text
    assert place.branch["name"] in [row[0] for row in page.cells]
    held = await place.activity(kind="themed_org_life_meeting", checks=["thinking"])
    one = await look(api, f"/pages/obligations/{owed['id']}")
    near = await api.get(f"/v1/obligations/{owed['id']}/near-misses")
    assert near["data"][0]["id"] == held["id"]
    assert "；".join(near["data"][0]["missing"]) in one.text
    english = await look(api, f"/pages/obligations/{owed['id']}", lang="en")
    assert "lacks" in english.text


@pytest.mark.one_database
async def test_a_leader_has_three_ones(place: Place) -> None:
    await place.article()

    page = await look(place.admin, f"/pages/leaders/{place.leader['id']}/three-ones")

    told = await place.admin.get(f"/v1/leaders/{place.leader['id']}/three-ones")
    for item in told["campaigns"][0]["items"]:
        assert item["title"] in page.text
    assert f"已完成{told['campaigns'][0]['done']}项" in page.text
    listed = await look(place.admin, f"{_campaign(place)}/leaders")
    assert f"/pages/leaders/{place.leader['id']}/three-ones" in listed.links


async def test_the_ledger_is_by_state_and_day(place: Place) -> None:
    late, later = "2013-02-01", str(clock.today() + timedelta(days=9))
    await place.activity(
        kind="themed_org_life_meeting",
        checks=["thinking", "methods"],
        findings=[
            {"check": "thinking", "description": "学习不深入", "due_on": late},
            {"check": "methods", "description": "走访不经常", "due_on": later},
        ],
    )
    ledger = f"{_campaign(place)}/findings"

    every = await look(place.admin, ledger, state="", due_from="", due_to="")
    overdue = await look(place.admin, ledger, overdue="true")
    day = await look(place.admin, ledger, due_from=later)
    closed = await look(place.admin, ledger, state="closed")

    assert {"学习不深入", "走访不经常"} <= {row[0] for row in every.cells}
    assert "走访不经常" not in overdue.text
    assert "逾期" in next(row for row in overdue.cells if row[0] == "学习不深入")[5]
    assert "学习不深入" not in day.text
    assert "没有符合条件的问题" in closed.text


async def test_adopted_writings_are_public_where_the_campaign_says_so(place: Place) -> None:
    report = await place.report(title="走村入户听民声")
    await place.root_reviewer.post(
        f"/v1/reports/{report['id']}/adoptions",
        {"level": "city", "outlet": "佛山组工", "issue": "第3期", "adopted_on": "2013-02-01"},
    )
    nobody, base = place.admin.with_key(None), f"{_campaign(place)}/adopted"
    embedded = f"/embed/adopted?campaign={place.campaign['code']}"
    assert (await nobody.http.get(base)).status_code == 303
    assert (await nobody.http.get(embedded)).status_code == 401
    assert "走村入户听民声" in (await look(place.reporter, base)).text

    path = f"/v1/campaigns/{place.campaign['id']}"
    await place.admin.change("PATCH", path, {"public_feed": True})

    page = await look(nobody, base)
    assert "佛山组工第3期（2013年2月1日）" in page.text
    text = await look(nobody, f"{base}/{report['id']}")
    assert "讨论会" in text.text
    assert text.all("strong")
    shown = await nobody.http.get(embedded)
    assert "走村入户听民声" in _read(shown).text
    assert shown.headers["cache-control"] == "public, max-age=300"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]


async def test_a_bulletin_stays_as_it_was_issued(place: Place) -> None:
    api, base = place.admin, f"{_campaign(place)}/bulletins"
    body = {"unit_id": place.root["id"], "title": "进展情况通报（第1期）"}
    issued = await api.post(f"/v1/campaigns/{place.campaign['id']}/snapshots", body)
    before = await look(api, f"{base}/{issued['id']}")

    await place.activity(kind="practical_deed", details={"items": 3, "category": "修路"})

    after = await look(api, f"{base}/{issued['id']}")
    assert after.cells == before.cells
    assert "进展情况通报（第1期）" in after.text
    assert f"{base}/{issued['id']}" in (await look(api, base)).links
    for group_by in ("sector", "requirement"):
        other = await api.post(
            f"/v1/campaigns/{place.campaign['id']}/snapshots", {**body, "group_by": group_by}
        )
        assert (await look(api, f"{base}/{other['id']}")).cells


@pytest.mark.one_database
async def test_websites_that_are_named_may_frame_what_is_embedded_and_no_page(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place.admin.settings, "embed_origins", ["https://www.example.gov.cn"])
    path = f"/embed/progress?campaign={place.campaign['id']}&unit={place.root['id']}"

    shown = await place.admin.http.get(path)
    page = await place.admin.http.get(_campaign(place))

    assert "frame-ancestors https://www.example.gov.cn" in shown.headers["content-security-policy"]
    assert shown.headers["cache-control"] == "private, max-age=60"
    assert "x-frame-options" not in shown.headers
    assert place.unit["name"] in _read(shown).text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


@pytest.mark.one_database
async def test_the_style_is_kept_until_it_changes(place: Place) -> None:
    page = await look(place.admin, "/pages")
    (style,) = [each["href"] for each in page.all("link") if each["rel"] == "stylesheet"]

    answer = await place.admin.with_key(None).http.get(style)

    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == "public, max-age=31536000"
