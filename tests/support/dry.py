"""Writes that are carried out to the last statement and then taken back instead of committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.visibility import in_subtree
from app.db import Database
from app.models import Event, Organization


class DryRun:
    """In the place of a service's database: everything but the commit is real.

    `made` are the events of the last write, `(type, org_id)`; `inside` the organizations of the
    subtree at `path` as the write left them.
    """

    def __init__(self, database: Database, path: str) -> None:
        """`path` is the caller's subtree."""
        self._database = database
        self._path = path
        self.made: list[tuple[str, UUID | None]] = []
        self.inside: set[UUID] = set()

    def __getattr__(self, name: str) -> Any:
        """Whatever is no write is the database's own."""
        return getattr(self._database, name)

    @asynccontextmanager
    async def writing(self, *given: Any) -> AsyncIterator[AsyncSession]:
        """One transaction, rolled back where it would be committed."""
        async with self._database.writing(*given) as session:
            last = await session.scalar(select(func.max(Event.position))) or 0
            yield session
            await session.flush()
            made = select(Event.type, Event.org_id).where(Event.position > last)
            self.made = [(row.type, row.org_id) for row in await session.execute(made)]
            inside = select(Organization.id).where(in_subtree(self._path))
            self.inside = set(await session.scalars(inside))
            await session.rollback()
