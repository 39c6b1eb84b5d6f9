"""Tasks: whose they are, and how they are shown."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from app.access.principal import Power, Principal
from app.features.tasks.queries import TaskRow
from app.features.tasks.schemas import TaskFilter, TaskLeader, TaskOrganization, TaskOut

NOBODY: Final = UUID(int=0)
"""The leading cadre whom nobody is."""
_PATHS: Final = {
    "obligation": "/v1/obligations/{id}",
    "activity": "/v1/activities/{id}",
    "leader_record": "/v1/leader-records/{id}",
    "report": "/v1/reports/{id}",
    "finding": "/v1/findings/{id}",
    "opinion": "/v1/opinions/{id}",
    "follow_up": "/v1/inspections/{inspection_id}",
}


def narrow_to_self(caller: Principal, filters: TaskFilter) -> TaskFilter:
    """Return filters that ask for the caller's own tasks, where they see no others."""
    if filters.leader_id or caller.may_anywhere(Power.VIEW):
        return filters
    own = sorted({leader_id for leader_id, _ in caller.own}) or [NOBODY]
    return filters.model_copy(update={"leader_id": own})


def choose_places(caller: Principal, filters: TaskFilter) -> Sequence[UUID] | None:
    """Return at which organizations tasks are looked for; None: wherever the leader's are."""
    if filters.org_id:
        return filters.org_id
    if filters.leader_id:
        return None
    granted = (s for s in caller.scopes if not s.inherited and s.leader_id is None)
    return sorted({scope.org_id for scope in granted})


def answer(row: TaskRow, today: date) -> TaskOut:
    """Return a task as callers get it."""
    values = row._asdict()
    leader = None
    if row.leader_id is not None and row.leader_name is not None:
        leader = TaskLeader(id=row.leader_id, name=row.leader_name)
    return TaskOut(
        id=uuid5(row.record_id, row.kind),
        **{name: values[name] for name in TaskOut.model_fields if name in values},
        href=_PATHS[row.record].format(id=row.record_id, inspection_id=row.inspection_id),
        org=TaskOrganization(id=row.org_id, code=row.org_code, name=row.org_name),
        owner=TaskOrganization(id=row.owner_id, code=row.owner_code, name=row.owner_name),
        leader=leader,
        days_overdue=0 if row.due_on is None else max((today - row.due_on).days, 0),
    )
