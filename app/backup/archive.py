"""The file of a backup: written and read as a stream, a part in memory at a time."""

import gzip
import hashlib
import hmac
import io
import json
import tarfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated, Any, Final

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from app.backup.counting import Counting, Group, Reading
from app.backup.failures import DAMAGED, FOREIGN, NEWER, NO_FILE, OTHER_KEY, NotDone

FORMAT: Final = 1
"""Raised when older code could no longer read what is written."""
FILES: Final = "files"
HEAD: Final = "head.json"
_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "manifest.mac"
_CHUNK: Final = 256 * 1024
_LARGEST_TEXT: Final = 16 * 1024 * 1024
_LEVEL: Final = 6


Word = Annotated[str, Field(pattern=r"^[\w.+-]{1,100}$")]
"""Fit to be shown, whoever wrote it."""


class Told(BaseModel):
    """The part of a head that every format has."""

    format: int
    release: Word


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a backup: whose it is, and under which key."""

    release: Word
    revision: Word
    number: int
    """Of the schema's newest migration."""
    database: Word
    """`sqlite` or `postgresql`."""
    made_at: str
    key_check: str
    """Tells whether another key is the same, and nothing else of it."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of all that the file holds, written at its end."""

    head: Head
    groups: dict[str, Group]
    columns: dict[str, list[str]] = field(default_factory=dict)
    """Of each table, in the order of its rows' values; the tables in the order of their keys."""
    sequences: dict[str, int] = field(default_factory=dict)
    """By `table.column`: the last number that was given."""


_HEAD: Final = TypeAdapter(Head)


class Writer:
    """Writes one backup; `close` writes the manifest."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        """Write the head."""
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `close`
        self._counting = Counting()
        self._head = head
        self._add(HEAD, _json(asdict(head)))

    def part(self, group: str, content: bytes) -> None:
        """Add a part of a table or of the database's file."""
        number = self._counting.groups.setdefault(group, Group()).parts + 1
        packed = gzip.compress(content, _LEVEL, mtime=0)
        name = f"{group}/{number:06d}.gz"
        self.file(group, name, io.BytesIO(packed), len(packed))

    def file(self, group: str, name: str, content: IO[bytes], size: int) -> None:
        """Add a file as it is; `content` is read from where it stands."""
        found = _member(name, size)
        self._tar.addfile(found, Reading(content, self._counting, group, name, size))
        self._tar.members.clear()  # type: ignore[attr-defined]  # it would remember every one

    def count(self, group: str, rows: int) -> None:
        """Say how many rows a table has."""
        self._counting.groups.setdefault(group, Group()).rows = rows

    def close(
        self, secret: bytes, columns: dict[str, list[str]], sequences: dict[str, int]
    ) -> Manifest:
        """Write the manifest and its signature, and the archive's end."""
        manifest = Manifest(self._head, self._counting.result(), columns, sequences)
        text = _json(asdict(manifest))
        self._add(_MANIFEST, text)
        self._add(_SIGNATURE, _signature(secret, text).encode())
        self._tar.close()
        return manifest

    def abandon(self) -> None:
        """Write no more, not even when this is forgotten: the file is in vain."""
        with suppress(OSError):
            self._tar.fileobj.close()

    def _add(self, name: str, content: bytes) -> None:
        self._tar.addfile(_member(name, len(content)), io.BytesIO(content))


def read_head(path: Path, secret: bytes) -> Head:
    """Return what a file says that it is; refuses what is no backup, or not for this service."""
    try:
        # Open until it is read: what a header says of its size may be anything.
        with readable(), closing(members(path)) as found:
            name, content = next(found, (None, None))
            text = content.read(_LARGEST_TEXT) if content is not None and name == HEAD else b""
    except NotDone as error:
        raise NotDone(FOREIGN, file=path) if error.text is DAMAGED else error from error
    return _accepted(path, text, secret)


def verified(path: Path, secret: bytes) -> Manifest:
    """Read the whole file, and return its manifest; refuses the smallest change in it."""
    head = read_head(path, secret)
    with readable():
        found, texts = _counted(path)
    if texts.keys() != {HEAD, _MANIFEST, _SIGNATURE}:
        raise NotDone(DAMAGED, part=_MANIFEST)
    expected = _signature(secret, texts[_MANIFEST])
    if not hmac.compare_digest(expected.encode(), texts[_SIGNATURE]):
        raise NotDone(DAMAGED, part=_MANIFEST)
    manifest = _manifest(texts[_MANIFEST])
    for part_of, group in manifest.groups.items():
        seen = found.pop(part_of, Group(sha256=hashlib.sha256().hexdigest()))
        seen.rows = group.rows
        if seen != group:
            raise NotDone(DAMAGED, part=part_of)
    if found or manifest.head != head:
        raise NotDone(DAMAGED, part=next(iter(found), HEAD))
    return manifest


def _counted(path: Path) -> tuple[dict[str, Group], dict[str, bytes]]:
    counting, texts = Counting(), dict[str, bytes]()
    for group, found in grouped(path):
        # As it was written: a group in two places, or anything twice, would be restored in halves.
        if group in texts or group in counting.groups or _SIGNATURE in texts:
            raise NotDone(DAMAGED, part=group)
        for name, content in found:
            if group in {HEAD, _MANIFEST, _SIGNATURE}:
                if group in texts:
                    raise NotDone(DAMAGED, part=group)
                texts[group] = content.read(_LARGEST_TEXT)
                continue
            counting.begin(group, name, getattr(content, "size", 0))
            while part := content.read(_CHUNK):
                counting.update(group, part)
    return counting.result(), texts


@contextmanager
def readable() -> Iterator[None]:
    """Refuse an archive that cannot be read to its end."""
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError, gzip.BadGzipFile) as error:
        raise NotDone(DAMAGED, part=error) from error


def members(path: Path) -> Generator[tuple[str, IO[bytes]]]:
    """Yield the name and the content of each member, in order; read one before the next."""
    try:
        with path.open("rb") as file, _opened(file) as tar:
            while (member := _next(tar)) is not None:
                tar.members.clear()  # type: ignore[attr-defined]  # it would remember every one
                content = tar.extractfile(member)
                if content is None:
                    raise NotDone(DAMAGED, part=member.name)
                content.size = member.size  # type: ignore[attr-defined]
                yield member.name, content
    except FileNotFoundError as error:
        raise NotDone(NO_FILE, file=path, reason=error.strerror) from error


def _opened(file: IO[bytes]) -> tarfile.TarFile:
    try:
        return tarfile.open(fileobj=file, mode="r|")
    except ValueError as error:  # a number in a header that is none
        raise tarfile.ReadError(str(error)) from error


def _next(tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return tar.next()
    except ValueError as error:
        raise tarfile.ReadError(str(error)) from error


def grouped(path: Path) -> Iterator[tuple[str, Iterator[tuple[str, IO[bytes]]]]]:
    """Yield each group with its members, in order; read one before the next."""
    return groupby(members(path), key=lambda member: group_of(member[0]))


def unpacked(group: Iterator[tuple[str, IO[bytes]]]) -> Iterator[bytes]:
    """Yield the parts of a table or of the database's file."""
    for _, content in group:
        yield gzip.decompress(content.read())


def group_of(name: str) -> str:
    """Return the group that a member is of, by its name."""
    first, _, rest = name.partition("/")
    return FILES if first == FILES else f"{first}/{rest.rpartition('/')[0]}".rstrip("/")


def key_check(secret: bytes) -> str:
    """Return what tells whether two keys are the same."""
    return hmac.new(secret, b"backup-key-check", hashlib.sha256).hexdigest()


def _accepted(path: Path, text: bytes, secret: bytes) -> Head:
    try:
        told = Told.model_validate_json(text, strict=True)
        head = None if told.format > FORMAT else _HEAD.validate_json(text, strict=True)
    except ValidationError as error:
        raise NotDone(FOREIGN, file=path) from error
    if head is None:
        raise NotDone(NEWER, release=told.release)
    if not hmac.compare_digest(head.key_check.encode(), key_check(secret).encode()):
        raise NotDone(OTHER_KEY)
    return head


def _manifest(text: bytes) -> Manifest:
    fields = json.loads(text)
    groups = {name: Group(**group) for name, group in fields["groups"].items()}
    return Manifest(Head(**fields["head"]), groups, fields["columns"], fields["sequences"])


def _signature(secret: bytes, text: bytes) -> str:
    return hmac.new(secret, b"backup-manifest:" + text, hashlib.sha256).hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.size, found.mode = size, 0o600
    return found


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
