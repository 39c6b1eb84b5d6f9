"""Documents: the bulletin of chosen writings, the circular on issued figures, and their layout."""

from typing import Any

import pytest

from tests.support import factories
from tests.support.client import problems
from tests.support.exporting import fetched
from tests.support.places import Place
from tests.support.workbooks import read_paragraphs, read_part

pytestmark = pytest.mark.one_database

BODY = "# 一、开头\n\n第一段*强调*。\n\n- 甲\n- 乙\n\n<b>原样</b>"
TITLE = "关于主题活动进展情况的通报"


async def issued(place: Place) -> Any:
    """Figures as they were issued."""
    body = {"unit_id": place.unit["id"], "title": TITLE, "document_number": "佛组通〔2013〕9号"}
    path = f"/v1/campaigns/{place.campaign['id']}/snapshots"
    return await place.root_reviewer.post(path, body)


def asked(place: Place, kind: str, **wanted: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "format": "docx",
        "campaign_id": place.campaign["id"],
        "unit_id": place.unit["id"],
        "filter": wanted,
    }


async def test_a_bulletin_holds_the_writings_that_were_chosen(place: Place) -> None:
    second = await place.report(title="乙文", body=BODY)
    first = await place.report(title="甲文", author="某某", body="正文。")
    await place.report(title="没有选的")
    wanted = {
        "report_ids": [first["id"], second["id"]],
        "issue": 3,
        "issued_on": "2013-01-20",
        "reported_to": ["省委组织部"],
        "sent_to": ["各区委组织部"],
    }
    content = await fetched(place.reviewer, "bulletin", place.campaign, "docx", filter=wanted)
    told = read_paragraphs(content)
    assert told.index("甲文") < told.index("乙文")
    assert f"（{place.branch['name']}）" in told
    assert {"第3期", "一、开头", "第一段强调。", "甲", "乙"} <= set(told)
    assert "没有选的" not in told
    assert "某某" not in "".join(told)
    assert "报：省委组织部。" in told
    assert "送：各区委组织部。" in told
    assert f"{place.unit['name']}\t2013年1月20日印发".replace("\t", "") in told


async def test_a_circular_tells_issued_figures_and_no_others(place: Place) -> None:
    await place.activity()
    snapshot = await issued(place)
    await place.activity(title="此后的")
    wanted = {
        "snapshot_id": snapshot["id"],
        "addressees": ["甲单位", "乙单位"],
        "copied_to": ["丙"],
    }
    content = await fetched(place.reviewer, "circular", place.campaign, "docx", filter=wanted)
    told = read_paragraphs(content)
    assert {
        TITLE,
        "佛组通〔2013〕9号",
        f"{place.unit['name']}文件",
        "甲单位，乙单位：",
        "抄送：丙。",
    } <= set(told)
    assert any("开展活动1次" in paragraph for paragraph in told)
    assert f"{place.unit['name']}（本级）" in told
    assert place.branch["name"] in told
    for word in ("排名", "名次", "倒数", "末位"):
        assert word not in "".join(told)


async def test_the_layout_is_that_of_the_standard(place: Place) -> None:
    snapshot = await issued(place)
    wanted = {"snapshot_id": snapshot["id"]}
    content = await fetched(place.reviewer, "circular", place.campaign, "docx", filter=wanted)
    page = read_part(content, "word/document.xml")
    margins = page.split("<w:pgMar ")[1].split("/>")[0]
    for name, millimetres in (("top", 37), ("left", 28), ("right", 26), ("bottom", 35)):
        twips = int(margins.split(f'w:{name}="')[1].split('"')[0])
        assert abs(twips - millimetres / 25.4 * 1440) <= 1, name
    assert 'w:linePitch="579"' in page
    for font in ("仿宋_GB2312", "方正小标宋简体", "黑体"):
        assert font in page
    assert "w:evenAndOddHeaders" in read_part(content, "word/settings.xml")


async def test_documents_name_what_they_cannot_be_made_of(place: Place) -> None:
    draft = await place.report(status="draft")
    fit = await place.report()
    api = place.reviewer
    wanted = {"report_ids": [fit["id"], draft["id"], factories.own_id()], "issue": 1}
    body = asked(place, "bulletin", **wanted) | {"lang": "en"}
    told = await api.send("POST", "/v1/exports", body, expect=422)
    assert problems(told.json()) == {
        ("/lang", "chinese_only"),
        ("/filter/report_ids/1", "unfit_writing"),
        ("/filter/report_ids/2", "unfit_writing"),
    }
    strange = asked(place, "circular", snapshot_id=factories.own_id())
    told = await api.send("POST", "/v1/exports", strange, expect=422)
    assert problems(told.json()) == {("/filter/snapshot_id", "unknown_snapshot")}
    snapshot = await issued(place)
    other = asked(place, "circular", snapshot_id=snapshot["id"])
    other["unit_id"] = place.root["id"]
    told = await place.admin.send("POST", "/v1/exports", other, expect=422)
    assert problems(told.json()) == {("/filter/snapshot_id", "unknown_snapshot")}
