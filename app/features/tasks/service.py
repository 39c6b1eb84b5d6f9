"""Tasks: whose they are, and how they are shown."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from app.access.principal import Principal
from app.features.tasks.queries import TaskRow
from app.features.tasks.schemas import TaskFilter, TaskLeader, TaskOrganization, TaskOut

_PATHS: Final = {
    "obligation": "/v1/obligations/{id}",
    "activity": "/v1/activities/{id}",
    "leader_record": "/v1/leader-records/{id}",
    "report": "/v1/reports/{id}",
    "finding": "/v1/findings/{id}",
    "opinion": "/v1/opinions/{id}",
    "follow_up": "/v1/inspections/{inspection_id}",
}


def choose_places(caller: Principal, filters: TaskFilter) -> Sequence[UUID] | None:
    """Return at which organizations tasks are looked for; None: wherever the leader's are."""
    if filters.org_id:
        return filters.org_id
    if filters.leader_id:
        return None
    return sorted({scope.org_id for scope in caller.scopes if not scope.inherited})


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
