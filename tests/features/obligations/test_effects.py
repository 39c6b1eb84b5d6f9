"""Why a record counts, or not: what the answer to it tells, and what is read of it later."""

from typing import Any

from tests.support import factories
from tests.support.client import problems
from tests.support.places import Place

CHECKS = list(factories.CHECKS)


def meeting(place: Place, **fields: Any) -> dict[str, Any]:
    body = factories.activity(place.branch, place.campaign, "themed_org_life_meeting")
    return body | {"checks": CHECKS, "members_present": 12} | fields


def told(answer: Any) -> dict[str, tuple[str, int]]:
    """Status and what is missing, by requirement."""
    return {c["requirement_code"]: (c["status"], c["missing"]) for c in answer["counts_for"]}


def missed(answer: Any) -> dict[str, list[str]]:
    return {m["requirement_code"]: m["missing"] for m in answer["near_misses"]}


async def test_the_answer_tells_what_counts_and_what_is_missing(place: Place) -> None:
    api = place.admin
    made = await api.post("/v1/activities", meeting(place, checks=CHECKS[:3]))
    assert "themed-meeting" not in told(made)
    assert missed(made)["themed-meeting"] == ["缺少“查政策措施”"]
    nearly = next(m for m in made["near_misses"] if m["requirement_code"] == "themed-meeting")
    assert nearly["subject"] == {
        "type": "branch", "id": place.branch["id"], "name": place.branch["name"],
    }  # fmt: skip
    path = f"/v1/activities/{made['id']}"
    effects = await api.get(f"{path}/effects")
    assert effects == {
        "counted": True, "counts_for": made["counts_for"], "near_misses": made["near_misses"],
    }  # fmt: skip
    english = await api.send("GET", f"{path}/effects", headers={"Accept-Language": "en"})
    (words,) = missed(english.json())["themed-meeting"]
    assert words.startswith("lacks “")
    assert ":" not in words
    near = await api.get(f"/v1/obligations/{nearly['obligation_id']}/near-misses")
    assert near["data"] == [
        {"record": "activity", "id": made["id"], "on": made["held_on"],
         "missing": ["缺少“查政策措施”"]}
    ]  # fmt: skip
    patched = await api.change("PATCH", path, {"checks": CHECKS}, of=path)
    assert told(patched)["themed-meeting"] == ("met", 0)
    assert "themed-meeting" not in missed(patched)
    assert (await api.get(f"/v1/obligations/{nearly['obligation_id']}/near-misses"))["data"] == []
    assert told(await api.get(f"{path}/effects")) == told(patched)
    back = await api.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    assert (back["counts_for"], back["near_misses"]) == ([], [])
    again = await api.change("POST", f"{path}/submission", of=path)
    assert told(again) == told(patched)


async def test_a_draft_tells_what_it_would_count_for(place: Place) -> None:
    api = place.admin
    made = await api.post("/v1/activities", meeting(place, status="draft"))
    assert told(made)["themed-meeting"] == ("open", 0)
    path = f"/v1/activities/{made['id']}"
    effects = await api.get(f"{path}/effects")
    assert (effects["counted"], told(effects)) == (False, told(made))
    owed = await api.all(
        "/v1/obligations", subject_id=place.branch["id"], requirement_code="themed-meeting"
    )
    assert [o["status"] for o in owed] == ["open"]


async def test_drafts_of_a_batch_tell_what_each_of_them_alone_would(place: Place) -> None:
    api, leaders = place.admin, [{"leader_id": place.leader["id"], "role": "participant"}]
    talk = factories.activity(place.branch, place.campaign, status="draft")
    visit = factories.activity(place.unit, place.campaign, "visit", held_on="2013-01-10")
    visit["details"] = {"group_visited": "cadres", "households": 2}
    await api.post("/v1/activities", visit)
    activities = [
        meeting(place, status="draft", title="草稿", checks=CHECKS[:3]),
        talk | {"participants": leaders, "topics": [factories.TOPICS[0]]},
        talk | {"org_id": place.unit["id"], "methods": ["observe"]},
        meeting(place),
    ]
    report = {"campaign_id": place.campaign["id"], "org_id": place.unit["id"], "title": "材料",
              "body": "正文", "status": "draft"}  # fmt: skip
    article = {"kind": "research_article", "leader_id": place.leader["id"]}
    reports = [report | {"kind": "work_update"}, report | article]
    records = [factories.record(place.leader, place.campaign, status="draft")]
    for path, items in (
        ("/v1/activities", activities), ("/v1/reports", reports), ("/v1/leader-records", records),
    ):  # fmt: skip
        done = (await api.post(f"{path}/batch", {"items": items}, expect=200))["data"]
        for row in done:
            effects = await api.get(f"{path}/{row['id']}/effects")
            assert row["counts_for"] == effects["counts_for"]
            assert row["near_misses"] == effects["near_misses"]
        assert all(told(row) for row in done if row is not done[0])
        alone = await api.post(path, items[0] | {"title": "另一份"})
        assert (told(alone), missed(alone)) == (told(done[0]), missed(done[0]))


async def test_rows_of_a_batch_and_repetitions_tell_the_same(place: Place) -> None:
    api = place.admin
    items = [
        meeting(place, title=f"第{n}次会议", source="oa", external_id=str(n), checks=checks)
        for n, checks in enumerate((CHECKS, CHECKS[1:], CHECKS))
    ]
    answer = await api.post("/v1/activities/batch", {"items": items}, expect=200)
    rows = answer["data"]
    assert [told(row).get("themed-meeting") for row in rows] == [("met", 0), None, ("met", 0)]
    for row, item in zip(rows, items, strict=True):
        single = await api.send("POST", "/v1/activities", item, expect=200)
        assert told(single.json()) == told(row)
    key = {"Idempotency-Key": factories.own_id()}
    body = meeting(place, title="另一次", held_on="2013-02-03")
    first = await api.send("POST", "/v1/activities", body, headers=key, expect=201)
    again = await api.send("POST", "/v1/activities", body, headers=key, expect=201)
    assert again.content == first.content


async def test_reports_leader_records_and_inspections_tell_it_too(place: Place) -> None:
    api = place.admin
    essay = {"campaign_id": place.campaign["id"], "org_id": place.unit["id"], "title": "体会",
             "kind": "reflection_essay", "body": "谈体会"}  # fmt: skip
    made = await api.post("/v1/reports", essay)
    path = f"/v1/reports/{made['id']}"
    effects = await api.get(f"{path}/effects")
    assert effects["counts_for"] == made["counts_for"]
    assert effects["near_misses"] == made["near_misses"]
    record = await api.post("/v1/leader-records", factories.record(place.leader, place.campaign))
    assert told(record) == {"leader-research-article": ("met", 0)}
    assert told(await api.get(f"/v1/leader-records/{record['id']}/effects")) == told(record)
    inspection = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
                  "org_id": place.branch["id"], "held_on": factories.DAY,
                  "seen": "看了台账"}  # fmt: skip
    seen = await api.send("POST", "/v1/inspections", inspection)
    assert seen.status_code == 201, seen.text
    found = seen.json()
    effects = await api.get(f"/v1/inspections/{found['id']}/effects")
    assert told(effects) == told(found)
    assert effects["counted"]


async def test_what_a_caller_does_not_see_is_not_told(place: Place) -> None:
    """A leader of the unit takes part: the branch is not told what their unit's ledger says."""
    leaders = [{"leader_id": place.leader["id"], "role": "participant"}]
    body = factories.activity(place.branch, place.campaign, topics=[factories.TOPICS[0]])
    body |= {"participants": leaders, "members_present": 9}
    all_of_it = await place.admin.post("/v1/activities", body)
    assert "leader-discussion" in told(all_of_it)
    branch = place.reporter
    own = await branch.post(
        "/v1/activities", body | {"title": "又一次讨论", "held_on": "2013-02-02"}
    )
    assert "discuss-doctrine" in told(own)
    assert "leader-discussion" not in told(own)
    effects = await branch.get(f"/v1/activities/{own['id']}/effects")
    assert told(effects) == told(own)


async def test_a_topic_is_called_by_all_of_its_sentence(place: Place) -> None:
    said = meeting(place, kind="discussion", topics=["topic_new_measures"], checks=[])
    made = await place.admin.post("/v1/activities", said)
    topic = next(t for t in place.campaign["topics"] if t["code"] == "topic_doctrine")
    assert "，" in topic["title"]
    assert missed(made)["discuss-doctrine"] == [f"缺少“{topic['title']}”"]


async def test_codes_that_a_notice_below_adds_are_called_as_it_calls_them(place: Place) -> None:
    """A record that nearly meets what the unit's own notice asks for names no code."""
    api, path = place.admin, f"/v1/campaigns/{place.campaign['id']}/supplements"
    talk = {"record": "activity", "kinds": ["discussion"], "topics": ["t9"], "methods": ["home"]}
    after = {"record": "activity", "kinds": ["symposium"], "preceded_by": {"method": "home"}}
    asked = [
        {"code": "talk-village", "title": "谈村居", "subject": "branch", "evidence": talk},
        {"code": "after-visit", "title": "先访后谈", "subject": "branch", "evidence": after},
    ]
    added = {
        "unit_id": place.unit["id"],
        "notice": {"document_number": "南组通〔2013〕7号", "issuer": "中共佛山市南海区委组织部"},
        "topics": [{"code": "t9", "title": "谈村改居", "title_en": "Talk about the village"}],
        "methods": [{"code": "home", "title": "入户"}],
        "requirements": asked,
    }
    await api.post(path, added)
    lacking = {"talk-village": ["缺少“谈村改居”", "方法缺少“入户”"]}
    body = factories.activity(place.branch, place.campaign, members_present=9)
    made = await api.post("/v1/activities", body)
    assert missed(made)["talk-village"] == lacking["talk-village"]
    own = f"/v1/activities/{made['id']}"
    assert missed(await api.get(f"{own}/effects"))["talk-village"] == lacking["talk-village"]
    english = await api.send("GET", f"{own}/effects", headers={"Accept-Language": "en"})
    assert missed(english.json())["talk-village"][0] == "lacks “Talk about the village”"
    owed = (await place.obligations(place.branch))["talk-village"]["id"]
    near = await api.get(f"/v1/obligations/{owed}/near-misses")
    assert [row["missing"] for row in near["data"]] == [lacking["talk-village"]]
    symposium = await api.post("/v1/activities", body | {"kind": "symposium"})
    path = f"/v1/activities/{symposium['id']}/effects"
    assert missed(await api.get(path))["after-visit"] == ["此前应先开展“入户”"]
    draft = await api.post("/v1/activities", body | {"status": "draft", "title": "又谈"})
    assert missed(draft)["talk-village"] == lacking["talk-village"]


async def test_near_misses_are_read_page_by_page(place: Place) -> None:
    api = place.admin
    days = ("2013-01-15", "2013-01-17", "2013-01-15", "2013-01-16", "2013-01-15")
    items = [meeting(place, title=f"第{n}次", held_on=day, checks=CHECKS[1:])
             for n, day in enumerate(days)]  # fmt: skip
    rows = (await api.post("/v1/activities/batch", {"items": items}, expect=200))["data"]
    made = [(day, row["id"]) for day, row in zip(days, rows, strict=True)]
    owed = (await place.obligations(place.branch))["themed-meeting"]["id"]
    path = f"/v1/obligations/{owed}/near-misses"
    for sort, expected in (
        (None, sorted(made, reverse=True)),
        ("on", sorted(made)),
        ("id", sorted(made, key=lambda each: each[1])),
    ):
        more: dict[str, Any] = {"sort": sort} if sort else {}
        seen: list[tuple[str, str]] = []
        page = await api.get(path, limit=2, **more)
        assert page["total"] == len(expected)
        while True:
            seen += [(row["on"], row["id"]) for row in page["data"]]
            if not page["has_more"]:
                break
            page = await api.get(path, limit=2, cursor=page["next_cursor"], **more)
        assert (seen, page["next_cursor"]) == (expected, None)
    first = await api.send("GET", path, limit=2)
    assert 'rel="next"' in first.headers["link"]
    other: dict[str, Any] = {"cursor": first.json()["next_cursor"], "sort": "on"}
    assert (await api.get(path, expect=400, limit=2, **other))["code"] == "invalid_cursor"
    assert problems(await api.get(path, expect=422, sort="code")) == {
        ("?sort", "not_allowed_value")
    }


async def test_a_name_in_quotation_marks_has_its_own_inside(place: Place) -> None:
    body = factories.activity(place.unit, place.campaign, "symposium")
    made = await place.admin.post("/v1/activities", body)
    assert missed(made)["listen-first"] == ["方法缺少“先‘闻’后谈”"]
