"""What is overdue below a unit, gathered from the ledger and from all that has a day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.progress.queries import reading
from app.features.progress.rules import figures
from app.features.urging import queries
from app.features.urging.rules import Urged
from app.features.urging.schemas import OverdueOut, PromptlyOut, UrgingOut
from app.kit.ids import path_segment
from app.models import Organization


async def gather(
    session: AsyncSession, campaign_id: UUID, unit: Organization, today: date
) -> dict[UUID, Urged]:
    """Map the organizations directly below a unit to what is overdue in their subtrees.

    Five statements, whose cost follows from the children and from what is overdue.
    """
    by_path: dict[str, Urged] = defaultdict(Urged)
    wanted = await reading.load_requirements(session, campaign_id, unit.path)
    by_requirement = await reading.load_slots(session, wanted, today)
    slots = [slot for of_one in by_requirement.values() for slot in of_one]
    tallies = await reading.sum_by_child(session, campaign_id, unit, today)
    for path, owed in tallies.items():
        for asked in slots:
            told = figures(owed.get(asked.id, {}), asked.opens_on, asked.due_on, today)
            by_path[path].add([("obligation", told["overdue"], asked.due_on)])
            if asked.due_on is None:
                by_path[path].promptly["obligations"] += told["open"]
    for row in await queries.sum_overdue(session, campaign_id, unit, today):
        by_path[row.child].add([(row.kind, int(row.number), row.since)])
    waiting = await queries.sum_without_day(session, campaign_id, unit)
    for path, number in waiting.items():
        by_path[path].promptly["follow_ups"] += number
    children = await reading.list_children(session, unit.id)
    return {child.id: by_path[unit.path + path_segment(child.id)] for child in children}


def answer(row: Organization, urged: Mapping[UUID, Urged], today: date) -> UrgingOut:
    """Return one organization as it is urged."""
    mine = urged[row.id]
    return UrgingOut.model_validate(
        {
            **{name: getattr(row, name) for name in _OWN},
            "overdue": OverdueOut(**mine.overdue),
            "overdue_total": mine.total,
            "since": mine.since,
            "days_overdue": (today - mine.since).days if mine.since else 0,
            "promptly": PromptlyOut(**mine.promptly),
        }
    )


_OWN = ("id", "type", "code", "name", "sector", "sort_order", "duty_phone")
