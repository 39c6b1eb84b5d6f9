"""Pure rules of campaigns: document numbers, codes, reach, dates passed on."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.campaigns import asking, rules
from app.features.campaigns.rules import Reach
from app.kit.ids import new_id, path_segment

ROOT = path_segment(new_id())
DISTRICT = ROOT + path_segment(new_id())
TOWN = DISTRICT + path_segment(new_id())
ELSEWHERE = ROOT + path_segment(new_id())


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("佛组通〔2013〕5号", "佛组通〔2013〕5号"),
        ("粤组电传[2012]122号", "粤组电传〔2012〕122号"),
        ("粤组电传（２０１２）第０107号", "粤组电传〔2012〕107号"),
        (" 国办函【2026】 12 号", "国办函〔2026〕12号"),
        ("佛组通﹝2013﹞05号", "佛组通〔2013〕5号"),
        ("佛组通❲2013❳5号", "佛组通〔2013〕5号"),
        ("佛组通(2013)　5号", "佛组通〔2013〕5号"),
    ],
)
def test_document_numbers_are_written_as_the_standard_has_them(typed: str, written: str) -> None:
    assert rules.document_number(typed) == written


@pytest.mark.parametrize(
    "text",
    [
        "", "佛组通", "佛组通〔13〕5号", "佛组通〔2013〕号", "佛组通〔2013〕0号", "佛组通〔2013〕5",
        "佛组通2013年5号", "〔2013〕5号", "佛〔2013〕5号", "FZT〔2013〕5号", "佛组通〔1813〕5号",
        "佛组通〔2013〕1234567号", "佛机收明 1611号", "佛组通〔2013〕5号〔2013〕5号",
        "佛组通〔2013〕-5号",
    ],
)  # fmt: skip
def test_what_is_no_document_number_is_none(text: str) -> None:
    assert rules.document_number(text) is None


agencies = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=2,
                   max_size=20).filter(lambda text: not text.endswith("第"))  # fmt: skip
brackets = st.sampled_from(["〔〕", "[]", "［］", "()", "（）", "【】", "﹝﹞", "❲❳"])
spaces = st.sampled_from(["", " ", "\u3000"])


@given(
    agency=agencies,
    year=st.integers(1900, 2099),
    number=st.integers(1, 999_999),
    pair=brackets,
    zeros=st.sampled_from(["", "0", "00"]),
    ordinal=st.sampled_from(["", "第"]),
    space=spaces,
    wide=st.booleans(),
)
def test_every_way_of_typing_gives_the_one_written_form(  # noqa: PLR0913 - one for each way
    agency: str, year: int, number: int, pair: str, zeros: str, ordinal: str, space: str, *,
    wide: bool,
) -> None:  # fmt: skip
    digits = f"{year}|{zeros}{number}"
    if wide:
        digits = digits.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    written_year, written_number = digits.split("|")
    typed = f"{agency}{pair[0]}{written_year}{pair[1]}{space}{ordinal}{written_number}{space}号"
    written = f"{agency}〔{year}〕{number}号"
    assert rules.document_number(typed) == written
    assert rules.document_number(written) == written


@given(st.text(st.sampled_from("佛组通〔〕[]（）第号0125９ \u3000a"), max_size=20))
def test_a_document_number_is_always_in_the_written_form(text: str) -> None:
    number = rules.document_number(text)
    assert number is None or rules.DOCUMENT_NUMBER.fullmatch(number)


def test_repeated_codes_are_found_where_they_repeat() -> None:
    assert list(rules.repeated(["a", "b", "a", "a", "c"])) == [2, 3]


def test_a_parent_stands_before_its_children() -> None:
    pairs = [("a", None), ("b", "a"), ("c", "d"), ("d", "d"), ("e", "mode")]
    assert list(rules.unknown_parents(pairs, ["mode"])) == [2, 3]


def test_days_outside_the_campaign() -> None:
    start, end = date(2012, 12, 24), date(2013, 6, 30)
    assert not rules.outside(None, start, end)
    assert not rules.outside(start, start, end)
    assert not rules.outside(end, start, end)
    assert not rules.outside(date(2020, 1, 1), start, None)
    assert rules.outside(date(2012, 12, 23), start, None)
    assert rules.outside(date(2013, 7, 1), start, end)


MEETING = {"record": "activity", "kinds": ["meeting"], "checks": ["w", "x", "y", "z"]}
ESSAY = {"record": "report", "kinds": ["essay"]}


@pytest.mark.parametrize(
    ("one", "other", "alike", "covers", "covered"),
    [
        (MEETING, {**MEETING, "checks": ["z", "y", "x", "w"], "topics": []}, True, True, True),
        # One of four checks left out, all of them, and one replaced by a topic.
        (MEETING, {**MEETING, "checks": ["x", "y", "z"]}, True, True, False),
        (MEETING, {"record": "activity", "kinds": ["meeting"]}, True, True, False),
        (MEETING, {**MEETING, "checks": ["x"], "topics": ["t"]}, True, False, False),
        (MEETING, {"record": "activity"}, True, True, False),
        (MEETING, {"record": "activity", "kinds": ["meeting", "visit"]}, True, True, False),
        (MEETING, {"record": "activity", "kinds": ["visit"]}, False, False, False),
        (MEETING, {"record": "report"}, False, False, False),
        (
            {"record": "activity", "topics": ["s"]},
            {"record": "activity", "topics": ["t"]},
            False,
            False,
            False,
        ),
        (ESSAY, {**ESSAY, "selected": True}, True, False, True),
        (ESSAY, {**ESSAY, "forwarded": True}, False, False, False),
        (ESSAY, {**ESSAY, "forwarded": True, "own": True}, True, False, False),
    ],
)
def test_what_asks_for_the_same(
    one: Any, other: Any, *, alike: bool, covers: bool, covered: bool
) -> None:
    assert asking.alike(one, other) is asking.alike(other, one) is alike
    assert asking.covers(one, other) is covers
    assert asking.covers(other, one) is covered


def test_what_asks_for_more() -> None:
    day = date(2013, 3, 1)
    before = {"evidence": MEETING, "applies_to": {}, "due_on": day, "min_count": 2}
    for change, more in (
        ({}, []),
        ({"due_on": date(2013, 4, 1), "min_count": 1}, []),
        ({"due_on": None}, []),
        ({"due_on": date(2013, 2, 1)}, ["due_on"]),
        ({"min_count": 3, "evidence": ESSAY}, ["evidence", "min_count"]),
        ({"applies_to": {"scope": "self"}}, ["applies_to"]),
    ):
        assert rules.asks_more(before, before | change) == more
    assert rules.asks_more({**before, "due_on": None}, before) == ["due_on"]


def test_the_head_of_a_line() -> None:
    items: dict[str, tuple[str | None, dict[str, Any]]] = {
        "root": (None, MEETING),
        "city": ("root", {**MEETING, "checks": ["x"]}),
        "town": ("city", MEETING),
        "other": ("root", ESSAY),
        "below": ("other", ESSAY),
        "lost": ("gone", ESSAY),
        "any": (None, {"record": "activity"}),
        "one": ("any", {"record": "activity", "kinds": ["visit"]}),
        "two": ("any", {"record": "activity", "kinds": ["discussion"]}),
    }
    heads = {code: rules.line_head(code, items) for code in items}
    assert heads == {
        "root": None, "city": "root", "town": "root", "other": None, "below": "other", "lost": None,
        "any": None, "one": None, "two": None,  # two records are needed: two reminders
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (Reach(ROOT, "subtree"), Reach(TOWN, "subtree"), True),
        (Reach(ELSEWHERE, "subtree"), Reach(TOWN, "subtree"), False),
        (Reach(ROOT, "self"), Reach(DISTRICT, "subtree"), False),
        (Reach(TOWN, "self"), Reach(DISTRICT, "subtree"), True),
        (Reach(ROOT, "self"), Reach(ROOT, "self"), True),
        (Reach(ROOT, "self"), Reach(DISTRICT, "self"), False),
        (Reach(ROOT, "direct_reporters"), Reach(DISTRICT, "subtree"), True),
        (Reach(ROOT, "direct_reporters"), Reach(TOWN, "subtree"), False),
        (Reach(DISTRICT, "direct_reporters"), Reach(ROOT, "subtree"), True),
        (Reach(ROOT, "direct_reporters"), Reach(DISTRICT, "self"), True),
        (Reach(ROOT, "direct_reporters"), Reach(TOWN, "self"), False),
        (Reach(ROOT, "direct_reporters"), Reach(ROOT, "self"), False),
        (Reach(ROOT, "direct_reporters"), Reach(ROOT, "direct_reporters"), True),
        (Reach(ROOT, "direct_reporters"), Reach(DISTRICT, "direct_reporters"), False),
    ],
)
def test_whether_two_reaches_may_meet(one: Reach, other: Reach, *, meet: bool) -> None:
    assert rules.may_meet(one, other) is meet
    assert rules.may_meet(other, one) is meet


def test_filters_keep_reaches_apart() -> None:
    rural = Reach(ROOT, "subtree", sectors=frozenset({"rural"}))
    organs = Reach(DISTRICT, "subtree", sectors=frozenset({"organ", "school"}))
    anyone = Reach(DISTRICT, "subtree")
    assert not rules.may_meet(rural, organs)
    assert rules.may_meet(rural, anyone)


def test_only_an_earlier_day_shortens() -> None:
    early, late = date(2013, 3, 1), date(2013, 6, 30)
    assert rules.shortens(early, late)
    assert not rules.shortens(late, late)
    assert not rules.shortens(late, early)
    assert not rules.shortens(early, None)
    assert not rules.shortens(None, late)


def test_the_superiors_date_is_the_nearest_one_up_the_line() -> None:
    day = date(2013, 6, 30)
    by_code = {"root": (None, day), "district": ("root", None), "odd": ("odd", None)}
    assert rules.superiors_date("district", by_code) == day
    assert rules.superiors_date(None, by_code) is None
    assert rules.superiors_date("gone", by_code) is None
    assert rules.superiors_date("odd", by_code) is None


def test_the_line_above_ends_even_where_it_turns_round() -> None:
    extends = {"a": "b", "b": "c", "c": None, "d": "e", "e": "d"}
    assert rules.line_above("a", extends) == {"a", "b", "c"}
    assert rules.line_above("d", extends) == {"d", "e"}
    assert rules.line_above(None, extends) == set()


def test_dropped_codes() -> None:
    assert rules.dropped(["a", "b", "c"], {"c", "a", "d"}) == ["b"]
