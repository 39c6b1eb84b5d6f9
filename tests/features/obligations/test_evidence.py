"""What evidence lacks of a requirement: every condition by itself, and all of them at once."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.features.obligations.evidence import (
    Evidence,
    Preceding,
    find_shortfalls,
    find_surroundings,
    is_candidate,
    matches,
)

NOBODY = UUID(int=1)
DAY = date(2013, 1, 15)
TALK = Evidence("activity", NOBODY, NOBODY, "discussion", DAY, frozenset({NOBODY}))
DEED = replace(TALK, kind="practical_deed", facts={"items": 2, "category": "道路"})
VISITED: dict[Preceding, date] = {("visit", None): date(2013, 1, 10)}
OBSERVED: dict[Preceding, date] = {(None, "observe"): DAY}

CONDITIONS: list[tuple[str, dict[str, Any], Evidence, Evidence]] = [
    ("topic.t", {"topics": ["t"]}, replace(TALK, topics=frozenset("tu")), TALK),
    ("check.c", {"checks": ["c"]}, replace(TALK, checks=frozenset("c")), TALK),
    ("method.m", {"methods": ["m"]}, replace(TALK, methods=frozenset("m")), TALK),
    ("talk_mode", {"talk_modes": ["a", "b"]}, replace(TALK, talk_mode="b"), TALK),
    ("details.items", {"details": {"items": {"min": 2}}}, DEED, replace(DEED, facts={"items": 1})),
    ("details.items", {"details": {"items": {"max": 2}}}, DEED, replace(DEED, facts={"items": 3})),
    ("details.items", {"details": {"items": {"min": 1}}}, DEED, replace(DEED, facts={})),
    ("details.items", {"details": {"items": {"max": 1}}}, replace(DEED, facts={"items": 0}), DEED),
    ("details.category", {"details": {"category": {"min": 2}}}, DEED, TALK),
    ("details.refs", {"details": {"refs": {"min": 2}}}, replace(TALK, facts={"refs": ["a", "b"]}),
     replace(TALK, facts={"refs": ["a"]})),
    ("details.level", {"details": {"level": {"in": ["city"]}}},
     replace(TALK, facts={"level": "city"}), replace(TALK, facts={"level": "township"})),
    ("window", {"window": {"from": "2013-01-15", "to": "2013-01-15"}}, TALK,
     replace(TALK, day=date(2013, 1, 16))),
    ("window", {"window": {"from": "2013-01-15", "to": "2013-01-20"}},
     replace(TALK, day=date(2013, 1, 10), last_day=DAY),
     replace(TALK, day=date(2013, 1, 10), last_day=date(2013, 1, 14))),
    ("preceded_by", {"preceded_by": {"kind": "visit", "within_days": 5}},
     replace(TALK, preceded_on=VISITED),
     replace(TALK, preceded_on=VISITED, day=date(2013, 1, 16))),
    ("preceded_by", {"preceded_by": {"method": "observe"}},
     replace(TALK, preceded_on=OBSERVED), replace(TALK, preceded_on=VISITED)),
    ("findings", {"findings": {"min": 1, "with": ["measure"]}},
     replace(TALK, findings=(frozenset({"measure", "goal"}),)),
     replace(TALK, findings=(frozenset({"goal"}), frozenset()))),
]  # fmt: skip


@pytest.mark.parametrize(("path", "asked", "meets", "fails"), CONDITIONS)
def test_each_condition_is_met_or_named(
    path: str, asked: dict[str, Any], meets: Evidence, fails: Evidence
) -> None:
    wanted = {"record": "activity", **asked}
    assert matches(wanted, meets)
    assert find_shortfalls(wanted, meets) == []
    assert not matches(wanted, fails)
    assert [shortfall.path for shortfall in find_shortfalls(wanted, fails)] == [path]


def test_everything_that_is_lacking_is_told_at_once() -> None:
    asked = {"record": "activity", "checks": ["c", "d"], "details": {"members_present": {"min": 1}}}
    found = find_shortfalls(asked, replace(TALK, checks=frozenset("c")))
    assert [(s.path, s.wanted, s.found) for s in found] == [
        ("check.d", "d", None),
        ("details.members_present", {"min": 1}, None),
    ]


def test_another_kind_is_no_near_miss() -> None:
    asked = {"record": "activity", "kinds": ["visit"], "topics": ["t"]}
    assert not is_candidate(asked, TALK)
    assert find_shortfalls(asked, TALK) == []
    assert not matches(asked, TALK)


def test_a_writing_lacks_that_it_was_passed_on_or_selected() -> None:
    essay = replace(TALK, record="report", kind="reflection_essay")
    asked = {"record": "report", "kinds": ["reflection_essay"], "forwarded": True, "selected": True}
    assert [s.path for s in find_shortfalls(asked, essay)] == ["forwarded", "selected"]
    assert matches(asked, replace(essay, forwarded=True, selected=True))
    assert not matches(asked, replace(essay, handed_up=True, selected=True))
    assert matches(asked | {"own": True}, replace(essay, handed_up=True, selected=True))
    # Passed on, it is nobody's own.
    assert not is_candidate({"record": "report"}, replace(essay, forwarded=True))


def test_surroundings_are_looked_up_only_where_they_decide() -> None:
    asked = {"record": "activity", "topics": ["t"], "findings": {"min": 1}}
    asked |= {"preceded_by": {"kind": "visit"}}
    assert find_surroundings(asked, TALK) == frozenset()
    assert find_surroundings(asked, TALK, anyway=True) == {"findings", "preceded_by"}
    told = replace(TALK, topics=frozenset("t"))
    assert find_surroundings(asked, told) == {"findings", "preceded_by"}
    assert find_surroundings(asked, replace(told, findings=())) == frozenset()
    found = replace(told, findings=(frozenset(),))
    assert find_surroundings(asked, found) == {"preceded_by"}
    assert find_surroundings(asked, replace(found, preceded_on=VISITED)) == frozenset()
