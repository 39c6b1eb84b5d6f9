"""Codes that people have, and the ids behind them."""

from typing import Any

from app.client.calls import Client


def find_campaigns(client: Client, code: str | None = None) -> list[dict[str, Any]]:
    """Return the campaign of a code, or those that are open."""
    wanted = {"code": code} if code is not None else {"status": "open"}
    return list(client.rows("/v1/campaigns", wanted))


def find_organization(client: Client, code: str) -> dict[str, Any] | None:
    """Return the unit or the branch of a code, None where the caller sees none."""
    for path in ("/v1/units", "/v1/branches"):
        for found in client.rows(path, {"code": code}):
            return dict(found)
    return None
