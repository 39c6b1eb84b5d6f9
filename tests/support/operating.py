"""Requests to every operation of the document, with bodies about what is at a place of a scene."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from fastapi import FastAPI

from tests.support.bodies import body_of
from tests.support.client import Api
from tests.support.matrix import HOOK, LATER, Scene

LISTS: Final = {"name": "position_levels", "list_name": "topics"}
"""Path parameters that name no record but a list of codes."""
SEEN_FROM_BELOW: Final = (
    "campaign_id", "requirement_id", "supplement_id", "notice_id", "office_id",
)  # fmt: skip
"""What a superior asks of its subtree is seen there, too: but never changed from there."""
KEYED: Final = {"external_id": "7"}
SOONER: Final = {"due_on": "2013-01-14"}
"""Than at the places: who has to act puts off no day."""
ALSO: Final[dict[str, dict[str, Any]]] = {
    "ReportIn": {"body": "正文"},
    "ReportNew": {"body": "正文", "title": "材料"},  # only a nil report is given one
    "ActivityPatch": {"source": "oa", **KEYED},  # both or neither
    "OfficePatch": KEYED,
    "GrantIn": {"leader_id": None},  # with the role `self` alone
    "FindingPatch": SOONER,
    "FindingRecordIn": SOONER,
    "FindingRecordNew": SOONER,
    "OpinionRecordIn": SOONER,
    "OpinionRecordNew": SOONER,
    "TransitionItem": {"revision": 2},  # a later day was asked for at the places
    "ExtensionIn": LATER,
    "ClosingIn": {"settle_until": LATER["until"]},
    "InspectionPatch": KEYED,
    "LeaderRecordPatch": KEYED,
    "WebhookEndpointIn": {"url": HOOK},
    "WebhookEndpointPatch": {"url": HOOK},
    "SupplementPatch": {"notice": {"title": "通知"}},
    "SupplementIn": {"notice": {"document_number": "南组通〔2013〕8号", "issuer": "区委组织部"}},
}
"""What a body needs beyond the fields that its schema requires."""
TABLE: Final = {"file": ("台账.csv", "支部,活动主题,日期\n甲,乙,2013-01-15\n".encode())}
"""A table whose headings are understood."""
REVIEWED: Final = {
    "reviewActivities": "activity_id", "reviewLeaderRecords": "record_id",
    "reviewReports": "report_id",
}  # fmt: skip
"""What the items of a batch of reviews name."""
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

    @property
    def writes(self) -> bool:
        """Whether it can change anything."""
        return self.method != "GET"

    @property
    def seen_from_below(self) -> bool:
        """Whether its record is shown to the subtree of who issued it."""
        return bool(set(self.parameters) & set(SEEN_FROM_BELOW))

    def query(self, scene: Scene, ids: dict[str, str]) -> dict[str, Any]:
        """What narrows the operation to a place, if anything does."""
        known = {p["name"] for p in self.body.get("parameters", ()) if p["in"] == "query"}
        if self.id.startswith("getProgress"):
            return {"campaign_id": scene.live["id"], "unit_id": ids["unit_id"]}
        if self.id in {"getCoverage", "listMissingOrganizations", "listUrging"}:
            lacking = {"lacking": "inspection"} if "lacking" in known else {}
            return {"unit_id": ids["unit_id"], **lacking}
        if self.id == "listMyTasks":
            return {"org_id": ids["unit_id"]}
        return {"under": ids["unit_id"]} if "under" in known else {}


def operations(app: FastAPI) -> Iterator[Operation]:
    """Every operation of the document."""
    for path, methods in app.openapi()["paths"].items():
        for method, body in methods.items():
            yield Operation(body["operationId"], method.upper(), path, body)


async def send(
    who: Api, scene: Scene, operation: Operation, place: str, named: str | None
) -> httpx2.Response:
    """One request about what is at a place; its body names what is at another, if any."""
    ids = scene.places[place]
    path = operation.path
    for name in operation.parameters:
        path = path.replace(f"{{{name}}}", ids.get(name, LISTS.get(name, "")))
    if operation.id == "createAttachment":
        file = {"file": ("note.txt", b"text", "text/plain")}
        form = {"org_id": ids["unit_id"]}
        return await who.http.post(path, data=form, files=file, headers=SAME)
    if operation.id == "createImport":
        form = {"org_id": ids["unit_id"], "campaign_id": scene.live["id"]}
        return await who.http.post(
            path, data={"resource": "activities", **form}, files=TABLE, headers=SAME
        )
    sent, query = smallest_body(scene, operation, place, named), operation.query(scene, ids)
    return await who.send(operation.method, path, sent, headers=SAME, **query)


def smallest_body(scene: Scene, operation: Operation, place: str, named: str | None) -> Any:
    """The smallest body of an operation at a place."""
    ids = _references(scene, operation, place, named)
    return body_of(scene.api.app.openapi(), operation.body, ids, ALSO)


def _references(
    scene: Scene, operation: Operation, place: str, named: str | None
) -> dict[str, str]:
    """The ids that bodies name: those of the place, and the campaign that is open everywhere."""
    ids, spare = scene.places[named or place], scene.units["spare"]["id"]
    parents = {
        "moveUnit": spare,
        "moveBranch": spare,
        "replaceUnit": scene.units["own"]["id"],
        "mergeBranch": scene.units["spare branch"]["id"],
    }
    other = ids["unit_id"] if named else parents.get(operation.id)
    more = {}
    if operation.id in {"passOnFinding", "passOnOpinion", "passOnFollowUp"} and not named:
        more["org_id"] = scene.units["spare branch"]["id"]
    if operation.id == "moveFindings":
        more["id"] = ids["finding_id"]
    if operation.id in REVIEWED:
        more["id"] = ids[REVIEWED[operation.id]]
    return {
        **{name: ids[name] for name in ("unit_id", "branch_id", "client_id", "leader_id")},
        "under": ids["unit_id"],
        "org_id": ids["unit_id" if "Report" in operation.id else "branch_id"],
        "into_id": other or spare,
        "parent_id": other or ids["unit_id"],
        "root_unit_id": scene.places["own"]["unit_id"] if place == "drafted" else ids["unit_id"],
        "issued_by_unit_id": ids["unit_id"],
        "campaign_id": scene.live["id"],
        **more,
    }
