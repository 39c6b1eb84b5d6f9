"""What matters most against who owns the database: rows changed in SQL are told from the others."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.verification import VERIFICATIONS
from app.events import former
from app.events.baseline import TYPE, state_former
from app.kit import clock, ids
from app.models import Adoption, ApiKey, Client, Event, Grant, Obligation, Review
from tests.support import factories as make
from tests.support.client import Api
from tests.support.places import Place, review
from tests.support.sealing import seal_all


async def found(api: Api) -> list[str]:
    """What `db verify` says is wrong, in Chinese."""
    async with api.database.reading() as session:
        return [f for verify in VERIFICATIONS for f in await verify(session, api.settings, [])]


async def furnish(at: Place) -> None:
    """One of each at least: an exemption, reviews, an adoption, a key taken back, a grant too."""
    made = await at.activity()
    path = f"/v1/activities/{made['id']}"
    read = await at.reviewer.get(path)
    returned = review(read, "return", reason="材料不全")
    await at.reviewer.change("POST", f"{path}/reviews", returned, of=path, expect=201)
    report = f"/v1/reports/{(await at.report())['id']}"
    body = {"level": "city", "outlet": "组工信息", "issue": "1", "adopted_on": make.DAY}
    for _ in range(2):
        await at.reviewer.change("POST", f"{report}/adoptions", body, of=report, expect=201)
        body["issue"] = "2"
    first = (await at.admin.get(report))["adoptions"][0]
    gone = f"{report}/adoptions/{first['id']}"
    etag = (await at.admin.send("GET", report)).headers["etag"]
    await at.reviewer.send("DELETE", gone, headers={"If-Match": etag})
    owed = [o for o in (await at.obligations(at.unit)).values() if o["status"] == "open"]
    for each in owed[:2]:
        exempt = f"/v1/obligations/{each['id']}"
        await at.admin.change("POST", f"{exempt}/exemption", {"reason": "撤并"}, of=exempt)
    lifted = f"/v1/obligations/{owed[0]['id']}"
    await at.admin.change("DELETE", f"{lifted}/exemption", of=lifted)
    client = await at.admin.post("/v1/clients", {"name": "旧网站"})
    ends = {"expires_at": "2099-01-01T08:00:00.125+08:00"}
    await at.admin.post(f"/v1/clients/{client['id']}/keys", ends)
    granted = {"client_id": client["id"], "unit_id": at.unit["id"], "role": "viewer", **ends}
    await at.admin.post("/v1/grants", granted)
    await at.admin.change("PATCH", f"/v1/clients/{client['id']}", {"name": "新网站"})


async def _set(session: AsyncSession, model: Any, **values: Any) -> None:
    """Change one row of a table that may be changed so."""
    wanted = model.exemption.is_not(None) if model is Obligation else model.id.is_not(None)
    first = await session.scalar(select(model.id).where(wanted).order_by(model.id.desc()).limit(1))
    assert first is not None
    await session.execute(update(model).where(model.id == first).values(**values))


async def raise_a_grant(session: AsyncSession) -> None:
    await _set(session, Grant, role="admin", expires_at=None)


async def move_a_grant(session: AsyncSession) -> None:
    place = select(Client.org_id).order_by(Client.id).limit(1).scalar_subquery()
    granted = select(Grant.id).where(Grant.org_id != place).limit(1).scalar_subquery()
    await session.execute(update(Grant).where(Grant.id == granted).values(org_id=place))


async def give_a_grant(session: AsyncSession) -> None:
    row = (await session.execute(select(Grant.__table__).limit(1))).mappings().one()
    made = {**row, "id": ids.new_id(), "role": "auditor"}
    await session.execute(insert(Grant).values(**made))


async def take_a_grant(session: AsyncSession) -> None:
    some = select(Grant.id).order_by(Grant.id.desc()).limit(1).scalar_subquery()
    await session.execute(delete(Grant).where(Grant.id == some))


async def let_a_client_go_on(session: AsyncSession) -> None:
    await _set(session, Client, active=False)


async def rename_a_client(session: AsyncSession) -> None:
    await _set(session, Client, name="别的网站")


async def exchange_a_key(session: AsyncSession) -> None:
    await _set(session, ApiKey, digest=b"0" * 32)


async def lengthen_a_key(session: AsyncSession) -> None:
    await _set(session, ApiKey, expires_at=clock.now() + timedelta(days=1))


async def exempt_in_sql(session: AsyncSession) -> None:
    some = select(Obligation.id).where(Obligation.status == "open").limit(1).scalar_subquery()
    values = {"exemption": {"reason": "撤并"}, "status": "exempt"}
    await session.execute(update(Obligation).where(Obligation.id == some).values(values))


async def change_the_reason_of_an_exemption(session: AsyncSession) -> None:
    await _set(session, Obligation, exemption={"reason": "另有原因"})


async def take_an_exemption(session: AsyncSession) -> None:
    await _set(session, Obligation, exemption=None, status="open")


async def turn_a_review(session: AsyncSession) -> None:
    await _set(session, Review, decision="accept")


async def take_a_review(session: AsyncSession) -> None:
    await session.execute(delete(Review))


async def change_an_adoption(session: AsyncSession) -> None:
    await _set(session, Adoption, level="province")


async def take_an_adoption(session: AsyncSession) -> None:
    await session.execute(delete(Adoption))


TAMPERINGS: list[tuple[Callable[[AsyncSession], Awaitable[None]], str, str]] = [
    (raise_a_grant, "授权", "与审计记录不符"),
    (move_a_grant, "授权", "与审计记录不符"),
    (give_a_grant, "授权", "没有其现状"),
    (take_a_grant, "授权", "没有其删除"),
    (let_a_client_go_on, "接入系统", "与审计记录不符"),
    (rename_a_client, "接入系统", "与审计记录不符"),
    (exchange_a_key, "密钥", "与审计记录不符"),
    (lengthen_a_key, "密钥", "与审计记录不符"),
    (exempt_in_sql, "免除", "没有其现状"),
    (change_the_reason_of_an_exemption, "免除", "与审计记录不符"),
    (take_an_exemption, "免除", "没有其删除"),
    (turn_a_review, "审核", "与审计记录不符"),
    (take_a_review, "审核", "没有其删除"),
    (change_an_adoption, "采用", "与审计记录不符"),
    (take_an_adoption, "采用", "没有其删除"),
]


async def test_every_row_that_sql_changed_is_named(place: Place) -> None:
    await furnish(place)
    await seal_all(place.admin)
    assert await found(place.admin) == []
    async with place.admin.database.writing() as session:
        for tamper, name, said in TAMPERINGS:
            before = await session.begin_nested()
            await tamper(session)
            session.expire_all()
            verify = VERIFICATIONS[1]
            faults = await verify(session, place.admin.settings, [])
            assert len(faults) == 1, (tamper.__name__, faults)
            assert name in faults[0], tamper.__name__
            assert said in faults[0], tamper.__name__
            await before.rollback()
    assert await found(place.admin) == []


async def test_the_first_releases_rows_get_their_digests_once(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before its processes have ended; afterwards a row that has none is a fault."""
    await furnish(place)
    api = place.admin
    async with api.database.writing() as session:
        await session.execute(update(Event).values(mac=None, state_digest=None, xid=7))
    await seal_all(api)
    await state(api)
    assert await found(api) == []
    async with api.database.writing() as session:
        await rename_a_client(session)

    later = clock.now() + former.GRACE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    await state(api)
    await seal_all(api)
    assert await found(api) == []
    async with api.database.writing() as session:
        assert len((await session.scalars(select(Event).where(Event.type == TYPE))).all()) == 1
        await give_a_grant(session)
    for _ in range(2):
        await state(api)
        assert len(await found(api)) == 1


async def state(api: Api) -> None:
    """As the worker does."""
    async with api.database.writing() as session:
        await state_former(session)
