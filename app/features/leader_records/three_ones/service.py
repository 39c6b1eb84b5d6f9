"""One leading cadre's three ones, put together."""

from collections.abc import Sequence
from datetime import date

from app.features.leader_records.three_ones.queries import CampaignRow, OwedRow, RecordRow
from app.features.leader_records.three_ones.schemas import CampaignThreeOnes, ItemOwed, ItemRecord
from app.features.obligations.rules import overdue


def answer(
    campaign: CampaignRow, owed: Sequence[OwedRow], done: Sequence[RecordRow], today: date
) -> CampaignThreeOnes:
    """Return what a leading cadre owes and did in one campaign."""
    owed = [row for row in owed if row.campaign_id == campaign.id]
    done = [row for row in done if row.campaign_id == campaign.id]
    due = [row for row in owed if row.status != "exempt"]
    asked = {item for row in owed for item in _items(row)}
    return CampaignThreeOnes(
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        done=sum(row.status == "met" for row in due),
        due=len(due),
        items=[_owed(row, done, today) for row in owed],
        others=[_record(row) for row in done if row.item not in asked],
    )


def _items(row: OwedRow) -> list[str]:
    """Return the items that meet a requirement, none where it asks for something else."""
    if row.evidence.get("record") != "leader_record":
        return []
    kinds: list[str] = row.evidence.get("kinds") or []
    return kinds


def _owed(row: OwedRow, done: Sequence[RecordRow], today: date) -> ItemOwed:
    values = row._asdict()
    items = _items(row)
    return ItemOwed(
        **{name: values[name] for name in ItemOwed.model_fields if name in values},
        items=items,
        overdue=overdue(row.status, row.due_on, today, returned=row.returned),
        missing=max(row.min_count - row.counted, 0) if row.status == "open" else 0,
        records=[_record(each) for each in done if each.item in items],
    )


def _record(row: RecordRow) -> ItemRecord:
    return ItemRecord.model_validate(row)
