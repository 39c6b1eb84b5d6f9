"""No secret that the service ever gave out is found in its logs, its database or its answers."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from app.models import Base
from tests.support.callers import caller
from tests.support.client import SECRET, Api
from tests.support.factories import root, unit


async def test_secrets_are_nowhere(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    top = await root(api)
    city = await unit(api, top)
    auditor = await caller(api, "auditor", top)
    made = await caller(api, "admin", city)
    path = f"/v1/clients/{made.client['id']}/keys"
    keyed = {"Idempotency-Key": "an-idempotency-key-of-the-caller-s-own"}
    second = (await api.send("POST", path, {}, headers=keyed, expect=201)).json()
    rotation = f"{path}/{second['id']}/rotation"
    third = await api.change("POST", rotation, {}, expect=201, of=f"{path}/{second['id']}")
    form = {"grant_type": "client_credentials"}
    nobody = api.with_key(None)
    answer = await nobody.http.post(
        "/oauth/token", data=form, auth=(made.client["id"], third["key"])
    )
    token = answer.json()["access_token"]
    await api.with_key(token).get("/v1/units")
    await api.with_key(token[:-5] + "AAAAA").get("/v1/units", expect=401)
    await api.with_key(third["key"][:-1] + "?").get("/v1/units", expect=401)
    bad = {**form, "client_id": made.client["id"], "client_secret": third["key"], "scope": "x"}
    await nobody.http.post("/oauth/token", data=bad)
    await nobody.http.post("/oauth/revoke", data={**bad, "token": token})

    secrets = [api.key or "", auditor.key["key"], made.key["key"], second["key"], third["key"]]
    secrets += [token, SECRET, keyed["Idempotency-Key"]]
    searched = {
        "logs": "".join(capsys.readouterr()),
        "database": await _dump(api),
        "audit": json.dumps(await auditor.api.all("/v1/audit-events")),
        "keys": json.dumps(await api.all(path)),
    }
    for name, text in searched.items():
        assert text, name
        for secret in secrets:
            # The part after the public prefix is what must not be seen.
            assert secret[-24:] not in text, name


async def _dump(api: Api) -> str:
    """Every value of every table, bytes as the text and as the hex that a dump may show."""
    values: list[Any] = []
    async with api.database.reading() as session:
        for table in Base.metadata.sorted_tables:
            for row in await session.execute(select(table)):
                values += row
    shown = [v.decode("latin-1") + v.hex() if isinstance(v, bytes) else str(v) for v in values]
    return "\n".join(shown)
