"""A person erased: gone from every table, file and log, while every count stays as it was."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.cli.verification import VERIFICATIONS
from app.db import Database
from app.features.erasures.queries import texts
from app.features.erasures.rules import PLACEHOLDER, Wanted, is_name, remove_names
from app.features.erasures.service import persons
from app.models.base import Base
from tests.support import factories as make
from tests.support.client import Api, problems, started
from tests.support.granted import also, granted
from tests.support.places import Place, review
from tests.support.sealing import seal_all

NAME = "赵消消"
ACTOR = "actor-of-zhao-77"


@pytest.fixture
async def api(database: Database, database_url: str, tmp_path: Path) -> Api:
    return await started(database, database_url, storage_url=str(tmp_path))


async def dump(api: Api) -> str:
    """Every value of every table."""
    found = []
    async with api.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            found += [f"{table}: {tuple(row)}" for row in await session.execute(select(table))]
    return "\n".join(found)


def holding(folder: Path, name: str) -> list[Path]:
    """Files that hold a name."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in found if name.encode() in path.read_bytes()]


async def faults(api: Api) -> list[str]:
    async with api.database.reading() as session:
        return [f for of in VERIFICATIONS for f in await of(session, api.settings, [])]


async def counted(at: Place) -> Any:
    """Everything that is counted of the campaign."""
    query = {"campaign_id": at.campaign["id"], "unit_id": at.root["id"], "group_by": "requirement"}
    progress = await at.admin.get("/v1/progress", **query)
    rows = await at.admin.all("/v1/obligations", campaign_id=at.campaign["id"])
    owed = {row["id"]: (row["status"], row["count"], row["met_on"]) for row in rows}
    return {**progress, "as_of": None}, owed


async def uploaded(api: Api, org: Any, name: str, content: str) -> str:
    response = await api.http.post(
        "/v1/attachments", files={"file": (name, content.encode())}, data={"org_id": org["id"]}
    )
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def everywhere(at: Place) -> tuple[Any, list[str]]:
    """Write the name into whatever takes a text, by callers who act for the person as well."""
    api, name = at.admin, f"由{NAME}同志"
    for caller in (at.reporter, at.reviewer, at.unit_reporter, at.root_reviewer, api):
        caller.http.headers["Actor"] = ACTOR
    branch = f"/v1/branches/{at.branch['id']}"
    await api.change("PATCH", branch, {"secretary": NAME})
    leader = await make.leader(
        api,
        at.unit,
        at.branch,
        name=NAME,
        post=f"{name}任书记",
        source="人事",
        external_id=f"{NAME}-1",
    )
    await api.post("/v1/clients", {"name": name, "description": name})
    photo = await uploaded(at.reporter, at.branch, f"{NAME}签到.txt", f"{NAME}签到")
    other = await uploaded(at.reporter, at.branch, f"{NAME}照片.txt", "无名")
    part = {"leader_id": leader["id"], "role": "speaker"}
    finding = {"check": "thinking", **dict.fromkeys(
        ("description", "cause", "measure", "goal", "responsible"), name)}  # fmt: skip
    opinion = {"field": "economic", "source_group": "public", "content": name,
               "handling": "answered", "handler": name, "answer": name}  # fmt: skip
    activity = await at.activity(
        kind="guidance_talk", place=name, summary=name, host=name, recorder=NAME,
        member_refs=[NAME], participants=[part], findings=[finding], opinions=[opinion],
        details={"audience_count": 30}, attachment_ids=[photo, other], source="网站",
        external_id=f"{NAME}-会",
    )  # fmt: skip
    path = f"/v1/activities/{activity['id']}"
    await at.reporter.change("PATCH", path, {"title": f"{name}的辅导"})
    read = await at.reviewer.get(path)
    returned = review(read, "return", reason=f"{name}的材料不全")
    await at.reviewer.change("POST", f"{path}/reviews", returned, of=path, expect=201)
    await at.reporter.change("POST", f"{path}/submission", of=path)
    await _reports(at, leader, name)
    await _findings(at, activity, name)
    body = make.record(leader, at.campaign, "discussion", title=name, place=name)
    await at.unit_reporter.post("/v1/leader-records", body)
    await _answered(at, activity, name)
    return leader, [photo]


async def _answered(at: Place, activity: Any, name: str) -> None:
    """What is said against a credit and for an exemption, and the answers."""
    (record,) = await at.admin.all("/v1/leader-records", activity_id=activity["id"])
    path = f"/v1/leader-records/{record['id']}"
    said = {"reason": name}
    dispute = f"{path}/dispute"
    await at.unit_reporter.change("POST", dispute, said, of=path, expect=201)
    rejected = {"decision": "reject", "reason": name}
    await at.root_reviewer.change("POST", f"{dispute}/decision", rejected, of=path)
    rows = await at.admin.all("/v1/obligations", subject_id=at.branch["id"], status="open")
    owed = f"/v1/obligations/{rows[0]['id']}"
    await at.reporter.change("POST", f"{owed}/exemption", said, of=owed)
    refused = {"decision": "refuse", "reason": name}
    await at.root_reviewer.change("POST", f"{owed}/exemption/decision", refused, of=owed)


async def _reports(at: Place, leader: Any, name: str) -> None:
    long = f"{name}撰写的调研：" + "深入基层听取意见，" * 12
    sent = at.report_body(
        "research_article", title=name, body=long, author=NAME, leader_id=leader["id"]
    )
    keyed = {"Idempotency-Key": f"key-of-{ACTOR}"}
    made = await at.unit_reporter.send("POST", "/v1/reports", sent, expect=201, headers=keyed)
    path = f"/v1/reports/{made.json()['id']}"
    await at.reporter.change("PATCH", path, {"body": f"{long}又记"})
    forward = review(await at.admin.get(path), "forward", title=name, body=long)
    await at.reviewer.change("POST", f"{path}/reviews", forward, of=path, expect=201)
    adoption = {"level": "city", "outlet": name, "issue": NAME, "adopted_on": make.DAY}
    await at.root_reviewer.change("POST", f"{path}/adoptions", adoption, of=path, expect=201)


async def _findings(at: Place, activity: Any, name: str) -> None:
    inspection = {
        "campaign_id": at.campaign["id"], "unit_id": at.unit["id"], "org_id": at.branch["id"],
        "held_on": make.DAY, "inspectors": name, "seen": name, "follow_ups": [{"what": name}],
    }  # fmt: skip
    made = await at.unit_reporter.post("/v1/inspections", inspection)
    path = f"/v1/inspections/{made['id']}"
    answer = f"{path}/follow-ups/{made['follow_ups'][0]['id']}/answer"
    await at.reporter.change("POST", answer, {"answer": name}, of=path)
    finding = f"/v1/findings/{activity['findings'][0]['id']}"
    for caller, action in (
        (at.reporter, "start"), (at.reporter, "report_done"), (at.reviewer, "return"),
    ):  # fmt: skip
        step: dict[str, Any] = {"action": action, "reason": name}
        if action == "report_done":
            step["done"] = {"text": name}
        await caller.change("POST", f"{finding}/transitions", step, of=finding, expect=201)
    obligations = await at.admin.all("/v1/obligations", subject_id=at.unit["id"], status="open")
    owed = f"/v1/obligations/{obligations[0]['id']}"
    await at.admin.change("POST", f"{owed}/exemption", {"reason": name}, of=owed)


async def test_nothing_of_a_person_is_left_and_nothing_else_is_lost(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api = place.admin
    leader, files = await everywhere(place)
    await seal_all(api)
    before, held = await counted(place), await dump(api)
    assert held.count(NAME) > 60
    assert ACTOR in held
    body = {
        "unit_id": place.root["id"], "leader_id": leader["id"], "names": [NAME],
        "persons": [ACTOR], "attachment_ids": files,
    }  # fmt: skip
    preview = await api.post("/v1/erasures", {**body, "mode": "preview"}, expect=200)
    tables = {row["resource"] for row in preview["found"]}
    assert tables >= {
        "activity", "adoptions", "attachment", "branch", "client", "exemption_proposals", "finding",
        "inspection", "inspection_follow_ups", "leader", "leader_record", "obligation", "opinion",
        "report", "reviews", "revisions",
    }  # fmt: skip
    assert (preview["attachments"], preview["namesakes"]) == (1, 0)
    assert len(preview["files"]) == 1
    assert (await dump(api)).count(NAME) == held.count(NAME)
    api.http.headers.pop("Actor")

    applied = await api.post("/v1/erasures", {**body, "mode": "apply"}, expect=200)

    assert applied["found"] == preview["found"]
    log = capsys.readouterr().out
    assert "request" in log
    for told in (await dump(api), log):
        for trace in (NAME, NAME.encode("unicode_escape").decode(), ACTOR):
            assert trace not in told
    assert holding(tmp_path, NAME) == []
    assert await counted(place) == before
    assert await faults(api) == []
    seen = await api.get(f"/v1/leaders/{leader['id']}")
    assert (seen["name"], seen["post"], seen["external_id"]) == (PLACEHOLDER, PLACEHOLDER, None)
    assert seen["unit_id"] == place.unit["id"]
    await seal_all(api)
    assert await faults(api) == []


async def test_an_activity_is_another_when_what_it_shows_is_erased(place: Place) -> None:
    """Of whom a finding, or an opinion, speaks; nothing else of the activity does."""
    finding = {"check": "methods", "description": "入户少", "responsible": NAME}
    opinion = {"content": f"{NAME}常来", "field": "economic", "source_group": "public"}
    for name, part in (("findings", finding), ("opinions", opinion)):
        made = await place.activity(**{name: [part]})
        path = f"/v1/activities/{made['id']}"
        tag = (await place.admin.send("GET", path)).headers["ETag"]
        body = {"unit_id": place.root["id"], "names": [NAME], "mode": "apply"}
        await place.admin.post("/v1/erasures", body, expect=200)
        seen = await place.admin.send("GET", path, headers={"If-None-Match": tag})
        assert (seen.status_code, NAME in seen.text) == (200, False), name


async def test_a_kept_answer_about_a_person_is_not_given_again(place: Place) -> None:
    leader, _ = await everywhere(place)
    keyed = {"Idempotency-Key": "once"}
    item = {
        "name": NAME,
        "post": "书记",
        "unit_id": place.unit["id"],
        "source": "a",
        "external_id": "9",
    }
    made = await place.admin.send("POST", "/v1/leaders", item, expect=201, headers=keyed)
    body = {"unit_id": place.root["id"], "mode": "apply", "leader_id": made.json()["id"]}
    answer = await place.admin.post("/v1/erasures", body, expect=200)
    assert answer["namesakes"] == 1
    again = await place.admin.send("POST", "/v1/leaders", item, expect=409, headers=keyed)
    assert again.json()["code"] == "idempotent_answer_erased"
    # Who bears the same name keeps it in their own entry.
    assert (await place.admin.get(f"/v1/leaders/{leader['id']}"))["name"] == NAME


async def test_only_the_named_subtree_is_touched_by_who_keeps_its_security(place: Place) -> None:
    elsewhere = await make.unit(place.admin, place.root)
    branch = await make.branch(place.admin, elsewhere, secretary=NAME)
    await place.admin.change("PATCH", f"/v1/branches/{place.branch['id']}", {"secretary": NAME})
    local = await granted(place.admin, place.unit, "admin")
    body = {"unit_id": place.unit["id"], "mode": "apply", "names": [NAME], "persons": [ACTOR]}
    await local.post("/v1/erasures", {**body, "unit_id": elsewhere["id"]}, expect=404)
    await place.unit_reporter.post("/v1/erasures", body, expect=403)
    done = await local.post("/v1/erasures", body, expect=200)
    assert [(f["resource"], f["field"]) for f in done["found"]] == [("branch", "secretary")]
    inside = await place.admin.get(f"/v1/branches/{place.branch['id']}")
    assert inside["secretary"] == PLACEHOLDER
    assert (await place.admin.get(f"/v1/branches/{branch['id']}"))["secretary"] == NAME
    changed = {"unit_id": place.unit["id"], "mode": "apply", "attachment_ids": [make.own_id()]}
    assert problems(await local.post("/v1/erasures", changed, expect=422)) == {
        ("/attachment_ids/0", "unknown_attachment")
    }


async def test_a_leader_of_another_subtree_is_not_erased_through_ones_own(place: Place) -> None:
    elsewhere = await make.unit(place.admin, place.root)
    leader = await make.leader(place.admin, elsewhere)
    local = await granted(place.admin, place.unit, "admin")
    await also(place.admin, local, elsewhere, "organizer")
    body = {"unit_id": place.unit["id"], "mode": "apply", "leader_id": leader["id"]}
    await local.post("/v1/erasures", body, expect=404)
    assert (await place.admin.get(f"/v1/leaders/{leader['id']}"))["name"] == leader["name"]


async def test_a_part_of_an_identifier_makes_nobody_forget_their_answers(place: Place) -> None:
    keyed = {"Idempotency-Key": "once"}
    item = {"name": "甲某", "post": "书记", "unit_id": place.unit["id"]}
    first = await place.admin.send("POST", "/v1/leaders", item, expect=201, headers=keyed)
    body = {"unit_id": place.root["id"], "mode": "apply", "persons": ["client", "e"]}
    await place.admin.post("/v1/erasures", body, expect=200)
    again = await place.admin.send("POST", "/v1/leaders", item, expect=201, headers=keyed)
    assert again.json() == first.json()


async def test_what_is_no_name_is_refused_and_what_is_everywhere_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"unit_id": place.root["id"], "mode": "apply"}
    nothing = await place.admin.post("/v1/erasures", body, expect=422)
    assert problems(nothing) == {("/leader_id", "nothing_named")}
    wrong = await place.admin.post(
        "/v1/erasures", {**body, "names": ["submitted", "王"]}, expect=422
    )
    assert problems(wrong) == {("/names/0", "not_a_name"), ("/names/1", "not_a_name")}
    monkeypatch.setattr(persons, "MOST", 2)
    broad = await place.admin.post("/v1/erasures", {**body, "names": ["支部"]}, expect=409)
    assert broad["code"] == "erasure_too_broad"


def test_codes_numbers_days_and_ids_are_no_names() -> None:
    for text in (
        "draft",
        "2013-01-15",
        "018f2c3e-0000-7000-8000-000000000000",
        "王",
        "CPC",
        "campaign.open",
    ):
        assert not is_name(text), text
    for text in ("王伟", "Tashi Dorje", "阿卜杜拉·艾山", "Li"):
        assert is_name(text), text


def test_values_lose_names_and_persons_only() -> None:
    wanted = Wanted(("王伟",), ("a1",), "erased-x")
    value = {"a": ["王伟说", "a1", "a11", 3, None], "王": {"b": "无"}}
    assert remove_names(value, wanted) == {
        "a": [f"{PLACEHOLDER}说", "erased-x", "a11", 3, None], "王": {"b": "无"}
    }  # fmt: skip


def test_every_column_that_can_hold_a_name_is_looked_into() -> None:
    """What is left out, by name: a new column of text is looked into by itself."""
    looked = {model.__table__ for model in texts.list_tables()}
    assert {t.name for t in Base.metadata.sorted_tables if t not in looked} == {
        "adopted_texts", "events", "event_seals", "idempotent_answers",
        "import_mappings", "import_parts", "import_rows", "imports",
    }  # fmt: skip
    assert "secretary" in {
        c.key for c in texts.list_text_columns(Base.metadata.tables["organizations"])
    }
    assert "before" in {c.key for c in texts.list_text_columns(Base.metadata.tables["revisions"])}
