"""`dajiatan db`, and the schema that the other commands need before they start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import schema
from app.cli.speech import refuse, tell
from app.settings import Settings


def upgrade() -> None:
    """Carry out the migrations that are missing."""
    with readable_failures():
        url = settings().database_url
        schema.upgrade(url, _tell_waiting)
        newer = schema.is_newer(url)
    if newer:
        tell(*_NEWER)
        return
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
            schema.upgrade(of.database_url, _tell_waiting)
        else:
            schema.require(of.database_url)


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
    """Say in a sentence that the database cannot be reached, cannot do it or is another's."""
    try:
        yield
    except schema.Unsuitable as unsuitable:
        refuse(unsuitable.text.zh, unsuitable.text.en, **unsuitable.parameters)
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        refuse("数据库无法使用：{cause}", "The database cannot be used: {cause}", cause=cause)


def _tell_waiting() -> None:
    tell(
        "正在等待其他升级或运行中的服务释放锁……",
        "Waiting for another upgrade, or for locks of the running service …",
    )


_NEWER: Final = (
    "数据库结构属于更新的版本，本版本仍可使用，未作任何改动。",
    "The schema is a newer release's, which serves this one; nothing was changed.",
)
