"""`dajiatan key new`: a key for whoever owns the database, recorded in the audit trail."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import typer

from app import events
from app.cli.configuration import require_secret, settings
from app.cli.schema import readable_failures, ready
from app.cli.speech import refuse, tell
from app.db import Database
from app.features.accounts import queries
from app.features.accounts.schemas import KeyIn
from app.features.accounts.service import clients
from app.models import Client
from app.settings import Settings


def make(client: str, key_file: Path | None) -> None:
    """Make a new key of a client, named or by its id; print it, or write it to the file."""
    current = settings()
    require_secret(current)
    ready(current)
    with readable_failures():
        key = asyncio.run(_make(current, client, key_file))
    tell_key(key, key_file)


def tell_key(key: str, path: Path | None) -> None:
    """Print a key, or say in which file it is."""
    if path is None:
        tell("密钥，只显示这一次：", "The key, shown this once:")
        typer.echo(key)
    else:
        tell("密钥已写入 {path}", "The key is in {path}", path=path)


def write_key(path: Path, key: str) -> None:
    """Write the key where nobody else can read it, over nothing that exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        refuse(
            "无法写入密钥文件 {path}：{reason}。未作任何改动。",
            "Cannot write the key file {path}: {reason}. Nothing was changed.",
            path=path,
            reason=error.strerror,
        )
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
        file.flush()
        os.fsync(file.fileno())


async def _make(of: Settings, name: str, key_file: Path | None) -> str:
    database = Database(of)
    try:
        async with database.writing() as session:
            events.set_call(session, events.Call(route="dajiatan key new"))
            client = _one_of(await queries.find_clients(session, name), name)
            made = await clients.mint_key(session, client, KeyIn(), of.secret)
            if key_file is not None:
                # Before the commit: a key that is valid is never lost.
                write_key(key_file, made.key)
            return made.key
    finally:
        await database.close()


def _one_of(found: Sequence[Client], name: str) -> Client:
    if not found:
        refuse(
            "没有名称或编号为 {name} 的接入系统。",
            "No client has the name or id {name}.",
            name=name,
        )
    if len(found) > 1:
        refuse(
            "名称为 {name} 的接入系统不止一个，请给出编号：{ids}",
            "Several clients have the name {name}; give the id: {ids}",
            name=name,
            ids=", ".join(str(client.id) for client in found),
        )
    return found[0]
