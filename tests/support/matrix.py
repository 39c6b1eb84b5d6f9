"""A tree with one of everything at each of eight places, as one caller stands to them."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app import jobs
from app.kit import clock
from app.models import Organization
from tests.support import factories, scenes
from tests.support.callers import Caller, caller
from tests.support.client import Api
from tests.support.factories import own_id

INSIDE = ("own", "descendant", "closed", "drafted")
OUTSIDE = ("ancestor", "sibling", "moved_away", "absent")
PARTS = (
    "unit_id", "branch_id", "leader_id", "client_id", "key_id", "grant_id", "campaign_id",
    "requirement_id", "activity_id", "record_id", "report_id", "attachment_id", "obligation_id",
    "job_id", "adoption_id", "dispatch_id", "finding_id", "opinion_id",
    "inspection_id", "follow_up_id", "post_id", "extension_id", "asked_id", "snapshot_id",
    "office_id",
    "supplement_id", "notice_id",
    "export_id",
    "import_id",
    "endpoint_id", "delivery_id",
)  # fmt: skip

HOOK = "https://hook.example/in"
LATER = {"until": str(clock.today() + timedelta(days=30)), "reason": "汛期"}


@dataclass
class Scene:
    """`places[place][parameter]` is an id; `live` is the open campaign over the whole tree."""

    api: Api
    superior: Api
    """A reviewer of the whole tree."""
    live: Any = None
    root: Any = None
    places: dict[str, dict[str, str]] = field(default_factory=dict)
    units: dict[str, Any] = field(default_factory=dict)

    async def caller(self, role: str) -> Caller:
        """A client with a role at the own unit."""
        return await caller(self.api, role, self.units["own"])


async def staged(api: Api) -> Scene:
    """Return the scene of `make_scene`, as it was before any test changed it."""
    return await scenes.stage("matrix", api, lambda: make_scene(api))


async def make_scene(api: Api) -> Scene:
    """Ancestor › (own › (descendant, closed, spare, moved_away), sibling); moved_away moves.

    `spare` is where units can move to or be merged into, with a branch. `drafted` is what is the
    own unit's, in another state: drafts, a campaign that is open, an empty unit and the like, and
    what a superior inspected. At `descendant` no day was asked for but by who was inspected, and no
    figures were issued; at `closed` the campaign is closed, too.
    """
    root = await factories.root(api)
    scene = Scene(api, (await caller(api, "reviewer", root)).api, root=root)
    above = await factories.unit(api, scene.root)
    own = await factories.unit(api, above)
    scene.units = {
        "ancestor": above,
        "own": own,
        "sibling": await factories.unit(api, above),
        "descendant": await factories.unit(api, own),
        "closed": await factories.unit(api, own),
        "moved_away": await factories.unit(api, own),
    }
    local = {place: await _organizations(api, unit) for place, unit in scene.units.items()}
    scene.units["spare"] = await factories.unit(api, own)
    scene.units["spare branch"] = await factories.branch(api, scene.units["spare"])
    scene.live = await factories.campaign(api, scene.root)
    for place, made in local.items():
        scene.places[place] = await _records(scene, scene.units[place], *made)
        if place != "descendant":  # there a report waits for its first review
            await _adopt(scene, scene.places[place])
    await _end(api, scene.places["closed"]["campaign_id"])
    await _ask(scene, local["descendant"][0])
    scene.places["drafted"] = await _drafted(scene, *local["own"])
    scene.places["absent"] = {name: own_id() for name in PARTS}
    path = f"/v1/units/{scene.units['moved_away']['id']}"
    to = {"parent_id": scene.units["sibling"]["id"]}
    await api.change("POST", f"{path}/move", to, of=path)
    await _close(scene)
    return scene


async def _organizations(api: Api, unit: Any) -> tuple[Any, Any]:
    branch = await factories.branch(api, unit)
    return branch, await factories.leader(api, unit, branch)


async def _records(scene: Scene, unit: Any, branch: Any, leader: Any) -> dict[str, str]:
    api, plain = scene.api, unit is scene.units["descendant"]
    holder = await caller(api, "viewer", unit)
    hook = await _hook(holder)
    campaign, requirement = await _campaign(api, unit, f"of-{unit['code']}".lower())
    activity = await _activity(scene, branch)
    asked = {} if plain else await _asked(api, activity)
    record = await _record(scene, unit, branch, leader)
    report = await api.post("/v1/reports", _report(scene, unit))
    inspected = await _inspected(scene, unit, branch)
    obligations = await api.get("/v1/obligations", under=branch["id"], limit=1)
    file = {"file": ("note.txt", b"text", "text/plain")}
    upload = await api.http.post("/v1/attachments", data={"org_id": unit["id"]}, files=file)
    assert upload.status_code == 201, upload.text
    beside = await factories.unit(api, unit)
    path = f"/v1/leaders/{leader['id']}"
    second = {"unit_id": beside["id"], "post": "兼任书记", "since": factories.DAY}
    posts = await api.change("POST", f"{path}/second-posts", second, of=path)
    table = {"file": ("t.csv", "支部,活动主题,日期\n甲,乙,2013-01-15\n".encode())}
    form = {"resource": "activities", "org_id": unit["id"], "campaign_id": scene.live["id"]}
    sent = await api.http.post("/v1/imports", data=form, files=table)
    assert sent.status_code == 202, sent.text
    async with api.database.writing() as session:
        job_id = await jobs.enqueue(session, "matrix", {}, org_id=UUID(unit["id"]))
    return {
        "unit_id": unit["id"],
        "branch_id": branch["id"],
        "leader_id": leader["id"],
        "client_id": holder.client["id"],
        **hook,
        "key_id": holder.key["id"],
        "grant_id": holder.grant["id"],
        "campaign_id": campaign["id"],
        "requirement_id": requirement["id"],
        "activity_id": activity["id"],
        "finding_id": activity["findings"][0]["id"],
        "opinion_id": activity["opinions"][0]["id"],
        "extension_id": asked.get("findings", own_id()),
        "asked_id": asked.get("opinions", own_id()),
        "record_id": record["id"],
        "report_id": report["id"],
        "attachment_id": upload.json()["id"],
        "obligation_id": obligations["data"][0]["id"],
        "job_id": str(job_id),
        "import_id": sent.json()["id"],
        "adoption_id": own_id(),
        "dispatch_id": own_id(),
        "inspection_id": inspected["id"],
        "follow_up_id": inspected["follow_ups"][0]["id"],
        "post_id": posts["data"][0]["id"],
        "office_id": (await _office(api, unit))["id"],
        "snapshot_id": own_id() if plain else await _issued(api, campaign, unit),
        **await _supplemented(api, campaign, unit),
        "export_id": await _export(scene, unit),
    }


async def _record(scene: Scene, unit: Any, branch: Any, leader: Any) -> Any:
    """A leader's record; at "own" and "closed" one that a branch entered, at "closed" disputed."""
    api, entered = scene.api, [scene.units["own"], scene.units["closed"]]
    if unit not in entered:
        return await api.post("/v1/leader-records", factories.record(leader, scene.live))
    speaker = [{"leader_id": leader["id"], "role": "speaker"}]
    body = factories.activity(branch, scene.live, kind="guidance_talk", participants=speaker)
    activity = await api.post("/v1/activities", body)
    (record,) = await api.all("/v1/leader-records", activity_id=activity["id"])
    if unit is not scene.units["closed"]:
        return record
    path = f"/v1/leader-records/{record['id']}"
    return await api.change("POST", f"{path}/dispute", {"reason": "未到场"}, of=path, expect=201)


async def _end(api: Api, campaign_id: str) -> None:
    """Open a campaign and close it, with some days left to settle."""
    await factories.open_campaign(api, {"id": campaign_id})
    path = f"/v1/campaigns/{campaign_id}"
    await api.change("POST", f"{path}/close", {"settle_until": LATER["until"]}, of=path)


async def _inspected(scene: Scene, unit: Any, branch: Any) -> Any:
    """An inspection of a branch by a unit, from which something must follow."""
    body = {"campaign_id": scene.live["id"], "unit_id": unit["id"], "org_id": branch["id"],
            "held_on": factories.DAY, "seen": "情况",
            "follow_ups": [{"what": "补充材料", "due_on": factories.DAY}]}  # fmt: skip
    return await scene.api.post("/v1/inspections", body)


async def _activity(scene: Scene, branch: Any) -> Any:
    """An activity with parts."""
    found: dict[str, Any] = {
        "findings": [
            {"check": "thinking", "description": "会议过多", "due_on": factories.DAY},
        ],
        "opinions": [
            {
                "field": "economic",
                "source_group": "public",
                "content": "多到基层",
                "due_on": factories.DAY,
            },
        ],
    }
    return await scene.api.post("/v1/activities", factories.activity(branch, scene.live, **found))


async def _asked(api: Api, activity: Any) -> dict[str, str]:
    """Later days that are asked for of an activity's parts."""
    found = {}
    for name in ("findings", "opinions"):
        made = await api.post(f"/v1/{name}/{activity[name][0]['id']}/extensions", LATER)
        found[name] = made["extensions"][0]["id"]
    return found


async def _entered(scene: Scene, unit: Any, branch: Any) -> tuple[Any, Any]:
    """A finding of a branch and an opinion of its unit, for which no later day was asked."""
    common = {"campaign_id": scene.live["id"], "due_on": factories.DAY}
    finding = {**common, "org_id": branch["id"], "check": "thinking", "description": "会议过多"}
    opinion = {**common, "org_id": unit["id"], "field": "economic", "source_group": "public",
               "content": "多到基层"}  # fmt: skip
    return (
        await scene.api.post("/v1/findings", finding),
        await scene.api.post("/v1/opinions", opinion),
    )


async def _office(api: Api, unit: Any) -> Any:
    """A delegates' office at which nobody was received yet."""
    return await api.post("/v1/delegate-offices", {"unit_id": unit["id"], "name": "工作室"})


async def _issued(api: Api, campaign: Any, unit: Any) -> str:
    """Figures of a unit that were issued."""
    body = {"unit_id": unit["id"], "title": "通报"}
    made = await api.post(f"/v1/campaigns/{campaign['id']}/snapshots", body)
    return str(made["id"])


async def _supplemented(api: Api, campaign: Any, unit: Any) -> dict[str, str]:
    """A supplement to a unit's campaign, with its notice."""
    notice = {"document_number": "南组通〔2013〕7号", "issuer": "南海区委组织部"}
    body = {"unit_id": unit["id"], "notice": notice}
    made = await api.post(f"/v1/campaigns/{campaign['id']}/supplements", body)
    return {"supplement_id": made["id"], "notice_id": made["notice"]["id"]}


async def _hook(holder: Caller) -> dict[str, str]:
    """An endpoint of a client, and what is to be sent there."""
    made = await holder.api.post("/v1/webhook-endpoints", {"url": HOOK})
    path = f"/v1/webhook-endpoints/{made['id']}/test"
    sent = await holder.api.post(path, expect=202)
    return {"endpoint_id": made["id"], "delivery_id": sent["id"]}


async def _export(scene: Scene, unit: Any) -> str:
    """An export of a unit that its administrator has asked for: nobody else sees it."""
    body = {"kind": "activities", "format": "csv", "campaign_id": scene.live["id"]}
    made = await scene.api.post("/v1/exports", body | {"unit_id": unit["id"]}, expect=202)
    return str(made["id"])


async def _campaign(api: Api, unit: Any, code: str) -> tuple[Any, Any]:
    """A campaign of a unit that asks for one thing, and what it asks for; not opened."""
    body = {"code": code, "name": "专题", "starts_on": factories.DAY, "root_unit_id": unit["id"]}
    campaign = await api.post("/v1/campaigns", body)
    evidence = {"record": "report", "kinds": ["work_update"]}
    requirement = {"code": "update", "title": "动态", "subject": "unit", "evidence": evidence}
    path = f"/v1/campaigns/{campaign['id']}/requirements"
    return campaign, await api.post(path, requirement)


def _report(scene: Scene, unit: Any, **fields: Any) -> dict[str, Any]:
    return {"campaign_id": scene.live["id"], "org_id": unit["id"], "kind": "work_update",
            "title": "情况", "body": "正文", **fields}  # fmt: skip


async def _adopt(scene: Scene, place: dict[str, str]) -> None:
    """Let somebody adopt the report of a place who did not write it."""
    adoption = {"level": "city", "outlet": "简报", "issue": "一", "adopted_on": factories.DAY}
    path = f"/v1/reports/{place['report_id']}"
    made = await scene.superior.change("POST", f"{path}/adoptions", adoption, of=path, expect=201)
    place["adoption_id"] = made["adoptions"][0]["id"]


async def _ask(scene: Scene, branch: Any) -> None:
    """Let who was inspected at the descendant ask for a later day; a finding's is at the others."""
    place = scene.places["descendant"]
    inspected = await caller(scene.api, "reporter", branch)
    path = f"/v1/inspections/{place['inspection_id']}/follow-ups/{place['follow_up_id']}"
    asked = await inspected.api.post(f"{path}/extensions", LATER)
    place["extension_id"] = asked["follow_ups"][0]["extensions"][0]["id"]


async def _drafted(scene: Scene, branch: Any, leader: Any) -> dict[str, str]:
    """What is left to do with these has been done with those of the own unit."""
    api, own, draft = scene.api, scene.units["own"], {"status": "draft"}
    activity = await api.post("/v1/activities", factories.activity(branch, scene.live, **draft))
    record = await api.post("/v1/leader-records", factories.record(leader, scene.live, **draft))
    report = await api.post("/v1/reports", _report(scene, own, **draft))
    campaign, requirement = await _campaign(api, own, "of-own-opened")
    await factories.open_campaign(api, campaign)
    exempt = await _exempt(scene, campaign)
    inspected = await _inspected(scene, scene.units["ancestor"], branch)
    finding, opinion = await _entered(scene, own, branch)
    empty = await factories.branch(api, own)
    path = f"/v1/branches/{empty['id']}"
    yesterday = str(clock.today() - timedelta(days=1))
    await api.change("POST", f"{path}/close", {"closed_on": yesterday}, of=path)
    office = f"/v1/delegate-offices/{(await _office(api, own))['id']}"
    await api.change("POST", f"{office}/close", {"closed_on": yesterday}, of=office)
    return scene.places["own"] | {
        "office_id": office.rsplit("/", 1)[-1],
        "unit_id": (await factories.unit(api, own))["id"],
        "branch_id": empty["id"],
        "leader_id": (await factories.leader(api, own))["id"],
        "campaign_id": campaign["id"],
        "requirement_id": requirement["id"],
        "snapshot_id": await _issued(api, campaign, own),
        **await _supplemented(api, campaign, own),
        "export_id": await _export(scene, own),
        "activity_id": activity["id"],
        "record_id": record["id"],
        "report_id": report["id"],
        "finding_id": finding["id"],
        "opinion_id": opinion["id"],
        "inspection_id": inspected["id"],
        "follow_up_id": inspected["follow_ups"][0]["id"],
        "obligation_id": exempt,
    }


async def _exempt(scene: Scene, campaign: Any) -> str:
    """Of the own unit's campaign: itself exempt; what the descendant owes is proposed to it."""
    rows = await scene.api.all("/v1/obligations", campaign_id=campaign["id"])
    owed = {row["org_id"]: f"/v1/obligations/{row['id']}" for row in rows}
    exempt, proposed = (owed[scene.units[place]["id"]] for place in ("own", "descendant"))
    await scene.api.change("POST", f"{exempt}/exemption", {"reason": "撤并"}, of=exempt)
    below = (await caller(scene.api, "reporter", scene.units["descendant"])).api
    await below.change("POST", f"{proposed}/exemption", {"reason": "撤并"}, of=proposed)
    scene.places["descendant"]["obligation_id"] = proposed.rsplit("/", 1)[-1]
    return exempt.rsplit("/", 1)[-1]


async def _close(scene: Scene) -> None:
    """Close what is at "closed" as of yesterday, with what still hangs on it."""
    unit_id = UUID(scene.units["closed"]["id"])
    yesterday = clock.today() - timedelta(days=1)
    async with scene.api.database.writing() as session:
        path = await session.scalar(select(Organization.path).where(Organization.id == unit_id))
        statement = update(Organization).where(Organization.path.startswith(path))
        await session.execute(statement.values(closed_on=yesterday))
