"""Every operation × role × place × credential: nothing leaks, and who is refused changes nothing.

Every operation of the OpenAPI document has a line in `RULES`; a new one fails until it has. The
caller has its role at the unit `own`. What lies outside of its subtree answers as what is absent,
to the byte; what it has no power for is refused wherever it lies.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select

from app.access.principal import POWERS, Power, Role
from app.db import Database
from app.main import create_app
from app.models import Event
from app.settings import Settings
from tests.support.bodies import body_of
from tests.support.client import Api, started
from tests.support.matrix import INSIDE, OUTSIDE, Scene, staged
from tests.support.provider import AUDIENCE, Provider, provider

ROOT = Path(__file__).parents[2]
WHOLE = int(os.environ.get("DAJIATAN_TEST_FACTOR", "1")) > 1
"""Every credential at every place; else each at one, by chance."""

PUBLIC: Final = None
RULES: Final[dict[str, Power | str | None]] = {
    **dict.fromkeys(("getLiveness", "getReadiness"), PUBLIC),
    **dict.fromkeys(("createToken", "revokeToken"), PUBLIC),
    **dict.fromkeys(("getAuthorizationServer", "getKeySet"), PUBLIC),
    **dict.fromkeys(("getMe", "listCodeLists", "getCodeList"), "anyone"),
    **dict.fromkeys(
        ("listClients", "createClient", "getClient", "updateClient", "listKeys", "createKey",
         "getKey", "rotateKey", "revokeKey", "listGrants", "createGrant", "getGrant",
         "deleteGrant", "erasePerson"),
        Power.SECURE,
    ),
    **dict.fromkeys(("listAuditEvents", "listAuditSeals"), Power.AUDIT),
    **dict.fromkeys(
        ("listActivities", "getActivity", "listActivityReviews", "getActivityHistory",
         "listAttachments", "getAttachment", "downloadAttachment", "listCampaigns", "getCampaign",
         "listRequirements", "getRequirement", "listJobs",
         "getJob", "listLeaderRecords", "getLeaderRecord", "listLeaderRecordReviews",
         "getLeaderRecordHistory", "listObligations", "getObligation", "listUnits", "getUnit",
         "listBranches", "getBranch", "listLeaders", "getLeader", "getProgress",
         "getProgressTimeline", "listReports", "getReport", "listReportReviews",
         "getReportHistory", "listSimilarReports", "listFindings", "getFinding", "moveFinding",
         "createFinding", "putFinding", "listOpinions", "getOpinion", "getOpinionHistory",
         "listInspections", "getInspection", "createInspection", "putInspection",
         "updateInspection", "withdrawInspection", "getInspectionHistory", "listReminders",
         "getAdoptedFeed"),
        Power.VIEW,
    ),
    **dict.fromkeys(
        ("createActivity", "createActivities", "putActivity", "updateActivity", "deleteActivity",
         "submitActivity", "withdrawActivity", "createAttachment", "deleteAttachment",
         "createLeaderRecord", "createLeaderRecords", "putLeaderRecord", "updateLeaderRecord",
         "deleteLeaderRecord", "submitLeaderRecord", "withdrawLeaderRecord", "createReport",
         "createReports", "putReport", "updateReport", "deleteReport", "submitReport",
         "withdrawReport", "updateFinding", "createOpinion", "putOpinion", "updateOpinion",
         "answerFollowUp"),
        Power.REPORT,
    ),
    **dict.fromkeys(
        ("reviewActivity", "reviewLeaderRecord", "reviewReport", "selectReport",
         "deselectReport", "adoptReport", "removeAdoption", "exemptObligation",
         "liftExemption"),
        Power.REVIEW,
    ),
    **dict.fromkeys(
        ("createUnit", "createUnits", "replaceUnit", "updateUnit", "deleteUnit", "moveUnit",
         "closeUnit", "reopenUnit", "mergeUnit", "mergeBranch",
         "createBranch", "createBranches", "replaceBranch",
         "updateBranch", "deleteBranch", "moveBranch", "closeBranch", "reopenBranch",
         "createLeader", "createLeaders", "replaceLeader", "updateLeader", "deleteLeader",
         "createCampaign", "updateCampaign", "replaceCampaign", "deleteCampaign",
         "openCampaign", "closeCampaign", "createRequirement", "updateRequirement",
         "deleteRequirement"),
        Power.ORGANIZE,
    ),
}  # fmt: skip
SEEN_FROM_BELOW: Final = ("campaign_id", "requirement_id")
"""What a superior asks of its subtree is seen there, too: but never changed from there."""
SHARED: Final = ("listAuditSeals", "listCodeLists", "getCodeList", "getMe")
"""The same for every caller that may read it at all."""
A_SUPERIORS: Final = (
    "moveFinding", "createFinding", "putFinding", "reviewActivity", "reviewLeaderRecord",
    "reviewReport", "listSimilarReports", "selectReport", "deselectReport", "adoptReport",
    "removeAdoption",
    "createInspection", "putInspection", "updateInspection", "withdrawInspection",
)  # fmt: skip
"""What a unit cannot do with its own: its superior verifies and reviews."""
ALSO: Final = {"ReportIn": {"body": "正文"}}
"""What a body needs beyond the fields that its schema requires."""
OK, FORBIDDEN, NOT_FOUND = 200, 403, 404
SAME: Final = {"X-Request-ID": "matrix", "If-Match": "*"}


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    id: str
    method: str
    path: str
    body: dict[str, Any]

    @property
    def parameters(self) -> list[str]:
        """Names in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def query(self, scene: Scene, ids: dict[str, str]) -> dict[str, Any]:
        """What narrows the operation to a place, if anything does."""
        known = {p["name"] for p in self.body.get("parameters", ()) if p["in"] == "query"}
        if self.id.startswith("getProgress"):
            return {"campaign_id": scene.live["id"], "unit_id": ids["unit_id"]}
        return {"under": ids["unit_id"]} if "under" in known else {}


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, body in methods.items():
            yield Operation(body["operationId"], method.upper(), path, body)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with provider(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture
async def scene(database: Database, database_url: str, issuer: Provider, tmp_path: Path) -> Scene:
    known = {"issuer": issuer.issuer, "audience": AUDIENCE}
    api = await started(
        database,
        database_url,
        oidc_issuers=[known],
        bad_credentials_per_minute=1_000_000,
        state_dir=tmp_path,
    )
    return await staged(api)


def _app() -> FastAPI:
    return create_app(Settings(database_url="sqlite:///unused.db", secret_key=SecretStr("x" * 32)))


def test_every_operation_has_a_rule() -> None:
    known = {operation.id for operation in operations(_app())}

    assert known - RULES.keys() == set(), "add their rules"
    assert RULES.keys() - known == set(), "these are gone"


def test_routes_without_authorization_are_those_on_the_list() -> None:
    listed = (ROOT / "docs/routes-without-authorization.txt").read_text(encoding="utf-8")
    listed_lines = [line for line in listed.splitlines() if line and not line.startswith("#")]
    public = {f"{o.method} {o.path}" for o in operations(_app()) if not o.body.get("security")}

    assert sorted(public) == sorted(line for line in listed_lines if " (unlisted)" not in line)


@pytest.mark.timeout(300)
async def test_without_a_credential_there_is_nothing(scene: Scene) -> None:
    before = await _events(scene)
    for key in (None, "djt_nothing", "a.b.c"):
        nobody = scene.api.with_key(key)
        for operation in operations(scene.api.app):
            if RULES.get(operation.id, PUBLIC) is not PUBLIC:
                answer = await _send(nobody, scene, operation, "own")
                assert answer.status_code == 401, operation

    assert await _events(scene) == before


@pytest.mark.timeout(600)
@pytest.mark.parametrize("role", list(Role))
async def test_each_role_at_each_place(scene: Scene, issuer: Provider, role: Role) -> None:
    chance = random.Random(role)  # noqa: S311 - to be repeated, not to be secret
    callers = await _credentials(scene, issuer, role)
    for operation in operations(scene.api.app):
        power = RULES.get(operation.id, PUBLIC)
        if power is PUBLIC:
            continue
        for name, who in callers.items():
            allowed = power == "anyone" or power in POWERS[role]
            every = WHOLE or (name == "key" and scene.api.database.is_postgresql is False)
            outside = list(OUTSIDE) if every else [chance.choice(OUTSIDE[:-1])]
            if allowed:
                await _check_outside(who, scene, operation, outside)
                await _check_inside(who, scene, operation, INSIDE if every else ("own",))
            else:
                await _check_refused(who, scene, operation, ["own", *outside])


async def _check_refused(who: Api, scene: Scene, operation: Operation, places: list[str]) -> None:
    before = await _events(scene)
    for place in places:
        answer = await _send(who, scene, operation, place)
        assert answer.status_code == FORBIDDEN, (operation.id, place, answer.text)
    assert await _events(scene) == before, operation.id


async def _check_outside(who: Api, scene: Scene, operation: Operation, places: list[str]) -> None:
    if operation.id in SHARED:
        return
    before = await _events(scene)
    absent = await _send(who, scene, operation, "absent")
    for place in places:
        answer = await _send(who, scene, operation, place)
        told = (operation.id, place, answer.text)
        if place == "ancestor" and set(operation.parameters) & set(SEEN_FROM_BELOW):
            assert operation.method == "GET" or answer.status_code >= FORBIDDEN, told
            continue
        if operation.method == "PUT":
            # What is absent is made under its own id; what is hidden is not replaced.
            assert answer.status_code >= FORBIDDEN, told
            continue
        assert answer.status_code >= FORBIDDEN or _is_report_of_failures(answer), told
        assert _comparable(answer) == _comparable(absent), told
    if operation.method != "PUT":
        assert await _events(scene) == before, operation.id


async def _check_inside(
    who: Api, scene: Scene, operation: Operation, places: tuple[str, ...]
) -> None:
    """What is inside is found; writes stop at the missing `If-Match`, or do what they say."""
    hidden = {
        value
        for place in OUTSIDE
        for name, value in scene.places[place].items()
        if not (place == "ancestor" and name in SEEN_FROM_BELOW)
    }
    for place in places if operation.method == "GET" else places[:1]:
        headers = {"X-Request-ID": "matrix"}
        answer = await _send(who, scene, operation, place, headers=headers)
        told = (operation.id, place, answer.status_code, answer.text[:300])
        assert answer.status_code not in {401, 405, 415}, told
        assert answer.status_code != FORBIDDEN or operation.id in A_SUPERIORS, told
        if "adoption_id" not in operation.parameters:
            assert answer.status_code != NOT_FOUND, told
        if operation.method == "GET" and "json" in answer.headers["content-type"]:
            rows = answer.json()
            listed = rows.get("data", []) if isinstance(rows, dict) else rows
            assert not hidden & {row.get("id") for row in listed}, told
        if operation.method != "GET":
            assert answer.status_code != 422, told


def _is_report_of_failures(answer: httpx2.Response) -> bool:
    """A batch answers 200 and says for each item why it was refused."""
    return answer.status_code == OK and all(
        item["status"] >= FORBIDDEN for item in answer.json().get("results", [{"status": 0}])
    )


def _comparable(answer: httpx2.Response) -> tuple[int, bytes]:
    return answer.status_code, answer.content


async def _send(
    who: Api,
    scene: Scene,
    operation: Operation,
    place: str,
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    ids = scene.places[place]
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", ids.get(name, "position_levels"))
    sent = SAME if headers is None else headers
    if operation.id == "createAttachment":
        file = {"file": ("note.txt", b"text", "text/plain")}
        form = {"org_id": ids["unit_id"]}
        return await who.http.post(path, data=form, files=file, headers=sent)
    document = scene.api.app.openapi()
    body = body_of(document, operation.body, _references(scene, operation, ids), ALSO)
    query = operation.query(scene, ids)
    return await who.send(operation.method, path, body, headers=sent, **query)


def _references(scene: Scene, operation: Operation, ids: dict[str, str]) -> dict[str, str]:
    """The ids that bodies name: those of the place, and the campaign that is open everywhere."""
    known = {"unit_id", "branch_id", "client_id", "leader_id"}
    to = "sibling" if operation.id.startswith("move") else ""
    return {
        **{name: ids[name] for name in known},
        "org_id": ids["branch_id"] if "Inspection" in operation.id else ids["unit_id"],
        "into_id": scene.places["sibling"]["unit_id"],
        "parent_id": scene.places[to or "own"]["unit_id"] if to else ids["unit_id"],
        "root_unit_id": ids["unit_id"],
        "issued_by_unit_id": ids["unit_id"],
        "campaign_id": scene.live["id"],
    }


async def _credentials(scene: Scene, issuer: Provider, role: Role) -> dict[str, Api]:
    """The role at the own unit, by key, by the client's token and by a token for a person."""
    holder = await scene.caller(role)
    basic = (holder.client["id"], holder.key["key"])
    nobody = scene.api.with_key(None)
    form = {"grant_type": "client_credentials"}
    own = await nobody.http.post("/oauth/token", data=form, auth=basic)
    subject = {"issuer": issuer.issuer, "sub": f"person-{role}"}
    body = {"subject": subject, "role": role, "unit_id": scene.units["own"]["id"]}
    await scene.api.post("/v1/grants", body)
    exchange = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": issuer.token(f"person-{role}"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
    }
    acting = await nobody.http.post("/oauth/token", data=exchange, auth=basic)
    return {
        "key": holder.api,
        "client token": scene.api.with_key(own.json()["access_token"]),
        "exchanged token": scene.api.with_key(acting.json()["access_token"]),
    }


async def _events(scene: Scene) -> int:
    async with scene.api.database.reading() as session:
        found = await session.scalar(select(func.count()).select_from(Event))
    return found or 0
