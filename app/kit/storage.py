"""Where bytes are kept: a local folder or S3, through one interface."""

from collections.abc import AsyncIterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

_CHUNK = 256 * 1024


class Storage:
    """A store of bytes by key."""

    def __init__(self, address: str) -> None:
        """`address`: a folder (made when first needed), or `s3://bucket/prefix`."""
        if "://" in address:
            self._store: ObjectStore = from_url(address)
        else:
            folder = Path(address).resolve()
            self._store = LocalStore(folder, mkdir=True)

    async def put(self, key: str, content: bytes | IO[bytes]) -> None:
        """Keep bytes under a key: whole or not at all."""
        await obstore.put_async(self._store, key, content)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under a key, in parts; raises `FileNotFoundError` before the first."""
        found = await obstore.get_async(self._store, key)
        return _parts(found.stream(min_chunk_size=_CHUNK))

    async def delete(self, key: str) -> None:
        """Forget a key; one that is not there is forgotten already."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, prefix: str) -> list[tuple[str, datetime]]:
        """Every key below a prefix, and when it was kept."""
        found: list[tuple[str, datetime]] = []
        async for batch in obstore.list(self._store, prefix):
            found += [(entry["path"], entry["last_modified"]) for entry in batch]
        return found


def sha256_of(file: IO[bytes]) -> str:
    """The digest of a file from its beginning, which it is left at."""
    digest = sha256()
    file.seek(0)
    while part := file.read(_CHUNK):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()


async def _parts(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for part in stream:
        yield bytes(part)
