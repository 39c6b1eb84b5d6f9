"""Whatever fails, in whichever process: no secret and nobody's data stand in what it says."""

import asyncio
import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx2
import pytest
from sqlalchemy import make_url

from tests.support.databases import Copies, apart
from tests.support.processes import Processes, wait_for
from tests.support.refusing import refusing_server
from tests.support.secrets import leaked

WHOLE = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
"""Every command meets every fault of the database."""
PASSWORD = "pa55/word of@the:database"
SECRET_KEY = "MasterSecretKey'\"of\\the-service-0123456789"
STORE_KEY = "s3Secret/Of+The+Store=="
ISSUER_PASSWORD = "issuers0wnPassword"
IDEMPOTENCY_KEY = "qWx7-their-own-4711-vBn"
PERSON = "慕容复姓某某同志的机密姓名"
INIT = ("init", "--root-code", "440600", "--root-name", "中共佛山市委组织部")
FALL = (
    # A handler that raises in the middle, with the values in its message and in its details.
    "CREATE FUNCTION fall() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF NEW.code = 'detail' THEN RAISE EXCEPTION 'refused' USING DETAIL = NEW.name; END IF; "
    "RAISE EXCEPTION 'refused %', NEW.name; END $$"
)
FALLING = "CREATE TRIGGER fall BEFORE INSERT ON organizations FOR EACH ROW EXECUTE FUNCTION fall()"
JOB = (
    "INSERT INTO jobs (id, kind, status, payload, state, done, total, attempts, max_attempts,"
    " claimable_at, created_at, updated_at, revision)"
    " VALUES (gen_random_uuid(), 'campaign.open', 'queued', $1, '{}', 0, 0, 0, 10,"
    " now(), now(), now(), 1)"
)
LOST = "ALTER TABLE {0} RENAME TO {0}_away"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2"


@pytest.fixture
def processes(postgresql_copies: Copies, tmp_path: Path) -> Iterator[Processes]:
    """A service whose secrets are known; the server takes any password."""
    url = make_url(postgresql_copies()).set(password=PASSWORD)
    issuer = f'"issuer": "http://user:{ISSUER_PASSWORD}@127.0.0.1:1/", "audience": "a"'
    found = Processes(
        url.render_as_string(hide_password=False),
        tmp_path,
        secret_key=SECRET_KEY,
        job_poll_seconds=0.1,
        oidc_issuers=f"[{{{issuer}}}]",
        storage_url="s3://files",
    )
    found.environment |= {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "local",
        "AWS_ACCESS_KEY_ID": "known",
        "AWS_SECRET_ACCESS_KEY": STORE_KEY,
    }
    yield found
    found.stop()


def secrets(**more: str) -> dict[str, str]:
    """Everything that must not be said, by its name."""
    return {
        "secret key": SECRET_KEY,
        "password": PASSWORD,
        "store": STORE_KEY,
        "issuer": ISSUER_PASSWORD,
        "idempotency key": IDEMPOTENCY_KEY,
        "person": PERSON,
        **more,
    }


def in_database(processes: Processes, statement: str, *values: Any) -> None:
    """Do something to the database of the service."""

    async def done() -> None:
        connection = await asyncpg.connect(processes.environment["DAJIATAN_DATABASE_URL"])
        try:
            if statement == CUT:
                values_of_cut = connection._params.database, connection.get_server_pid()  # noqa: SLF001 - no other way
                await connection.execute(statement, *values_of_cut)
            else:
                await connection.execute(statement, *values)
        finally:
            await connection.close()

    apart(asyncio.run, done())


def test_no_secret_is_said_by_what_stays(processes: Processes, tmp_path: Path) -> None:
    key = processes.found()
    processes.start("server", "--workers", "2")
    processes.start("worker")
    for name in ("server", "worker"):
        processes.wait(name)
    with calling(processes, key) as (http, token):
        for statement in (FALL, FALLING):
            in_database(processes, statement)
        for code in ("message", "detail"):
            assert make_unit(http, code).status_code == 500
        in_database(processes, JOB, f'{{"campaign_id": "{PERSON}"}}')
        wait_for(lambda: "job_step_failed" in processes.log("worker"), "the handler has raised")
        in_database(processes, CUT)
        in_database(processes, LOST.format("organizations"))
        wait_for(lambda: get_units(http) == 500, "the failing query is told")
        in_database(processes, LOST.format("jobs"))
        in_database(processes, LOST.format("periodic_tasks"))
        for sign in ("jobs_unreachable", "periodic_tasks_unreachable"):
            wait_for(lambda sign=sign: sign in processes.log("worker"), sign)  # type: ignore[misc]
        in_database(processes, LOST.format("api_keys"))
        wait_for(lambda: get_units(http) == 500, "nobody can be known")
    processes.end("server")
    said = processes.log("server") + processes.log("worker")
    assert {json.loads(line)["logger"] for line in said.splitlines()} >= {"app.requests"}
    assert "uvicorn.access" not in said
    assert "issuer_unreachable" in said
    assert said.count("unhandled_error") >= 3
    known = secrets(key=key.rpartition("_")[2], token=token[-60:])
    (tmp_path / "first.key").unlink()
    wrote = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert leaked("\n".join(wrote), known) == []


@contextmanager
def calling(processes: Processes, key: str) -> Iterator[tuple[httpx2.Client, str]]:
    """A caller with an access token, and the token; all that it shows has been refused once."""
    with httpx2.Client(base_url=processes.address, timeout=300) as http:
        me = http.get("/v1/me", headers={"Authorization": f"Bearer {key}"}).json()
        form = {"grant_type": "client_credentials"}
        answer = http.post("/oauth/token", data=form, auth=(me["client_id"], key))
        token = answer.json()["access_token"]
        head, _, rest = token.partition(".")
        foreign = '{"iss": "http://user:' + ISSUER_PASSWORD + '@127.0.0.1:1/"}'
        body = urlsafe_b64encode(foreign.encode()).decode().rstrip("=")
        forged = f"{head}.{body}.{rest.rpartition('.')[2]}"
        http.get("/v1/units", headers={"Authorization": f"Bearer {forged}"})
        http.headers["Authorization"] = f"Bearer {token}"
        http.headers["Idempotency-Key"] = IDEMPOTENCY_KEY
        http.headers["Connection"] = "close"  # the server ends one after an error anyway
        yield http, token


def make_unit(http: httpx2.Client, code: str) -> httpx2.Response:
    """Ask for a unit with a person's name."""
    found = http.get("/v1/units").json()["data"][0]["id"]
    body = {"code": code, "name": PERSON, "kind": "committee", "parent_id": found}
    return http.post("/v1/units", json=body)


def get_units(http: httpx2.Client) -> int:
    """Look for a person; the answer's status."""
    return http.get("/v1/units", params={"code": PERSON}).status_code


def test_no_secret_is_said_by_commands(processes: Processes, tmp_path: Path) -> None:
    whole = processes.environment["DAJIATAN_DATABASE_URL"]
    commands = (
        *(INIT, ("db", "upgrade"), ("db", "check"), ("db", "verify"), ("serve",), ("worker",)),
        *(("db", "backup", "/proc/none/backup"), ("key", "new", "--client", "nobody")),
    )
    key_file = tmp_path / "taken.key"
    key_file.write_text("precious")
    assert processes.told(*INIT, "--key-file", str(key_file))[0] == 1
    with refusing_server() as port:
        password = quote(PASSWORD, safe="")
        for wrong in (
            {"DATABASE_URL": f"postgresql://root:{password}@127.0.0.1:1/none"},
            {"DATABASE_URL": f"postgresql://root:{password}@127.0.0.1:{port}/none"},
            {"DATABASE_URL": f"postgresql://root:{password}@127.0.0.1:port/none"},
            {"SECRET_KEY": SECRET_KEY[:31]},
            {"OIDC_ISSUERS": f'[{{"issuer": "{ISSUER_PASSWORD}", }}]'},
        ):
            settings = {f"DAJIATAN_{name}": value for name, value in wrong.items()}
            before = dict(processes.environment)
            processes.environment |= settings
            for command in commands:
                status, said = processes.told(*command)
                assert status, said
            processes.environment = before
    for table in ("api_keys", "events", "alembic_version"):
        in_database(processes, LOST.format(table))
        for command in commands if WHOLE or table == "alembic_version" else commands[:1]:
            processes.told(*command)
    processes.environment["DAJIATAN_DATABASE_URL"] = whole + "_absent"
    for command in commands:
        assert processes.told(*command)[0]
    key_file.unlink()
    wrote = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert leaked("\n".join(wrote), secrets()) == []


def test_no_secret_is_said_by_the_demonstration(processes: Processes, tmp_path: Path) -> None:
    key = "djt_Abcdefghijkl_" + "Qwertzuiopasdfghjklyxcvbnm0123456789ab"
    path = tmp_path / "the.key"
    for content in (key, f"{key}\n{key}", f"{key}密"):
        path.write_text(content)
        for url in (
            f"http://user:{ISSUER_PASSWORD}@127.0.0.1:1",
            f"http://user:{ISSUER_PASSWORD}@127.0.0.1:port",
            f"http://{ISSUER_PASSWORD}@127.0.0.1:1",
            f"http://127.0.0.1:1/?key={ISSUER_PASSWORD}",
            "http://127.0.0.1:1/%zz",
            "nonsense",
        ):
            status, said = processes.told("demo", "--url", url, "--key-file", str(path))
            assert status, said
    assert processes.told("demo", "--key-file", str(tmp_path))[0]
    assert leaked(processes.log("command"), secrets(key=key.rpartition("_")[2])) == []
