"""The demonstration's tree and submissions: complete, invented, the same at every run."""

from datetime import date

from app.demo import divisions
from app.demo.planning import planned
from app.demo.records import Organization
from app.demo.recount import Recount
from app.demo.submissions import invented
from app.features.campaigns import templates
from app.features.campaigns.schemas.campaigns import CampaignFromTemplate
from app.kit.ids import new_id
from app.models.vocabulary import ActivityKind

ROOT = Organization(
    "unit", "440600", "中共佛山市委组织部", "佛山市", "organization_department", "organ", None
)


def test_eight_report_to_the_city_in_the_order_of_its_notice() -> None:
    tree = planned(divisions.built_in(), ROOT)

    reporters = [each for each in tree.organizations if each.parent == ROOT.code]
    assert [each.short_name for each in sorted(reporters, key=lambda each: each.sort_order)] == [
        "禅城区",
        "南海区",
        "顺德区",
        "三水区",
        "高明区",
        "市直属机关工委",
        "市国资委党工委",
        "市“两新”组织党工委",
    ]


def test_every_code_stands_once_and_every_parent_before_its_children() -> None:
    tree = planned(divisions.built_in(), ROOT)
    sent = invented(tree)

    known: set[str | None] = {None}
    for each in tree.organizations:
        assert each.parent in known
        known.add(each.code)
    codes = [
        each.code
        for group in (tree.organizations, tree.leaders, sent.activities, sent.records)
        for each in group
    ]
    assert len(set(codes)) == len(codes)


def test_every_unit_has_leaders_who_belong_to_a_branch() -> None:
    tree = planned(divisions.built_in(), ROOT)

    branches = {each.code for each in tree.organizations if each.type == "branch"}
    units = {each.code for each in tree.organizations if each.type == "unit"}
    assert {leader.unit for leader in tree.leaders} == units
    assert {leader.branch for leader in tree.leaders} <= branches


def test_every_kind_is_submitted_some_withdrawn_some_twice_and_always_the_same() -> None:
    tree = planned(divisions.built_in(), ROOT)
    sent = invented(tree)

    assert {activity.kind for activity in sent.activities} == set(ActivityKind)
    assert any(activity.withdrawn for activity in sent.activities)
    assert any(activity.twice for activity in sent.activities)
    assert invented(tree) == sent


def test_every_duty_that_activities_meet_is_met_by_some() -> None:
    tree, above = planned(divisions.built_in(), ROOT), new_id()
    asked = CampaignFromTemplate(template="mass-line-discussion-2012", root_unit_id=above)
    requirements = [
        {**r.model_dump(mode="json"), "active": True}
        for r in templates.campaign(asked).requirements or []
        if r.evidence.record == "activity"
    ]
    for requirement in requirements:
        requirement["applies_to"]["under_unit_id"] = str(above)

    counted = Recount(
        tree, requirements, {ROOT.code: str(above)}, invented(tree), date(2013, 7, 1)
    ).by_children(ROOT.code)

    assert len(requirements) > 15
    assert [r["code"] for r in requirements if not counted.whole[r["code"]]["done"]] == []
