"""`docs/duties.md` is true: every duty of the notices has its place, and a test that shows it."""

import ast
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from app.api import every_route
from app.features.campaigns import templates
from app.features.campaigns.schemas.campaigns import CampaignFromTemplate
from app.kit.ids import new_id
from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.places import Place

ROOT = Path(__file__).parent.parent
RECEPTION = {"office": "党代表工作室", "delegate_level": "city", "delegates": 3,
             "people_received": 12}  # fmt: skip
DETAILS: dict[str, dict[str, Any]] = {
    "delegate_reception": RECEPTION,
    "opinion_solicitation": {"opinions_received": 8},
    "platform_column": {"medium": "press", "outlet": "日报"},
    "practical_deed": {"category": "道路", "items": 2, "households": 30},
    "visit": {"group_visited": "vulnerable", "households": 5},
    "volunteer_service": {"service": "清洁河涌", "volunteers": 9},
}


class Work:
    """Does the work that a duty asks for; each act answers the record that must count for it."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def activity(self, of: Any, kind: str, **fields: Any) -> Any:
        """An activity of an organization, with the details of its kind."""
        details = {"details": DETAILS[kind]} if kind in DETAILS else {}
        body = factories.activity(of, self.place.campaign, kind, **details, **fields)
        return await self.place.admin.post("/v1/activities", body)

    async def leader(self, kind: str, item: str, role: str = "participant") -> Any:
        """A leader's part in an activity of the own branch: the leader record that it gives."""
        part = {"leader_id": self.place.leader["id"], "role": role}
        made = await self.activity(self.place.branch, kind, participants=[part])
        records = await self.place.admin.all("/v1/leader-records", activity_id=made["id"])
        return next(record for record in records if record["item"] == item)

    async def article(self) -> Any:
        """A leader's research article: the leader record that it gives."""
        made = await self.report(
            self.place.unit, "research_article", leader_id=self.place.leader["id"]
        )
        records = await self.place.admin.all("/v1/leader-records")
        return next(record for record in records if record["report_id"] == made["id"])

    async def meeting(self, **fields: Any) -> Any:
        """The themed meeting of a leader's own branch, which the leader attends."""
        part = {"leader_id": self.place.leader["id"]}
        kind = "themed_org_life_meeting"
        return await self.activity(self.place.branch, kind, participants=[part], **fields)

    async def report(self, of: Any, kind: str, **fields: Any) -> Any:
        """A report of an organization."""
        body = self.place.report_body(kind, org_id=of["id"], **fields)
        return await self.place.admin.post("/v1/reports", body)

    async def sent_outside(self, kind: str, *, selected: bool = False) -> Any:
        """A report of the top, selected or not, that it sends to its superior outside."""
        made = await self.report(self.place.root, kind)
        path, caller = f"/v1/reports/{made['id']}", self.place.root_reviewer
        if selected:
            await caller.change("POST", f"{path}/selection", of=path)
        body = {"to": "中共广东省委组织部", "sent_on": factories.DAY}
        return await caller.change("POST", f"{path}/dispatches", body, of=path, expect=201)

    async def inspection(self, by: Any, of: Any) -> Any:
        """An inspection of an organization by a unit above it."""
        body = {
            "campaign_id": self.place.campaign["id"], "unit_id": by["id"], "org_id": of["id"],
            "held_on": factories.DAY, "seen": "看了记录",
            "follow_ups": [{"what": "补充走访"}],
        }  # fmt: skip
        return await self.place.admin.post("/v1/inspections", body)


Act = Callable[[], Any]


def acts(work: Work) -> dict[str, tuple[Any, Act]]:
    """Requirement → who owes it here, and the work that must meet it, as the notices tell it."""
    return {**of_branches_and_leaders(work), **of_units(work), **of_reporters(work)}


def of_branches_and_leaders(work: Work) -> dict[str, tuple[Any, Act]]:
    branch, leader = work.place.branch, work.place.leader
    talk = ("guidance_talk", "grassroots_talk", "speaker")
    discussions = {
        "discuss-doctrine": "topic_doctrine",
        "discuss-mass-work-problems": "topic_mass_work_problems",
        "discuss-public-expectations": "topic_public_expectations",
        "discuss-new-measures": "topic_new_measures",
    }
    return {
        **{
            code: (branch, partial(work.activity, branch, "discussion", topics=[topic]))
            for code, topic in discussions.items()
        },
        "themed-meeting": (branch, partial(work.meeting, checks=list(factories.CHECKS))),
        "leader-themed-meeting": (leader, work.meeting),
        "leader-discussion": (leader, partial(work.leader, "discussion", "discussion")),
        "leader-research-article": (leader, work.article),
        "leader-grassroots-talk": (leader, partial(work.leader, *talk)),
    }


def of_units(work: Work) -> dict[str, tuple[Any, Act]]:
    root, unit, branch = work.place.root, work.place.unit, work.place.branch

    def activity(kind: str, of: Any = unit, **fields: Any) -> tuple[Any, Act]:
        return of, partial(work.activity, of, kind, **fields)

    reflecting = {"methods": ["diagnose"], "topics": ["topic_new_measures"]}
    return {
        "platform-column": activity("platform_column"),
        "leadership-delegates-reception": activity("delegate_reception", root),
        "delegates-office-activity": activity("delegate_reception"),
        "rectification-guidance": (unit, partial(work.inspection, unit, branch)),
        "opinion-solicitation": activity("opinion_solicitation"),
        "practical-deeds": activity("practical_deed"),
        "holiday-care": activity("visit"),
        "guidance-and-inspection": (root, partial(work.inspection, root, unit)),
        "kickoff": activity("symposium"),
        "learn-talk": activity("study_session", talk_mode="learn"),
        "observe-first": activity("visit", methods=["observe"]),
        "listen-first": activity("symposium", methods=["listen"]),
        "inquire-first": activity("opinion_solicitation", methods=["inquire"]),
        "diagnose-first": activity("discussion", **reflecting),
        "action-talk": activity("volunteer_service", talk_mode="action"),
        "follow-up-guidance": (unit, partial(work.inspection, unit, branch)),
    }


def of_reporters(work: Work) -> dict[str, tuple[Any, Act]]:
    root, unit = work.place.root, work.place.unit
    wanted = {
        "summary": (unit, "summary"),
        "publicity": (unit, "publicity"),
        "work-updates": (unit, "work_update"),
        "good-practice": (unit, "good_practice"),
        "reflection-essays": (unit, "reflection_essay"),
    }
    selected = partial(work.sent_outside, "reflection_essay", selected=True)
    return {
        "situation-report": (root, partial(work.sent_outside, "work_update")),
        "selected-essays": (root, selected),
        **{code: (of, partial(work.report, of, kind)) for code, (of, kind) in wanted.items()},
    }


async def test_every_duty_is_met_by_the_work_that_the_notices_ask_for(api: Api) -> None:
    place = await scenes.stage("place", api, Place(api).made)
    wanted = acts(Work(place))
    known = {r["code"] for r in place.campaign["requirements"]}
    assert wanted.keys() == known
    for code, (subject, act) in wanted.items():
        before = (await place.obligations(subject))[code]
        record = await act()
        after = (await place.obligations(subject))[code]
        assert (after["status"], after["overdue"]) == ("met", False), code
        assert after["count"] == before["count"] + 1, code
        assert record["id"] in {credit["id"] for credit in after["evidence"]}, code


def rows() -> list[list[str]]:
    """The rows of the table, cell by cell."""
    text = (ROOT / "docs/duties.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_no_row_is_empty() -> None:
    assert len(rows()) > 40
    assert [row for row in rows() if len(row) != 4 or not all(row)] == []


def test_every_path_and_test_that_is_named_exists() -> None:
    app = FastAPI(routes=every_route())
    paths = " ".join(app.openapi()["paths"]) + " /v1/code-lists"
    for _, sentence, carrier, test in rows():
        for path in re.findall(r"`(/v1/[^`]*)`", carrier):
            assert path in paths, (sentence, path)
        for file, name in re.findall(r"`([\w/.]+\.py)::(\w+)`", test):
            tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
            names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
            names |= {n.name for n in tree.body if isinstance(n, ast.AsyncFunctionDef)}
            assert name in names, (file, name)
        assert "::" in test, sentence


def test_every_requirement_of_the_template_stands_in_the_table() -> None:
    carriers = " ".join(row[2] for row in rows())
    asked = CampaignFromTemplate(template="mass-line-discussion-2012", root_unit_id=new_id())
    codes = [requirement.code for requirement in templates.campaign(asked).requirements or ()]

    assert len(codes) > 30
    assert [code for code in codes if f"`{code}`" not in carriers] == []
