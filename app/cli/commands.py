"""Every command on one page: its options here, its work in the module that it imports.

The imports are inside the commands so that `--help` answers at once.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app import __version__
from app.cli import exchange
from app.cli.database import database
from app.cli.speech import LANGUAGE, say
from app.kit.language import Language

app = typer.Typer(
    help=say(
        "“群众路线大家谈”活动报送服务。设置取自环境变量或 .env 文件，前缀 DAJIATAN_。",
        "The reporting service of the “Everyone Talks about the Mass Line” campaign. "
        "Settings come from the environment or a .env file, prefix DAJIATAN_.",
    ),
    epilog=say(
        "退出状态：0 完成，1 拒绝或失败，2 用法或设置有误。",
        "Exit status: 0 done, 1 refused or failed, 2 wrong usage or settings.",
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(database, name="db")
key = typer.Typer(help=say("接入系统密钥。", "Keys of clients."), no_args_is_help=True)
app.add_typer(key, name="key")
exchange.add_to(app)


KeyFile = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        help=say(
            "将密钥写入此文件 （权限 600， 不覆盖已有文件）， 不显示在屏幕上。",
            "Write the key to this file (mode 600, an existing one is not overwritten) "
            "instead of printing it.",
        ),
    ),
]
"""The option that names the file into which a new key is written."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that the arguments name, and exit with its status."""
    from app.kit import logs  # noqa: PLC0415 - whoever imports this only looks

    logs.configure(stays=False)
    try:
        app(arguments, prog_name="dajiatan")
    except Exception:  # noqa: BLE001 - Python would say it with its values
        logs.failed()
        sys.exit(1)


def _tell_version(wanted: bool) -> None:
    """Print the version where it was asked for, and exit."""
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    lang: Annotated[
        Language, typer.Option(help=say("提示语言。", "Language of the messages."))
    ] = LANGUAGE,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=_tell_version,
            help=say("显示版本后退出。", "Show the version and exit."),
        ),
    ] = False,
) -> None:
    """Take the options before the command; `speech` has read `--lang` before this."""


@app.command(help=say("启动 HTTP 服务。", "Serve HTTP."))
def serve(
    host: Annotated[str, typer.Option(help=say("监听地址。", "Address to listen on."))] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int, typer.Option(min=0, max=65535, help=say("监听端口。", "Port to listen on."))
    ] = 8000,
    workers: Annotated[
        int, typer.Option(min=1, help=say("HTTP 进程数。", "Processes that serve HTTP."))
    ] = 1,
    worker: Annotated[
        bool,
        typer.Option(
            " /--no-worker",
            show_default=False,
            help=say(
                "不运行后台任务（仅 SQLite 适用）。",
                "Leave background work out (SQLite: elsewhere it never runs inside).",
            ),
        ),
    ] = True,
) -> None:
    """On SQLite upgrade the schema first; on PostgreSQL refuse to start on an older one."""
    from app.cli import running  # noqa: PLC0415 - see the module's docstring

    running.serve(host=host, port=port, workers=workers, worker=worker)


@app.command(
    help=say(
        "运行后台任务，可同时启动任意多个；SIGTERM 使其完成当前步骤后退出。",
        "Do the background work. Any number may run; SIGTERM ends one after its current step.",
    )
)
def worker(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=say(
                "不运行任务， 只检查本机（或本容器）的后台进程是否正常。",
                "Only tell whether the workers of this machine, or container, are at work.",
            ),
        ),
    ] = False,
) -> None:
    """Until SIGTERM or SIGINT; with `--check` status 1 unless one is at work."""
    from app.cli import running  # noqa: PLC0415 - see the module's docstring

    if check:
        running.check()
    else:
        running.work()


@app.command(
    help=say(
        "建立根组织、管理员接入系统及其首个密钥；重复执行不作任何改动。",
        "Make the root unit, an administrator client and its first key. "
        "Repeating it changes nothing.",
    )
)
def init(
    root_code: Annotated[str, typer.Option(help=say("根组织代码。", "Code of the root unit."))],
    root_name: Annotated[str, typer.Option(help=say("根组织名称。", "Name of the root unit."))],
    key_file: KeyFile = None,
) -> None:
    """Print the key once, or write it to a file."""
    from app.cli import founding  # noqa: PLC0415 - see the module's docstring

    founding.initialise(root_code, root_name, key_file)


@key.command(
    help=say(
        "为接入系统签发新密钥 （如首个密钥遗失时）， 记入审计。",
        "Make a new key for a client, as when the first one is lost: for whoever has the database. "
        "It is recorded in the audit trail.",
    )
)
def new(
    client: Annotated[
        str,
        typer.Option(
            help=say(
                "接入系统名称或编号；初始化所建者为 administrator。",
                "Name or id of the client; init made administrator.",
            )
        ),
    ],
    key_file: KeyFile = None,
) -> None:
    """Print the key once, or write it to a file."""
    from app.cli import keys  # noqa: PLC0415 - see the module's docstring

    keys.make(client, key_file)


@key.command(
    help=say(
        "打印一个登录页面的链接，十分钟内有效，只能使用一次，仅限本机。",
        "Print a link that signs in at the pages: for ten minutes, once, on this machine only.",
    )
)
def link(
    key_file: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=say("存有密钥的文件。", "The file that holds the key."),
        ),
    ],
) -> None:
    """Print the link, which holds nothing of the key."""
    from app.cli import links  # noqa: PLC0415 - see the module's docstring

    links.make(key_file)


@app.command(
    help=say(
        "在运行中的服务上演示： 建立组织、启动主题活动、报送数千条记录， 并独立复算进度。",
        "Show a demonstration on a running service: a tree, a campaign, thousands of submissions, "
        "and an independent recount of its progress.",
    )
)
def demo(
    divisions: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help=say(
                "区划文件 （CSV， 列为 code,name,level,parent_code,kind ）； 不填则用内置的。",
                "Division file (CSV with code,name,level,parent_code,kind); "
                "a small Foshan that is built in unless given.",
            ),
        ),
    ] = None,
    url: Annotated[
        str,
        typer.Option(envvar="DAJIATAN_URL", help=say("服务地址。", "Address of the service.")),
    ] = "http://127.0.0.1:8000",
    key_file: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help=say(
                "密钥文件；不填则取 DAJIATAN_KEY。",
                "File with the key, else DAJIATAN_KEY.",
            ),
        ),
    ] = None,
) -> None:
    """Over HTTP alone; status 1 when any number differs."""
    from app.cli import demonstration  # noqa: PLC0415 - see the module's docstring

    demonstration.show(url, key_file, divisions)
