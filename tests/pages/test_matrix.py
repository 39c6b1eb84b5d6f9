"""Every page × role × place: what lies outside is answered as what is absent, to the byte."""

import os
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import httpx2
import pytest
from fastapi.routing import APIRoute

from app.access.principal import POWERS, Power
from app.api import every_route
from app.http.authorization import Authorization
from app.models.vocabulary import Role
from app.pages.routing import PageRoute, SharedPageRoute
from tests.support.client import Api
from tests.support.factories import own_id
from tests.support.matrix import INSIDE, OUTSIDE, PARTS, Scene, staged
from tests.support.operating import SEEN_FROM_BELOW

ROOT = Path(__file__).parents[2]
WHOLE: Final = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
"""Every page at every place for every role; else a part of it, by chance."""
SAME: Final = {"X-Request-ID": "matrix"}
SHARED: Final = {
    "/pages/campaigns/{campaign_id}/adopted",
    "/pages/campaigns/{campaign_id}/adopted/{report_id}",
    "/embed/adopted",
}
"""What a campaign may make public: otherwise as all the others."""
JUST: Final = (Power.VIEW,)
PUBLISHED: Final = (Power.PUBLIC,)
POWERS_OF: Final = {
    "/pages": (Power.VIEW, Power.OWN),
    "/pages/leaders/{leader_id}/three-ones": (Power.VIEW, Power.OWN),
    "/embed/progress": (Power.VIEW, Power.PUBLIC),
}
"""What a leading cadre sees of themselves, and a website; as the API's routes have it."""
OF_NO_PLACE: Final = {"/pages"}
"""Lists what the caller sees, wherever that is."""
OF_THE_PLACES_CAMPAIGN: Final = (
    "{requirement_id}", "{snapshot_id}", "/bulletins", "/adopted",
)  # fmt: skip
"""Pages about a campaign of the place; all others are about the one that is open everywhere."""
FEW: Final = {"/pages/campaigns/{campaign_id}/adopted/{report_id}"}
"""Where inside there may be nothing to be shown, either."""


def pages() -> Iterator[APIRoute]:
    for route in every_route():
        if isinstance(route, APIRoute) and route.path.startswith(("/pages", "/embed")):
            yield route


GUARDED = sorted(route.path for route in pages() if isinstance(route, PageRoute | SharedPageRoute))


def test_every_page_looks_with_the_power_to_view_or_is_on_the_list() -> None:
    listed = (ROOT / "docs/routes-without-authorization.txt").read_text(encoding="utf-8")
    public = {line.removesuffix(" (unlisted)") for line in listed.splitlines() if "(unl" in line}
    without: set[str] = set()
    for route in pages():
        named = [d.dependency for d in route.dependencies]
        checks = [each for each in named if isinstance(each, Authorization)]
        if isinstance(route, PageRoute):
            assert [check.powers for check in checks] == [POWERS_OF.get(route.path, JUST)], route
            assert route.methods == {"GET"}, route.path
        elif isinstance(route, SharedPageRoute):
            assert route.path in SHARED
        else:
            without |= {f"{method} {route.path}" for method in route.methods or ()}

    assert without == {line for line in public if not line.startswith("#")}


@pytest.mark.one_database
async def test_who_is_not_known_sees_nothing(api: Api) -> None:
    scene = Scene(
        api, api, live={"id": own_id()}, places={"own": {name: own_id() for name in PARTS}}
    )
    for path in GUARDED:
        for key in (None, "djt_nothing"):
            answer = await _ask(api.with_key(key), scene, path, "own")
            if path.startswith("/embed/"):
                assert answer.status_code == 401, path
            else:
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/pages/sign-in?next="), path


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SELF])
async def test_each_role_at_each_place(api: Api, role: Role) -> None:
    scene = await staged(api)
    holder = (await scene.caller(role)).api
    hidden = {
        value
        for place in OUTSIDE
        for name, value in scene.places[place].items()
        if not (place == "ancestor" and name in (*SEEN_FROM_BELOW, "unit_id"))
    }
    chance = random.Random(role)  # noqa: S311 - to be repeated, not to be secret
    callers = [holder, await _in_session(holder)] if Power.VIEW in POWERS[role] else [holder]
    every = WHOLE or role is Role.VIEWER or Power.VIEW not in POWERS[role]
    for path in GUARDED if every else chance.sample(GUARDED, 4):
        who = chance.choice(callers)
        if not POWERS[role] & {*POWERS_OF.get(path, JUST), *(PUBLISHED if path in SHARED else ())}:
            assert (await _ask(who, scene, path, "own")).status_code == 403, path
            continue
        await _check_outside(who, scene, path, OUTSIDE if WHOLE else chance.sample(OUTSIDE[:-1], 2))
        for place in INSIDE if WHOLE else ["own", chance.choice(INSIDE[1:])]:
            answer = await _ask(who, scene, path, place)
            told = (path, place, answer.status_code, answer.text[:500])
            assert answer.status_code in {200, 404}, told
            unpublished = role is Role.WEBSITE and path in SHARED  # a draft, or not public
            shown = answer.status_code == 200 or path in FEW or unpublished
            assert place != "own" or shown, told
            gone = set(scene.places["moved_away"].values()) if "{snapshot_id}" in path else set()
            assert not {it for it in hidden - gone if it in answer.text}, told


async def _check_outside(who: Api, scene: Scene, path: str, places: Sequence[str]) -> None:
    if path in OF_NO_PLACE:
        return
    absent = await _ask(who, scene, path, "absent")
    assert absent.status_code == 404, (path, absent.text)
    for place in places:
        if place == "ancestor" and ("/bulletins" in path or "adopted" in path):
            continue  # a superior's campaign is seen from below
        answer = await _ask(who, scene, path, place)
        assert answer.status_code == 404, (path, place, answer.text)
        assert answer.content == absent.content, (path, place)


async def _in_session(holder: Api) -> Api:
    """The same caller as a browser that has signed in."""
    signed = await holder.with_key(None).http.post(
        "/pages/sign-in", data={"credential": holder.key}
    )
    assert signed.status_code == 303, signed.text
    known = holder.with_key(None)
    known.http.cookies.update(signed.cookies)
    return known


async def _ask(who: Api, scene: Scene, path: str, place: str) -> httpx2.Response:
    """One page about what is at a place."""
    ids = scene.places[place]
    its_own = any(part in path for part in OF_THE_PLACES_CAMPAIGN)
    campaign = ids["campaign_id"] if its_own else scene.live["id"]
    query = {}
    if path.startswith("/embed/"):
        query["campaign"] = campaign
    if "/adopted" not in path and "/bulletins" not in path and "{campaign_id}" in path:
        query["unit"] = ids["unit_id"]
    if path == "/embed/progress":
        query["unit"] = ids["unit_id"]
    if "{unit_id}" in path:
        query.pop("unit", None)
    address = path.replace("{campaign_id}", campaign)
    for name, value in ids.items():
        address = address.replace(f"{{{name}}}", value)
    return await who.http.get(address, params=query, headers=SAME)
