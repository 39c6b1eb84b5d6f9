"""`docs/duties.md` is true: every duty of the notices has its place, and a test that shows it."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from app.api import every_route
from app.features.campaigns import templates
from app.features.campaigns.schemas.campaigns import CampaignFromTemplate
from app.kit.ids import new_id
from tests.support import factories, scenes
from tests.support.client import Api
from tests.support.notices import SENTENCES, Work
from tests.support.places import Place

pytestmark = pytest.mark.one_database

ROOT = Path(__file__).parent.parent


def describe(evidence: Mapping[str, Any]) -> str:
    """A requirement's conditions as the page writes them, none where the kind says it all."""
    said = [f"`{code}`" for name in ("topics", "checks", "methods") for code in evidence[name]]
    said += [f"talk mode `{mode}`" for mode in evidence["talk_modes"]]
    # By name: PostgreSQL keeps the members of an object in an order of its own.
    for name, condition in sorted((evidence["details"] or {}).items()):
        said += [f"`{name}` {SIGNS[sign]} {_listed(value)}" for sign, value in condition.items()]
    if window := evidence["window"]:
        said.append(f"held {window['from']} to {window['to']}")
    if before := evidence["preceded_by"]:
        said.append(f"after a `{before['kind']}` of the same organization")
    if findings := evidence["findings"]:
        fields = _listed(findings["with"])
        said.append(f"a problem found with {fields} (at least {findings['min']})")
    said += [name for name in ("forwarded", "own", "selected") if evidence[name]]
    return ", ".join(said) or "–"


SIGNS = {"min": "≥", "max": "≤", "in": "one of"}


def _listed(value: Any) -> str:
    return ", ".join(f"`{code}`" for code in value) if isinstance(value, list) else str(value)


NOT_OF_ITS_KIND: Mapping[str, set[int]] = {
    **{code: {1} for code in SENTENCES if code.startswith("discuss-")},
    "platform-column": {0, 1}, "themed-meeting": {2}, "rectification-measures": {2},
    "rectification-guidance": {0}, "leader-themed-meeting": {0}, "leader-discussion": {0},
    "leader-research-article": {0}, "leader-grassroots-talk": {0}, "guidance-and-inspection": {0},
    "observe-first": {0}, "listen-first": {1}, "action-talk": {1}, "follow-up-guidance": {0},
    **{code: {0} for code in ("summary", "publicity", "work-updates", "good-practice",
                              "reflection-essays")},
}  # fmt: skip
"""Of what is nearly it, by number: acts of another kind, by others, or of another's."""


@pytest.mark.parametrize("code", SENTENCES)
async def test_a_duty_is_met_by_its_act_and_not_by_what_is_nearly_it(api: Api, code: str) -> None:
    place = await scenes.stage("place", api, Place(api).made)
    work, sentence = Work(place), SENTENCES[code]
    subject = getattr(place, sentence.who)
    for number, nearly in enumerate(sentence.nearly):
        record = await nearly(work)
        owed = (await place.obligations(subject))[code]
        assert (owed["status"], owed["count"]) == ("open", 0)
        assert record["id"] not in {credit["id"] for credit in owed["evidence"]}
        why = [
            m["missing"] for m in record.get("near_misses", ()) if m["obligation_id"] == owed["id"]
        ]
        told = await place.admin.all(f"/v1/obligations/{owed['id']}/near-misses")
        known = [
            row["missing"] for row in told if row["id"] == record.get("report_id", record["id"])
        ]
        # Of what is of another kind, or another's, nothing is said: it lacks more than a condition.
        near = number not in NOT_OF_ITS_KIND.get(code, ())
        assert [bool(lacking) for lacking in known] == [True] * near, (code, number)
        if "near_misses" in record:
            assert why == known
    record = await sentence.act(work)
    owed = (await place.obligations(subject))[code]
    assert (owed["status"], owed["count"], owed["overdue"]) == ("met", 1, False)
    assert record["id"] in {credit["id"] for credit in owed["evidence"]}


async def test_every_requirement_has_its_sentence(api: Api) -> None:
    place = await scenes.stage("place", api, Place(api).made)
    assert SENTENCES.keys() == {r["code"] for r in place.campaign["requirements"]}


async def test_one_bare_symposium_meets_none_of_the_ways_of_talking(api: Api) -> None:
    place = await scenes.stage("place", api, Place(api).made)
    await Work(place).unit("symposium", topics=["topic_new_measures"])
    owed = await place.obligations(place.unit)
    ways = {"kickoff", "learn-talk", "action-talk", "observe-first", "listen-first",
            "inquire-first", "diagnose-first"}  # fmt: skip
    assert {code: owed[code]["count"] for code in ways} == dict.fromkeys(ways, 0)


async def test_a_column_is_asked_of_who_leads_others_only(api: Api) -> None:
    place = await scenes.stage("place", api, Place(api).made)
    assert "platform-column" in await place.obligations(place.root)
    primary = await factories.unit(api, place.unit, kind="primary_committee")
    owed = await place.obligations(primary)
    assert "platform-column" not in owed
    assert "practical-deeds" in owed


async def test_the_page_says_what_each_sentence_asks(api: Api) -> None:
    text = (ROOT / "docs/template-2012.md").read_text(encoding="utf-8")
    lines = text.partition("## Sentence by sentence")[2].splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| `")]
    page = {row[0].strip("` "): [cell.strip() for cell in row[1:]] for row in cells}
    place = await scenes.stage("place", api, Place(api).made)
    asked = {r["code"]: describe(r["evidence"]) for r in place.campaign["requirements"]}
    assert {code: row[1] for code, row in page.items()} == asked
    assert [code for code, row in page.items() if len(row) != 4 or not all(row)] == []


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
