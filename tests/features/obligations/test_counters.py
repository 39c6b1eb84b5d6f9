"""Progress out of counters against a count row by row, after every change, folded or not."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.db.unit_of_work import UnitOfWork
from app.features.counts.queries import reading as work
from app.features.obligations import service as obligations
from app.features.obligations.queries import counting, crediting, duties, verifying
from app.features.obligations.rules import existed
from app.features.progress import rules
from app.features.progress.queries import days, reading
from app.kit import ids
from app.models import Counter, CounterDelta, Leader, Obligation, Organization, Requirement
from app.models.vocabulary.measures import MEASURES
from tests.support.history import DAY, HISTORIES, History, seed_of
from tests.support.recounting import everything

Figures = dict[str, dict[UUID, dict[str, int]]]


class Exempting(History):
    """A history with exemptions, deletions and requirements that begin later."""

    def requirement(self, *arguments: Any, **fields: Any) -> Requirement:
        """Some begin later than the campaign."""
        made = super().requirement(*arguments, **fields)
        made.opens_on = self.random.choice([None, None, DAY + timedelta(days=2)])
        return made

    async def step(self) -> None:
        """One random change more than a history knows."""
        chosen = self.random.random()
        if chosen < 0.75:
            await super().step()
            return
        async with self.database.writing() as session:
            change = self.random.choice(
                [self.exempt, self.lift, self.redate, self.delete, self.say_nothing]
            )
            await change(session)

    async def exempt(self, session: AsyncSession) -> None:
        """Somebody is exempted."""
        found = await self.any(session, Obligation, Obligation.status == "open")
        if found:
            await obligations.exempt(session, found, "r")

    async def say_nothing(self, session: AsyncSession) -> None:
        """A nil return settles something, perhaps what is met already."""
        found = await self.any(session, Obligation, Obligation.status.in_(("open", "met")))
        if found is None:
            return
        named = [found.requirement_id], [found.subject_id], (date.min, date.max)
        locked = await duties.lock_obligations(session, *named)
        row = next(row for row in locked if row.id == found.id)
        day = DAY + timedelta(days=self.random.randint(-4, 8))
        if not existed(row.first_day, row.last_day, day):
            return
        credit = {
            "obligation_id": found.id, "org_id": found.org_id, "record": "nil_return",
            "source_id": ids.new_id(), "on_day": day, "standing": True,
        }  # fmt: skip
        crediting.insert_credits(session, [credit])
        await UnitOfWork.of(session).flush()
        after = await crediting.recount(session, [found.id])
        await counting.insert_differences(session, [row], after)
        await UnitOfWork.of(session).flush()

    async def lift(self, session: AsyncSession) -> None:
        """An exemption is lifted."""
        found = await self.any(session, Obligation, Obligation.status == "exempt")
        if found:
            await obligations.lift_exemption(session, found)

    async def redate(self, session: AsyncSession) -> None:
        """A requirement gets other days."""
        found = await self.any(session, Requirement)
        found.due_on = self.random.choice([None, DAY + timedelta(days=self.random.randint(-4, 8))])
        found.opens_on = self.random.choice(
            [None, DAY + timedelta(days=self.random.randint(-4, 8))]
        )
        await session.flush()
        await obligations.reconcile_requirements(session, [found.id])

    async def delete(self, session: AsyncSession) -> None:
        """Found a unit, owe, delete it: nothing is left of it anywhere."""
        root = await session.get(Organization, self.root_id)
        made = await self.add_organization(session, root, "unit")
        if self.random.random() < 0.5:
            await counting.fold(session)
        await obligations.forget_organization(session, made)
        await session.delete(made)


@pytest.mark.parametrize("number_of_history", range(HISTORIES))
async def test_progress_equals_count_after_every_change(
    database: Database, number_of_history: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is held is none of this test's business, and costs more than all that is compared here.
    monkeypatch.setattr(work, "sum_by_day", _count_nothing)
    history = Exempting(database, seed_of(database, number_of_history))
    await history.found()
    for number in range(30):
        await history.step()
        if history.random.random() < 0.3:
            async with database.writing() as session:
                await counting.fold(session)
        day = DAY + timedelta(days=history.random.randint(-6, 12))
        async with database.reading() as session:
            assert await verifying.find_miscounts(session) == [], f"step {number}"
            assert await verifying.find_misplaced(session) == []
            assert await verifying.find_mistallied(session) == []
            every = (await everything(session, Obligation)).values()
            rows = [row for row in every if row.campaign_id == history.campaign_id]
            organizations = await everything(session, Organization)
            for unit in _asked(history, organizations, every=number % 10 == 9):
                await _compare(session, history.campaign_id, unit, rows, organizations, day)


async def _count_nothing(*_: Any) -> dict[date, int]:
    return {}


def _asked(
    history: History, organizations: dict[UUID, Organization], *, every: bool
) -> list[Organization]:
    """Return the root, another unit and a branch, or now and then `every` unit."""
    units = [each for each in organizations.values() if each.type == "unit"]
    branches = [each for each in organizations.values() if each.type == "branch"]
    few = units if every else [organizations[history.root_id], history.random.choice(units)]
    return [*few, history.random.choice(branches)]


async def _compare(
    session: AsyncSession,
    campaign_id: UUID,
    unit: Organization,
    rows: list[Obligation],
    organizations: dict[UUID, Organization],
    day: date,
) -> None:
    wanted = await reading.load_requirements(session, campaign_id, unit.path)
    slots = await reading.load_slots(session, wanted, day)
    for found, by in (
        (await reading.sum_by_child(session, campaign_id, unit, day), "child"),
        (await reading.sum_by_sector(session, campaign_id, unit, day), "sector"),
    ):
        expected = _counted(unit, rows, organizations, day, by)
        for group in found.keys() | expected.keys():
            for r in wanted:
                of_group = found.get(group, {})
                parts = [
                    rules.figures(of_group.get(s.id, {}), s.opens_on, s.due_on, day)
                    for s in slots[r.id]
                ]
                figures = rules.total(parts, rules.FIGURES)
                zeros = dict.fromkeys(rules.FIGURES, 0)
                assert figures == zeros | expected.get(group, {}).get(r.id, {}), (by, group)
    met = {d: n for d, _, n in await days.sum_days(session, campaign_id, unit) if n}
    assert met == _met(unit, rows, organizations)


def _counted(
    unit: Organization,
    rows: list[Obligation],
    organizations: dict[UUID, Organization],
    day: date,
    by: str,
) -> Figures:
    """Group → requirement → figures, obligation by obligation."""
    found: Figures = defaultdict(lambda: defaultdict(lambda: dict.fromkeys(rules.FIGURES, 0)))
    for row in rows:
        organization = organizations[row.org_id]
        if row.status == "void" or not organization.path.startswith(unit.path):
            continue
        if row.period_id.int and row.opens_on is not None and row.opens_on > day:
            continue  # not begun
        group = organization.path[: len(unit.path) + 23] if by == "child" else organization.sector
        for name, value in _figures(row, day).items():
            found[group][row.requirement_id][name] += value
    return found


def _figures(row: Obligation, day: date) -> dict[str, int]:
    if row.status == "exempt":
        return {"exempt": 1}
    if row.status == "met" and row.met_on is not None and row.met_on <= day:
        late = row.due_on is not None and row.met_on > row.due_on
        surplus = row.count - row.min_count
        return {"due": 1, "done": 1, "late" if late else "on_time": 1, "surplus": surplus}
    if row.nil_on is not None and row.nil_on <= day:
        return {"due": 1, "nil": 1}
    if row.opens_on is not None and row.opens_on > day:
        return {"upcoming": 1}
    if row.returned:
        return {"due": 1, "open": 1, "returned": 1}
    overdue = row.due_on is not None and row.due_on < day
    return {"due": 1, "open": 1, "overdue": int(overdue)}


def _met(
    unit: Organization, rows: list[Obligation], organizations: dict[UUID, Organization]
) -> dict[date | None, int]:
    found: dict[date | None, int] = defaultdict(int)
    for row in rows:
        if row.status == "met" and organizations[row.org_id].path.startswith(unit.path):
            found[row.met_on] += 1
    return dict(found)


async def test_a_fold_leaves_nothing_and_changes_nothing(database: Database) -> None:
    history = Exempting(database, 9)
    await history.found()
    async with database.writing() as session:
        await history.exempt(session)
        assert await counting.fold(session) > 0
        assert await counting.fold(session) == 0
        assert (await session.execute(select(CounterDelta))).first() is None
    async with database.reading() as session:
        assert await verifying.find_miscounts(session) == []


async def test_verification_finds_what_is_wrong(database: Database) -> None:
    history = History(database, 9)
    await history.found()
    async with database.writing() as session:
        await counting.fold(session)
        leader = await history.any(session, Leader)
        owed = await history.any(session, Obligation, Obligation.subject_id == leader.id)
        assert await verifying.find_mistallied(session) == []
        owed.status = "exempt"
        await session.flush()
        assert await verifying.find_mistallied(session) == [owed.id]
        found = await verifying.find_miscounts(session)
    above = {m.unit_id for m in found}
    assert above == {owed.unit_id, history.root_id}
    assert {tuple(sorted(m.excess.items())) for m in found} == {(("exempt", -1), ("open", 1))}


@pytest.mark.parametrize("table", [Counter, CounterDelta])
def test_what_is_measured_has_a_column(table: type[Counter | CounterDelta]) -> None:
    of_key = {"id", "day", *counting.CELL}

    assert {column.key for column in table.__table__.columns} - of_key == set(MEASURES)
