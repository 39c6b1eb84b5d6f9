"""A small town with one of everything that a release keeps, made over its API alone.

What the rows of `tests/releases/kept` were made by; nobody in it is real.
"""

from typing import Any

from tests.support import factories as make
from tests.support.callers import caller
from tests.support.client import Api
from tests.support.places import Place, review

ERASED = "赵消消"


async def fill(api: Api) -> None:
    """Found the town, let it work, review, return and adopt, and take one person out of it."""
    place = await _founded(api)
    await _organized(place)
    await _submitted(place)
    await _leading(place)
    await _secured(place)
    await api.work()


async def _founded(api: Api) -> Place:
    place = Place(api)
    place.root = await make.root(api)
    place.unit = await make.unit(api, place.root)
    place.branch = await make.branch(api, place.unit)
    place.leader = await make.leader(api, place.unit, place.branch)
    place.campaign = await make.campaign(api, place.root)
    place.reporter = (await caller(api, "reporter", place.branch)).api
    place.reviewer = (await caller(api, "reviewer", place.unit)).api
    place.unit_reporter = (await caller(api, "reporter", place.unit)).api
    place.root_reviewer = (await caller(api, "reviewer", place.root)).api
    return place


async def _organized(place: Place) -> None:
    """Move, close, merge; a second post, a campaign of one's own, another that is closed."""
    api = place.admin
    other = await make.unit(api, place.root)
    moved, closed, merged = [await make.branch(api, place.unit) for _ in range(3)]
    path = f"/v1/branches/{moved['id']}"
    await api.change("POST", f"{path}/move", {"unit_id": other["id"]}, of=path)
    path = f"/v1/branches/{closed['id']}"
    await api.change("POST", f"{path}/close", {"closed_on": make.DAY}, of=path)
    path = f"/v1/branches/{merged['id']}"
    await api.change(
        "POST", f"{path}/merge", {"into_id": place.branch["id"], "closed_on": make.DAY}, of=path
    )
    path = f"/v1/leaders/{place.leader['id']}"
    post = {"unit_id": other["id"], "post": "兼任书记", "since": make.DAY}
    await api.change("POST", f"{path}/second-posts", post, of=path)
    for code in ("topic-open", "topic-closed"):
        made = await api.post("/v1/campaigns", {
            "code": code, "name": "专题", "starts_on": make.DAY, "root_unit_id": place.unit["id"]
        })  # fmt: skip
        path = f"/v1/campaigns/{made['id']}"
        await api.post(f"{path}/requirements", {
            "code": "update", "title": "动态", "subject": "unit",
            "evidence": {"record": "report", "kinds": ["work_update"]},
        })  # fmt: skip
        await make.open_campaign(api, made)
    await api.change("POST", f"{path}/close", of=path)


async def _submitted(place: Place) -> None:
    """Activities with files, findings and opinions; reports passed on, returned, adopted."""
    file = {"file": ("签到.txt", "签到".encode(), "text/plain")}
    owner = {"org_id": place.branch["id"]}
    upload = await place.reporter.http.post("/v1/attachments", data=owner, files=file)
    assert upload.status_code == 201, upload.text
    for number, topic in enumerate(make.TOPICS):
        await place.activity(title=f"第{number}次讨论", topics=[topic])
    activity = await place.activity(
        kind="guidance_talk", attachment_ids=[upload.json()["id"]], details={"audience_count": 30},
        participants=[{"leader_id": place.leader["id"], "role": "speaker"}],
        findings=[{"check": "thinking", "description": "会议过多"}],
        opinions=[{"field": "economic", "source_group": "public", "content": "多到基层"}],
    )  # fmt: skip
    finding = f"/v1/findings/{activity['findings'][0]['id']}"
    step = {"action": "start", "reason": "整改"}
    await place.reporter.change("POST", f"{finding}/transitions", step, of=finding, expect=201)
    for number, decisions in enumerate((("forward",), ("return",), ("accept",), ())):
        report = await place.report(title=f"第{number}期动态")
        path = f"/v1/reports/{report['id']}"
        for decision in decisions:
            reason = {"reason": "请补充"} if decision == "return" else {}
            body = review(await place.admin.get(path), decision, **reason)
            await place.reviewer.change("POST", f"{path}/reviews", body, of=path, expect=201)
        if "forward" in decisions:
            adoption = {"level": "city", "outlet": "简报", "issue": "一", "adopted_on": make.DAY}
            await place.root_reviewer.change(
                "POST", f"{path}/adoptions", adoption, of=path, expect=201
            )
    draft = place.report_body(title="草稿", status="draft")
    keyed = {"Idempotency-Key": "kept"}
    await place.reporter.send("POST", "/v1/reports", draft, expect=201, headers=keyed)
    withdrawn = await place.report(title="误报")
    path = f"/v1/reports/{withdrawn['id']}"
    await place.reporter.change("POST", f"{path}/withdrawal", {"reason": "误报"}, of=path)
    inspection = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
                  "org_id": place.branch["id"], "held_on": make.DAY, "seen": "情况",
                  "follow_ups": [{"what": "补充材料"}]}  # fmt: skip
    await place.unit_reporter.post("/v1/inspections", inspection)


async def _leading(place: Place) -> None:
    """Leader records, an article, an exemption, and a leader who is erased with what is theirs."""
    await place.article(body="深入基层听取意见，" * 12)
    record = make.record(place.leader, place.campaign)
    await place.unit_reporter.post("/v1/leader-records", record)
    gone = await make.leader(place.admin, place.unit, place.branch, name=ERASED)
    body = make.record(gone, place.campaign, "discussion", title=f"{ERASED}谈心")
    await place.unit_reporter.post("/v1/leader-records", body)
    owed: list[Any] = await place.admin.all("/v1/obligations", subject_id=place.unit["id"])
    path = f"/v1/obligations/{next(o for o in owed if o['status'] == 'open')['id']}"
    await place.admin.change("POST", f"{path}/exemption", {"reason": "撤并"}, of=path)
    erasure = {"unit_id": place.root["id"], "leader_id": gone["id"], "names": [ERASED]}
    await place.admin.post("/v1/erasures", {**erasure, "mode": "apply"}, expect=200)


async def _secured(place: Place) -> None:
    """A client with a rotated and a revoked key."""
    holder = await caller(place.admin, "viewer", place.unit)
    client = f"/v1/clients/{holder.client['id']}"
    for action, status in (("rotation", 201), ("revocation", 200)):
        made = await place.admin.post(f"{client}/keys", {})
        path = f"{client}/keys/{made['id']}"
        await place.admin.change("POST", f"{path}/{action}", {}, of=path, expect=status)
