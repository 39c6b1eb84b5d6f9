"""What is revoked through one process is refused by every other, from the next request on.

It is so by construction: a process keeps nothing of keys, clients and grants between requests, so
no second is waited for here, and none is allowed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.service import Service, serving

pytestmark = pytest.mark.parametrize("backend", ["postgresql"])


@pytest.fixture
def service(own_database_url: str, tmp_path: Path) -> Iterator[Service]:
    with serving(own_database_url, tmp_path, processes=2) as running:
        yield running


def test_another_process_refuses_what_was_just_revoked(service: Service) -> None:
    here, there = (httpx2.Client(base_url=address) for address in service.addresses)
    with here, there:
        here.headers.update(service.headers)
        top = here.get("/v1/units").json()["data"][0]
        city, town = (_made(here, "/v1/units", _unit(code, top)) for code in ("city", "town"))
        client = _made(here, "/v1/clients", {"name": "网站", "unit_id": top["id"]})
        grants = [
            _made(here, "/v1/grants", {"client_id": client["id"], "role": "viewer", "unit_id": it})
            for it in (city["id"], town["id"])
        ]
        key = _made(here, f"/v1/clients/{client['id']}/keys", {})
        basic = (client["id"], key["key"])
        form = {"grant_type": "client_credentials"}
        ended, token = (
            here.post("/oauth/token", data=form, auth=basic).json()["access_token"] for _ in "ab"
        )
        shown = (key["key"], token)

        def seen(credential: str, unit: Any = town) -> int:
            headers = {"Authorization": f"Bearer {credential}"}
            return there.get(f"/v1/units/{unit['id']}", headers=headers).status_code

        assert [seen(it, city) for it in (*shown, ended)] == [200, 200, 200]
        assert here.post("/oauth/revoke", data={"token": ended}, auth=basic).status_code == 200
        assert [seen(it) for it in (*shown, ended)] == [200, 200, 401]
        _sent(here, "DELETE", f"/v1/grants/{grants[0]['id']}")
        assert [seen(it, city) for it in shown] == [404, 404]
        assert [seen(it) for it in shown] == [200, 200]
        _sent(here, "POST", f"/v1/clients/{client['id']}/keys/{key['id']}/revocation")
        assert [seen(it) for it in shown] == [401, 401]


def _unit(code: str, parent: Any) -> dict[str, Any]:
    unit = {"code": code, "name": code, "kind": "committee", "sector": "organ"}
    return {**unit, "parent_id": parent["id"]}


def _made(of: httpx2.Client, path: str, body: dict[str, Any]) -> Any:
    answer = of.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def _sent(of: httpx2.Client, method: str, path: str) -> None:
    answer = of.request(method, path, headers={"If-Match": "*"})
    assert answer.is_success, answer.text
