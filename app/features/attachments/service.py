"""Writes of attachments: the bytes first, then the row; what has no row is swept away."""

import asyncio
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.features.attachments import queries, rules
from app.features.attachments.errors import (
    ANIMATED_IMAGE,
    BROKEN_IMAGE,
    EMPTY_FILE,
    FORBIDDEN_TYPE,
    IMAGE_TOO_LARGE,
    TYPE_MISMATCH,
    AttachmentInUse,
)
from app.features.attachments.rules import Owner
from app.kit import archives, clock, heif, ids, images
from app.kit.choices import choices
from app.kit.personal import find_resident_number
from app.kit.problems import FieldError, Invalid
from app.kit.sandbox import RefusedError, Sandbox
from app.kit.storage import Storage, sha256_of
from app.kit.validation import PERSONAL_NUMBER
from app.models import Attachment

_PREFIX: Final = "attachments"
_REFUSALS: Final = {images.TOO_LARGE: IMAGE_TOO_LARGE, images.ANIMATED: ANIMATED_IMAGE}
SWEEP_AFTER: Final = timedelta(days=1)
"""How long bytes without a row are left: an upload may still be under way."""
UNUSED_AFTER: Final = timedelta(days=7)
"""How long a file is left that was uploaded for a record, or taken from it, and is in none."""
_SWEEP_BATCH: Final = 1000


class Attachable(Protocol):
    """A record that can have attachments."""

    id: Any
    org_id: Any
    attachment_ids: Any


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that is taken: what it is, and its bytes as they are kept."""

    filename: str
    media_type: str
    content: IO[bytes]
    size: int
    sha256: str


async def examine(sandbox: Sandbox, filename: str, file: IO[bytes]) -> Examined:
    """Judge a file by its content, and take its metadata from a photo. Raises `Invalid`.

    It takes long: no transaction is open meanwhile.
    """
    name = rules.safe_name(filename)
    place = find_resident_number(name)
    if place is not None:
        raise Invalid([PERSONAL_NUMBER.at("/file", place=place + 1)])
    if rules.extension(name) not in rules.EXTENSIONS:
        raise Invalid([FORBIDDEN_TYPE.at("/file", expected=choices(rules.EXTENSIONS))])
    file.seek(0)
    head = file.read(rules.HEAD)
    if not head:
        raise Invalid([EMPTY_FILE.at("/file")])
    media_type = rules.media_type(name, head)
    if media_type is None:
        raise Invalid([TYPE_MISMATCH.at("/file")])
    if media_type.startswith("text/"):
        media_type = await asyncio.to_thread(_with_charset, media_type, file)
    content = await _opened(sandbox, media_type, file)
    digest = await asyncio.to_thread(sha256_of, content)
    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    return Examined(name, media_type, content, size, digest)


async def store(
    session: AsyncSession, storage: Storage, org_id: UUID, file: Examined
) -> Attachment:
    """Keep a file that was examined."""
    attachment = Attachment(
        id=ids.new_id(),
        org_id=org_id,
        filename=file.filename,
        media_type=file.media_type,
        size=file.size,
        sha256=file.sha256,
        client_id=events.call_of(session).client_id,
    )
    file.content.seek(0)
    # Before the row: a crash in between leaves bytes without a row, never a row without bytes.
    await storage.put(key(attachment.id), file.content)
    session.add(attachment)
    await session.flush()
    await events.record(
        session, events.Change("attachment.created", attachment.id, org_id, 1, after=file.sha256)
    )
    return attachment


async def delete(session: AsyncSession, attachment: Attachment) -> None:
    """Delete an attachment that no record uses; the sweep removes its bytes."""
    if attachment.resource_id is not None:
        raise AttachmentInUse
    await queries.remove(session, attachment.id)
    change = events.Change(
        "attachment.deleted", attachment.id, attachment.org_id, attachment.revision + 1
    )
    await events.record(session, change)


async def lock_owners(session: AsyncSession, named: Iterable[UUID]) -> dict[UUID, Owner]:
    """Lock and return whose these attachments are; no statement where none is named."""
    return await queries.lock_owners(session, set(named))


def claim(
    records: Mapping[int, tuple[UUID, Sequence[UUID]]], known: Mapping[UUID, Owner]
) -> dict[int, list[FieldError]]:
    """Return errors of records that name what another one has, earlier ones of a batch included.

    `records` are new ones by their index, each with its id and the attachments that it names.
    """
    owned = dict(known)
    found: dict[int, list[FieldError]] = {}
    for index, (record_id, named) in records.items():
        wrong = list(rules.taken(named, owned, record_id))
        if wrong:
            found[index] = wrong
            continue
        owned |= {i: Owner(owned[i].org_id, record_id) for i in named if i in owned}
    return found


async def attach(
    session: AsyncSession, resource: str, records: Mapping[UUID, tuple[UUID, Sequence[UUID]]]
) -> None:
    """Give new records their attachments: record → its organization and the files named.

    As many statements, however many they are; none where nothing is attached.
    """
    rows = [
        {"attachment": attachment_id, "record": record_id, "org": org_id}
        for record_id, (org_id, named) in records.items()
        for attachment_id in named
    ]
    if not rows:
        return
    before = await queries.find_files(session, {row["attachment"] for row in rows})
    await queries.attach(session, resource, rows)
    owners = {row["attachment"]: row["org"] for row in rows}
    await events.record(
        session,
        *(
            events.Change(
                "attachment.updated",
                file.id,
                owners[file.id],
                file.revision + 1,
                other_org_id=None if file.org_id == owners[file.id] else file.org_id,
            )
            for file in before
        ),
    )


async def reattach(
    session: AsyncSession,
    resource: str,
    record: Attachable,
    named: Sequence[UUID],
) -> None:
    """Make exactly these the attachments of a record; nothing is done where they are already."""
    if set(named) == set(record.attachment_ids):
        return
    await _detach(session, record, named)
    await attach(session, resource, {record.id: (record.org_id, named)})


async def release(session: AsyncSession, record: Attachable) -> None:
    """Let a record that is deleted have no attachments any more."""
    if record.attachment_ids:
        await _detach(session, record, ())


async def _detach(session: AsyncSession, record: Attachable, kept: Sequence[UUID]) -> None:
    files = await queries.detach(session, record.id, kept)
    kind = "attachment.updated"
    changes = (events.Change(kind, file.id, file.org_id, file.revision) for file in files)
    await events.record(session, *changes)


async def sweep(session: AsyncSession, storage: Storage) -> int:
    """Remove rows that no record has used for a week, and bytes without a row; how many of these.

    What a record uses stays.
    """
    unused = await queries.remove_unused(session, clock.now() - UNUSED_AFTER, _SWEEP_BATCH)
    await events.record(
        session,
        *(events.Change("attachment.deleted", r.id, r.org_id, r.revision + 1) for r in unused),
    )
    # Their rows are back if this transaction fails: the bytes go with the next sweep.
    going = {row.id for row in unused}
    old = clock.now() - SWEEP_AFTER
    keys = [name for name, kept_at in await storage.keys(_PREFIX) if kept_at < old]
    removed = 0
    for start in range(0, len(keys), _SWEEP_BATCH):
        batch = {UUID(name.rsplit("/", 1)[-1]): name for name in keys[start : start + _SWEEP_BATCH]}
        rows = await queries.find_known(session, list(batch))
        for identifier in batch.keys() - rows - going:
            await storage.delete(batch[identifier])
            removed += 1
    return removed


def key(attachment_id: UUID) -> str:
    """Return where in the store the bytes are."""
    return f"{_PREFIX}/{attachment_id.hex[-2:]}/{attachment_id}"


def _with_charset(media_type: str, file: IO[bytes]) -> str:
    """Return the type of a text, with its encoding where that is not UTF-8; raise `Invalid`."""
    encoding = rules.encoding_of(file)
    if encoding is None:
        raise Invalid([TYPE_MISMATCH.at("/file")])
    return media_type if encoding == "utf-8" else f"{media_type}; charset={encoding}"


async def _opened(sandbox: Sandbox, media_type: str, file: IO[bytes]) -> IO[bytes]:
    """Return the bytes to keep of a file that may have to be opened to know that it is right."""
    if media_type in images.FORMATS:
        try:
            return await sandbox.run(images.__name__, "strip", file, media_type)
        except RefusedError as error:
            kind = _REFUSALS.get(error.reason, BROKEN_IMAGE)
            raise Invalid([kind.at("/file", limit=images.MAX_MEGAPIXELS)]) from None
    if media_type == heif.MEDIA_TYPE:
        try:
            return await sandbox.run(heif.__name__, "blank", file)
        except RefusedError:
            raise Invalid([BROKEN_IMAGE.at("/file")]) from None
    if folder := rules.FOLDERS.get(media_type):
        try:
            (await sandbox.run(archives.__name__, "require_document", file, folder)).close()
        except RefusedError:
            raise Invalid([TYPE_MISMATCH.at("/file")]) from None
    file.seek(0)
    return file
