"""The pure rules: size norms, contradictions, codes with a check, numbers of persons."""

from datetime import date
from typing import Any

import pytest

from app.features.organizations import rules
from app.features.organizations.errors import (
    CYCLE,
    DUPLICATE_CODE,
    DUPLICATE_ID,
    ORGANIZE_FORBIDDEN,
    DuplicateCode,
    refusal,
)
from app.kit.problems import Conflict, Forbidden, Invalid


@pytest.mark.parametrize(
    ("kind", "members", "full", "codes"),
    [
        ("branch", 3, 3, []),
        ("branch", 5, 2, ["branch_too_few_full_members"]),
        ("branch", 2, None, ["branch_too_few_full_members"]),
        ("joint_branch", 51, 51, ["branch_too_many_members"]),
        ("temporary_branch", 50, 3, []),
        ("branch", None, None, []),
        ("branch", None, 0, ["branch_too_few_full_members"]),
        ("general_branch", 49, None, ["general_branch_too_few_members"]),
        ("general_branch", 50, None, []),
        ("general_branch", 101, None, ["general_branch_too_many_members"]),
        ("primary_committee", 99, None, ["primary_committee_too_few_members"]),
        ("primary_committee", 100, None, []),
        ("primary_committee", None, None, []),
        ("working_committee", 1, None, []),
    ],
)
def test_sizes_outside_the_norms_are_told(
    kind: str, members: int | None, full: int | None, codes: list[str]
) -> None:
    found = list(rules.size_norms(kind, members, full))
    assert [norm.code for norm in found] == codes
    for norm in found:
        assert norm.text.say("zh", **norm.parameters)
        assert norm.text.say("en", **norm.parameters)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"closed_on"}, ("/closed_on", "ends_too_early")),
        ({"opened_on"}, ("/opened_on", "starts_too_late")),
    ],
)
def test_a_period_ends_after_it_starts(given: set[str], place: tuple[str, str]) -> None:
    values = {"opened_on": date(2013, 1, 2), "closed_on": date(2013, 1, 1)}
    found = [(e.pointer, e.code) for e in rules.organization_faults(values, given)]
    assert found == [place]


def test_a_period_of_one_day_is_one() -> None:
    day = date(2013, 1, 1)
    assert not list(rules.leader_faults({"active_from": day, "active_to": day}, {"active_to"}))


def test_every_contradiction_is_told_at_once() -> None:
    values: dict[str, Any] = {
        "opened_on": date(2013, 1, 2),
        "closed_on": date(2013, 1, 1),
        "member_count": 2,
        "full_member_count": 3,
        "external_id": "1",
        "source": None,
    }
    found = {(e.pointer, e.code) for e in rules.organization_faults(values, values)}
    assert found == {
        ("/closed_on", "ends_too_early"),
        ("/full_member_count", "full_members_exceed_members"),
        ("/source", "source_missing"),
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("91350100M000100Y43", "91350100M000100Y43"),
        ("91110108551385082Q", "91110108551385082Q"),
        (" 9111 0108-551385082q", "91110108551385082Q"),
        ("N211010855138508XX", None),
        ("91110108551385082A", None),
        ("9111010855138508", None),
        ("91110108551385082O", None),
        ("９１110108551385082Q", "91110108551385082Q"),
    ],
)
def test_social_credit_codes_are_verified(text: str, code: str | None) -> None:
    assert rules.compact_uscc(text) == code


def test_collective_organizations_have_codes_that_begin_with_a_letter() -> None:
    body = "N2440605MF0000001"
    from stdnum.cn import uscc  # noqa: PLC0415 - only to make the example

    code = body + uscc.calc_check_digit(body)
    assert rules.compact_uscc(code) == code


def test_a_change_is_named_by_what_it_changed() -> None:
    assert rules.act({"name": "x"}) == "updated"
    assert rules.act({"closed_on": date(2013, 1, 1)}) == "closed"
    assert rules.act({"closed_on": None}) == "reopened"
    assert rules.act({"closed_on": None, "parent_id": 1}) == "moved"


def test_one_problem_for_all_that_is_wrong() -> None:
    code, identifier = DUPLICATE_CODE.at("/code"), DUPLICATE_ID.at("/id")
    assert type(refusal([code])) is DuplicateCode
    assert type(refusal([code, identifier])) is Conflict
    forbidden = ORGANIZE_FORBIDDEN.at("/parent_id")
    assert type(refusal([code, forbidden])) is Forbidden
    everything = refusal([code, forbidden, CYCLE.at("/parent_id")])
    assert type(everything) is Invalid
    assert len(everything.errors) == 3
