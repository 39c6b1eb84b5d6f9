"""SQL of the list of activities: rows as they are kept, in the form in which they are answered.

All of it is put together once; a request fills in which activities.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.conditions import one_of
from app.db.rows import AnySelect, plain_rows
from app.features.activities.schemas.answers import ActivityOut, ParticipantOut
from app.features.findings.schemas.records import FindingOut, OpinionOut
from app.features.submissions import queries as reviews
from app.kit.expanded import answered_fields
from app.models import Activity, Base, Campaign, Finding, Opinion, Organization, Participant
from app.models.shown import answer_columns

Parts = Mapping[str, Mapping[str, list[dict[str, Any]]]]
"""Field of the answer → activity → what it has of that, in order."""

_TABLE: Final = Activity.__table__
ANSWERED: Final = tuple(name for name in ActivityOut.model_fields if name in _TABLE.c)
"""The fields of the answer that the table has."""
SHOWN: Final[tuple[ColumnElement[Any], ...]] = (
    *answer_columns(Activity, ANSWERED),
    select(Organization.path)
    .where(Organization.id == _TABLE.c.org_id)
    .correlate(_TABLE)
    .scalar_subquery(),
    *(
        select(column)
        .where(Campaign.id == _TABLE.c.campaign_id)
        .correlate(_TABLE)
        .scalar_subquery()
        for column in (Campaign.status, Campaign.settle_until)
    ),
    _TABLE.c.authors,
    *answer_columns(Activity, ["further_campaign_ids", "own_kind"]),
)
"""The columns of the list: those of a `ShownRow`."""
_KINDS: Final[Mapping[str, tuple[type[Base], type[BaseModel], str]]] = {
    "participants": (Participant, ParticipantOut, "leader_id"),
    "findings": (Finding, FindingOut, "id"),
    "opinions": (Opinion, OpinionOut, "id"),
}
PARTS_NAMED: Final = {"leader": "participants"}
"""Where an activity names what can be shown beside its id, if not itself."""


class ShownRow(NamedTuple):
    """An activity of the list, ids as text."""

    answered: dict[str, Any]
    """The fields `ANSWERED`."""
    path: str
    campaign_status: str
    settle_until: date | None
    authors: list[str]
    further_campaign_ids: list[str]
    own_kind: str | None

    @classmethod
    def of(cls, *values: Any) -> "ShownRow":
        """Return the row of the values of the columns `SHOWN`."""
        return cls(dict(zip(ANSWERED, values, strict=False)), *values[len(ANSWERED) :])


async def load_parts(session: AsyncSession, activity_ids: Sequence[str]) -> Parts:
    """Return what these activities have of each kind: three statements, however many they are."""
    found = {}
    for name, (_, answer, _) in _KINDS.items():
        of_kind: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for activity_id, *values in await plain_rows(session, _of_kind(name), ids=activity_ids):
            of_kind[activity_id].append(dict(zip(answered_fields(answer), values, strict=True)))
        found[name] = of_kind
    return found


async def load_stages(session: AsyncSession, rows: Sequence[ShownRow]) -> dict[str, list[str]]:
    """Return the stages of the further campaigns of activities.

    No statement where there are none.
    """
    further = {
        row.answered["id"]: row.further_campaign_ids for row in rows if row.further_campaign_ids
    }
    named = {UUID(id_) for ids in further.values() for id_ in ids}
    known = await reviews.load_campaigns(session, named)
    return {id_: [known[UUID(one)][0] for one in ids] for id_, ids in further.items()}


@cache
def _of_kind(name: str) -> AnySelect:
    kind, answer, order = _KINDS[name]
    of, *columns = answer_columns(kind, ("activity_id", *answered_fields(answer)))
    return select(of, *columns).where(one_of(of, "ids")).order_by(kind.__table__.c[order])
