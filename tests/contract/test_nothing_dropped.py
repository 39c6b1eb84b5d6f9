"""What is accepted is kept: each field of each body, by the document, is seen again afterwards.

Each operation is sent as many of its fields as it takes at once, filled by their schemas. Each is
in the answer, or at least in the database; what is written is taken back each time.
"""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contract.document import operations as document_operations
from app.models.base import Base
from tests.support.client import Api
from tests.support.databases import BACKENDS
from tests.support.dry import DryRun
from tests.support.factories import CHECKS, TOPICS, own_id
from tests.support.matrix import Scene, staged
from tests.support.openapi import current
from tests.support.operating import LISTS, SAME, Operation, operations, smallest_body

Json = dict[str, Any]
ONCE: Final = pytest.mark.parametrize(
    "backend", BACKENDS if "DAJIATAN_TEST_FACTOR" in os.environ else BACKENDS[:1]
)
"""On one database; on both where there is time. What is kept does not depend on which."""
SCHEMAS: Final[Json] = current()["components"]["schemas"]
PLACES: Final = ("own", "descendant", "drafted", "closed")
"""Where an operation is tried until it takes anything."""
A_SUPERIORS: Final = ("reviewActivity", "reviewLeaderRecord", "reviewReport", "adoptReport")
NOT_KEPT: Final = {
    "rotateKey.overlap_seconds": "the day on which the old key ends follows from it",
    "decideFollowUpExtension.decision": "kept as the status of what was asked: granted, refused",
    "decideExemption.decision": "kept as the status of what was proposed: granted, refused",
    "decideDispute.decision": "kept as the status of the dispute: upheld, rejected",
    "replaceCampaignCodeList.codes": "kept in the campaign, each with all fields that it has",
    "createCampaign.template": "what the campaign is made of",
    "createCampaign.level": "chooses among what the template has",
    "erasePerson.names": "is erased, and kept nowhere for that reason",
    "erasePerson.persons": "is erased, and kept nowhere for that reason",
    "erasePerson.attachment_ids": "is deleted",
    "erasePerson.leader_id": "is erased",
}
LEFT_OUT: Final = {
    "preview": "shows and keeps nothing",
    "closed_on": "not while anything below is open; the operations that close need it",
    "extends_code": "names a superior's requirement",
    "parent": "names a code before it",
    "child_ids": "names what is directly below",
    "leader_ids": "names whom to hand over, which the leaders themselves show",
    "takes_over": "says who gets what is open, which findings and opinions show",
    "moved_on": "not where the organization is already, as at the places here",
    "nil_kinds": "for one kind of report only",
    "campaign_ids": "the campaign is named already",
    "extends": "names a code of the service's",
    "revision": "the one that was read",
}
BATCHES: Final = ("/batch", "/batch-reviews", "/transitions")
"""Ends of paths that take many of what another takes one of."""
PAGING: Final = {"cursor", "limit", "sort", "fields"}
FREE: Final = {
    "as_of": "the day whose state is shown, not which rows",
    "expand": "what is shown beside ids, not which rows",
}
"""Parameters of lists that are no filters."""
VALUES: Final[Json] = {
    "topics": list(TOPICS[:1]),
    "checks": list(CHECKS[:1]),
    "talk_mode": "learn",
    "secrecy": "none",
    "resubmit_by": "2099-01-02",
    "names": ["王小明"],
    "document_number": "佛组通〔2013〕5号",
    "ended_on": "2013-01-16",
}
"""Of fields whose schema does not say all."""
DAY, INSTANT, ADDRESS = "2013-01-17", "2099-01-01T00:00:00Z", "https://example.org/x"


class Watched(DryRun):
    """A dry run that can look for a value among all that a request leaves behind."""

    wanted: Any = None
    found = False

    @asynccontextmanager
    async def writing(self, *given: Any) -> AsyncIterator[AsyncSession]:
        """One transaction, searched before it is rolled back."""
        async with super().writing(*given) as session:
            yield session
            if self.wanted is not None:
                await session.flush()
                self.found = await holds(session, self.wanted)


@dataclass(frozen=True)
class Attempt:
    """An operation at a place, with the fields that are sent beyond what it needs."""

    operation: Operation
    scene: Scene
    place: str

    @property
    def ids(self) -> dict[str, str]:
        """The ids of the place."""
        return self.scene.places[self.place]

    async def send(self, sent: Json) -> httpx2.Response:
        """One request with these fields."""
        who = self.scene.superior if self.operation.id in A_SUPERIORS else self.scene.api
        path = self.operation.path.format_map(LISTS | self.ids)
        body = smallest_body(self.scene, self.operation, self.place, None) | sent
        return await who.send(self.operation.method, path, body, headers=SAME)

    async def carry_out(self) -> tuple[Json, httpx2.Response]:
        """Send all fields, then without those that are refused, until nothing is."""
        needed = smallest_body(self.scene, self.operation, self.place, None)
        sent = {
            name: value
            for name, value in fields(self.operation, self.ids)
            if name not in LEFT_OUT and not (name in needed and name.endswith("_id"))
        }
        while True:
            answer = await self.send(sent)
            errors = () if answer.is_success else answer.json().get("errors", ())
            wrong = {error["pointer"].split("/")[1] for error in errors if error["pointer"]}
            if not wrong & sent.keys():
                return sent if answer.is_success else {}, answer
            sent = {name: value for name, value in sent.items() if name not in wrong}


@ONCE
async def test_every_field_that_is_accepted_is_seen_again(api: Api) -> None:
    scene = await staged(api)
    dry = api.app.state.database = Watched(api.database, "")
    accepted: set[str] = set()
    lost = []
    for operation in operations(api.app):
        for place in PLACES if takes_json(operation) else ():
            attempt = Attempt(operation, scene, place)
            sent, answer = await attempt.carry_out()
            for name, value in sent.items():
                accepted.add(field := f"{operation.id}.{name}")
                if field in NOT_KEPT or is_answered(name, value, answer.json()):
                    continue
                dry.wanted, dry.found = value, False
                await attempt.send(sent)
                dry.wanted = None
                if not dry.found:
                    lost.append((field, value))
            if sent:
                break
    assert not lost, "\n".join(map(str, lost))
    assert len(accepted) > 350


def test_every_body_refuses_what_it_does_not_know() -> None:
    """But for those of OAuth, which RFC 6749 wants to be lenient."""
    open_ones = []
    for path, method, operation in document_operations(current()):
        content = operation.get("requestBody", {}).get("content", {})
        for kind, body in content.items():
            if kind == "application/x-www-form-urlencoded" or kind.startswith("multipart/"):
                continue
            open_ones += [(path, method, where) for where in lenient(body["schema"], "", 6)]
    assert not open_ones


def lenient(schema: Json, place: str, left: int) -> Iterator[str]:
    """The places of a body where a field of any name is taken."""
    for choice in choices(schema) if left else ():
        if choice.get("type") == "object":
            # The details of an activity and the filter of an export are read by their kind, each of
            # which is strict.
            by_kind = place.endswith(("/details", "/filter"))
            if choice.get("additionalProperties") is not False and not by_kind:
                yield place
            for name, inner in choice.get("properties", {}).items():
                yield from lenient(inner, f"{place}/{name}", left - 1)
        elif choice.get("type") == "array":
            yield from lenient(choice["items"], f"{place}/0", left - 1)


@ONCE
async def test_every_filter_of_a_list_has_an_effect(api: Api) -> None:
    """What nothing can match finds nothing; of several choices one at least leaves rows out."""
    await staged(api)
    idle, tried = [], 0
    for path, method, operation in document_operations(current()):
        parameters = {p["name"]: p for p in operation.get("parameters", ()) if p["in"] == "query"}
        if method != "get" or "{" in path or "cursor" not in parameters:
            continue
        for name in parameters.keys() - PAGING - FREE.keys():
            values = list(unmatched(name, parameters[name]["schema"]))
            every = await rows(api, path, {})
            found = [await rows(api, path, {name: value}) for value in values]
            tried += 1
            if every and all(count == every for count in found):
                idle.append((path, name, values))
    assert not idle
    assert tried > 60


async def rows(api: Api, path: str, query: Json) -> int:
    """How many rows a list has, at most a page; none where its filter names nothing."""
    answer = await api.send("GET", path, limit=200, **query)
    assert answer.status_code in {200, 403, 404}, answer.text
    return len(answer.json()["data"]) if answer.is_success else 0


def unmatched(name: str, schema: Json) -> Iterator[Any]:
    """Values of a filter which cannot all match everything."""
    (inner, *_) = choices(schema)
    if inner.get("type") == "array":
        (inner, *_) = choices(inner["items"])
    if inner.get("type") == "boolean":
        yield from ("true", "false")
    elif "enum" in inner:
        yield from inner["enum"][:2]
    elif inner.get("format") == "uuid":
        yield own_id()
    elif inner.get("format") in {"date", "date-time"}:
        late = "before" not in name and "to" not in name.split("_")
        day = "2199-01-01" if late else "1900-01-02"
        yield day if inner["format"] == "date" else f"{day}T00:00:00Z"
    else:
        yield "9" if inner.get("type") == "integer" else "nothing"


def takes_json(operation: Operation) -> bool:
    """Whether it takes one record: batches take many of the same."""
    content = operation.body.get("requestBody", {}).get("content", {})
    return any("json" in kind for kind in content) and not operation.path.endswith(BATCHES)


def fields(operation: Operation, ids: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Every field of an operation's body with a value that its schema takes."""
    (content,) = operation.body["requestBody"]["content"].values()
    for choice in choices(content["schema"]):
        for name, inner in choice.get("properties", {}).items():
            yield name, filled(name, inner, ids)


def choices(schema: Json) -> list[Json]:
    """The schemas that a value may have, null left out and references resolved."""
    if "$ref" in schema:
        return choices(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    several = schema.get("anyOf") or schema.get("oneOf")
    if several is None:
        return [schema]
    return [c for each in several if each.get("type") != "null" for c in choices(each)]


def filled(name: str, schema: Json, ids: dict[str, str]) -> Any:
    """A value with all that its schema has a place for."""
    if name in VALUES:
        return VALUES[name]
    if name in ids:
        return ids[name]
    inner = choices(schema)[0]
    match inner.get("type"):
        case "object":
            properties = inner.get("properties", {}).items()
            return {n: filled(n, s, ids) for n, s in properties if n not in LEFT_OUT}
        case "array":
            return [filled(name.removesuffix("s"), inner["items"], ids)]
        case "integer" | "number":
            return inner.get("minimum", 0) + 1
        case "boolean":
            return not schema.get("default", False)
    return text(name, inner)


def text(name: str, schema: Json) -> str:
    """A text by its schema."""
    if "enum" in schema:
        # The first kind of a record is the one that needs nothing of its own.
        return str(schema["enum"][0 if name == "kind" else -1])
    by_format = {"uuid": own_id(), "date": DAY, "date-time": INSTANT, "uri": ADDRESS}
    found = schema.get("const") or by_format.get(schema.get("format", ""))
    return str(found or schema.get("examples", [f"x{name}"])[0])


def is_answered(name: str, sent: Any, document: Any) -> bool:
    """Whether an answer has a field of this name with all that was sent; it may have more."""
    if isinstance(document, dict):
        if name in document and covers(sent, document[name]):
            return True
        return any(is_answered(name, sent, inner) for inner in document.values())
    return isinstance(document, list) and any(is_answered(name, sent, d) for d in document)


def covers(sent: Any, there: Any) -> bool:
    """Whether all that was sent is there."""
    if isinstance(sent, dict):
        return isinstance(there, dict) and all(
            name in there and covers(value, there[name]) for name, value in sent.items()
        )
    if isinstance(sent, list):
        return isinstance(there, list) and all(
            any(covers(value, inner) for inner in there) for value in sent
        )
    if sent == INSTANT and isinstance(there, str):
        return datetime.fromisoformat(sent) == datetime.fromisoformat(there)
    return bool(sent == there)


async def holds(session: AsyncSession, value: Any) -> bool:
    """Whether any row of any table has this value in it."""
    wanted = json.dumps(value, ensure_ascii=False)
    for table in Base.metadata.sorted_tables:
        for row in await session.execute(select(table)):
            if wanted in json.dumps(list(row), ensure_ascii=False, default=str):
                return True
    return False
