"""`dajiatan key new`: who lost the first key, and has the database, gets another."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from app.access import keys
from app.cli import app
from app.db import Database
from app.models import ApiKey, Client, Event
from tests.support.client import Api
from tests.support.databases import apart

NEW = ["key", "new", "--client"]


@pytest.fixture
def dajiatan(api: Api, database_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs the command on the database of `api`, in a thread, for it has a loop of its own."""
    environment = {
        "DAJIATAN_DATABASE_URL": database_url,
        "DAJIATAN_STATE_DIR": str(tmp_path / "var"),
        "DAJIATAN_SECRET_KEY": api.settings.secret.decode(),
    }
    invoke = partial(CliRunner().invoke, app, env=environment)
    return lambda *arguments: apart(invoke, arguments)


async def test_a_lost_key_is_replaced_and_the_trail_says_so(
    dajiatan: Callable[..., Result], api: Api, database: Database
) -> None:
    result = dajiatan(*NEW, "administrator")

    assert result.exit_code == 0, result.stderr
    key = result.stdout.strip()
    me = await api.with_key(key).get("/v1/me")
    assert [grant["role"] for grant in me["grants"]] == ["admin"]
    assert (await api.get("/v1/me"))["client_id"] == me["client_id"]
    async with database.reading() as session:
        made = select(ApiKey.id).where(ApiKey.prefix == keys.read_prefix(key))
        event = (await session.scalars(select(Event).where(Event.resource_id.in_(made)))).one()
    assert (event.type, event.route) == ("key.created", "dajiatan key new")


async def test_it_is_written_where_only_its_owner_reads_it(
    dajiatan: Callable[..., Result], api: Api, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    assert dajiatan(*NEW, "administrator", "--key-file", str(path)).exit_code == 0
    await api.with_key(path.read_text(encoding="ascii").strip()).get("/v1/me")

    again = dajiatan(*NEW, "administrator", "--key-file", str(path))
    assert (again.exit_code, again.stdout) == (1, "")
    async with api.database.reading() as session:
        assert len((await session.scalars(select(ApiKey))).all()) == 2


async def test_a_link_signs_in_at_the_pages_once(
    dajiatan: Callable[..., Result], api: Api, tmp_path: Path
) -> None:
    path = tmp_path / "key"
    path.write_text(f"{api.key}\n", encoding="ascii")

    made = dajiatan("key", "link", "--key-file", str(path))

    assert made.exit_code == 0, made.stderr
    address, _, token = made.stdout.strip().partition("?token=")
    assert address == "http://127.0.0.1:8000/pages/sign-in/once"
    assert (api.key or "")[-20:] not in made.stdout
    nobody = api.with_key(None).http
    entered = [await nobody.get(made.stdout.strip()) for _ in range(2)]
    assert [each.headers["location"] for each in entered] == ["/pages", "/pages/sign-in"]
    assert token not in entered[0].headers["set-cookie"]
    path.write_text("djt_nothing", encoding="ascii")
    assert dajiatan("key", "link", "--key-file", str(path)).exit_code == 1


async def test_a_name_must_say_which_client(dajiatan: Callable[..., Result], api: Api) -> None:
    first, _ = [await api.post("/v1/clients", {"name": "网站"}) for _ in range(2)]

    unknown, several = dajiatan(*NEW, "无此客户端"), dajiatan(*NEW, "网站")
    by_id = dajiatan(*NEW, first["id"])

    assert (unknown.exit_code, several.exit_code, by_id.exit_code) == (1, 1, 0)
    assert "无此客户端" in unknown.stderr
    assert first["id"] in several.stderr
    async with api.database.reading() as session:
        owned = select(Client.name).join(ApiKey, ApiKey.client_id == Client.id)
        assert sorted(await session.scalars(owned)) == ["administrator", "网站"]
