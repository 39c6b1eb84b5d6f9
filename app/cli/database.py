"""The commands of `dajiatan db`: their options here, their work in the modules that they import."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.speech import say

database = typer.Typer(help=say("数据库结构。", "The database's schema."), no_args_is_help=True)


@database.command(help=say("将数据库结构升级到本版本。", "Bring the schema up to this release."))
def upgrade() -> None:
    """Carry out the migrations that are missing."""
    from app.cli import schema  # noqa: PLC0415 - `--help` answers at once

    schema.upgrade()


@database.command(
    help=say(
        "检查数据库结构与本版本的模型是否一致。", "Compare the schema with this release's models."
    )
)
def check() -> None:
    """Status 1 when they differ."""
    from app.cli import schema  # noqa: PLC0415 - `--help` answers at once

    schema.check()


@database.command(
    help=say(
        "重新计算审计链等，发现任何篡改、缺失即报告。",
        "Recompute the audit chain and what else is derived; report every difference.",
    )
)
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(
            help=say(
                "以前导出的链首（序号:摘要），可重复。",
                "A head exported before (NUMBER:DIGEST); may be repeated.",
            )
        ),
    ] = None,
) -> None:
    """Status 1 when anything differs."""
    from app.cli import verification  # noqa: PLC0415 - `--help` answers at once

    verification.verify(head or [])


@database.command(
    help=say(
        "将数据库与附件备份为一个文件；服务可照常运行。",
        "Write the database and the attachments into one file; the service may go on.",
    )
)
def backup(
    file: Annotated[Path, typer.Argument(help=say("备份文件，不覆盖。", "The file; none before."))],
) -> None:
    """Status 1 when it cannot be made, or lacks a file."""
    from app.cli import backups  # noqa: PLC0415 - `--help` answers at once

    backups.make(file)


@database.command(
    help=say(
        "从备份文件恢复数据库与附件；数据库须为空。",
        "Bring the database and the attachments back out of a backup; the database must be empty.",
    )
)
def restore(
    file: Annotated[Path, typer.Argument(help=say("备份文件。", "The backup."))],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help=say("取代数据库中已有的全部数据。", "Replace everything that the database has."),
        ),
    ] = False,
) -> None:
    """Status 1 when it is refused; then nothing was changed."""
    from app.cli import backups  # noqa: PLC0415 - `--help` answers at once

    backups.restore(file, replace=replace)
