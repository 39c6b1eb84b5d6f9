"""No list looks through a whole table: what each one sends is explained where tables are large."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Table, event, func, select, text

from app.db import Database
from app.features.changes.queries import following
from app.kit.ids import AREA_LENGTH, ZONE_LENGTH
from app.models import Base, Organization
from app.settings import DatabaseSettings
from tests.support import databases, factories
from tests.support.client import Api, free_apps, started
from tests.support.granted import granted
from tests.support.places import review

UNITS, BRANCHES = 200, 10_000
FILLED = (
    "leaders", "activities", "activity_participants", "findings", "opinions", "leader_records",
    "reports", "obligations", "events", "reviews",
)  # fmt: skip
TREE = """
INSERT INTO organizations (id, type, code, name, kind, sector, parent_id, path, area_id, zone_id,
    sort_order, revision, created_at, updated_at)
SELECT id, :type, :type || n, '龙山' || n || '号', :kind, 'rural', parent_id,
    above || rtrim(translate(encode(uuid_send(id), 'base64'), '+/', '-_'), '=') || '/',
    CASE WHEN length(above) < :area THEN id ELSE area_id END,
    CASE WHEN length(above) < :zone THEN id ELSE zone_id END,
    n, 1, now(), now() - n * interval '1 second'
FROM (
    SELECT gen_random_uuid() AS id, n, u.id AS parent_id, u.path AS above, u.area_id, u.zone_id
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
    JOIN (SELECT *, row_number() OVER (ORDER BY sort_order, id) - 1 AS place,
              count(*) OVER () AS units
          FROM organizations WHERE type = 'unit') AS u ON u.place = n % u.units
) AS made
"""
# One row of a table becomes one for each branch: at home there, at another time.
DIFFERENT = {
    "id": "branch.id",
    "org_id": "branch.id",
    "area_id": "branch.area_id",
    "zone_id": "branch.zone_id",
    "unit_id": "branch.parent_id",
    "activity_id": "branch.id",
    "record_id": "branch.id",
    "subject_id": "branch.id",
    "updated_at": "now() - n * interval '1 minute'",
    "created_at": "now() - n * interval '1 minute'",
    "held_on": "date '2013-01-01' + n % 90",
    "done_on": "date '2013-01-01' + n % 90",
    "sort_order": "n",
}
PLACED = """
UPDATE events SET place = placed.n
FROM (SELECT position, row_number() OVER (ORDER BY position) AS n FROM events) AS placed
WHERE placed.position = events.position
"""
IN_ORDER = (
    ("/v1/branches", "sort_order", "organizations"),
    ("/v1/leaders", "sort_order", "leaders"),
    ("/v1/obligations", "id", "obligations"),
    ("/v1/activities", "id", "activities"),
    ("/v1/activities", "-updated_at", "activities"),
    ("/v1/findings", "id", "findings"),
    ("/v1/findings", "updated_at", "findings"),
    ("/v1/opinions", "-id", "opinions"),
    ("/v1/reports", "id", "reports"),
    ("/v1/leader-records", "-id", "leader_records"),
)
"""Lists with a sort that has an index by area, or zone; and what they list."""
LARGE_TABLES = {"organizations", *FILLED}


@pytest.fixture(scope="module")
async def api(postgresql_copies: databases.Copies) -> AsyncIterator[Api]:
    """Serve a large tree with large ledgers, and one small unit in it, to all of these tests."""
    free_apps()
    url = postgresql_copies()
    database = Database(DatabaseSettings(database_url=url))
    api = await started(database, url)
    root = await factories.root(api)
    async with database.writing() as session:
        size = {"area": AREA_LENGTH, "zone": ZONE_LENGTH}
        for kind, of, first, last in (
            ("unit", "committee", 1, UNITS // 2),
            ("unit", "committee", UNITS // 2 + 1, UNITS),
            ("branch", "branch", 1, BRANCHES),
        ):
            values = {"type": kind, "kind": of, "first": first, "last": last, **size}
            await session.execute(text(TREE), values)
    await _submit_one_of_each(api, root)
    async with database.writing() as session:
        # The rows copied need no checking one by one: what they refer to is there.
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for name in FILLED:
            await session.execute(text(_multiplied(Base.metadata.tables[name])))
        await session.execute(text("ANALYZE"))
    yield api
    await database.close()


async def test_no_list_scans_a_large_table(api: Api) -> None:
    campaign = (await api.get("/v1/campaigns"))["data"][0]
    unit = (await api.get("/v1/units", code="unit7"))["data"][0]
    callers = {"root": api, "unit": await granted(api, unit, "viewer")}
    narrowings = {"under": unit["id"], "campaign_id": campaign["id"], "q": "潭"}
    scans: list[tuple[str, str, str, set[str]]] = []
    explained = 0
    for operation, path, needed, parameters in await _lists(api, {"campaign_id": campaign["id"]}):
        for narrowing, must in product({"", *narrowings} & {"", *parameters}, needed):
            query = must | ({narrowing: narrowings[narrowing]} if narrowing else {})
            for who, caller in callers.items():
                # Of few rows the parts are looked up one by one, however small their table is.
                tables = await _scanned(caller, path, {"limit": 10, **query})
                explained += tables is not None
                if tables:
                    scans.append((operation, who, f"{narrowing} {must}", tables))
    assert explained > 60
    assert scans == [], "\n".join(map(str, scans))


async def test_progress_of_a_past_day_scans_no_large_table(api: Api) -> None:
    """Neither to find out that nothing has changed since, nor to put right what has."""
    campaign = (await api.get("/v1/campaigns"))["data"][0]
    unit, other, elsewhere = [
        (await api.get("/v1/units", code=f"unit{n}"))["data"][0] for n in (7, 107, 8)
    ]
    root = (await api.get("/v1/units", sort="created_at"))["data"][0]
    leader = (await api.get("/v1/leaders", limit=1))["data"][0]
    for _ in range(2):
        for group_by in ("children", "sector"):
            for place in (root, unit):
                query = {"campaign_id": campaign["id"], "unit_id": place["id"]}
                query |= {"as_of": "2013-02-01", "group_by": group_by}
                assert await _scanned(api, "/v1/progress", query) == set()
        path = f"/v1/units/{other['id']}"
        await api.change("POST", f"{path}/move", {"parent_id": elsewhere["id"]}, of=path)
        path = f"/v1/leaders/{leader['id']}"
        await api.change("PATCH", path, {"unit_id": unit["id"], "branch_id": None})


async def test_a_part_of_the_tree_is_read_in_order(api: Api) -> None:
    """Of an area and of a zone: out of the index that has their rows in the order of the list."""
    campaign = (await api.get("/v1/campaigns"))["data"][0]
    gathered = []
    for column in ("area_id", "zone_id"):
        top = await _largest(api, column)
        for path, sort, table in IN_ORDER:
            if sort.endswith("updated_at") and column == "area_id":
                continue
            # Of few rows in a place, sorting them all is as good as reading some in order.
            query = {"under": str(top), "sort": sort, "limit": 5}
            if table == "obligations":
                query["campaign_id"] = campaign["id"]
            nodes = await _planned(api, path, query) or []
            read = {node["Index Name"] for node in nodes if node["Node Type"] == "Index Scan"}
            if not any(name.startswith(f"ix_{table}_{column}_") for name in read):
                gathered.append((column, path, sort, read))
    assert gathered == [], "\n".join(map(str, gathered))


async def test_what_may_be_entered_twice_is_looked_for_by_an_index(api: Api) -> None:
    campaign = (await api.get("/v1/campaigns"))["data"][0]
    branch = (await api.get("/v1/branches", under=campaign["root_unit_id"]))["data"][0]
    body = factories.activity(branch, campaign)
    nodes = await _planned(api, "/v1/activities", {}, body) or []
    assert "ix_activities_org_id_held_on" in {node.get("Index Name") for node in nodes}
    scans = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
    assert not scans & {"activities"}


async def test_changes_are_read_in_their_order_or_by_organization(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api.database.writing() as session:
        await session.execute(text(PLACED))
        await session.execute(text("ANALYZE events"))
    unit = (await api.get("/v1/units", code="unit7"))["data"][0]
    viewer = await granted(api, unit, "viewer")
    monkeypatch.setattr(following, "WINDOW", 100)  # there are fewer events than at a department
    in_order = {"ix_events_place"}
    by_scope = in_order | {"ix_events_org_place"}  # whichever has fewer left, as planned just then
    for caller, few, wanted in ((api, 1000, in_order), (viewer, 1000, by_scope),
                                (viewer, 0, in_order)):  # fmt: skip
        monkeypatch.setattr(following, "FEW", few)
        # From the beginning: near the end, the order itself has few events left to look at.
        nodes = await _planned(caller, "/v1/changes", {"limit": 20})
        assert nodes is not None
        scans = {str(node["Relation Name"]) for node in nodes if node["Node Type"] == "Seq Scan"}
        assert scans & LARGE_TABLES == set()
        assert wanted & {str(node.get("Index Name")) for node in nodes}


async def _largest(api: Api, column: str) -> Any:
    """The area or zone with the most branches: in a small one, sorting what it has is as good."""
    top = Organization.__table__.c[column]
    statement = select(top).where(Organization.type == "branch", Organization.area_id != top)
    if column == "area_id":
        statement = select(top).where(Organization.type == "branch")
    async with api.database.reading() as session:
        found = statement.group_by(top).order_by(func.count().desc()).limit(1)
        return (await session.execute(found)).scalar_one()


async def _submit_one_of_each(api: Api, root: Any) -> None:
    unit = await factories.unit(api, root)
    branch = await factories.branch(api, unit)
    leader = await factories.leader(api, unit, branch)
    # Opened before there is much: over few, for a campaign here is a row to copy.
    campaign = await factories.campaign(api, unit)
    body = factories.activity(
        branch,
        campaign,
        participants=[{"leader_id": leader["id"], "role": "participant"}],
        findings=[{"check": "work_style", "description": "入户走访少"}],
        opinions=[{"field": "economic", "source_group": "public", "content": "路灯"}],
    )
    await api.post("/v1/activities", body)
    await api.post("/v1/leader-records", factories.record(leader, campaign))
    report = {"kind": "work_update", "title": "动态", "body": "本周召开讨论会。"}
    place = {"campaign_id": campaign["id"], "org_id": branch["id"]}
    written = await api.post("/v1/reports", {**report, **place})
    reviewer = await granted(api, unit, "reviewer")
    await reviewer.post(f"/v1/reports/{written['id']}/reviews", review(written))


def _multiplied(table: Table) -> str:
    columns = [column.name for column in table.columns if column.name != "position"]
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(DIFFERENT.get(name, f'one."{name}"') for name in columns)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {values}"  # noqa: S608 - our own names
        f" FROM (SELECT * FROM {table.name} LIMIT 1) AS one,"
        " (SELECT id, parent_id, area_id, zone_id, (row_number() OVER ())::int AS n"
        " FROM organizations WHERE type = 'branch') AS branch ON CONFLICT DO NOTHING"
    )


async def _lists(
    api: Api, known: dict[str, str]
) -> list[tuple[str, str, list[dict[str, str]], set[str]]]:
    """Every list whose place is known: its operation, path, what it must be asked, parameters."""
    document = (await api.get("/openapi.json"))["paths"]
    found = []
    for path, operations in document.items():
        operation = operations.get("get", {})
        parameters = {part.get("name") for part in operation.get("parameters", ())}
        if "cursor" in parameters and known.keys() >= set(re.findall(r"{(\w+)}", path)):
            parameters -= set(re.findall(r"{(\w+)}", path))
            needed = list(_needed(operation["parameters"]))
            place = path.format(**known)
            found.append((operation["operationId"], place, needed, parameters))
    return found


def _needed(parameters: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Every way to give the parameters that a list cannot do without: each is one of some codes."""
    musts = [p for p in parameters if p.get("in") == "query" and p.get("required")]
    for values in product(*(must["schema"]["enum"] for must in musts)):
        yield {must["name"]: value for must, value in zip(musts, values, strict=True)}


async def _scanned(caller: Api, path: str, query: dict[str, Any]) -> set[str] | None:
    """The large tables that a list looks through; None where the caller may not see it."""
    nodes = await _planned(caller, path, query)
    if nodes is None:
        return None
    scans = {str(node["Relation Name"]) for node in nodes if node["Node Type"] == "Seq Scan"}
    return scans & LARGE_TABLES


async def _planned(
    caller: Api, path: str, query: dict[str, Any], body: Any = None
) -> list[dict[str, Any]] | None:
    """The nodes of the plans of all that a list sends; None where the caller may not see it.

    With a body, of what a POST of it reads.
    """
    engine = caller.database.engine
    sent: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", keep)
    try:
        answer = await caller.send("GET" if body is None else "POST", path, body, **query)
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", keep)
    if answer.status_code >= 300:
        assert answer.status_code in {403, 404}, answer.text
        return None
    nodes: list[dict[str, Any]] = []
    async with engine.connect() as connection:
        for statement, parameters in sent:
            if statement.startswith("SELECT set_config("):
                await connection.exec_driver_sql(statement, parameters)
                continue
            if statement.startswith("SET ") or not (body is None or _reads(statement)):
                continue
            explain = f"EXPLAIN (FORMAT JSON) {statement}"
            plan = (await connection.exec_driver_sql(explain, parameters)).scalar_one()
            (whole,) = json.loads(plan) if isinstance(plan, str) else plan
            nodes += _nodes(whole["Plan"])
    return nodes


def _reads(statement: str) -> bool:
    return statement.lstrip().startswith("SELECT") and "organizations" in statement


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
