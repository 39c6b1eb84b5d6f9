"""`dajiatan db`, and the schema that the other commands need before they start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import schema
from app.cli.configuration import settings
from app.cli.speech import refuse, refuse_setting, tell
from app.db import driver
from app.kit import tracebacks
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
    if of.replicated:
        _look_at_replica(of.replica_url)


@contextmanager
def readable_failures() -> Iterator[None]:
    """Say in a line that the database cannot be reached, cannot do it or is another's."""
    try:
        yield
    except schema.Unsuitable as unsuitable:
        refuse(unsuitable.text.zh, unsuitable.text.en, **unsuitable.parameters)
    except _failures() as error:
        cause = getattr(error, "orig", None) or error
        said = tracebacks.describe_briefly(cause)
        if not _is_out_of_reach(cause):
            refuse("数据库无法使用：{cause}", "The database cannot be used: {cause}", cause=said)
        refuse_setting(
            "DAJIATAN_DATABASE_URL：无法连接数据库（{cause}）。"
            "请确认数据库已启动，且地址、用户名、密码和库名无误。",
            "DAJIATAN_DATABASE_URL: the database cannot be reached ({cause}). See that it runs, "
            "and that address, user, password and name are right.",
            cause=said,
        )


def _failures() -> tuple[type[Exception], ...]:
    """Return what the database may fail by; asked for only then."""
    return (DBAPIError, PoolTimeoutError, OSError, *driver.errors())


def _look_at_replica(url: str) -> None:
    """Refuse a replica that lets nobody in; one that is away may come back, and is told."""
    try:
        schema.reach(url)
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        said = tracebacks.describe_briefly(cause)
        if not isinstance(cause, OSError | PoolTimeoutError):
            refuse_setting(
                "DAJIATAN_REPLICA_URL：无法使用只读副本（{cause}）。请核对用户名、密码和库名。",
                "DAJIATAN_REPLICA_URL: the replica cannot be used ({cause}). See that user, "
                "password and name are right.",
                cause=said,
            )
        tell(
            "DAJIATAN_REPLICA_URL：暂时无法连接只读副本（{cause}），先从主库读取。",
            "DAJIATAN_REPLICA_URL: the replica cannot be reached for now ({cause}); the primary "
            "is read instead.",
            cause=said,
        )


def _is_out_of_reach(cause: BaseException) -> bool:
    """Say whether nobody is there, or lets nobody in: the address is wrong, or the time is."""
    state = str(getattr(cause, "sqlstate", None) or "")
    if isinstance(cause, OSError) or state.startswith(("08", "28", "3D000")):
        return True
    said = tracebacks.describe(cause)
    return any(sign in said for sign in _OUT_OF_REACH)


_OUT_OF_REACH: Final = (
    "ClientConfigurationError",
    "unable to open database file",
    "file is not a database",
    "connection is closed",
)


def _tell_waiting() -> None:
    tell(
        "正在等待其他升级或运行中的服务释放锁……",
        "Waiting for another upgrade, or for locks of the running service …",
    )


_NEWER: Final = (
    "数据库结构属于更新的版本，本版本仍可使用，未作任何改动。",
    "The schema is a newer release's, which serves this one; nothing was changed.",
)
