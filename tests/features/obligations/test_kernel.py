"""The ledger against an independent recount, over random histories of tree, duties and work."""

import pytest
from sqlalchemy import select

from app.db import Database
from app.models import Credit, Obligation
from tests.support.history import HISTORIES, History, seed_of
from tests.support.recounting import ledger, recount


@pytest.mark.parametrize("number_of_history", range(HISTORIES))
async def test_ledger_equals_recount_after_every_change(
    database: Database, number_of_history: int
) -> None:
    history = History(database, seed_of(database, number_of_history))
    await history.found()
    for number in range(40):
        await history.step()
        async with database.reading() as session:
            assert await ledger(session) == await recount(session), f"step {number}"
            orphans = await session.execute(
                select(Credit)
                .outerjoin(Obligation, Obligation.id == Credit.obligation_id)
                .where(Obligation.id.is_(None))
            )
            assert orphans.first() is None
