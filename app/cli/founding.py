"""`dajiatan init`: the root unit, the first client and its key."""

import asyncio
from pathlib import Path

import typer
from pydantic import ValidationError

from app.cli.configuration import require_secret, settings
from app.cli.keys import tell_key, write_key
from app.cli.schema import readable_failures, ready
from app.cli.speech import say, tell
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
    else:
        tell_key(key, key_file)


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
                write_key(key_file, key)
            return key
    finally:
        await database.close()
