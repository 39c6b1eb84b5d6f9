"""Work that the notices ask for, sentence by sentence, and work that is nearly it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support import factories
from tests.support.places import Place

AFTER_THE_HOLIDAYS = "2013-03-05"
RECEPTION = {"office": "党代表工作室", "delegate_level": "city", "delegates": 3,
             "people_received": 12}  # fmt: skip
DETAILS: Mapping[str, dict[str, Any]] = {
    "delegate_reception": RECEPTION,
    "opinion_solicitation": {"opinions_received": 8},
    "platform_column": {"medium": "press", "outlet": "日报"},
    "practical_deed": {"category": "道路", "items": 2, "households": 30},
    "visit": {"group_visited": "vulnerable", "households": 5},
    "volunteer_service": {"service": "清洁河涌", "volunteers": 9},
}
FOUND = {"check": "work_style", "description": "入户走访少"}
MEASURE = {"measure": "建立联系点", "goal": "每季度走访一遍"}


class Work:
    """Does work; each act answers the record that counts for a duty, or does not."""

    def __init__(self, place: Place) -> None:
        self.place = place

    async def activity(self, of: Any, kind: str, **fields: Any) -> Any:
        """An activity of an organization, with the details of its kind."""
        details = {**DETAILS.get(kind, {}), **fields.pop("details", {})}
        body = factories.activity(of, self.place.campaign, kind, **fields, details=details)
        return await self.place.admin.post("/v1/activities", body)

    async def unit(self, kind: str, **fields: Any) -> Any:
        """An activity of the unit."""
        return await self.activity(self.place.unit, kind, **fields)

    async def branch(self, kind: str, **fields: Any) -> Any:
        """An activity of the branch."""
        return await self.activity(self.place.branch, kind, **fields)

    async def reception(self, **details: Any) -> Any:
        """A reception of the root's delegates."""
        return await self.activity(self.place.root, "delegate_reception", details=details)

    async def visited_before(self, **fields: Any) -> Any:
        """A discussion of the unit, the day after a visit."""
        await self.unit("visit", held_on="2013-02-20")
        return await self.unit("discussion", held_on="2013-02-21", **fields)

    async def visited_after(self, **fields: Any) -> Any:
        """A discussion of the unit, the day before its first visit."""
        talk = await self.unit("discussion", held_on="2013-02-18", **fields)
        await self.unit("visit", held_on="2013-02-19")
        return talk

    async def meeting(self, **fields: Any) -> Any:
        """The themed meeting of a leader's own branch, which the leader attends."""
        part = [{"leader_id": self.place.leader["id"]}]
        return await self.branch("themed_org_life_meeting", participants=part, **fields)

    async def meeting_elsewhere(self) -> Any:
        """The themed meeting of another branch, which the leader attends."""
        other = await factories.branch(self.place.admin, self.place.unit)
        part = [{"leader_id": self.place.leader["id"]}]
        return await self.activity(other, "themed_org_life_meeting", participants=part)

    async def leader(self, kind: str, item: str, role: str = "participant") -> Any:
        """A leader's part in an activity of the own branch: the leader record that it gives.

        The activity where it gives none.
        """
        part = {"leader_id": self.place.leader["id"], "role": role}
        made = await self.branch(kind, participants=[part])
        records = await self.place.admin.all("/v1/leader-records", activity_id=made["id"])
        return next((record for record in records if record["item"] == item), made)

    async def article(self) -> Any:
        """A leader's research article: the leader record that it gives."""
        made = await self.writing("research_article")
        records = await self.place.admin.all("/v1/leader-records")
        return next(record for record in records if record["report_id"] == made["id"])

    async def writing(self, kind: str) -> Any:
        """Something that the leader wrote."""
        return await self.report("unit", kind, leader_id=self.place.leader["id"])

    async def report(self, of: str, kind: str, **fields: Any) -> Any:
        """A report of an organization of the place."""
        body = self.place.report_body(kind, org_id=getattr(self.place, of)["id"], **fields)
        return await self.place.admin.post("/v1/reports", body)

    async def sent_outside(self, kind: str, *, selected: bool = False) -> Any:
        """A report of the top, selected or not, that it sends to its superior outside."""
        made = await self.report("root", kind)
        path, caller = f"/v1/reports/{made['id']}", self.place.root_reviewer
        if selected:
            await caller.change("POST", f"{path}/selection", of=path)
        body = {"to": "中共广东省委组织部", "sent_on": factories.DAY}
        return await caller.change("POST", f"{path}/dispatches", body, of=path, expect=201)

    async def inspection(self, by: str, of: str) -> Any:
        """An inspection of an organization by a unit above it."""
        unit, inspected = getattr(self.place, by), getattr(self.place, of)
        body = {
            "campaign_id": self.place.campaign["id"], "unit_id": unit["id"],
            "org_id": inspected["id"], "held_on": factories.DAY, "seen": "看了记录",
            "follow_ups": [{"what": "补充走访"}],
        }  # fmt: skip
        return await self.place.admin.post("/v1/inspections", body)


Act = Callable[[Work], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Who of the place owes what a sentence asks for, what meets it, and what nearly does."""

    who: str
    act: Act
    nearly: tuple[Act, ...]


def _discussed(topic: str, other: str) -> Sentence:
    return Sentence(
        "branch",
        lambda w: w.branch("discussion", topics=[topic]),
        (
            lambda w: w.branch("discussion", topics=[other]),
            lambda w: w.branch("visit", topics=[topic]),
        ),
    )


def _written(kind: str) -> Sentence:
    """A report of the unit's own; one of its branch's that nobody passed on is not."""
    return Sentence("unit", lambda w: w.report("unit", kind), (lambda w: w.report("branch", kind),))


_FOUR = list(factories.CHECKS)

SENTENCES: Mapping[str, Sentence] = {
    "discuss-doctrine": _discussed("topic_doctrine", "topic_new_measures"),
    "discuss-mass-work-problems": _discussed("topic_mass_work_problems", "topic_doctrine"),
    "discuss-public-expectations": _discussed("topic_public_expectations", "topic_doctrine"),
    "discuss-new-measures": _discussed("topic_new_measures", "topic_doctrine"),
    "platform-column": Sentence(
        "unit",
        lambda w: w.unit("platform_column"),
        (lambda w: w.unit("discussion"), lambda w: w.report("unit", "publicity")),
    ),
    "leadership-delegates-reception": Sentence(
        "root",
        lambda w: w.reception(),
        (
            lambda w: w.reception(delegates=1),
            lambda w: w.reception(delegate_level="township"),
            lambda w: w.reception(people_received=0),
        ),
    ),
    "delegates-office-activity": Sentence(
        "unit",
        lambda w: w.unit("delegate_reception", details={"delegate_level": "township"}),
        (lambda w: w.unit("delegate_reception", details={"delegates": 0}),),
    ),
    "themed-meeting": Sentence(
        "branch",
        lambda w: w.meeting(checks=_FOUR, members_present=9),
        (
            lambda w: w.meeting(checks=_FOUR[:3], members_present=9),
            lambda w: w.meeting(checks=_FOUR),
            lambda w: w.branch("discussion", checks=_FOUR, members_present=9),
        ),
    ),
    "rectification-measures": Sentence(
        "branch",
        lambda w: w.meeting(findings=[FOUND | MEASURE]),
        (
            lambda w: w.meeting(checks=_FOUR, members_present=9),
            lambda w: w.meeting(findings=[FOUND, FOUND | {"measure": "建立联系点"}]),
            lambda w: w.branch("discussion", findings=[FOUND | MEASURE]),
        ),
    ),
    "rectification-guidance": Sentence(
        "unit",
        lambda w: w.inspection("unit", "branch"),
        (lambda w: w.inspection("root", "branch"),),
    ),
    "leader-themed-meeting": Sentence(
        "leader", lambda w: w.meeting(), (lambda w: w.meeting_elsewhere(),)
    ),
    "opinion-solicitation": Sentence(
        "unit",
        lambda w: w.unit("opinion_solicitation"),
        (lambda w: w.unit("opinion_solicitation", details={"opinions_received": 0}),),
    ),
    "practical-deeds": Sentence(
        "unit",
        lambda w: w.unit("practical_deed"),
        (lambda w: w.unit("practical_deed", details={"items": 0}),),
    ),
    "holiday-care": Sentence(
        "unit",
        lambda w: w.unit("visit"),
        (
            lambda w: w.unit("visit", held_on=AFTER_THE_HOLIDAYS),
            lambda w: w.unit("visit", details={"group_visited": "cadres"}),
        ),
    ),
    "leader-discussion": Sentence(
        "leader",
        lambda w: w.leader("discussion", "discussion"),
        (lambda w: w.leader("study_session", "discussion"),),
    ),
    "leader-research-article": Sentence(
        "leader", lambda w: w.article(), (lambda w: w.writing("reflection_essay"),)
    ),
    "leader-grassroots-talk": Sentence(
        "leader",
        lambda w: w.leader("guidance_talk", "grassroots_talk", "speaker"),
        (lambda w: w.leader("guidance_talk", "grassroots_talk"),),
    ),
    "guidance-and-inspection": Sentence(
        "root",
        lambda w: w.inspection("root", "unit"),
        (lambda w: w.inspection("unit", "branch"),),
    ),
    "situation-report": Sentence(
        "root",
        lambda w: w.sent_outside("work_update"),
        (lambda w: w.report("root", "work_update"),),
    ),
    "selected-essays": Sentence(
        "root",
        lambda w: w.sent_outside("reflection_essay", selected=True),
        (lambda w: w.sent_outside("reflection_essay"),),
    ),
    "kickoff": Sentence(
        "unit",
        lambda w: w.unit("symposium", members_present=20),
        (lambda w: w.unit("symposium"), lambda w: w.unit("symposium", members_present=0)),
    ),
    "learn-talk": Sentence(
        "unit",
        lambda w: w.unit("symposium", talk_mode="learn"),
        (
            lambda w: w.unit("symposium"),
            lambda w: w.unit("study_session", talk_mode="reality"),
        ),
    ),
    "observe-first": Sentence(
        "unit",
        lambda w: w.visited_before(methods=["observe"]),
        (
            lambda w: w.unit("visit", held_on="2013-02-19", methods=["observe"]),
            lambda w: w.unit("discussion", methods=["observe"]),
            lambda w: w.visited_after(methods=["observe"]),
            lambda w: w.visited_before(),
        ),
    ),
    "listen-first": Sentence(
        "unit",
        lambda w: w.unit("symposium", methods=["listen"]),
        (lambda w: w.unit("symposium"), lambda w: w.unit("visit", methods=["listen"])),
    ),
    "inquire-first": Sentence(
        "unit",
        lambda w: w.unit("opinion_solicitation", methods=["inquire"]),
        (lambda w: w.unit("opinion_solicitation", methods=["listen"]),),
    ),
    "diagnose-first": Sentence(
        "unit",
        lambda w: w.unit("discussion", topics=["topic_new_measures"], methods=["diagnose"]),
        (
            lambda w: w.unit("discussion", topics=["topic_new_measures"]),
            lambda w: w.unit("discussion", methods=["diagnose"]),
        ),
    ),
    "action-talk": Sentence(
        "unit",
        lambda w: w.unit("volunteer_service", talk_mode="action"),
        (lambda w: w.unit("volunteer_service"), lambda w: w.unit("visit", talk_mode="action")),
    ),
    "follow-up-guidance": Sentence(
        "unit",
        lambda w: w.inspection("unit", "branch"),
        (lambda w: w.inspection("root", "branch"),),
    ),
    "summary": _written("summary"),
    "publicity": _written("publicity"),
    "work-updates": _written("work_update"),
    "good-practice": _written("good_practice"),
    "reflection-essays": _written("reflection_essay"),
}
"""By requirement of the template."""
