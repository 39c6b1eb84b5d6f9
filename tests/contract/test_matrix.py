"""Every operation × role × place × credential: nothing leaks, and who is refused changes nothing.

Every operation of the OpenAPI document has a line in `RULES`; a new one fails until it has. The
caller has its role at the unit `own`. What lies outside of its subtree answers as what is absent,
to the byte; what it has no power for is refused wherever it lies. What it may do inside is done to
the last statement and rolled back: its events lie inside, and no answer names what does not.
"""

import json
import os
import random
import sys
from collections.abc import AsyncIterator, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from app.access.principal import POWERS, Power
from app.access.visibility import in_subtree
from app.db import Database
from app.main import create_app
from app.models import Event, Organization
from app.models.vocabulary import Role
from app.settings import DatabaseSettings, Settings
from tests.contract.rules import PUBLIC, RULES
from tests.support.client import Api, free_apps, started
from tests.support.databases import BACKENDS
from tests.support.dry import DryRun
from tests.support.matrix import INSIDE, OUTSIDE, Scene, make_scene
from tests.support.operating import SEEN_FROM_BELOW, Operation, operations, send, smallest_body
from tests.support.provider import AUDIENCE, Provider, provider

ROOT = Path(__file__).parents[2]
WHOLE = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
"""Every credential at every place; else one at a few, by chance."""

OWN_TOO: Final = frozenset(
    {"listLeaderRecords", "getLeaderRecord", "createLeaderRecord", "putLeaderRecord",
     "updateLeaderRecord", "submitLeaderRecord", "withdrawLeaderRecord", "deleteLeaderRecord",
     "getLeader", "getThreeOnes", "listMyTasks"}
)  # fmt: skip
"""What a leading cadre does with what is their own: of colleagues everything is as absent."""
PUBLISHED: Final = frozenset(
    {"listUnits", "getUnit", "listBranches", "getBranch", "listCampaigns", "getCampaign",
     "getProgress", "getProgressTimeline", "listActivities", "getActivity", "listReports",
     "getReport", "getAdoptedFeed"}
)  # fmt: skip
"""What a website reads: `tests/features/accounts/test_website.py` says how much of it."""
BY_ITS_LEADER: Final = ("putLeaderRecord",)
"""What one's own draft here is put as would make it another's. Carried out by
`tests/features/accounts/test_self.py`."""
SHARED: Final = ("listAuditSeals", "listCodeLists", "getCodeList", "getMe")
"""The same for every caller that may read it at all."""
NARROWED: Final = ("listMyTasks",)
"""Lists that are narrowed to organizations: of hidden ones they are as empty as of absent ones."""
A_SUPERIORS: Final = (
    "reviewActivity", "reviewLeaderRecord", "reviewReport", "reviewActivities",
    "reviewLeaderRecords", "reviewReports", "listSimilarReports", "selectReport",
    "deselectReport", "adoptReport", "removeAdoption", "dispatchReport", "updateDispatch",
    "removeDispatch", "splitUnit",
)  # fmt: skip
"""What a unit cannot do with its own: its superior reviews it and founds beside it."""
THE_TOPS: Final = ("dispatchReport", "updateDispatch", "removeDispatch")
"""Of these, what only the top of the tree does, which no caller here is: never carried out."""
OF_WHAT_WAITS: Final = ("decideRequirement", "decideSupplement")
"""Decides on what waits for approval, and none of the requirements here does: who may is told by
`tests/features/campaigns/test_layering.py`."""
BY_WHO_ASKED: Final = ("cancelExport",)
"""Only who asked for an export sees it: whoever comes here is not the one."""
THE_SENDERS: Final = ("applyImport", "cancelImport")
"""What only who sent a file does with it: to everybody else it is absent, wherever it belongs.
Carried out by `tests/features/imports/test_imports.py`."""
THE_CLIENTS: Final = (
    "updateWebhookEndpoint", "rotateWebhookSecret", "resumeWebhookEndpoint",
    "testWebhookEndpoint", "replayWebhookDelivery",
)  # fmt: skip
"""What only the client does with its endpoint; who secures it looks, pauses and deletes."""
OF_CLIENTS: Final = (*THE_CLIENTS, "pauseWebhookEndpoint", "deleteWebhookEndpoint")
"""Nobody who comes here is the client: to all but who secures it, its endpoint is absent."""
BY_THE_INSPECTED: Final = ("answerFollowUp", "moveFollowUp", "askFollowUpExtension")
"""Who inspected does not answer: refused at "own", done at "drafted": there a superior did."""
BY_THE_OWNER: Final = ("moveFinding", "moveFindings", "moveFollowUp", "putFinding")
"""With the smallest body, work begun and content rewritten: only who reports for the organization
does that, not the superior, who is let in to verify."""
BY_THE_ISSUER: Final = ("decideExemption",)
"""At "own" the root asks for it, and decides; the own unit does at "descendant"."""
FROM_ABOVE: Final = ("passOnOpinion",)
"""At "own" beside its branch; who only reports passes on to what is below, done at "drafted"."""
AS_ISSUED: Final = ("getSnapshot",)
"""What was issued names for ever what was inside then."""
KEEP_THEIR_PARENT: Final = ("replaceUnit", "updateUnit", "moveUnit")
"""The own unit's parent is named in its record: who sends it back moves nothing."""
REDIRECT, FORBIDDEN = 300, 403
ENOUGH: Final = 2
"""Places inside at which the short version sees something done, once it was done at one."""


@dataclass
class Stage:
    """The scene of one database with what is counted there; every test leaves it as it was."""

    scene: Scene
    dry: DryRun
    operations: list[Operation]
    own: set[UUID]
    """The organizations of the caller's subtree."""
    hidden: set[str]
    """Ids that no answer to the caller may have."""
    gone: set[str]
    """Those of them that were inside once."""
    events: int
    requests: int = 0

    async def refused(self) -> None:
        """Fail if anything has been written since the last time."""
        assert await _events(self.scene) == self.events


@dataclass(frozen=True)
class Walk:
    """One caller on its way through the operations."""

    stage: Stage
    who: Api
    acted: set[str]
    refused_at_own: AbstractSet[str] = frozenset()
    """Operations that the caller's role may not do at its own unit."""

    async def check_refused(self, operation: Operation, places: list[str]) -> None:
        """What the caller has no power for is forbidden wherever it lies."""
        for place in places:
            answer = await self.send(operation, place)
            assert answer.status_code == FORBIDDEN, (operation.id, place, answer.text)
        await self.stage.refused()

    async def check_outside(self, operation: Operation, places: list[str]) -> None:
        """What is hidden is answered as what is absent."""
        if operation.id in SHARED:
            return
        absent = await self.rehearse(operation, "absent")
        for place in places:
            answer = await self.send(operation, place)
            told = (operation.id, place, answer.text)
            if place == "ancestor" and operation.seen_from_below:
                assert not operation.writes or answer.status_code >= FORBIDDEN, told
            elif operation.method == "PUT":
                # What is absent is made under its own id; what is hidden is not replaced.
                assert answer.status_code >= FORBIDDEN, told
            else:
                assert operation.id in NARROWED or answer.status_code >= FORBIDDEN, told
                assert _comparable(answer) == _comparable(absent), told
        await self.stage.refused()

    async def check_inside(self, operation: Operation, places: list[str]) -> None:
        """What is in sight is answered and done, within the subtree and nowhere else."""
        for count, place in enumerate(places):
            if not WHOLE and count >= ENOUGH and operation.id in self.acted:
                break
            answer = await self.rehearse(operation, place)
            told = (operation.id, place, answer.status_code, answer.text[:300])
            if place == "own":
                assert answer.status_code not in {401, 405, 415, 428}, told
                assert answer.status_code != FORBIDDEN or operation.id in self.refused_at_own, told
                assert answer.status_code == FORBIDDEN or operation.id not in BY_THE_INSPECTED, told
            if operation.writes and answer.status_code < REDIRECT:
                self.acted.add(operation.id)
            gone = self.stage.gone if operation.id in AS_ISSUED else set()
            named = {it for it in self.stage.hidden - gone if it in answer.text}
            assert not named, (*told, named)
            inside = self.stage.own | self.stage.dry.inside
            outside = [event for event in self.stage.dry.made if event[1] not in inside]
            assert not outside, (*told, outside)
        await self.stage.refused()

    async def check_references(self, operation: Operation, place: str) -> None:
        """Hidden ids in the body are answered as absent ones."""
        if place == "ancestor" and operation.id in KEEP_THEIR_PARENT:
            return
        scene = self.stage.scene
        body = json.dumps(smallest_body(scene, operation, "own", place))
        if operation.parameters and any(it in body for it in scene.places[place].values()):
            answer = await self.rehearse(operation, "own", place)
            absent = await self.rehearse(operation, "own", "absent")
            told = (operation.id, place, answer.text, absent.text)
            assert _comparable(answer) == _comparable(absent), told

    async def rehearse(
        self, operation: Operation, place: str, named: str | None = None
    ) -> httpx2.Response:
        """One request whose writes are taken back."""
        state, dry = self.stage.scene.api.app.state, self.stage.dry
        real, state.database = state.database, dry
        dry.made = []
        try:
            return await self.send(operation, place, named)
        finally:
            state.database = real

    async def send(
        self, operation: Operation, place: str, named: str | None = None
    ) -> httpx2.Response:
        """One request about what is at a place; its body names what is at another, if any."""
        self.stage.requests += 1
        return await send(self.who, self.stage.scene, operation, place, named)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module", params=BACKENDS)
async def stage(
    request: pytest.FixtureRequest, issuer: Provider, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    free_apps()
    url = request.getfixturevalue(f"{request.param}_copies")()
    database = Database(DatabaseSettings(database_url=url))
    api = await started(
        database,
        url,
        oidc_issuers=[{"issuer": issuer.issuer, "audience": AUDIENCE}],
        bad_credentials_per_minute=1_000_000,
        address_requests_per_minute=1_000_000,
        client_requests_per_minute=1_000_000,
        state_dir=tmp_path_factory.mktemp("state"),
    )
    scene = await make_scene(api)  # with its files below the state of this service
    async with database.reading() as session:
        own = UUID(scene.units["own"]["id"])
        path = await session.scalar(select(Organization.path).where(Organization.id == own))
        assert path is not None
        inside = set(await session.scalars(select(Organization.id).where(in_subtree(path))))
    hidden = {
        value
        for place in OUTSIDE
        for name, value in scene.places[place].items()
        if not (place == "ancestor" and name in (*SEEN_FROM_BELOW, "unit_id"))
    }
    known = list(operations(api.app))
    gone = set(scene.places["moved_away"].values())
    yield Stage(scene, DryRun(database, path), known, inside, hidden, gone, await _events(scene))
    await database.close()


@pytest.fixture(scope="module")
def document() -> FastAPI:
    settings = Settings(database_url="sqlite:///unused.db", secret_key=SecretStr("x" * 32))
    return create_app(settings)


def test_every_operation_has_a_rule(document: FastAPI) -> None:
    known = {operation.id for operation in operations(document)}

    assert known - RULES.keys() == set(), "add their rules"
    assert RULES.keys() - known == set(), "these are gone"


def test_routes_without_authorization_are_those_on_the_list(document: FastAPI) -> None:
    listed = (ROOT / "docs/routes-without-authorization.txt").read_text(encoding="utf-8")
    listed_lines = [line for line in listed.splitlines() if line and not line.startswith("#")]
    public = {f"{o.method} {o.path}" for o in operations(document) if not o.body.get("security")}

    assert sorted(public) == sorted(line for line in listed_lines if " (unlisted)" not in line)


async def test_without_a_credential_there_is_nothing(stage: Stage) -> None:
    nobodies = [
        Walk(stage, stage.scene.api.with_key(key), set()) for key in (None, "djt_nothing", "a.b.c")
    ]
    for number, operation in enumerate(stage.operations):
        if RULES.get(operation.id, PUBLIC) is not PUBLIC:
            turn = (number + stage.scene.api.database.is_postgresql) % len(nobodies)
            for nobody in nobodies if WHOLE else [nobodies[turn]]:
                answer = await nobody.send(operation, "own")
                assert answer.status_code == 401, operation
    await stage.refused()


@pytest.mark.timeout(3600 if WHOLE else 600)
@pytest.mark.parametrize("role", list(Role))
async def test_each_role_at_each_place(
    stage: Stage, issuer: Provider, role: Role, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(role)  # noqa: S311 - to be repeated, not to be secret
    acted: set[str] = set()
    theirs, others = _places(role)
    callers = await _credentials(stage.scene, issuer, role)
    walks = [Walk(stage, who, acted, _refused_at_own(role)) for who in callers.values()]
    stage.events = await _events(stage.scene)
    known = _operations(stage, role)
    allowed = [o for o in known if _allowed(role, o)]
    for operation in known:
        if RULES.get(operation.id, PUBLIC) is PUBLIC:
            continue
        for walk in walks if WHOLE else chance.sample(walks, 1):
            outside = list(others) if WHOLE else chance.sample(others[:-1], 2)
            if operation in allowed:
                inside = [theirs[0], *chance.sample(theirs[1:], len(theirs) - 1)]
                if not WHOLE and not operation.writes:
                    inside = [chance.choice(theirs)]
                await walk.check_outside(operation, outside)
                await walk.check_inside(operation, inside)
                for place in outside if WHOLE else outside[:1]:
                    await walk.check_references(operation, place)
            else:
                await walk.check_refused(operation, ["own", *outside] if WHOLE else outside[:1])
    able = {o.id for o in allowed if o.writes}
    assert able - _out_of_reach(role) - acted == set(), "these were never carried out"
    assert acted & set(THE_TOPS) == set(), "these are the top's"
    if WHOLE:
        with capsys.disabled():
            kind = stage.scene.api.database.engine.dialect.name
            done = f"{len(known)} operations, {len(acted)} writes carried out"
            sys.stdout.write(f"\n{kind} {role}: {done}, {stage.requests} requests so far\n")


def _operations(stage: Stage, role: Role) -> list[Operation]:
    """Return all operations; in the short version on PostgreSQL a third, another for each role."""
    if WHOLE or not stage.scene.api.database.is_postgresql:
        return stage.operations
    return stage.operations[list(Role).index(role) % 3 :: 3]


def _places(role: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return where a role sees what it may see, and where everything is as what is absent."""
    if role is not Role.SELF:
        return INSIDE, OUTSIDE
    own = ("own", "drafted")
    return own, (*(place for place in INSIDE if place not in own), *OUTSIDE)


def _allowed(role: Role, operation: Operation) -> bool:
    power = RULES.get(operation.id, PUBLIC)
    if role is Role.SELF:
        return power == "anyone" or operation.id in OWN_TOO
    if role is Role.WEBSITE:
        return power == "anyone" or operation.id in PUBLISHED
    if isinstance(power, frozenset):
        return bool(power & POWERS[role])
    return power == "anyone" or power in POWERS[role]


def _refused_at_own(role: Role) -> set[str]:
    """Return the operations that a role has the power for, but not at its own unit."""
    powers = POWERS[role]
    return {
        *A_SUPERIORS,
        *BY_THE_INSPECTED,
        *BY_THE_ISSUER,
        *(THE_CLIENTS if Power.SECURE in powers else ()),
        *(() if Power.REPORT in powers else BY_THE_OWNER),
        *(() if Power.REVIEW in powers else FROM_ABOVE),
    }


def _out_of_reach(role: Role) -> set[str]:
    """Return the operations that a role has the power for, but that it cannot do anywhere here."""
    found = {
        *THE_TOPS,
        *OF_WHAT_WAITS,
        *BY_WHO_ASKED,
        *THE_SENDERS,
        *OF_CLIENTS,
        *(() if Power.REPORT in POWERS[role] else BY_THE_OWNER),
        *(BY_ITS_LEADER if role is Role.SELF else ()),
    }
    return found if role in {Role.ORGANIZER, Role.ADMIN} else {*found, *A_SUPERIORS}


def _comparable(answer: httpx2.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


async def _credentials(scene: Scene, issuer: Provider, role: Role) -> dict[str, Api]:
    """The role at the own unit, by key, by the client's token and by a token for a person."""
    holder = await scene.caller("reporter" if role is Role.SELF else role)
    basic = (holder.client["id"], holder.key["key"])
    nobody = scene.api.with_key(None)
    form = {"grant_type": "client_credentials"}
    own = await nobody.http.post("/oauth/token", data=form, auth=basic)
    subject = {"issuer": issuer.issuer, "sub": f"person-{role}"}
    body = {"subject": subject, "role": role, "unit_id": scene.units["own"]["id"]}
    if role is Role.SELF:
        body["leader_id"] = scene.places["own"]["leader_id"]
    await scene.api.post("/v1/grants", body)
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": issuer.token(f"person-{role}"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    acting = await nobody.http.post("/oauth/token", data=exchange, auth=basic)
    if role is Role.SELF:
        # Nobody is a leading cadre by a key: by the own token, or by a client that acts for them.
        return {
            "exchanged token": scene.api.with_key(acting.json()["access_token"]),
            "own token": scene.api.with_key(issuer.token(f"person-{role}")),
        }
    return {
        "key": holder.api,
        "client token": scene.api.with_key(own.json()["access_token"]),
        "exchanged token": scene.api.with_key(acting.json()["access_token"]),
    }


async def _events(scene: Scene) -> int:
    async with scene.api.database.reading() as session:
        found = await session.scalar(select(func.count()).select_from(Event))
    return found or 0
