"""The command line: founding, the schema, messages and exit statuses."""

import asyncio
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from app import __version__
from app.access import keys
from app.cli import app
from app.cli.speech import chosen
from app.db import Database
from app.models import ApiKey, Client, Grant, Organization
from app.settings import DatabaseSettings

ROOT = Path(__file__).parent.parent
SECRET = "s" * 32
INIT = ["init", "--root-code", "0440600", "--root-name", "中共佛山市委组织部"]


@pytest.fixture
def environment(own_database_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a service with a database of its own."""
    return {
        "DAJIATAN_DATABASE_URL": own_database_url,
        "DAJIATAN_STATE_DIR": str(tmp_path / "var"),
        "DAJIATAN_SECRET_KEY": SECRET,
    }


@pytest.fixture
def dajiatan(environment: dict[str, str]) -> Callable[..., Result]:
    """Runs the command in this process."""
    return lambda *arguments: CliRunner().invoke(app, arguments, env=environment)


def python(*arguments: str, **environment: str) -> str:
    """Run Python in a process of its own; what it printed."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "100"} | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def query(environment: Mapping[str, str], statement: Any) -> list[Any]:
    """Read from the database of the service."""

    async def read(session: AsyncSession) -> list[Any]:
        return list((await session.execute(statement)).all())

    return _in_database(environment, read)


def forget_schema(environment: Mapping[str, str]) -> None:
    """Take everything out of a PostgreSQL database."""

    async def drop(session: AsyncSession) -> list[Any]:
        await session.execute(text("DROP SCHEMA public CASCADE"))
        await session.execute(text("CREATE SCHEMA public"))
        return []

    _in_database(environment, drop)


def _in_database(environment: Mapping[str, str], work: Callable[..., Any]) -> list[Any]:
    async def connected() -> list[Any]:
        url = environment["DAJIATAN_DATABASE_URL"]
        database = Database(DatabaseSettings(database_url=url))
        try:
            async with database.writing() as session:
                found: list[Any] = await work(session)
                return found
        finally:
            await database.close()

    return asyncio.run(connected())


def founded(environment: Mapping[str, str]) -> list[int]:
    """How many units, clients, keys and grants there are."""
    tables = (Organization, Client, ApiKey, Grant)
    return [query(environment, select(func.count()).select_from(table))[0][0] for table in tables]


def test_init_makes_root_client_and_key_and_prints_the_key_once(
    dajiatan: Callable[..., Result], environment: dict[str, str]
) -> None:
    result = dajiatan(*INIT)
    assert result.exit_code == 0
    key = result.stdout.strip()
    prefix, digest = query(environment, select(ApiKey.prefix, ApiKey.digest))[0]
    assert (keys.read_prefix(key), keys.digest(key, SECRET.encode())) == (prefix, digest)
    assert query(environment, select(Organization.code, Organization.name)) == [
        ("0440600", "中共佛山市委组织部")
    ]

    repeated = dajiatan(*INIT)
    assert (repeated.exit_code, repeated.stdout) == (0, "")
    assert "已初始化" in repeated.stderr
    assert founded(environment) == [1, 1, 1, 1]


def test_init_writes_the_key_where_only_its_owner_reads_it(
    dajiatan: Callable[..., Result], environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "key"
    result = dajiatan(*INIT, "--key-file", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text(encoding="ascii")
    assert keys.read_prefix(key.strip()) is not None

    assert dajiatan(*INIT, "--key-file", str(path)).exit_code == 0
    assert path.read_text(encoding="ascii") == key
    assert founded(environment) == [1, 1, 1, 1]


def test_init_overwrites_no_file_and_then_changes_nothing(
    dajiatan: Callable[..., Result], environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text("precious", encoding="ascii")
    result = dajiatan(*INIT, "--key-file", str(path))
    assert result.exit_code == 1
    assert "无法写入密钥文件" in result.stderr
    assert path.read_text(encoding="ascii") == "precious"
    assert founded(environment) == [0, 0, 0, 0]
    assert dajiatan(*INIT, "--key-file", str(tmp_path / "none" / "key")).exit_code == 1
    assert founded(environment) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["init"],
        ["init", "--root-code", "", "--root-name", "名称"],
        ["init", "--root-code", "1", "--root-name", "两\n行"],
        ["init", "--root-code", "1" * 65, "--root-name", "名称"],
        ["serve", "--port", "65536"],
        ["serve", "--workers", "0"],
        ["--lang", "fr", "db", "check"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_status_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_the_version_is_told() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"{__version__}\n")


def test_the_schema_is_checked_and_upgraded(
    dajiatan: Callable[..., Result], environment: dict[str, str], backend: str
) -> None:
    assert dajiatan("db", "check").exit_code == 0
    if backend == "sqlite":
        environment["DAJIATAN_DATABASE_URL"] += ".new"
    else:
        forget_schema(environment)
    behind = dajiatan("db", "check")
    assert behind.exit_code == 1
    assert "不一致" in behind.stderr
    assert dajiatan("db", "upgrade").exit_code == 0
    assert dajiatan("db", "upgrade").exit_code == 0
    assert dajiatan("db", "check").exit_code == 0


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
def test_a_schema_made_otherwise_is_refused_in_one_line_by_every_command(
    dajiatan: Callable[..., Result], environment: dict[str, str]
) -> None:
    """As one made by an edited migration is: up to date by its revision, and of no use."""
    _in_database(environment, _without_a_column)
    backup = str(Path(environment["DAJIATAN_STATE_DIR"]) / "kept.tar")
    for command in (["serve", "--port", "0"], ["worker"], INIT, ["db", "upgrade"],
                    ["db", "verify"], ["db", "backup", backup]):  # fmt: skip
        result = dajiatan(*command)
        assert result.exit_code == 1, (command, result.output)
        assert "add_column leaders post" in result.stderr
        assert result.stderr.count("\n") == 1


async def _without_a_column(session: AsyncSession) -> list[Any]:
    await session.execute(text("ALTER TABLE leaders RENAME COLUMN post TO job"))
    return []


@pytest.mark.parametrize("arguments", [["serve", "--port", "0"], ["worker"], INIT])
@pytest.mark.parametrize("backend", ["postgresql"])
def test_an_older_schema_is_refused_on_postgresql(
    dajiatan: Callable[..., Result], environment: dict[str, str], arguments: list[str]
) -> None:
    forget_schema(environment)
    result = dajiatan(*arguments)
    assert result.exit_code == 1
    assert "dajiatan db upgrade" in result.stderr


def test_a_missing_setting_and_an_absent_database_are_said_in_a_sentence() -> None:
    absent = {"DAJIATAN_DATABASE_URL": f"postgresql://root:hidden@127.0.0.1:{_free_port()}/none"}
    result = CliRunner().invoke(app, ["db", "check"], env=absent)
    assert result.exit_code == 2
    assert "DAJIATAN_SECRET_KEY" in result.stderr
    absent["DAJIATAN_SECRET_KEY"] = SECRET
    for command in (["db", "check"], ["db", "upgrade"], ["serve"], ["worker"], INIT):
        result = CliRunner().invoke(app, command, env=absent)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("DAJIATAN_DATABASE_URL：无法连接数据库")
        assert "hidden" not in result.stderr


def test_help_is_in_both_languages() -> None:
    zh = python("-m", "app.cli", "--help", LC_ALL="C.UTF-8")
    en = python("-m", "app.cli", "--lang=en", "--help", LC_ALL="zh_CN.UTF-8")
    assert "启动 HTTP 服务" in zh
    assert "Serve HTTP" in en
    for name in ("serve", "worker", "init", "db"):
        assert name in zh


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_is_whole_where_a_line_has_80_columns(language: str) -> None:
    named = re.compile(r"^│ ([a-z]+) {2}", re.MULTILINE)
    waiting: list[tuple[str, ...]] = [()]
    read = 0
    while waiting:
        command = waiting.pop()
        said = python(
            "-m", "app.cli", f"--lang={language}", *command, "--help", LC_ALL="C.UTF-8",
            COLUMNS="80",
        )  # fmt: skip
        assert "…" not in said, (command, said)
        waiting += [(*command, name) for name in named.findall(said) if len(command) < 2]
        read += 1
    assert read > 12


def test_help_waits_for_nothing_heavy() -> None:
    heavy = "{'fastapi', 'sqlalchemy', 'pydantic', 'uvicorn'} & set(sys.modules)"
    assert python("-c", f"import sys, app.cli; print({heavy})").strip() == "set()"


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "zh"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "fr_FR.UTF-8"}, "zh"),
        (["--lang", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["--lang=zh"], {"LANG": "en_US.UTF-8"}, "zh"),
        (["--lang"], {}, "zh"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_locale_else_chinese(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert chosen(arguments, environment) == language


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
