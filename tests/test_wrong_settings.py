"""A setting that is wrong: one line that says which and what to do, status 2, nothing secret."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.databases import Copies
from tests.support.processes import Processes, wait_for
from tests.support.refusing import refusing_server
from tests.support.secrets import leaked

WHOLE = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
"""Each wrong setting is tried with each command; else with one of them, in turn."""
PASSWORD = "sw0rdfishAndMore"
SECRET_KEY = "the-master-secret-of-this-service-1"
DATABASE = f"postgresql://root:{PASSWORD}@127.0.0.1"
INIT = ("init", "--root-code", "440600", "--root-name", "中共佛山市委组织部")
SERVE = ("serve", "--port", "0", "--workers", "2")
COMMANDS = (
    *(SERVE, ("worker",), INIT, ("db", "upgrade"), ("db", "check"), ("db", "verify")),
    *(("db", "backup", "/proc/none/backup"), ("key", "new", "--client", "nobody")),
)
WRONG: Mapping[str, tuple[str, Mapping[str, str | None], str]] = {
    # The name that is said, the settings, and the words that say what to do.
    "a misspelt name": ("DATABSE_URL", {"DATABSE_URL": "sqlite:///x"}, "DAJIATAN_DATABASE_URL"),
    "half a name": ("LOCK_TIMEOUT", {"LOCK_TIMEOUT": "3"}, "DAJIATAN_LOCK_TIMEOUT_SECONDS"),
    "no address": ("DATABASE_URL", {"DATABASE_URL": f"root:{PASSWORD}@127.0.0.1"}, "postgresql:"),
    "another database": ("DATABASE_URL", {"DATABASE_URL": f"mysql://u:{PASSWORD}@h/x"}, "sqlite:"),
    "a bad port": ("DATABASE_URL", {"DATABASE_URL": f"{DATABASE}:port/x"}, "host:port"),
    "no such port": ("DATABASE_URL", {"DATABASE_URL": f"{DATABASE}:99999/x"}, "host:port"),
    "no such port behind": (
        "DATABASE_URL",
        {"DATABASE_URL": f"postgresql://root:{PASSWORD}@/x?host=127.0.0.1&port=99999"},
        "host:port",
    ),
    "no name of a host": (
        "DATABASE_URL",
        {"DATABASE_URL": f"postgresql://root:{PASSWORD}@a..b/x"},
        "host:port",
    ),
    "another driver's word": (
        "DATABASE_URL",
        {"DATABASE_URL": f"{DATABASE}/x?sslmode=require"},
        "ssl=require",
    ),
    "a bad mode": ("DATABASE_URL", {"DATABASE_URL": f"{DATABASE}/x?ssl=some"}, "sslmode"),
    "no folder": ("DATABASE_URL", {"DATABASE_URL": "sqlite:////proc/none/x.db"}, "："),
    "a folder": ("DATABASE_URL", {"DATABASE_URL": "sqlite:////usr"}, "database file"),
    "no database file": ("DATABASE_URL", {"DATABASE_URL": f"sqlite:///{__file__}"}, "not a data"),
    "no key": ("SECRET_KEY", {"DATABASE_URL": f"{DATABASE}/x", "SECRET_KEY": None}, "32"),
    "a short key": ("SECRET_KEY", {"SECRET_KEY": SECRET_KEY[:31]}, "32"),
    "a word for a number": ("POOL_SIZE", {"POOL_SIZE": "many"}, "应为整数"),
    "too small": ("MAX_BODY_BYTES", {"MAX_BODY_BYTES": "1"}, "1024"),
    "no boolean": ("RUN_WORKER", {"RUN_WORKER": "perhaps"}, "应为“是”或“否”"),
    "no digest": ("AUDIT_DIGEST", {"AUDIT_DIGEST": "md5"}, "sha256"),
    "no scheme": ("BASE_URL", {"BASE_URL": "example.gov.cn"}, "https://"),
    "half of JSON": ("OIDC_ISSUERS", {"OIDC_ISSUERS": f'[{{"issuer": "{PASSWORD}"'}, "JSON"),
    "no issuer": (
        "OIDC_ISSUERS[0][issuer]",
        {"OIDC_ISSUERS": '[{"issuer": "sso", "audience": "a"}]'},
        "https://",
    ),
    "no proxy": ("TRUSTED_PROXIES[0]", {"TRUSTED_PROXIES": '["proxy"]'}, "192.0.2"),
    "no place for heads": ("AUDIT_HEADS_TO", {"AUDIT_HEADS_TO": "ftp://h/x"}, "https://"),
    "any origin": ("CORS_ORIGINS[0]", {"CORS_ORIGINS": '["*"]'}, "https://"),
    "a replica that is SQLite": ("REPLICA_URL", {"REPLICA_URL": "sqlite:///x.db"}, "postgresql:"),
}
OF_THOSE_WHO_STAY: Mapping[str, tuple[str, Mapping[str, str | None], str]] = {
    "a file for a folder": ("STORAGE_URL", {"STORAGE_URL": __file__}, "File exists"),
    "no such folder": ("STORAGE_URL", {"STORAGE_URL": "/proc/none/files"}, "/proc/none/files"),
    "no such root": ("STORAGE_URL", {"STORAGE_URL": "file:///none/files"}, "s3://"),
    "no such file": ("AUDIT_HEADS_TO", {"AUDIT_HEADS_TO": "/proc/none/heads"}, "/proc/none"),
    "no bucket": ("STORAGE_URL", {"STORAGE_URL": "s3://"}, "s3://"),
    "another store": ("STORAGE_URL", {"STORAGE_URL": "ftp://h/x"}, "s3://"),
}


@pytest.fixture
def processes(sqlite_copies: Copies, tmp_path: Path) -> Processes:
    """A service on SQLite that is right but for what a test changes."""
    return Processes(sqlite_copies(), tmp_path, secret_key=SECRET_KEY)


def refused(processes: Processes, *command: str, **settings: str | None) -> str:
    """Return the one line that the command says before it ends with status 2."""
    before = dict(processes.environment)
    given = {f"DAJIATAN_{name}": value for name, value in settings.items()}
    processes.environment |= {name: value or "" for name, value in given.items()}
    status, said = processes.told(*command)
    processes.environment = before
    assert (status, said.count("\n")) == (2, 1), f"{command} {settings}: {said}"
    assert leaked(said, {"password": PASSWORD, "secret key": SECRET_KEY}) == []
    return said


@pytest.mark.parametrize("what", WRONG)
def test_it_is_said_in_one_line(processes: Processes, what: str) -> None:
    name, settings, words = WRONG[what]
    number = list(WRONG).index(what)
    for command in COMMANDS if WHOLE else [COMMANDS[number % len(COMMANDS)]]:
        said = refused(processes, *command, **settings)
        assert f"DAJIATAN_{name}" in said
        assert words in said


def test_it_is_said_in_english_too(processes: Processes) -> None:
    """By the command itself: a forked one has chosen its language before."""
    processes.environment |= {"DAJIATAN_STORAGE_URL": __file__, "DAJIATAN_BASE_URL": "http://h"}
    said = processes.dajiatan("--lang", "en", *SERVE, status=2)
    assert (said.count("\n"), said.isascii()) == (1, True)
    assert said.startswith("DAJIATAN_STORAGE_URL: the folder")


@pytest.mark.parametrize("what", OF_THOSE_WHO_STAY)
def test_what_only_some_need_is_said_by_them(processes: Processes, what: str) -> None:
    name, settings, words = OF_THOSE_WHO_STAY[what]
    for command in (SERVE, ("worker",))[: 2 if WHOLE else 1]:
        said = refused(processes, *command, **settings)
        assert f"DAJIATAN_{name}" in said
        assert words in said


def test_every_command_says_that_nobody_lets_it_in(processes: Processes) -> None:
    with refusing_server() as port:
        for command in COMMANDS:
            for url, words in (
                (f"{DATABASE}:1/x", "Connect call failed"),
                (f"{DATABASE}:{port}/x", "password authentication failed"),
            ):
                said = refused(processes, *command, DATABASE_URL=url)
                assert "DAJIATAN_DATABASE_URL" in said
                assert words in said
    said = refused(processes, "worker", DATABASE_URL="postgresql://nowhere.invalid/x")
    assert "Name or service not known" in said or "name resolution" in said
    said = refused(processes, "worker", DATABASE_URL="postgresql:///x?host=/nowhere")
    assert "No such file" in said


def test_a_state_that_cannot_be_kept(processes: Processes) -> None:
    for command in (SERVE, ("worker",), INIT, ("db", "verify")):
        said = refused(processes, *command, STATE_DIR=__file__, SECRET_KEY=None)
        assert "DAJIATAN_S" in said


def test_a_misspelt_prefix(processes: Processes) -> None:
    processes.environment["DAJATAN_POOL_SIZE"] = "3"
    assert "DAJIATAN_POOL_SIZE" in refused(processes, "db", "check")


@pytest.mark.parametrize("database", ["absent", "refusing"])
def test_a_replica(postgresql_copies: Copies, tmp_path: Path, database: str) -> None:
    """One that lets nobody in is refused; one that is away is told, and may come back."""
    url = postgresql_copies()
    processes = Processes(url, tmp_path, secret_key=SECRET_KEY)
    with refusing_server() as port:
        address = f"{DATABASE}:{port if database == 'refusing' else 1}/x"
        if database == "refusing":
            assert "password" in refused(processes, "worker", REPLICA_URL=address)
            return
        processes.environment["DAJIATAN_REPLICA_URL"] = address
        processes.start("worker")
        wait_for(lambda: processes.ready("worker"), "the worker works")
        said = processes.log("worker")
        processes.end("worker")
        assert said.startswith("DAJIATAN_REPLICA_URL：暂时无法连接")
        assert leaked(processes.log("worker"), {"password": PASSWORD}) == []


def test_a_port_that_is_taken(processes: Processes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for workers in ("1", "2"):
            said = refused(processes, "serve", "--port", port, "--workers", workers)
            assert f"--port：无法监听 127.0.0.1:{port}" in said
    said = refused(processes, "serve", "--host", "nowhere.invalid")
    assert "nowhere.invalid" in said


def test_the_demonstration_wants_an_address(processes: Processes) -> None:
    for url in ("nonsense", "http://", f"http://u:{PASSWORD}@127.0.0.1:port", "ftp://127.0.0.1"):
        said = refused(processes, "demo", URL=url, KEY="any-key-at-all")
        assert "DAJIATAN_URL" in said
