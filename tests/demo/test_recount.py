"""The recount itself, on a case small enough to be added up by hand."""

from dataclasses import replace
from datetime import date
from typing import Any

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
from app.demo.recount import Recount

TODAY = date(2013, 6, 1)
ROOT = Organization("unit", "R", "市委组织部", "市", "organization_department", "organ", None)
TOWN = Organization("unit", "T", "镇党委", "镇", "committee", "organ", "R")
VILLAGE = Organization("branch", "V", "村党支部", "村", "branch", "rural", "T")
OFFICE = Organization("branch", "O", "机关党支部", "机关", "branch", "organ", "T")
LEADER = Leader("L", "镇干部01", "书记", "141", "T", "O", 1)
TREE = Tree((ROOT, TOWN, VILLAGE, OFFICE), (LEADER,))
IDS = {"R": "id-of-R", "T": "id-of-T"}
MEETING = Activity(
    "A", "V", "themed_org_life_meeting", date(2013, 3, 1), members_present=9, person_times=9,
    checks=("thinking", "methods"),
    findings=({"due_on": "2013-05-01"}, {"due_on": "2013-07-01"}, {}),
)  # fmt: skip


def requirement(code: str, subject: str, evidence: dict[str, Any], **fields: Any) -> Any:
    applies = {"under_unit_id": "id-of-R", "scope": "subtree", "sectors": [], "unit_kinds": [],
               "position_levels": []}  # fmt: skip
    return {
        "code": code,
        "subject": subject,
        "active": True,
        "evidence": {"kinds": [], "topics": [], "checks": [], **evidence},
        "min_count": 1,
        "opens_on": None,
        "due_on": None,
        **fields,
        "applies_to": applies | fields.get("applies_to", {}),
    }


MEETINGS = requirement(
    "meeting", "branch", {"record": "activity", "checks": ["thinking"]}, due_on="2013-03-31"
)


def recount(*requirements: Any, sent: Sent) -> Recount:
    return Recount(TREE, requirements, IDS, sent, TODAY)


def test_done_on_time_open_and_overdue() -> None:
    whole = recount(MEETINGS, sent=Sent((MEETING,), ())).by_children("R")

    line = whole.whole["meeting"]
    assert {name: value for name, value in line.items() if value} == {
        "due": 2, "done": 1, "on_time": 1, "open": 1, "overdue": 1,
    }  # fmt: skip
    assert whole.parts["T"]["meeting"] == line
    assert whole.whole_counts["attendances"] == whole.whole_counts["members_reached"] == 9
    assert whole.whole_counts["findings_open"] == 3
    assert whole.whole_counts["findings_overdue"] == 1


def test_late_surplus_withdrawn_and_exempt() -> None:
    late = replace(MEETING, code="B", held_on=date(2013, 4, 1))
    more = replace(late, code="C")
    taken_back = replace(MEETING, code="D", withdrawn=True)
    sent = Sent((late, more, taken_back), (), exempt=frozenset({("meeting", "O")}))

    groups = recount(MEETINGS, sent=sent).by_children("T")

    assert (
        groups.parts["V"]["meeting"] | {"due": 1, "done": 1, "late": 1, "surplus": 1}
        == (groups.parts["V"]["meeting"])
    )
    assert groups.parts["O"]["meeting"]["exempt"] == 1
    assert groups.parts["O"]["meeting"]["due"] == 0


def test_leaders_are_credited_where_they_take_part() -> None:
    attending = requirement("own", "leader", {"record": "activity"})
    talking = requirement(
        "talk", "leader", {"record": "leader_record", "kinds": ["grassroots_talk"]}
    )
    elsewhere = replace(MEETING, participants=(("L", "participant"),))
    own = replace(elsewhere, code="B", organization="O")
    talk = replace(elsewhere, code="C", kind="guidance_talk", participants=(("L", "speaker"),))
    at_the_unit = replace(talk, code="D", organization="T")

    found = recount(attending, talking, sent=Sent((elsewhere, own, talk, at_the_unit), ()))

    assert len(found.duties["own", "L"].days) == 1
    assert len(found.duties["talk", "L"].days) == 1
    assert found.leader_records() == [("C", "L", "grassroots_talk")]


def test_a_record_of_ones_own_counts_and_reach_is_kept() -> None:
    articles = requirement(
        "article", "leader", {"record": "leader_record", "kinds": ["research_article"]},
        applies_to={"position_levels": ["141"], "scope": "direct_reporters"},
    )  # fmt: skip
    others = requirement("others", "unit", {"record": "report"}, applies_to={"scope": "self"})
    record = Record("X", "L", "research_article", date(2013, 2, 1), "调研")

    found = recount(articles, others, sent=Sent((), (record,)))

    assert [(key, duty.open) for key, duty in found.duties.items()] == [
        (("article", "L"), False), (("others", "R"), True),
    ]  # fmt: skip


def test_reports_and_inspections_count_for_who_sent_them_and_who_wrote_them() -> None:
    updates = requirement("updates", "unit", {"record": "report", "kinds": ["work_update"]})
    looking = requirement("looking", "unit", {"record": "inspection"})
    articles = requirement(
        "article", "leader", {"record": "leader_record", "kinds": ["research_article"]}
    )
    day = date(2013, 2, 1)
    reports = (
        Report("A", "T", "work_update", day, "动态"),
        Report("B", "R", "work_update", day, "动态", withdrawn=True),
        Report("C", "T", "research_article", day, "调研", leader="L"),
        Report("D", "T", "nil_return", day, "零报告", nil_kinds=("publicity",)),
    )
    sent = Sent((), (), reports, (Inspection("E", "R", "T", day),))

    found = recount(updates, looking, articles, sent=sent)

    done = {key for key, duty in found.duties.items() if not duty.open}
    assert done == {("updates", "T"), ("looking", "R"), ("article", "L")}
    counts = found.by_children("R").parts_counts
    assert {name: count for name, count in counts["T"].items() if count} == {
        "reports": 2, "nil_returns": 1, "inspected/of": 2, "branches_met/of": 2,
    }  # fmt: skip
    assert counts["R"]["inspections"] == 1
    assert (counts["R"]["inspected/n"], counts["R"]["inspected/of"]) == (1, 1)


def test_every_condition_of_an_activity_is_looked_at() -> None:
    other = replace(MEETING, code="B", kind="visit", held_on=date(2013, 2, 27), methods=("listen",))
    meeting = replace(
        MEETING, talk_mode="learn", methods=("observe",), body={"place": "会议室"},
        findings=({"measure": "建立联系点"}, {}),
    )  # fmt: skip
    asked: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"talk_modes": ["learn"]}, {"talk_modes": ["action"]}),
        ({"methods": ["observe"]}, {"methods": ["observe", "listen"]}),
        ({"details": {"members_present": {"min": 9}}},
         {"details": {"members_present": {"max": 8}}}),
        ({"details": {"place": {"min": 1}}}, {"details": {"office": {"min": 1}}}),
        ({"window": {"from": "2013-03-01", "to": "2013-03-02"}},
         {"window": {"from": "2013-03-02", "to": "2013-03-03"}}),
        ({"preceded_by": {"kind": "visit", "within_days": 2}},
         {"preceded_by": {"kind": "visit", "within_days": 1}}),
        ({"preceded_by": {"method": "listen"}}, {"preceded_by": {"method": "observe"}}),
        ({"findings": {"min": 1, "with": ["measure"]}},
         {"findings": {"min": 2, "with": ["measure"]}}),
    ]  # fmt: skip
    for number, (met, unmet) in enumerate(asked):
        kinds = {"record": "activity", "kinds": ["themed_org_life_meeting"]}
        duties = [requirement("met", "branch", kinds | met)]
        duties.append(requirement("unmet", "branch", kinds | unmet))
        found = recount(*duties, sent=Sent((meeting, other), ()))
        counted = [len(found.duties[code, "V"].days) for code in ("met", "unmet")]
        assert counted == [1, 0], number
