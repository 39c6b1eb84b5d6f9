"""`q`: the rows with the part, all on one level; alike everywhere, by an index on PostgreSQL."""

from random import Random
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.db.conditions import containing
from app.kit import ids
from app.kit.levelling import level
from app.models import Leader, Organization
from tests.support import factories
from tests.support.client import Api

# What lists are searched for, and what has a meaning of its own in some pattern or array.
LETTERS = "支部支部第一二三委党aAbBzZ019％%__/\\'\"{},*. Ａａ　ÄäßİıΣσςÉé①ﬁ㎡Жж𠮷😀"
ROWS, QUESTIONS = 300, 250


async def test_it_finds_what_is_the_same_on_one_level(database: Database) -> None:
    chance = Random(4)  # noqa: S311 - the same texts every time
    async with database.writing() as session:
        rows = [_row(chance, number) for number in range(ROWS)]
        await session.execute(insert(Organization), rows)
        if database.is_postgresql:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
        found = 0
        for _ in range(QUESTIONS):
            part = _part(chance, rows)
            ours = await _ids(session, *containing(part, Organization.name, Organization.code))
            sought = level(part)
            theirs = {
                row["id"]
                for row in rows
                if sought in level(row["name"]) or sought in level(row["code"])
            }
            assert ours == theirs, part
            found += bool(ours)
    assert QUESTIONS / 3 < found < QUESTIONS


async def test_its_index_is_one_that_the_database_has(postgresql_database: Database) -> None:
    for table, one, other in (
        (Organization, Organization.name, Organization.code),
        (Leader, Leader.name, Leader.post),
    ):
        statement = select(table.id).where(*containing("三支部", one, other))
        sql = statement.compile(postgresql_database.engine.sync_engine)
        async with postgresql_database.writing() as session:
            await session.execute(text("SET LOCAL enable_seqscan = off"))
            connection = await session.connection()
            plan = await connection.exec_driver_sql(f"EXPLAIN {sql}", ("三支部",))
            assert f"ix_{table.__tablename__}_search" in str(plan.all())


async def test_one_character_is_enough_and_the_subtree_still_holds(api: Api) -> None:
    root = await factories.root(api)
    east, west = [await factories.unit(api, root, name=name) for name in ("龙江镇", "杏坛镇")]
    mine = await factories.branch(api, east, name="龙山村Ｂ支部")
    other = await factories.branch(api, west, name="龙潭村支部")
    await factories.leader(api, west, name="龙某")
    leader = await factories.leader(api, east, name="陈某", post="镇委书记")
    for path, part, expected in (
        ("branches", "龙", [mine]),
        ("branches", "山村Ｂ", [mine]),
        ("branches", "潭", []),
        # By the second text: what stands beside the search still holds, be it place or type.
        ("branches", other["code"], []),
        ("branches", east["code"], []),
        ("branches", mine["code"], [mine]),
        ("leaders", "委书", [leader]),
        ("leaders", "龙", []),
    ):
        found = await api.all(f"/v1/{path}", q=part, under=east["id"])
        assert [row["id"] for row in found] == [row["id"] for row in expected], (path, part)


async def test_width_case_and_accents_are_one_for_every_parameter(api: Api) -> None:
    root = await factories.root(api)
    made = [await factories.unit(api, root, name=name) for name in ("第１２居委会", "CAFÉ 12")]
    for part in ("12", "１２", "１2", " 12 ", "12\u200b"):
        found = await api.all("/v1/units", q=part)
        assert {row["id"] for row in found} == {row["id"] for row in made}, part
    for part in ("café", "Café", "cafe\u0301", "ＣＡＦＥ\u0301", "CAFÉ\u3000"):
        assert [row["id"] for row in await api.all("/v1/units", q=part)] == [made[1]["id"]], part
    code = made[0]["code"]
    for given in (f"{code} ", f"\u200b{code}", f"{code}\ufeff"):
        assert [row["id"] for row in await api.all("/v1/units", code=given)] == [made[0]["id"]]


def _row(chance: Random, number: int) -> dict[str, Any]:
    identifier = ids.new_id()
    name = "".join(chance.choices(LETTERS, k=chance.randint(1, 12)))
    code = f"{number}{''.join(chance.choices(LETTERS, k=chance.randint(0, 4)))}"
    return {
        "id": identifier, "type": "unit", "kind": "committee", "sector": "organ", "name": name,
        "code": code, "path": ids.path_segment(identifier), "sort_order": 0,
        "area_id": identifier, "zone_id": identifier,
        "parent_id": None if number == 0 else identifier,
    }  # fmt: skip


def _part(chance: Random, rows: list[dict[str, Any]]) -> str:
    """A piece of some row in another case, or any letters at all."""
    if chance.random() < 0.3:
        return "".join(chance.choices(LETTERS, k=chance.randint(1, 3)))
    row = chance.choice(rows)
    whole = row[chance.choice(["name", "code"])]
    start = chance.randrange(len(whole))
    piece = whole[start : start + chance.randint(1, 5)]
    return str(chance.choice([piece, piece.upper(), piece.lower()]))


async def _ids(session: AsyncSession, *conditions: Any) -> set[Any]:
    return set((await session.scalars(select(Organization.id).where(*conditions))).all())
