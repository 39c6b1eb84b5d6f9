"""Asks for exports and fetches what a worker made of them."""

import json
from typing import Any

from tests.support.client import Api


async def exported(api: Api, kind: str, campaign: Any, form: str = "ndjson", **more: Any) -> Any:
    """An export that a worker has made."""
    body = {"kind": kind, "format": form, "campaign_id": campaign["id"], **more}
    asked = await api.post("/v1/exports", body, expect=202)
    await api.work()
    made = await api.get(f"/v1/exports/{asked['id']}")
    assert made["status"] == "succeeded", made
    return made


async def fetched(api: Api, kind: str, campaign: Any, form: str = "ndjson", **more: Any) -> bytes:
    """The file of an export."""
    made = await exported(api, kind, campaign, form, **more)
    return (await api.send("GET", f"/v1/exports/{made['id']}/file", expect=200)).content


async def rows_of(api: Api, kind: str, campaign: Any, **more: Any) -> list[Any]:
    """The rows of a table as programs get them."""
    content = await fetched(api, kind, campaign, **more)
    return [json.loads(line) for line in content.splitlines()]
