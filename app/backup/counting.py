"""Digests of what is in a backup, taken while it is written or read."""

import hashlib
from dataclasses import dataclass
from typing import IO, Any


@dataclass(slots=True)
class Group:
    """The members of one table, of the database's file or of the attachments."""

    parts: int = 0
    size: int = 0
    rows: int | None = None
    sha256: str = ""


class Counting:
    """Digests of groups of members, over names, sizes and contents."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.groups: dict[str, Group] = {}
        self._digests: dict[str, Any] = {}

    def begin(self, group: str, name: str, size: int) -> None:
        """Begin a member."""
        found = self.groups.setdefault(group, Group())
        found.parts, found.size = found.parts + 1, found.size + size
        digest = self._digests.setdefault(group, hashlib.sha256())
        digest.update(f"{name}:{size}\n".encode())

    def update(self, group: str, content: bytes) -> None:
        """Go on with the content of the member that was begun last."""
        self._digests[group].update(content)

    def result(self) -> dict[str, Group]:
        """Return every group with its digest."""
        for name, group in self.groups.items():
            digest = self._digests.get(name, hashlib.sha256())
            group.sha256 = digest.hexdigest()
        return self.groups


class Reading:
    """A member's content, digested while it is read."""

    def __init__(
        self, content: IO[bytes], counting: Counting, group: str, name: str, size: int
    ) -> None:
        """Begin the member."""
        self._content, self._counting, self._group = content, counting, group
        counting.begin(group, name, size)

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        found = self._content.read(size)
        self._counting.update(self._group, found)
        return found
