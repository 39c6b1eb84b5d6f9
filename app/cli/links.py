"""`dajiatan key link`: a link that signs in at the pages once, on this machine."""

import asyncio
from pathlib import Path

import typer

from app.access import keys, sessions
from app.access.authentication import find_by_key
from app.access.credentials import ShownKey
from app.cli.configuration import require_secret, settings
from app.cli.schema import readable_failures, ready
from app.cli.speech import refuse
from app.db import Database
from app.kit.problems import Unauthenticated
from app.settings import Settings


def make(key_file: Path) -> None:
    """Print a link that works for ten minutes and once, for who has the key and this machine."""
    current = settings()
    require_secret(current)
    if not current.is_loopback:
        refuse(
            "登录链接仅供本机使用，DAJIATAN_BASE_URL 应为本机地址。",
            "The link is for this machine only: DAJIATAN_BASE_URL must be an address of it.",
        )
    ready(current)
    key = key_file.read_text(encoding="utf-8").strip()
    prefix = keys.read_prefix(key)
    with readable_failures():
        token = None if prefix is None else asyncio.run(_make(current, ShownKey(key, prefix)))
    if token is None:
        refuse("{path} 中的密钥无效。", "The key in {path} is not valid.", path=key_file)
    typer.echo(f"{current.base_url}/pages/sign-in/once?token={token}")


async def _make(of: Settings, shown: ShownKey) -> str | None:
    database = Database(of)
    try:
        async with database.reading() as session:
            found = await find_by_key(session, shown, of.secret)
        return sessions.write_once(found.principal, of)
    except Unauthenticated:
        return None
    finally:
        await database.close()
