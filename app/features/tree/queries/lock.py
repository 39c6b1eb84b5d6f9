"""The structure lock: who holds it may change the tree, and finds it unchanged."""

from sqlalchemy import (
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import is_postgresql

_STRUCTURE_LOCK = 0x44_4A_54_01


async def lock_structure(session: AsyncSession) -> None:
    """Let one transaction at a time change the tree or the live requirements.

    So a new branch and an opening campaign can never miss each other. SQLite has one writer
    at a time anyway.
    """
    if is_postgresql(session):
        await session.execute(select(func.pg_advisory_xact_lock(_STRUCTURE_LOCK)))


async def try_lock_structure(session: AsyncSession) -> bool:
    """Take the same lock if nobody holds it; whether it is taken."""
    if not is_postgresql(session):
        return True
    free = await session.execute(select(func.pg_try_advisory_xact_lock(_STRUCTURE_LOCK)))
    return bool(free.scalar_one())
