"""The pages in a real browser: on a telephone and a desk, by the keyboard, on paper, for everybody.

`make page-test` looks at every page of a city at three widths in both languages; here a few of them
are seen once. Screenshots for the guide: `DAJIATAN_WRITE_SCREENSHOTS=1 make page-test`.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from app.db import Database
from app.kit import clock
from app.settings import DatabaseSettings
from tests.support import factories
from tests.support.client import Api, free_apps, started
from tests.support.granted import granted
from tests.support.service import serving

ROOT: Final = Path(__file__).parents[2]
NODE: Final = ROOT / "tests/contract/node"
FEW: Final = {"campaign", "slip", "findings", "embedded"}
SHOTS: Final = ROOT / "docs/pages"
WHOLE: Final = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
SHOWN: Final = "DAJIATAN_WRITE_SCREENSHOTS" in os.environ
CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")
UNITS: Final = (
    ("禅城区委组织部", "禅城"), ("南海区委组织部", "南海"), ("顺德区委组织部", "顺德"),
    ("高明区委组织部", "高明"), ("三水区委组织部", "三水"), ("市直属机关工委", "市直机关"),
    ("市国资委党工委", "市国资委"), ("市“两新”组织党工委", "“两新”组织"),
)  # fmt: skip
NOTICE: Final = """一、把握重点，深入开展讨论。围绕四个方面谈体会、谈思路。
二、搭建平台，创新活动方式。
三、与召开专题组织生活会结合，组织广大党员进行“四查四看”：查思想认识，查工作作风，\
查方式方法，查政策措施。
四、解决问题，促进工作。"""

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.skipif(
        CHROMIUM is None
        or shutil.which("node") is None
        or not (NODE / "node_modules/playwright-core").exists(),
        reason="needs Chromium, Node and `make client-tools`",
    ),
]


async def test_people_can_read_them_and_go_by_them(own_database_url: str, tmp_path: Path) -> None:
    free_apps()
    database = Database(DatabaseSettings(database_url=own_database_url))
    api = await started(database, own_database_url)
    town = await _make_town(api)
    await database.close()
    with serving(own_database_url, tmp_path, key=api.key or "") as service:
        told = _look(
            {
                "browser": CHROMIUM,
                "address": service.addresses[0],
                "key": api.key,
                "pages": _pages(town),
                "below": town["units"][0]["id"],
                "views": [{"width": w, "lang": lang} for w, lang in _views()],
                "shots": str(SHOTS) if SHOWN else None,
                "pdf": str(tmp_path),
            }
        )

    _shrink(SHOTS.glob("*.png") if SHOWN else ())
    assert not told["wrong"], "\n".join(told["wrong"])
    assert told["done"]["looked"] == len(_pages(town)) * len(_views())
    assert told["done"]["keys"][0] == "跳到正文"
    assert told["done"]["keys"][-1] == town["units"][0]["name"]
    sizes = {Path(file).stem: _sizes(Path(file)) for file in told["done"]["printed"]}
    assert sizes["slip"] == {"A4"}
    assert sizes["campaign"] == {"A4", "A4 landscape"}


def _views() -> list[tuple[int, str]]:
    if WHOLE:
        return [(width, lang) for width in (360, 800, 1280) for lang in ("zh", "en")]
    return [(360, "zh")]


def _pages(town: dict[str, Any]) -> list[dict[str, Any]]:
    base, unit = f"/pages/campaigns/{town['campaign']['id']}", town["units"][0]["id"]
    root, leader = f"?unit={town['root']['id']}", town["leader"]["id"]
    issued = f"{base}/bulletins/{town['bulletin']['id']}"
    every: list[dict[str, Any]] = [
        {"name": "campaigns", "path": "/pages"},
        {"name": "campaign", "path": base + root, "print": True, "shot": 1280},
        {"name": "telephone", "path": base + root, "shot": 360},
        {"name": "branch", "path": f"{base}?unit={town['branches'][0]['id']}"},
        {"name": "urging", "path": f"{base}/urging{root}", "shot": 1280},
        {"name": "slip", "path": f"{base}/urging/{unit}", "print": True, "shot": 800},
        {"name": "duty", "path": f"{base}/duties/{town['duty']}{root}"},
        {"name": "obligation", "path": f"/pages/obligations/{town['owed']}"},
        {"name": "leaders", "path": f"{base}/leaders{root}"},
        {"name": "three-ones", "path": f"/pages/leaders/{leader}/three-ones"},
        {"name": "findings", "path": f"{base}/findings{root}", "shot": 1280},
        {"name": "adopted", "path": f"{base}/adopted"},
        {"name": "writing", "path": f"{base}/adopted/{town['report']['id']}"},
        {"name": "bulletins", "path": f"{base}/bulletins"},
        {"name": "bulletin", "path": issued, "print": True},
        {"name": "embedded", "path": f"/embed/progress?campaign={town['campaign']['id']}"},
        {"name": "sign-in", "path": "/pages/sign-in"},
    ]  # fmt: skip
    return [page for page in every if WHOLE or page["name"] in FEW]


def _look(asked: dict[str, Any]) -> Any:
    ended = subprocess.run(
        ["node", "pages.mjs"],  # noqa: S607 - wherever Node is
        cwd=NODE,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def _shrink(shots: Iterable[Path]) -> None:
    """Keep screenshots with few colours, at a third of their size."""
    for path in shots:
        with Image.open(path) as shot:
            few = shot.convert("RGB").quantize(96, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def _sizes(file: Path) -> set[str]:
    """The sizes of a document's sheets."""
    found = re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)", file.read_bytes())
    named = {(595, 842): "A4", (842, 595): "A4 landscape"}
    return {named.get((round(float(w)), round(float(h))), f"{w} {h}") for w, h in found}


async def _make_town(api: Api) -> dict[str, Any]:
    """A city at work: eight units with branches, a campaign half way, something of each kind."""
    root = await factories.root(api)
    units = [
        await factories.unit(
            api, root, code=f"4406{n:02d}", name=name, short_name=short, sort_order=n,
            duty_phone=f"0757-8333{n:04d}",
        )
        for n, (name, short) in enumerate(UNITS if WHOLE else UNITS[:2], 1)
    ]  # fmt: skip
    branches = [
        await factories.branch(api, unit, name=f"{unit['short_name']}第{n}党支部", sort_order=n)
        for unit in units
        for n in (1, 2)
    ]
    leader = await factories.leader(api, units[0], branches[0], name="干部甲", post="部务会成员")
    campaign = await _open(api, root)
    for number, branch in enumerate(branches):
        await _work(api, branch, campaign, number)
    records = factories.record(leader, campaign, done_on=_day(20), place="第1党支部")
    await api.post("/v1/leader-records", records)
    report = await _adopted(api, branches[0], campaign)
    await api.work()
    owed = await api.all("/v1/obligations", subject_id=branches[3]["id"])
    (duty,) = [row for row in owed if row["requirement_code"] == "themed-meeting"]
    body = {"unit_id": root["id"], "title": "主题活动进展情况通报（第1期）",
            "document_number": "佛组通〔2013〕12号"}  # fmt: skip
    bulletin = await api.post(f"/v1/campaigns/{campaign['id']}/snapshots", body)
    return {
        "root": root, "units": units, "branches": branches, "leader": leader, "report": report,
        "campaign": campaign, "bulletin": bulletin, "duty": duty["requirement_id"],
        "owed": duty["id"],
    }  # fmt: skip


async def _open(api: Api, root: Any) -> Any:
    """The campaign of the notices, two months ago, with days of which some are past."""
    last = await factories.campaign(api, root, opened=False)
    body = {"from": last["id"], "starts_on": _day(60), "code": "djt-now", "name": last["name"]}
    campaign = await api.post("/v1/campaigns", body)
    asked = {row["code"]: row for row in campaign["requirements"]}
    for code, days in (("themed-meeting", 10), ("discuss-doctrine", 25), ("kickoff", 40)):
        if code in asked:
            path = f"/v1/campaigns/{campaign['id']}/requirements/{asked[code]['id']}"
            await api.change("PATCH", path, {"due_on": _day(days)})
    notice = f"/v1/campaigns/{campaign['id']}/notices/{campaign['notices'][0]['id']}"
    await api.change("PATCH", notice, {"text": NOTICE})
    await factories.open_campaign(api, campaign)
    return campaign


async def _work(api: Api, branch: Any, campaign: Any, number: int) -> None:
    """What a branch has done so far: less and less of it."""
    if number < 13:
        topics = list(factories.TOPICS[: 1 + number % 4])
        body = factories.activity(branch, campaign, topics=topics, held_on=_day(30 - number))
        await api.post("/v1/activities", body)
    checks = list(factories.CHECKS) if number % 3 else ["thinking"]
    if number < 10:
        found = {
            "check": "thinking", "description": f"第{number + 1}项：联系服务群众不够经常",
            "measure": "每月下基层不少于两次", "responsible": "党支部书记",
            "due_on": _day(5 - 2 * number),
        }  # fmt: skip
        held = factories.activity(
            branch, campaign, kind="themed_org_life_meeting", checks=checks,
            held_on=_day(20 - number), findings=[found],
        )  # fmt: skip
        await api.post("/v1/activities", held)


async def _adopted(api: Api, branch: Any, campaign: Any) -> Any:
    report = await api.post(
        "/v1/reports",
        {
            "campaign_id": campaign["id"], "org_id": branch["id"], "kind": "work_update",
            "title": "走村入户听民声", "body": "本周**走访**群众三十户，收到意见十二条。",
        },
    )  # fmt: skip
    adoption = {"level": "city", "outlet": "佛山组工", "issue": "第3期", "adopted_on": _day(1)}
    superior = await granted(api, await factories.root(api), "reviewer")
    await superior.post(f"/v1/reports/{report['id']}/adoptions", adoption)
    return report


def _day(before: int) -> str:
    """So many days ago, or ahead."""
    return str(clock.today() - timedelta(days=before))
