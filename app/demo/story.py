"""The demonstration from beginning to end: tree, campaign, submissions, progress, recount."""

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from app.demo import divisions as places
from app.demo.campaigning import Campaigner
from app.demo.comparison import Comparison
from app.demo.display import Display
from app.demo.divisions import Divisions
from app.demo.duties import days_of
from app.demo.failures import Refused
from app.demo.loading import Loader
from app.demo.planning import planned
from app.demo.records import Organization, Sent, Tree
from app.demo.recount import Recount
from app.demo.service import Service
from app.demo.submissions import chance, invented
from app.kit import clock
from app.kit.language import Text

_PROVINCE: Final = 1
_SHOWN: Final = 20
"""Differences and codes that are listed; the rest are counted."""


def demonstrate(service: Service, display: Display, divisions_file: Path | None) -> str:
    """Load, submit, compare; return the campaign's code. Raises `Refused`, also for any difference.

    On a service that the same demonstration was shown on before, nothing is made twice.
    """
    started = time.monotonic()
    divisions = places.read(divisions_file) if divisions_file else places.built_in()
    found = list(service.all("/v1/units"))
    root, root_id = _root(found, divisions)
    tree = planned(divisions, root)
    _refuse_others([*found, *service.all("/v1/branches")], tree)
    _tell(display, divisions, tree)
    loader = Loader(service, display, root, root_id)
    loader.tree(tree)
    province = divisions.root.level == _PROVINCE
    campaign = Campaigner(service, display, loader.ids).opened(tree, province=province)
    sent = _submitted(loader, tree, campaign)
    recount = Recount(
        tree, campaign["requirements"], loader.ids, sent, clock.today(), days_of(campaign)
    )
    comparison = Comparison(service, campaign["id"], loader.ids)
    names = {each.code: each.short_name for each in tree.organizations}
    display.tables(comparison.progress(root, "children"), names)
    differences = list(comparison.differences(tree, recount))
    for place, says, counted in differences[:_SHOWN]:
        display.say(_DIFFERENCE, place=place, says=says, counted=counted)
    if differences:
        raise Refused(_DIFFERENT, count=len(differences), numbers=comparison.numbers)
    display.say(_SAME, numbers=comparison.numbers, seconds=f"{time.monotonic() - started:.1f}")
    code: str = campaign["code"]
    return code


def _root(units: Iterable[Any], divisions: Divisions) -> tuple[Organization, str]:
    """Return the uppermost unit that the caller sees, standing for the root division."""
    top = min(units, key=lambda unit: len(unit["ancestor_ids"]), default=None)
    if top is None:
        raise Refused(_NO_UNIT)
    root = Organization(
        "unit", top["code"], top["name"], divisions.root.name, top["kind"], top["sector"], None
    )
    return root, top["id"]


def _refuse_others(organizations: Iterable[Any], tree: Tree) -> None:
    """Raise `Refused` if there are others' organizations: the recount knows only what it sent."""
    own = {each.code for each in tree.organizations}
    others = [each["code"] for each in organizations if each["code"] not in own]
    if others:
        raise Refused(_OTHERS, count=len(others), codes=", ".join(others[:_SHOWN]))


def _tell(display: Display, divisions: Divisions, tree: Tree) -> None:
    kinds = places.counts(divisions.places)
    display.say(
        _PLACES,
        name=divisions.root.name,
        towns=sum(place.town for place in divisions.places),
        lowest=sum(place.lowest for place in divisions.places),
        residents=kinds.get("residents_committee", 0),
        villagers=kinds.get("villagers_committee", 0),
        left_out=divisions.left_out,
    )
    units = sum(each.type == "unit" for each in tree.organizations)
    display.say(
        _TREE,
        units=units,
        branches=len(tree.organizations) - units,
        leaders=len(tree.leaders),
    )


def _submitted(loader: Loader, tree: Tree, campaign: dict[str, Any]) -> Sent:
    """Submit everything, then exempt some of what is still owed."""
    sent = invented(tree, ways=bool(campaign["talk_modes"]))
    loader.submissions(campaign["id"], sent)
    before = Recount(
        tree, campaign["requirements"], loader.ids, sent, clock.today(), days_of(campaign)
    )
    exempt = frozenset(
        duty.key
        for duty in before.duties.values()
        if duty.open and not duty.anew and chance(3, *duty.key, "exempt")
    )
    loader.exemptions(campaign["id"], exempt)
    return replace(sent, exempt=exempt)


_PLACES: Final = Text(
    "{name}：{towns} 个镇街，{lowest} 个村（社区），其中居委会 {residents} 个、"
    "村委会 {villagers} 个；另有 {left_out} 行不是行政区划，未列入",
    "{name}: {towns} towns, {lowest} villages and communities, of which {residents} residents' and "
    "{villagers} villagers' committees; {left_out} rows are no such places and are left out",
)
_TREE: Final = Text(
    "党组织 {units} 个，党支部 {branches} 个，领导干部 {leaders} 名（均为虚构）",
    "{units} units, {branches} branches, {leaders} leaders (all invented)",
)
_NO_UNIT: Final = Text(
    "看不到任何党组织，请先执行 dajiatan init。", "No unit is visible: run `dajiatan init` first."
)
_OTHERS: Final = Text(
    "服务中已有 {count} 个不属于本演示的组织（{codes}），复算无法包括它们；请用新的数据库演示。",
    "The service holds {count} organizations that are not of this demonstration ({codes}), which "
    "the recount cannot know; use a fresh database.",
)
_DIFFERENCE: Final = Text(
    "不一致：{place}：服务 {says}，复算 {counted}",
    "Differs: {place}: the service says {says}, the recount {counted}",
)
_DIFFERENT: Final = Text(
    "复算的 {numbers} 个数中有 {count} 个与服务不一致。",
    "{count} of {numbers} numbers differ from the recount.",
)
_SAME: Final = Text(
    "复算一致：{numbers} 个数全部相同；用时 {seconds} 秒。",
    "The recount agrees: all {numbers} numbers are the same; {seconds} s.",
)
