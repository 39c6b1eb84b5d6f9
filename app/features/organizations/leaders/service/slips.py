"""What is probably a slip about a leader."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.organizations import rules
from app.features.organizations.leaders.queries import leaders as queries
from app.kit.fields import Warned
from app.kit.language import Language
from app.models import Leader


async def find_slips(session: AsyncSession, row: Leader, language: Language) -> list[Warned]:
    """Return what is told about a leader who was entered just now."""
    known = await queries.has_namesake(session, row)
    return [rules.SAME_LEADER.told(language)] if known else []
