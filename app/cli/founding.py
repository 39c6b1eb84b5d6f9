"""`dajiatan init`: the root unit, the first client and its key."""

import asyncio
import os
from pathlib import Path

import typer
from pydantic import ValidationError

from app.cli.configuration import require_secret, settings
from app.cli.schema import readable_failures, ready
from app.cli.speech import refuse, say, tell
from app.db import Database
from app.features.accounts import service
from app.kit.fields import Code, Input, Line
from app.settings import Settings


class Root(Input):
    """The root unit, under the same rules as every other."""

    root_code: Code
    root_name: Line


def initialise(root_code: str, root_name: str, key_file: Path | None) -> None:
    """Make what is missing; print the key, or write it to the file. Repeated: say so."""
    root = _root(root_code, root_name)
    current = settings()
    require_secret(current)
    ready(current)
    with readable_failures():
        key = asyncio.run(_initialise(current, root, key_file))
    if key is None:
        tell("已初始化，未作任何改动。", "Already initialised; nothing was changed.")
    elif key_file is None:
        tell("管理员密钥，只显示这一次：", "The administrator's key, shown this once:")
        typer.echo(key)
    else:
        tell("管理员密钥已写入 {path}", "The administrator's key is in {path}", path=key_file)


def _root(root_code: str, root_name: str) -> Root:
    try:
        return Root(root_code=root_code, root_name=root_name)
    except ValidationError as error:
        names = {f"--{item['loc'][0]}".replace("_", "-") for item in error.errors()}
        reason = say(
            "须为一行非空文字，不含控制字符，代码至多 64 字，名称至多 200 字。",
            "one line without control characters, a code of at most 64, a name of at most 200.",
        )
        raise typer.BadParameter(reason, param_hint=", ".join(sorted(names))) from error


async def _initialise(of: Settings, root: Root, key_file: Path | None) -> str | None:
    database = Database(of)
    try:
        async with database.writing() as session:
            key = await service.initialise(
                session, root_code=root.root_code, root_name=root.root_name, secret=of.secret
            )
            if key is not None and key_file is not None:
                # Before the commit: a key that is valid is never lost.
                _write(key_file, key)
            return key
    finally:
        await database.close()


def _write(path: Path, key: str) -> None:
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
