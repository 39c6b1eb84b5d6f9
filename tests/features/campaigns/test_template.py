"""The template of the two notices: every duty, with its notice and item; the page that lists it."""

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from app.features.campaigns import templates
from app.features.campaigns.schemas.campaigns import CampaignFromTemplate, CampaignIn
from app.kit.ids import new_id
from tests.features.campaigns.conftest import Tree
from tests.features.campaigns.test_campaigns import TEMPLATE
from tests.support.client import Api
from tests.support.factories import CHECKS, TOPICS

pytestmark = pytest.mark.one_database

PAGE = Path(__file__).parents[3] / "docs" / "template-2012.md"
GUANGDONG, FOSHAN = "粤组电传〔2012〕122号", "佛组通〔2013〕5号"


def made(level: str) -> CampaignIn:
    """The template's campaign over some unit."""
    asked = {"template": TEMPLATE, "root_unit_id": new_id(), "level": level}
    return templates.campaign(CampaignFromTemplate.model_validate(asked))


@pytest.mark.parametrize("level", ["city", "province"])
def test_every_requirement_names_its_notice_and_item(level: str) -> None:
    campaign = made(level)
    numbers = {notice.document_number for notice in campaign.notices}
    for requirement in campaign.requirements or []:
        assert requirement.origin
        assert requirement.origin.document_number in numbers
        assert requirement.title_en
        assert requirement.due_on is None, "no notice gives a day"


def test_every_item_of_both_notices_has_its_duties() -> None:
    items = Counter(
        (r.origin.document_number, r.origin.item)
        for r in made("city").requirements or []
        if r.origin
    )
    assert items == {
        (GUANGDONG, "一"): 4,
        (GUANGDONG, "二"): 3,
        (GUANGDONG, "三"): 4,
        (GUANGDONG, "四"): 3,
        (GUANGDONG, "五"): 6,
        (FOSHAN, "首段"): 1,
        (FOSHAN, "一"): 1,
        (FOSHAN, "二"): 4,
        (FOSHAN, "三"): 1,
        (FOSHAN, "末段"): 6,
    }


def test_a_provinces_campaign_leaves_foshans_out() -> None:
    campaign = made("province")
    assert [notice.document_number for notice in campaign.notices] == [GUANGDONG]
    assert campaign.notices[0].incoming_number is None, "that number is Foshan's own"
    assert campaign.talk_modes == campaign.methods == []
    by_code = {r.code: r for r in campaign.requirements or []}
    inspection = by_code["guidance-and-inspection"].applies_to
    assert inspection.scope == "direct_reporters"
    assert "enterprise" not in inspection.sectors
    assert set(inspection.unit_kinds) == {
        "organization_department", "working_committee", "committee",
    }  # fmt: skip
    assert by_code["situation-report"].applies_to.scope == "direct_reporters"


def test_a_citys_campaign_has_the_contents_of_the_notices() -> None:
    campaign = made("city")
    assert tuple(topic.code for topic in campaign.topics) == TOPICS
    assert tuple(check.code for check in campaign.checks) == CHECKS
    assert [mode.code for mode in campaign.talk_modes] == ["learn", "reality", "action"]
    assert [m.code for m in campaign.methods] == ["observe", "listen", "inquire", "diagnose"]
    by_code = {r.code: r for r in campaign.requirements or []}
    assert tuple(by_code["themed-meeting"].evidence.checks) == CHECKS
    subjects = Counter(r.subject.value for r in by_code.values())
    assert (subjects["branch"], subjects["leader"]) == (6, 4)
    reporting = {"work-updates", "good-practice", "reflection-essays"}
    assert {by_code[code].applies_to.scope for code in reporting} == {"direct_reporters"}
    assert by_code["guidance-and-inspection"].applies_to.scope == "self"


async def test_the_campaign_is_made_from_its_name_alone(api: Api, tree: Tree) -> None:
    body = {"template": TEMPLATE, "root_unit_id": tree["root"]}
    campaign = await api.post("/v1/campaigns", body)
    assert (campaign["code"], campaign["starts_on"], campaign["ends_on"]) == (
        "qzlx-djt-2012", "2012-12-24", "2013-06-30",
    )  # fmt: skip
    assert len(campaign["requirements"]) == 33
    orders = [r["sort_order"] for r in campaign["requirements"]]
    assert orders == sorted(set(orders))
    assert (await api.post("/v1/campaigns", body, expect=200))["id"] == campaign["id"]
    other = {**body, "level": "province", "code": "p", "name": "省级", "starts_on": "2013-01-01"}
    province = await api.post("/v1/campaigns", other)
    assert (province["name"], province["starts_on"]) == ("省级", "2013-01-01")
    assert UUID(province["id"]) != UUID(campaign["id"])


def test_the_page_lists_every_requirement_with_its_origin() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("## Sentence by sentence")[0]
    rows = {
        cells[1].strip("` "): cells
        for line in table.splitlines()
        if line.startswith("| `") and len(cells := line.split("|")) > 4
    }
    wanted = {r.code: r for level in ("city", "province") for r in made(level).requirements or []}
    assert rows.keys() == wanted.keys()
    for code, requirement in wanted.items():
        assert requirement.origin
        assert requirement.origin.document_number in rows[code][2]
        assert f"{requirement.origin.item}" in rows[code][2]
        assert requirement.title in rows[code][4]


async def test_what_a_former_release_made_of_the_template_is_there_already(
    api: Api, tree: Tree
) -> None:
    """It asked for less then, and has been changed since: sent again it is what is there."""
    body = {"template": TEMPLATE, "root_unit_id": tree["root"]}
    known = await api.post("/v1/campaigns", body)
    path = f"/v1/campaigns/{known['id']}"
    for code in ("rectification-measures", "learn-talk"):
        gone = next(r["id"] for r in known["requirements"] if r["code"] == code)
        await api.change("DELETE", f"{path}/requirements/{gone}", expect=204)
    topics = [{**topic, "title": "谈体会"} for topic in known["topics"]]
    own = {"document_number": "佛组通〔2013〕9号", "issuer": "中共佛山市委组织部"}
    notices = [*known["notices"], own]
    await api.change("PATCH", path, {"topics": topics, "notices": notices})
    stands = await api.get(path)

    again = await api.send("POST", "/v1/campaigns", body, expect=200)
    assert again.json() == stands
    sent = {name: stands[name] for name in ("code", "name", "starts_on", "ends_on", "notice_days")}
    assert (await api.post("/v1/campaigns", body | sent, expect=200)) == stands
    # What is sent besides is compared, and another place or level is another campaign.
    for other in (
        {"starts_on": "2013-01-01"}, {"ends_on": "2013-12-31"}, {"name": "另一个"},
        {"local_requirements": "free"}, {"level": "province"}, {"root_unit_id": tree["nanhai"]},
    ):  # fmt: skip
        taken = await api.post("/v1/campaigns", body | other, expect=409)
        assert taken["code"] == "campaign_code_taken"
    assert await api.get(path) == stands
