"""Errors as the log shows them: places and kinds, no values."""

import json
import logging
import sys
import threading

import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import text

from app.db import Database
from app.kit import logs, redaction, tracebacks
from app.settings import DatabaseSettings, OidcIssuer
from tests.support.secrets import leaked

PERSON = "上官某某"
KEY = "djt_Abcdefghijkl_" + "Qwertzuiopasdfghjklyxcvbnm0123456789ab"
FAILING = {
    "a value that is no number": ("SELECT CAST(CAST(:value AS text) AS integer)", "22P02"),
    "a row that is there": (
        "INSERT INTO periodic_tasks (name, next_run_at) VALUES (:value, now()), (:value, now())",
        "periodic_tasks",
    ),
    "a value that cannot be sent": ("SELECT CAST(:value AS integer)", "DataError"),
    "a table that is not there": ("SELECT :value FROM nowhere", "nowhere"),
}


def shown(error: BaseException) -> str:
    """Return the error as the log shows it."""
    return tracebacks.render((type(error), error, error.__traceback__))


@pytest.mark.parametrize("backend", ["postgresql"])
@pytest.mark.parametrize("what", FAILING)
async def test_no_value_of_a_statement_is_shown(database: Database, what: str) -> None:
    statement, sign = FAILING[what]
    with pytest.raises(Exception, match=r".*") as raised:
        async with database.writing() as session:
            await session.execute(text(statement), {"value": PERSON})
    said = shown(raised.value)
    assert leaked(said, {"person": PERSON * 3}) == []
    assert PERSON not in said
    assert sign in said
    assert "test_logs.py" in said


def test_no_value_that_fits_no_model_is_shown() -> None:
    class Model(BaseModel):
        number: int

    with pytest.raises(ValidationError) as raised:
        Model.model_validate({"number": PERSON})
    assert shown(raised.value).endswith("ValidationError: number: int_parsing")


def test_every_error_of_a_chain_and_of_a_group_is_shown() -> None:
    nothing: dict[str, str] = {}

    def fail() -> None:
        try:
            _ = nothing["first"]
        except KeyError as error:
            raise ExceptionGroup("both", [ValueError("second"), OSError(28, "third")]) from error

    with pytest.raises(ExceptionGroup) as raised:
        fail()
    said = shown(raised.value)
    for sign in ("KeyError: 'first'", "direct cause", "both", "second", "third", "in fail"):
        assert sign in said


def test_secrets_are_masked_as_they_are_written_anywhere() -> None:
    redaction.hide("pa/ss word'\"1")
    for form in ("pa/ss word'\"1", "pa%2Fss%20word%27%221", "pa/ss%20word%27%221"):
        assert redaction.redact(f"before {form} behind") == "before *** behind"
    assert redaction.redact(json.dumps("pa/ss word'\"1")) == '"***"'
    assert redaction.redact(f"key {KEY}") == "key djt_Abcdefghijkl_***"
    assert redaction.redact("x://user:word@host") == "x://user:***@host"
    assert redaction.redact("as a path: x:/user:word@host") == "as a path: x:/user:***@host"
    assert redaction.redact("Bearer abcdefghijklmnop!") == "Bearer ***!"
    assert redaction.redact("eyJhbGc.eyJpc3M.c2ln") == "***"
    assert redaction.redact("an ordinary line: 2013-01-15") == "an ordinary line: 2013-01-15"


def test_secrets_anywhere_in_an_address_are_masked() -> None:
    """An error of the HTTP client repeats the whole address."""
    keys = "https://Only-a-Token-7@sso.example.gov.cn/keys?client=portal&api_key=Behind-the-mark/8"
    OidcIssuer(issuer="https://sso.example.gov.cn", audience="a", jwks_uri=keys)
    DatabaseSettings(database_url="postgresql://root@host/name?ssl=require&password=In%20query-9")
    said = redaction.redact(f"Client error '404 Not Found' for url '{keys}'; In query-9")
    known = {"user": "Only-a-Token-7", "key": "Behind-the-mark/8", "password": "In query-9"}
    assert leaked(said, known) == []
    assert "sso.example.gov.cn/keys" in said


def test_a_line_is_written_whatever_is_in_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, before = logging.getLogger(), structlog.get_config()
    for owner, name in (
        (root, "handlers"),
        (logging, "raiseExceptions"),
        (sys, "excepthook"),
        (sys, "unraisablehook"),
        (threading, "excepthook"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    level = root.level
    try:
        logs.configure()
        logging.getLogger("asyncio").error("not retrieved\nfuture: %r", ValueError(PERSON))
        logging.getLogger("any").warning("half \ud800 a character")
    finally:
        root.setLevel(level)
        logging.captureWarnings(capture=False)
        structlog.configure(**before)
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in said] == ["not retrieved", "half \ud800 a character"]
