"""What the tables hold: what their caller sees, in the units' own order, to the digit."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from app.kit.formulas import STARTERS, guard, unguard
from app.models.vocabulary import ExportKind
from tests.support import factories
from tests.support.client import Api
from tests.support.exporting import fetched, rows_of
from tests.support.granted import granted
from tests.support.places import Place
from tests.support.workbooks import read_part, read_sheets

pytestmark = pytest.mark.one_database

OPINION = {"field": "social", "source_group": "public", "content": "看病远"}
FINDING = {"check": "methods", "description": "方法单一", "due_on": "2013-02-01"}
RECEPTION = {
    "office": "一室", "delegate_level": "county", "delegates": 2, "people_received": 12,
}  # fmt: skip
RISKY = ["=1+1", "+86", "-3", "@A1", "'=x", "''+y", "＝甲", "'单引号", '=HYPERLINK("x")']


@pytest.mark.parametrize("text", [*RISKY, "普通", "", "'", "''", *STARTERS])
def test_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert not guard(text).startswith(tuple(STARTERS))
    assert unguard(guard(text)) == text


async def test_text_stays_text_in_every_format(place: Place) -> None:
    for title in RISKY:
        await place.activity(title=title)
    titles = [row["title"] for row in await rows_of(place.reviewer, "activities", place.campaign)]
    assert sorted(titles) == sorted(RISKY)

    (sheet,) = read_sheets(await fetched(place.reviewer, "activities", place.campaign, "xlsx"))
    head = next(row for row in sheet if "主题" in row)
    lines = sheet[sheet.index(head) + 1 :]
    assert [line[head.index("主题")] for line in lines] == titles

    text = (await fetched(place.reviewer, "activities", place.campaign, "csv")).decode("utf-8-sig")
    head, *lines = csv.reader(io.StringIO(text))
    cells = [line[head.index("主题")] for line in lines]
    assert not any(cell.startswith(tuple(STARTERS)) for cell in cells)
    assert [unguard(cell) for cell in cells] == titles


async def test_numbers_are_numbers_days_are_days_and_pages_are_laid_out(place: Place) -> None:
    await place.activity(members_due=30, members_present=29)
    content = await fetched(place.reviewer, "activities", place.campaign, "xlsx")
    (sheet,) = read_sheets(content)
    head, line = sheet[-2:]
    assert line[head.index("应到党员")] == 30.0
    assert line[head.index("开展日期")] == float((date(2013, 1, 15) - date(1899, 12, 30)).days)
    assert place.campaign["name"] in sheet[0][0]
    assert place.unit["name"] in sheet[1][0]
    assert "统计截至" in sheet[1][0]
    layout = read_part(content, "xl/worksheets/sheet1.xml")
    assert 'paperSize="9"' in layout
    assert 'orientation="landscape"' in layout
    assert 'state="frozen"' in layout
    assert "_xlnm.Print_Titles" in read_part(content, "xl/workbook.xml")


async def test_rows_stand_in_the_units_own_order(api: Api) -> None:
    root = await factories.root(api)
    later = await factories.unit(api, root, sort_order=20)
    first = await factories.unit(api, root, sort_order=3)
    branches = [
        await factories.branch(api, later, sort_order=1),
        await factories.branch(api, first, sort_order=11),
        await factories.branch(api, first, sort_order=2),
    ]
    campaign = await factories.campaign(api, root)
    for number, org in enumerate([*branches, later, first, root]):
        for day in ("2013-02-01", "2013-01-05")[: 1 + number % 2]:
            await api.post("/v1/activities", factories.activity(org, campaign, held_on=day))

    rows = await rows_of(api, "activities", campaign)

    places = [root, first, branches[2], branches[1], later, branches[0]]
    assert list(dict.fromkeys(row["org_code"] for row in rows)) == [p["code"] for p in places]
    keys = [(row["org_code"], row["held_on"]) for row in rows]
    assert keys == sorted(keys, key=lambda k: ([p["code"] for p in places].index(k[0]), k[1]))
    assert [row["no"] for row in rows] == list(range(1, len(rows) + 1))
    statistics = await rows_of(api, "statistics", campaign)
    assert [row["org_code"] for row in statistics] == [
        root["code"], first["code"], later["code"], None,
    ]  # fmt: skip


async def test_labels_are_in_the_language_asked_for(place: Place) -> None:
    await place.activity(topics=[factories.TOPICS[0]], talk_mode="reality")
    zh = (await fetched(place.reviewer, "activities", place.campaign, "csv")).decode("utf-8-sig")
    en = (await fetched(place.reviewer, "activities", place.campaign, "csv", lang="en")).decode(
        "utf-8-sig"
    )
    assert "讨论" in zh
    assert "主题" in zh
    assert "discussion" in en
    assert "Held on" in en
    (row,) = await rows_of(place.reviewer, "activities", place.campaign)
    assert row["kind"] == "discussion"
    assert row["topics"] == [factories.TOPICS[0]]


async def test_who_is_out_of_sight_is_counted_and_not_named(place: Place, api: Api) -> None:
    other = await factories.unit(api, place.root)
    leader = await factories.leader(api, other, name="远处的书记")
    both = [{"leader_id": each["id"]} for each in (leader, place.leader)]
    await place.activity(participants=both)
    (seen,) = await rows_of(place.reviewer, "activities", place.campaign)
    assert (seen["leaders"], seen["leaders_elsewhere"]) == ([place.leader["name"]], 1)
    (above,) = await rows_of(
        place.root_reviewer, "activities", place.campaign, unit_id=place.unit["id"]
    )
    assert sorted(above["leaders"]) == sorted([place.leader["name"], "远处的书记"])


async def test_no_file_holds_what_is_out_of_sight(place: Place, api: Api) -> None:
    other = await factories.unit(api, place.root, name="看不见的单位")
    branch = await factories.branch(api, other, name="看不见的支部")
    parts: dict[str, Any] = {"findings": [FINDING], "opinions": [OPINION]}
    await api.post(
        "/v1/activities", factories.activity(branch, place.campaign, title="看不见", **parts)
    )
    await place.activity(**parts)
    outsider = await granted(api, place.branch, "viewer")
    for kind in ExportKind:
        if kind.value in {"bulletin", "circular"}:
            continue
        content = await fetched(outsider, kind.value, place.campaign)
        assert "看不见" not in content.decode()
        assert other["code"] not in content.decode()


async def test_drafts_and_what_was_withdrawn_are_left_out(place: Place) -> None:
    await place.activity(status="draft", findings=[FINDING], opinions=[OPINION])
    kept = await place.activity(title="留下的")
    gone = await place.activity(title="撤回的")
    await place.reporter.change(
        "POST",
        f"/v1/activities/{gone['id']}/withdrawal",
        {"reason": "误填"},
        of=f"/v1/activities/{gone['id']}",
    )
    rows = await rows_of(place.reviewer, "activities", place.campaign)
    assert [row["id"] for row in rows] == [kept["id"]]
    asked = {"status": ["draft"]}
    (draft,) = await rows_of(place.reviewer, "activities", place.campaign, filter=asked)
    assert draft["status"] == "draft"
    for kind in ("findings", "opinions"):
        assert await rows_of(place.reviewer, kind, place.campaign) == []


async def test_filters_narrow_ledgers(place: Place) -> None:
    await place.activity(findings=[FINDING, {**FINDING, "check": "policies", "due_on": None}])
    await place.activity(
        kind="visit", held_on="2013-03-01", details={"group_visited": "vulnerable"}
    )

    async def kinds(**wanted: Any) -> list[str]:
        rows = await rows_of(place.reviewer, "activities", place.campaign, filter=wanted)
        return [row["kind"] for row in rows]

    assert await kinds(kind=["visit"]) == ["visit"]
    assert await kinds(held_to="2013-02-01") == ["discussion"]
    late = {"overdue": True}
    (overdue,) = await rows_of(place.reviewer, "findings", place.campaign, filter=late)
    assert overdue["check"] == "methods"


async def _worked(place: Place, api: Api) -> Any:
    """Another branch, three more leaders, and something done of each kind; the other branch."""
    other = await factories.branch(api, place.unit, sort_order=1)
    leaders = [await factories.leader(api, place.unit, other) for _ in range(3)]
    everyone = [{"leader_id": leader["id"]} for leader in (*leaders, place.leader)]
    await place.activity(participants=everyone, findings=[FINDING], opinions=[OPINION, OPINION])
    await place.activity(kind="delegate_reception", details=RECEPTION)
    deed = {"category": "路灯", "items": 6, "households": 40}
    await api.post(
        "/v1/activities", factories.activity(other, place.campaign, "practical_deed", details=deed)
    )
    await place.article()
    talk = factories.record(place.leader, place.campaign, "grassroots_talk")
    await api.post("/v1/leader-records", talk)
    await place.report()
    return other


async def test_figures_are_those_of_a_recount_and_of_progress(place: Place, api: Api) -> None:
    other = await _worked(place, api)
    own = {"campaign_id": place.campaign["id"], "org_id": place.branch["id"]}
    inspection = {**own, "unit_id": place.unit["id"], "held_on": factories.DAY, "seen": "扎实"}
    await api.post("/v1/inspections", inspection)
    await place.activity(kind="themed_org_life_meeting", checks=list(factories.CHECKS))
    rows = await rows_of(place.reviewer, "statistics", place.campaign)
    whole = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"]}
    progress = await api.get("/v1/progress", **whole)
    for row, part in zip(rows, [*progress["groups"], progress], strict=True):
        counts = dict(_flat(part["counts"]))
        assert {name: row[name] for name in counts} == counts
        for line in part["requirements"]:
            code = line["requirement_code"]
            same = ("due", "done", "on_time", "late", "nil", "open", "overdue", "exempt")
            assert all(row[f"{code}.{name}"] == line[name] for name in same)
    by_code = {row["org_code"]: row for row in rows}
    last = by_code[None]
    assert [last[f"inspected.{part}"] for part in ("n", "of")] == [1, 2]
    assert [last[f"branches_met.{part}"] for part in ("n", "of")] == [1, 2]
    for part in (place.unit, other, place.branch):
        found = await _recounted(api, place, part)
        assert {name: by_code[part["code"]][name] for name in found} == found, part["name"]


async def test_the_three_ones_add_up(place: Place, api: Api) -> None:
    await _worked(place, api)
    summary = await rows_of(place.reviewer, "three_ones_summary", place.campaign)
    three = {row["org_code"]: row for row in summary}
    detail = await rows_of(place.reviewer, "three_ones_detail", place.campaign)
    assert three[None]["leaders"] == len(detail) == 4
    for item in ("discussion", "research_article", "grassroots_talk"):
        done = sum(row[f"{item}_status"] == "met" for row in detail)
        assert three[None][f"{item}_done"] == three[place.unit["code"]][f"{item}_done"] == done > 0
        assert three[None][f"{item}_due"] == 4
    assert three[None]["all_done"] == sum(row["done"] == 3 for row in detail) == 1
    (own,) = [row for row in detail if row["name"] == place.leader["name"]]
    assert (own["discussion_on"], own["discussion_title"]) == (factories.DAY, "谈群众工作")


async def test_what_is_open_is_what_progress_says(place: Place, api: Api) -> None:
    await _worked(place, api)
    whole = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"]}
    progress = await api.get("/v1/progress", **whole)
    still = {line["requirement_code"]: line["open"] for line in progress["requirements"]}
    rows = await rows_of(place.reviewer, "open_obligations", place.campaign)
    assert Counter(row["requirement_code"] for row in rows) == Counter(still)
    urged: Counter[str] = Counter()
    for row in await rows_of(place.reviewer, "urging", place.campaign):
        urged[row["requirement_code"]] += row["open"]
    assert urged == Counter(still)


def _flat(counts: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield each count by the code of its column: what is reached has two."""
    for name, count in counts.items():
        if isinstance(count, dict):
            yield from ((f"{name}.{part}", number) for part, number in count.items())
        else:
            yield name, count


async def _recounted(api: Api, place: Place, part: Any) -> dict[str, int]:
    """What lists say of one organization, counted by hand."""
    asked = {"campaign_id": place.campaign["id"], "org_id": part["id"]}
    activities = await api.all("/v1/activities", **asked)
    findings = await api.all("/v1/findings", **asked)
    owed = await api.all("/v1/obligations", **asked)
    found: Counter[str] = Counter()
    for one in owed:
        code, status = one["requirement_code"], one["status"]
        found[f"{code}.due"] += status in {"open", "met", "nil"}
        found[f"{code}.done"] += status == "met"
        found[f"{code}.open"] += status == "open"
    return dict(found) | {
        "activities": len(activities),
        "findings_open": len(findings),
        "findings_overdue": sum(f["overdue"] for f in findings),
        "opinions": len(await api.all("/v1/opinions", **asked)),
        "reports": len(await api.all("/v1/reports", **asked)),
        "items": sum(a["details"].get("items", 0) for a in activities),
        "people_received": sum(a["details"].get("people_received", 0) for a in activities),
    }


async def test_ledgers_tell_what_became_of_things(place: Place, api: Api) -> None:
    activity = await place.activity(findings=[FINDING], opinions=[OPINION])
    finding = f"/v1/findings/{activity['findings'][0]['id']}"
    done = {"text": "已整改", "done_on": "2013-01-20"}
    content = {"cause": "因", "measure": "措施", "goal": "目标", "responsible": "支部"}
    await place.reporter.change("PATCH", finding, content)
    for caller, step in (
        (place.reporter, {"action": "start"}),
        (place.reporter, {"action": "report_done", "done": done}),
        (place.reviewer, {"action": "verify"}),
        (place.reviewer, {"action": "close"}),
    ):
        await caller.change("POST", f"{finding}/transitions", step, of=finding, expect=201)
    report = await place.report()
    adoption = {"level": "city", "outlet": "佛山党建", "adopted_on": "2013-02-01", "issue": "第3期"}
    await place.reviewer.post(f"/v1/reports/{report['id']}/adoptions", adoption)
    await place.activity(kind="delegate_reception", details=RECEPTION, opinions=[OPINION])

    (problem,) = await rows_of(place.reviewer, "findings", place.campaign)
    today = (await api.get(finding))["updated_at"][:10]
    near = {today, str(date.fromisoformat(today) + timedelta(days=1))}
    assert (problem["status"], problem["done_on"]) == ("closed", "2013-01-20")
    assert problem["closed_on"] in near
    assert problem["found_on"] == factories.DAY
    (row,) = await rows_of(place.reviewer, "reports", place.campaign)
    assert row["adoptions"] == ["市 佛山党建 第3期 2013-02-01"]
    assert row["level"] == place.unit["name"]
    (received,) = await rows_of(place.reviewer, "receptions", place.campaign)
    assert (received["office"], received["people_received"]) == ("一室", 12)
    assert (received["opinions"], received["settled"]) == (1, 0)


async def test_nothing_is_ranked_and_nothing_has_points(place: Place) -> None:
    for kind in ("statistics", "three_ones_summary"):
        text = (await fetched(place.reviewer, kind, place.campaign, "csv")).decode("utf-8-sig")
        for word in ("排名", "名次", "得分", "积分", "超额"):
            assert word not in text, word
