"""What a new report does not say, told from what is known."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.campaigns import codes
from app.features.reports.schemas import ReportNew
from app.features.reports.service import creating
from app.features.submissions import defaulting, references
from app.features.submissions.defaulting import Completed, Unfilled, find_known, lacks
from app.features.submissions.schemas import UNFILLED, own_ids
from app.kit.language import Text, join_labels
from app.kit.validation import REQUIRED
from app.models.vocabulary import ReportKind

_FILLED: Final = ("campaign_id", "org_id", "title", "status")
_TOLD: Final = ("campaign_id", "org_id", "title")
"""What of it takes looking up."""


async def complete(
    session: AsyncSession, caller: Principal, sent: Mapping[int, ReportNew]
) -> Completed[ReportNew]:
    """Fill in what was not sent; of what is there already, as it is there."""
    items, unfilled = await _complete(session, caller, sent)
    for index, item in items.items():
        if not item.title:
            unfilled.setdefault(index, []).append(REQUIRED.at("/title"))
    told = {i: defaulting.name_defaulted(sent[i], items[i], _FILLED) for i in items}
    return Completed(items, told, unfilled)


def place(caller: Principal, item: ReportNew) -> ReportNew:
    """Return a report with the organization of the caller's grant, if none was sent."""
    own = defaulting.find_own_organization(caller) if lacks(item, "org_id") else None
    return defaulting.fill(item, {"org_id": own or UNFILLED})


async def _complete(
    session: AsyncSession, caller: Principal, sent: Mapping[int, ReportNew]
) -> tuple[dict[int, ReportNew], Unfilled]:
    short = {i: item for i, item in sent.items() if any(lacks(item, name) for name in _TOLD)}
    if not short:
        return dict(sent), {}
    items = {**sent, **{i: place(caller, item) for i, item in short.items()}}
    known_by, known = await creating.load_known(
        session, {i: items[i] for i in short}, own_ids(short)
    )
    named = {items[index].org_id for index in short} - {UNFILLED}
    homes = await references.load_organizations(session, caller, named)
    for index, report in find_known(known_by, known).items():
        if report.org_id == items[index].org_id and report.org_id in homes:
            there = {"campaign_id": report.campaign_id, "title": report.title}
            items[index] = defaulting.fill(items[index], there)
    unfilled: Unfilled = {}
    for index, item in short.items():
        home = homes.get(items[index].org_id)
        if lacks(item, "org_id") and (home is None or not defaulting.is_branch(home.kind)):
            items[index] = items[index].model_copy(update={"org_id": UNFILLED})
            unfilled[index] = [defaulting.require_organization()]
    paths = {
        index: homes[items[index].org_id].path
        for index in short
        if lacks(items[index], "campaign_id") and items[index].org_id in homes
    }
    chosen, wrong = await defaulting.choose_campaigns(session, paths)
    for index in short:
        values = {"campaign_id": chosen.get(index, UNFILLED)}
        items[index] = defaulting.fill(items[index], values)
    await _fill_titles(session, items)
    return items, unfilled | wrong


async def _fill_titles(session: AsyncSession, items: dict[int, ReportNew]) -> None:
    """Fill in the titles of nil returns; every other report has to bring its own."""
    lacking = {
        index: item
        for index, item in items.items()
        if lacks(item, "title") and item.kind == ReportKind.NIL_RETURN
    }
    named = {item.campaign_id for item in lacking.values()}
    campaigns = await references.find_campaigns(session, named) if named else {}
    for index, item in lacking.items():
        there = [campaigns[item.campaign_id]] if item.campaign_id in campaigns else []
        title = _title(item, codes.label(there, "report_kinds"))
        items[index] = defaulting.fill(item, {"title": title})


def _title(item: ReportNew, labels: Mapping[str, Text]) -> str:
    """Return the title of a nil return: with the kinds that it says nothing of."""
    own = ReportKind.NIL_RETURN
    title = labels[own].zh if own in labels else own.zh
    kinds = join_labels(labels[kind] for kind in item.nil_kinds if kind in labels).zh
    return f"{title}（{kinds}）" if kinds else title
