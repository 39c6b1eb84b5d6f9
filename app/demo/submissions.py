"""What the demonstration submits: invented, but the same at every run, so that it may be repeated.

Chance comes from a checksum of the codes. Most branches have done most of what they owe, some too
little, some late, some more than asked; some of it is taken back, some is sent twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle
from typing import Any, Final
from zlib import crc32

from app.demo.records import (
    Activity,
    Inspection,
    Leader,
    Organization,
    Record,
    Report,
    Sent,
    Tree,
)

TOPICS: Final = ("topic_doctrine", "topic_mass_work_problems", "topic_public_expectations",
                 "topic_new_measures")  # fmt: skip
CHECKS: Final = ("thinking", "work_style", "methods", "policies")
_FIRST_DAY: Final = date(2013, 1, 7)
_DAYS: Final = 160
_DETAILS: Final[Mapping[str, dict[str, Any]]] = {
    "delegate_reception": {
        "office": "基层党代表工作室", "delegate_level": "county", "delegates": 3,
        "people_received": 12,
    },
    "visit": {"group_visited": "vulnerable", "households": 6},
    "opinion_solicitation": {"method": "座谈和书面征求", "opinions_received": 2},
    "platform_column": {"medium": "bulletin", "outlet": "活动简报", "issues": 2},
    "guidance_talk": {"audience_count": 40},
    "practical_deed": {"category": "道路修整", "items": 2, "households": 35},
    "volunteer_service": {"service": "环境整治", "volunteers": 15, "hours": 45},
}  # fmt: skip
_TITLES: Final = {
    "discussion": "“群众路线大家谈”讨论",
    "study_session": "学习十八大报告和新党章",
    "symposium": "“群众路线大家谈”座谈会",
    "themed_org_life_meeting": "学习贯彻十八大精神专题组织生活会",
    "delegate_reception": "党代表接待约谈群众",
    "visit": "走访慰问困难群众",
    "opinion_solicitation": "征求群众意见",
    "platform_column": "“群众路线大家谈”专栏",
    "guidance_talk": "到基层作群众路线辅导",
    "practical_deed": "为群众办好事实事",
    "volunteer_service": "志愿服务",
}
_MORE: Final = ("study_session", "visit", "practical_deed", "volunteer_service")
_UNIT_KINDS: Final = (
    ("platform_column", 80), ("opinion_solicitation", 70), ("practical_deed", 75), ("visit", 90),
    ("delegate_reception", 65), ("study_session", 85),
)  # fmt: skip
_REPORTS: Final = (
    ("work_update", "工作动态", 80), ("good_practice", "经验做法", 60),
    ("reflection_essay", "体会文章", 70), ("publicity", "宣传报道", 55),
    ("summary", "工作总结", 50),
)  # fmt: skip
_WAYS: Final[Mapping[str, tuple[str | None, tuple[str, ...]]]] = {
    "study_session": ("learn", ()),
    "symposium": ("reality", ("listen",)),
    "opinion_solicitation": ("reality", ("inquire",)),
    "visit": ("reality", ("observe",)),
    "practical_deed": ("action", ()),
    "volunteer_service": ("action", ()),
}
"""By kind in which way it is talked and by which methods, where a campaign knows of them."""
_HOLIDAYS: Final = 49
"""Days from the first one on to the end of the Spring Festival."""
_INSPECTED: Final = 3
"""Of the organizations below a unit, how many it inspects at most."""
_FINDINGS: Final = ("thinking", "work_style", "methods", "policies")
_FIELDS: Final = ("economic", "social", "ecological", "party_work_style")


def invented(tree: Tree, *, ways: bool = True) -> Sent:
    """All submissions of a tree, with `ways` of talking where the campaign has some."""
    leaders: dict[str, list[Leader]] = defaultdict(list)
    members: dict[str, list[Leader]] = defaultdict(list)
    for leader in tree.leaders:
        leaders[leader.unit].append(leader)
        members[leader.branch].append(leader)
    activities: list[Activity] = []
    for organization in tree.organizations:
        if organization.type == "branch":
            above = leaders[organization.parent or ""]
            activities += _of_branch(organization, members[organization.code], above)
        else:
            activities += _of_unit(organization, leaders[organization.code])
    if not ways:
        activities = [replace(each, talk_mode=None, methods=()) for each in activities]
    return Sent(
        tuple(activities),
        tuple(_records(tree.leaders)),
        tuple(_reports(tree)),
        tuple(_inspections(tree.organizations)),
    )


def chance(percent: int, *codes: str) -> bool:
    """Return whether it happens, in `percent` of 100 cases; always the same for the same codes."""
    return _number(*codes) % 100 < percent


def _of_branch(
    branch: Organization, members: list[Leader], leaders: list[Leader]
) -> Iterator[Activity]:
    here = branch.code
    if chance(85, here, "meeting"):
        present = [(m.code, "participant") for m in members if chance(90, m.code, "meeting")]
        checks = CHECKS if chance(94, here, "checks") else CHECKS[:3]
        yield _activity(branch, "themed_org_life_meeting", 1, present, checks=checks)
    guests = [(each.code, "participant") for each in leaders if chance(12, here, each.code)]
    if chance(60, here, "all topics"):
        yield _activity(branch, "discussion", 2, guests, topics=TOPICS)
    elif chance(70, here, "two topics"):
        yield _activity(branch, "discussion", 2, guests, topics=TOPICS[:2])
        yield _activity(branch, "symposium", 3, [], topics=TOPICS[2:3])
    if chance(30, here, "again"):
        yield _activity(branch, "discussion", 4, [], topics=TOPICS[1:])
    yield _activity(branch, _MORE[_number(here) % len(_MORE)], 5, [])
    speakers = [(each.code, "speaker") for each in leaders if chance(7, here, each.code, "talk")]
    if speakers:
        yield _activity(branch, "guidance_talk", 6, speakers)


def _of_unit(unit: Organization, leaders: list[Leader]) -> Iterator[Activity]:
    for number, (kind, percent) in enumerate(_UNIT_KINDS, start=1):
        if chance(percent, unit.code, kind):
            yield _activity(unit, kind, number, [])
    if chance(75, unit.code, "after the visit"):
        visited = _day(f"{unit.code}-A4", days=_HOLIDAYS) + timedelta(days=_number(unit.code) % 20)
        yield replace(_activity(unit, "discussion", 7, []), held_on=visited, methods=("observe",))
    if chance(60, unit.code, "way found"):
        found = _activity(unit, "discussion", 8, [], topics=TOPICS[3:])
        yield replace(found, methods=("diagnose",))
    if chance(80, unit.code, "symposium"):
        roles = zip(leaders, cycle(("host", "participant", "participant")), strict=False)
        present = [(leader.code, role) for leader, role in roles]
        yield _activity(unit, "symposium", 9, present, topics=TOPICS[2:])


def _records(leaders: Iterable[Leader]) -> Iterator[Record]:
    for leader in leaders:
        if _wrote_article(leader):
            title = f"关于密切联系群众的调研（{leader.code}）"
            yield _record(leader, "research_article", title)
        if chance(15, leader.code, "own talk"):
            yield _record(leader, "grassroots_talk", "到联系点作辅导")


def _reports(tree: Tree) -> Iterator[Report]:
    root = tree.root.code
    for unit in tree.organizations:
        if unit.type == "unit":
            # Who answers to the root owes reports to it; below, some send them of their own accord.
            wanted = 100 if unit.parent in {None, root} else 25
            for kind, title, percent in _REPORTS:
                if chance(percent * wanted // 100, unit.code, kind):
                    yield _report(unit.code, kind, f"{unit.short_name}{title}")
            if chance(10, unit.code, "nothing"):
                nothing = ("good_practice",)
                yield _report(
                    unit.code, "nil_return", f"{unit.short_name}零报告", nil_kinds=nothing
                )
    for leader in tree.leaders:
        if not _wrote_article(leader) and chance(40, leader.code, "article by report"):
            title = f"群众工作调研报告（{leader.code}）"
            yield _report(leader.unit, "research_article", title, leader=leader.code)


def _report(organization: str, kind: str, title: str, **fields: Any) -> Report:
    code = f"{fields.get('leader', organization)}-R-{kind}"
    withdrawn, twice = chance(4, code, "withdrawn"), chance(5, code, "twice")
    return Report(
        code, organization, kind, _day(code), title, withdrawn=withdrawn, twice=twice, **fields
    )


def _inspections(organizations: Iterable[Organization]) -> Iterator[Inspection]:
    below: dict[str | None, list[str]] = defaultdict(list)
    for organization in organizations:
        below[organization.parent].append(organization.code)
    for unit in organizations:
        inspected = below[unit.code] if unit.type == "unit" and chance(70, unit.code, "led") else []
        for each in inspected[:_INSPECTED]:
            code = f"{each}-I"
            wanted = {"what": "补充会议记录", "due_on": _day(code, "follow-up").isoformat()}
            yield Inspection(
                code,
                unit.code,
                each,
                _day(code),
                (wanted,) if chance(50, code, "follow-up") else (),
                withdrawn=chance(4, code, "withdrawn"),
                twice=chance(5, code, "twice"),
            )


def _wrote_article(leader: Leader) -> bool:
    return chance(75, leader.code, "article")


def _record(leader: Leader, item: str, title: str) -> Record:
    code = f"{leader.code}-{item}"
    day, withdrawn, twice = _day(code), chance(4, code, "withdrawn"), chance(6, code, "twice")
    return Record(code, leader.code, item, day, title, withdrawn, twice)


def _activity(
    holder: Organization,
    kind: str,
    number: int,
    participants: list[tuple[str, str]],
    *,
    topics: tuple[str, ...] = (),
    checks: tuple[str, ...] = (),
) -> Activity:
    code = f"{holder.code}-A{number}"
    members = holder.members or 20
    present = members - _number(code) % 5
    public = _number(code, "public") % 20 if kind in {"symposium", "visit", "discussion"} else 0
    sought = kind in {"opinion_solicitation", "symposium"}
    talk_mode, methods = _WAYS.get(kind, (None, ()))
    return Activity(
        code=code,
        organization=holder.code,
        kind=kind,
        held_on=_day(code, days=_HOLIDAYS if kind == "visit" and chance(85, code) else _DAYS),
        topics=topics,
        checks=checks,
        talk_mode=talk_mode,
        methods=methods,
        participants=tuple(participants),
        members_present=present,
        public_present=public,
        person_times=present + public + _number(code, "times") % 9 if chance(60, code) else None,
        member_refs=_references(holder, code, present),
        findings=tuple(_findings(code)) if checks else (),
        opinions=tuple(_opinions(code)) if sought else (),
        body={
            "title": f"{holder.short_name}{_TITLES[kind]}",
            "place": f"{holder.short_name}会议室",
            "members_due": members,
            "details": _DETAILS.get(kind, {}),
        },
        withdrawn=chance(3, code, "withdrawn"),
        twice=chance(4, code, "twice"),
    )


def _references(holder: Organization, code: str, present: int) -> tuple[str, ...]:
    """Let some branches say by their own marks which of their members were there."""
    if holder.type != "branch" or not chance(30, holder.code, "references"):
        return ()
    first = _number(code, "first") % 5
    return tuple(f"{holder.code}-{number}" for number in range(first, first + present))


def _findings(code: str) -> Iterator[dict[str, Any]]:
    for number in range(_number(code, "findings") % 4):
        check = _FINDINGS[_number(code, str(number)) % len(_FINDINGS)]
        finding = {"check": check, "description": "联系群众不够经常", "measure": "建立联系点"}
        if chance(90, code, "goal", str(number)):
            finding["goal"] = "每季度走访一遍"
        lasting = chance(40, code, "lasting", str(number))
        yield finding | (
            {"nature": "long_term"} if lasting else {"due_on": _day(code, "finding").isoformat()}
        )


def _opinions(code: str) -> Iterator[dict[str, Any]]:
    for number in range(1 + _number(code, "opinions") % 3):
        field = _FIELDS[_number(code, "field", str(number)) % len(_FIELDS)]
        yield {"field": field, "source_group": "public", "content": f"希望改进第{number + 1}项服务"}


def _day(*codes: str, days: int = _DAYS) -> date:
    return _FIRST_DAY + timedelta(days=_number(*codes, "day") % days)


def _number(*codes: str) -> int:
    return crc32("/".join(codes).encode())
