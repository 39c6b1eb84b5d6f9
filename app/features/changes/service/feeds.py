"""The feed of adopted writings as Atom (RFC 4287).

What is in it is known from few columns, and so is its ETag. Texts are read only for who has not
got this very feed; they are kept as HTML, and nothing is rendered here.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from xml.etree import ElementTree as ET

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.campaigns import codes
from app.features.changes.queries import feeds as queries
from app.features.reports import queries as report_queries
from app.features.reports.service.answers import load_lineages
from app.kit import markdown
from app.kit.language import Text as Label
from app.kit.problems import NotFound, Unauthenticated
from app.models import Adoption, Campaign

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed without its texts; `address` is its own."""

    campaign: Campaign
    entries: Sequence[queries.EntryRow]
    address: str

    @property
    def etag(self) -> str:
        """Its entity tag: of everything that the feed is made from."""
        campaign = (self.campaign.id, self.campaign.revision, self.campaign.name)
        parts = [repr(campaign), self.address, str(markdown.RENDERER)]
        parts += [repr(tuple(entry)) for entry in self.entries]
        return f'"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"'


@dataclass(frozen=True, slots=True)
class Text:
    """The title and the content of an entry; `kind` as Atom names it."""

    title: str
    content: str | None
    kind: str


async def load_feed(
    session: AsyncSession, caller: Principal | None, name: str, address: str
) -> Feed:
    """Return the feed of a campaign, named by its id or code, without its texts.

    A public one is the same for everybody; of any other a caller gets what it may see. Raises
    `Unauthenticated` for a caller without a credential, `NotFound` for one with.
    """
    campaign = await queries.find_campaign(session, caller, name)
    if campaign is None:
        raise Unauthenticated if caller is None else NotFound
    reader = None if campaign.public_feed else caller
    entries = await queries.list_adopted(session, reader, campaign.id, markdown.RENDERER)
    return Feed(campaign, entries, address)


async def build_document(session: AsyncSession, feed: Feed) -> bytes:
    """Return the feed with its texts, put together beside the event loop."""
    texts = await load_texts(session, feed.entries)
    adoptions = await load_adoptions(session, feed.entries)
    return await asyncio.to_thread(_written, feed, texts, adoptions)


async def load_adoptions(
    session: AsyncSession, entries: Sequence[queries.EntryRow]
) -> Mapping[UUID, Sequence[Adoption]]:
    """Return by whom and when writings were used."""
    return await report_queries.load_adoptions(session, [entry.id for entry in entries])


async def load_texts(
    session: AsyncSession, entries: Sequence[queries.EntryRow]
) -> dict[UUID, Text]:
    """Return the texts of some of its writings as they are kept, or as they were written."""
    kept = [entry.id for entry in entries if entry.is_kept]
    rows = await queries.load_rendered(session, kept) if kept else ()
    texts = {row.report_id: Text(row.title, row.html, "html") for row in rows}
    missing = [entry.id for entry in entries if entry.id not in texts]
    if missing:
        reports = await queries.load_reports(session, missing)
        for report_id, versions in (await load_lineages(session, reports)).items():
            texts[report_id] = Text(versions[-1].title, versions[-1].body, "text")
    return texts


def _written(
    feed: Feed, texts: Mapping[UUID, Text], adoptions: Mapping[UUID, Sequence[Adoption]]
) -> bytes:
    root = ET.Element("feed", {"xmlns": _ATOM, "xml:lang": "zh-CN"})
    _text(root, "id", f"urn:uuid:{feed.campaign.id}")
    _text(root, "title", f"{feed.campaign.name}：已采用文章")
    moments = [feed.campaign.updated_at, *(entry.updated_at for entry in feed.entries)]
    _text(root, "updated", max(moments).isoformat())
    ET.SubElement(root, "link", {"rel": "self", "href": feed.address})
    labels = codes.label([feed.campaign], "report_kinds")
    for entry in feed.entries:
        label = labels[entry.kind]
        root.append(_entry(entry, texts[entry.id], adoptions[entry.id], label))
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(
    row: queries.EntryRow, text: Text, adoptions: Sequence[Adoption], label: Label
) -> ET.Element:
    """One writing: its organization stands for its author, whose name stays inside."""
    entry = ET.Element("entry")
    _text(entry, "id", f"urn:uuid:{row.id}")
    _text(entry, "title", text.title)
    _text(entry, "updated", row.updated_at.isoformat())
    _text(ET.SubElement(entry, "author"), "name", row.org_name)
    ET.SubElement(entry, "category", {"term": row.kind, "label": label.zh})
    for adoption in adoptions:
        if adoption.link is not None:
            link = {"rel": "alternate", "href": adoption.link, "title": adoption.outlet}
            ET.SubElement(entry, "link", link)
    _text(entry, "summary", "；".join(_adoption(adoption) for adoption in adoptions))
    if text.content is not None:
        _text(entry, "content", text.content).set("type", text.kind)
    return entry


def _adoption(adoption: Adoption) -> str:
    issue = adoption.issue or ""
    return f"{adoption.outlet}{issue}（{adoption.adopted_on.isoformat()}）"


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element
