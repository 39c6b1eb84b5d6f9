"""What a new leader record does not say, told from what is known."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.campaigns import codes
from app.features.leader_records import queries
from app.features.leader_records.schemas import LeaderRecordNew
from app.features.submissions import defaulting, references
from app.features.submissions.defaulting import Completed, Unfilled, find_known, lacks
from app.features.submissions.rules import handles
from app.features.submissions.schemas import UNFILLED, own_ids
from app.models import LeaderRecord

_FILLED: Final = ("campaign_id", "title", "status")


async def complete(
    session: AsyncSession, caller: Principal, sent: Mapping[int, LeaderRecordNew]
) -> Completed[LeaderRecordNew]:
    """Fill in what was not sent; of what is there already, as it is there.

    Of a leader whom the caller does not see nothing is told.
    """
    items, unfilled = dict(sent), Unfilled()
    short = {i for i, item in sent.items() if lacks(item, "campaign_id") or lacks(item, "title")}
    if short:
        found = await references.load_leaders(session, {sent[i].leader_id for i in short})
        leaders = {
            id_: each
            for id_, each in found.items()
            if caller.may(Power.VIEW, each.path) or caller.is_self(id_, each.path)
        }
        known = await _load_known(session, {i: sent[i] for i in short}, leaders)
        for index, record in known.items():
            if record.leader_id == items[index].leader_id and record.leader_id in leaders:
                there = {"campaign_id": record.campaign_id, "title": record.title}
                items[index] = defaulting.fill(items[index], there)
        paths = {
            index: leaders[items[index].leader_id].path
            for index in short
            if lacks(items[index], "campaign_id") and items[index].leader_id in leaders
        }
        chosen, unfilled = await defaulting.choose_campaigns(session, paths)
        for index in short:
            values = {"campaign_id": chosen.get(index, UNFILLED)}
            items[index] = defaulting.fill(items[index], values)
        await _fill_titles(session, items)
    told = {i: defaulting.name_defaulted(sent[i], items[i], _FILLED) for i in items}
    return Completed(items, told, unfilled)


async def _fill_titles(session: AsyncSession, items: dict[int, LeaderRecordNew]) -> None:
    """Fill in as titles what their campaigns call the items."""
    lacking = {index: item for index, item in items.items() if lacks(item, "title")}
    named = {item.campaign_id for item in lacking.values()}
    campaigns = await references.find_campaigns(session, named) if named else {}
    for index, item in lacking.items():
        there = [campaigns[item.campaign_id]] if item.campaign_id in campaigns else []
        labels = codes.label(there, "leader_items")
        title = labels[item.item].zh if item.item in labels else item.item
        items[index] = defaulting.fill(item, {"title": title})


async def _load_known(
    session: AsyncSession,
    items: Mapping[int, LeaderRecordNew],
    leaders: Mapping[Any, references.Placed],
) -> dict[int, LeaderRecord]:
    """Return what is there already of the records, by their own ids and natural keys."""
    own = own_ids(items)
    keys = {
        index: (leaders[item.leader_id].org_id, item.source, item.external_id or "")
        for index, item in items.items()
        if item.source is not None and item.leader_id in leaders
    }
    there: dict[Any, LeaderRecord] = {
        **await queries.load_by_ids(session, own.values()),
        **await queries.find_by_natural_keys(session, set(keys.values())),
    }
    return find_known(handles(own, keys), there)
