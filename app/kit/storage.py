"""Where bytes are kept: a local folder or S3, through one interface."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from app.kit.problems import Unavailable

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_CHUNK = 256 * 1024
_CLIENT: Final["ClientConfig"] = {
    "connect_timeout": "5s",
    "timeout": "30s",
    "allow_http": True,  # Whether to encrypt is said by the endpoint's address.
}
_RETRY: Final["RetryConfig"] = {"max_retries": 3, "retry_timeout": timedelta(seconds=15)}
"""A caller waits while a store is out of reach: not for the minutes that obstore would try."""
_RETRY_AFTER_SECONDS: Final = 60


class Storage:
    """A store of bytes by key. What it cannot do for now raises `Unavailable`."""

    def __init__(self, address: str) -> None:
        """`address`: a folder (made when first needed), or `s3://bucket/prefix`.

        Where S3 is and who asks come from the environment: `AWS_ENDPOINT_URL`, `AWS_REGION`,
        `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`.
        """
        if "://" in address:
            self._store: ObjectStore = from_url(
                address, client_options=_CLIENT, retry_config=_RETRY
            )
        else:
            folder = Path(address).resolve()
            self._store = LocalStore(folder, mkdir=True)

    async def put(self, key: str, content: bytes | IO[bytes]) -> None:
        """Keep bytes under a key: whole or not at all."""
        with _available():
            await obstore.put_async(self._store, key, content)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        """Return the bytes under a key, in parts; raises `FileNotFoundError` before the first."""
        with _available():
            found = await obstore.get_async(self._store, key)
        return _parts(found.stream(min_chunk_size=_CHUNK))

    async def delete(self, key: str) -> None:
        """Forget a key; one that is not there is forgotten already."""
        try:
            with _available():
                await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    async def keys(self, prefix: str) -> list[tuple[str, datetime]]:
        """Every key below a prefix, and when it was kept."""
        found: list[tuple[str, datetime]] = []
        with _available():
            async for batch in obstore.list(self._store, prefix):
                found += [(entry["path"], entry["last_modified"]) for entry in batch]
        return found


def sha256_of(file: IO[bytes]) -> str:
    """Return the digest of a file from its beginning, which it is left at."""
    digest = sha256()
    file.seek(0)
    while part := file.read(_CHUNK):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()


@contextmanager
def _available() -> Iterator[None]:
    try:
        yield
    except BaseError as error:
        # What is not there is an answer of the store's; it is no `FileNotFoundError` everywhere.
        if isinstance(error, obstore.exceptions.NotFoundError):
            raise FileNotFoundError from error
        raise Unavailable(_RETRY_AFTER_SECONDS) from error


async def _parts(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for part in stream:
        yield bytes(part)
