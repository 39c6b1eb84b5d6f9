"""Heads of the chain, told where the owner of the database cannot take them back.

A head that is known elsewhere proves that everything before it is still there.
"""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx2
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import settings_of
from app.events.sealing import get_latest
from app.settings import Settings

Head = tuple[int, str]
"""Number and digest of a seal."""
_HEAD: Final = re.compile(r"\b(\d{1,18}):(?:\w+:)?([0-9a-f]{64})\b")
_LARGEST_ANSWER: Final = 16 * 1024 * 1024

_log = structlog.get_logger(__name__)
_telling: Final[set[asyncio.Task[None]]] = set()


async def tell_head(session: AsyncSession) -> None:
    """Periodic task: log the head of the chain, and send it where the operator wants it.

    Nothing waits for the sending, and nothing fails with it.
    """
    head = await get_latest(session)
    if head is None:
        return
    digest = f"{head.algorithm}:{head.digest.hex()}"
    _log.info("audit_head", number=head.number, digest=digest)
    settings = settings_of(session)
    if settings.audit_heads_to:
        line = f"{head.sealed_at.isoformat('T', 'seconds')} {head.number}:{digest}\n"
        task = asyncio.create_task(_tell(line, settings))
        _telling.add(task)
        task.add_done_callback(_telling.discard)


async def wait_until_told() -> None:
    """Wait until everything is sent that is being sent."""
    await asyncio.gather(*_telling)


async def read_known(settings: Settings) -> Sequence[Head]:
    """Return the heads that are kept where they are sent; raises `OSError` if none can be read."""
    where = settings.audit_heads_to
    if not where:
        return []
    if not _is_address(where):
        text = await asyncio.to_thread(Path(where).read_text, "utf-8")
    else:
        try:
            text = await _get(where, settings.outbound_timeout_seconds)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise OSError(type(error).__name__) from error
    return [(int(number), digest) for number, digest in _HEAD.findall(text)]


async def _tell(line: str, settings: Settings) -> None:
    where, limit = settings.audit_heads_to, settings.outbound_timeout_seconds
    try:
        if not _is_address(where):
            await asyncio.to_thread(_append, Path(where), line)
            return
        async with asyncio.timeout(limit), httpx2.AsyncClient(timeout=limit) as http:
            headers = {"Content-Type": "text/plain; charset=utf-8"}
            (await http.post(where, content=line, headers=headers)).raise_for_status()
    except (httpx2.HTTPError, OSError, TimeoutError) as error:
        # Neither the address nor the message, which may hold it: there may be a secret in it.
        _log.warning("audit_head_not_sent", error=type(error).__name__)


async def _get(address: str, limit: float) -> str:
    async with (
        asyncio.timeout(limit),
        httpx2.AsyncClient(timeout=limit) as http,
        http.stream("GET", address) as response,
    ):
        response.raise_for_status()
        body = b""
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _LARGEST_ANSWER:
                raise OSError(len(body))
    return body.decode("utf-8", "replace")


def _append(path: Path, line: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(line)


def _is_address(where: str) -> bool:
    return where.startswith(("http://", "https://"))
