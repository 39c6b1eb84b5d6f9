"""Imports that are deleted with all that they hold: the file, what was read of it, its plan."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.imports.queries import imports as queries
from app.kit.ids import is_root


async def forget_under(session: AsyncSession, path: str, owners: Collection[str]) -> None:
    """Delete the imports of a subtree, whatever state they are in: they may name who is erased.

    What some owners said of headings goes, too. What was written stays, and is erased as it is.
    """
    await queries.remove_under(session, path, owners, whole=is_root(path))
