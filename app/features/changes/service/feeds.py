"""The feed of adopted writings as Atom (RFC 4287)."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.changes.queries import feeds as queries
from app.features.reports import queries as report_queries
from app.features.reports.schemas import Version
from app.features.reports.service.answers import lineages
from app.kit import markdown
from app.kit.problems import NotFound, Unauthenticated
from app.models import Adoption, Campaign, Report
from app.models.vocabulary import ReportKind

_ATOM = "http://www.w3.org/2005/Atom"


async def adopted(
    session: AsyncSession, caller: Principal | None, name: str, address: str
) -> bytes:
    """The feed of a campaign, named by its id or code; `address` is the feed's own.

    A public one is the same for everybody; of any other a caller gets what it may see. Raises
    `Unauthenticated` for a caller without a credential, `NotFound` for one with.
    """
    campaign = await queries.campaign(session, caller, name)
    if campaign is None:
        raise Unauthenticated if caller is None else NotFound
    reader = None if campaign.public_feed else caller
    reports = await queries.adopted(session, reader, campaign.id)
    versions = await lineages(session, reports)
    adoptions = await report_queries.adoptions(session, [report.id for report in reports])
    feed = _feed(campaign, reports, address)
    for report in reports:
        feed.append(_entry(report, versions[report.id], adoptions[report.id]))
    document: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return document


def _feed(campaign: Campaign, reports: Sequence[Report], address: str) -> ET.Element:
    feed = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN"})
    _text(feed, "id", f"urn:uuid:{campaign.id}")
    _text(feed, "title", f"{campaign.name}：采用文章")
    moments = [campaign.updated_at, *(report.updated_at for report in reports)]
    _text(feed, "updated", max(moments).isoformat())
    ET.SubElement(feed, "link", {"rel": "self", "href": address})
    return feed


def _entry(
    report: Report, versions: Sequence[Version], adoptions: Sequence[Adoption]
) -> ET.Element:
    """One writing: its organization stands for its author, whose name stays inside."""
    entry, last = ET.Element("entry"), versions[-1]
    _text(entry, "id", f"urn:uuid:{report.id}")
    _text(entry, "title", last.title)
    _text(entry, "updated", report.updated_at.isoformat())
    _text(ET.SubElement(entry, "author"), "name", versions[0].by.name)
    kind = ReportKind.of(report.kind)
    ET.SubElement(entry, "category", {"term": kind.value, "label": kind.zh})
    for adoption in adoptions:
        if adoption.link is not None:
            link = {"rel": "alternate", "href": adoption.link, "title": adoption.outlet}
            ET.SubElement(entry, "link", link)
    _text(entry, "summary", "；".join(_adoption(adoption) for adoption in adoptions))
    if last.body is not None:
        _text(entry, "content", markdown.to_html(last.body)).set("type", "html")
    return entry


def _adoption(adoption: Adoption) -> str:
    issue = adoption.issue or ""
    return f"{adoption.outlet}{issue}（{adoption.adopted_on.isoformat()}）"


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element
