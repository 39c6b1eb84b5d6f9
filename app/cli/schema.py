"""`dajiatan db`, and the schema that the other commands need before they start."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import schema
from app.cli.speech import refuse, tell
from app.db import Database
from app.settings import Settings


def upgrade() -> None:
    """Carry out the migrations that are missing."""
    with readable_failures():
        schema.upgrade(settings().database_url)
    tell("数据库结构已是最新。", "The schema is up to date.")


def check() -> None:
    """List every difference between the schema and the models; refuse if there is any."""
    with readable_failures():
        differences = schema.check(settings().database_url)
    for difference in differences:
        typer.echo(difference)
    if differences:
        refuse("数据库结构与本版本不一致。", "The schema and this release differ.")
    tell("数据库结构与本版本一致。", "The schema agrees with this release.")


def ready(of: Settings) -> None:
    """Have the schema that this release needs: made on SQLite, required on PostgreSQL."""
    with readable_failures():
        if of.embedded:
            schema.upgrade(of.database_url)
        elif not asyncio.run(_is_current(of)):
            refuse(
                "数据库结构比本版本旧，请先执行 dajiatan db upgrade。",
                "The schema is older than this release: run `dajiatan db upgrade` first.",
            )


def settings() -> Settings:
    """The settings of this process; refuses when one is missing or wrong, without its value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"DAJIATAN_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}"
            if item["loc"]
            else item["msg"]
            for item in error.errors(include_input=False)
        ]
        refuse("设置有误：{wrong}", "Wrong settings: {wrong}", wrong="; ".join(wrong))


@contextmanager
def readable_failures() -> Iterator[None]:
    """Say in a sentence that the database cannot be reached or cannot do it."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        refuse("数据库无法使用：{cause}", "The database cannot be used: {cause}", cause=cause)


async def _is_current(of: Settings) -> bool:
    database = Database(of)
    try:
        return await schema.current_is_head(database)
    finally:
        await database.close()
