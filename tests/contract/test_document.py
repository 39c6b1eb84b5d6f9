"""The OpenAPI document: complete, valid, in both languages, and the one that is checked in."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest
from openapi_spec_validator import validate

from app.contract.document import operations
from app.contract.words import TAGS
from app.kit.problems import catalogue
from app.main import create_app
from app.settings import Settings
from tests.support.client import SECRET, Api
from tests.support.openapi import PATH, current, written


@pytest.fixture(scope="module")
def document() -> Any:
    """The document as the application serves it."""
    return current()


def test_the_checked_in_document_is_the_current_one() -> None:
    assert PATH.read_text(encoding="utf-8") == written(), "the contract changed: `make openapi`"


def test_it_is_valid_openapi(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_says_what_it_does_in_both_languages(document: Any) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        assert operation["operationId"].isalnum(), where
        assert operation["operationId"][0].islower(), where
        for words in (operation["summary"], operation["description"]):
            assert not words.isascii(), where
            assert any(letter.isascii() and letter.isalpha() for letter in words), where
        assert set(operation["tags"]) <= TAGS.keys(), where


def test_every_body_and_every_answer_has_an_example_that_validates(document: Any) -> None:
    examples = document["components"]["examples"]
    for name, example in examples.items():
        schema = {
            "$ref": f"#/components/schemas/{name}",
            "components": document["components"],
        }
        jsonschema.validate(example["value"], schema, format_checker=jsonschema.FormatChecker())
    for path, method, operation in operations(document):
        bodies = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        bodies += [a["content"] for a in operation["responses"].values() if "content" in a]
        for body in bodies:
            media = body.get("application/json", {"example": None})
            assert media.keys() & {"example", "examples"}, f"{method} {path}"


def test_every_operation_lists_its_problems(document: Any) -> None:
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        answers = operation["responses"]
        assert {"422", "500"} <= answers.keys(), where
        if operation["security"]:
            assert {"401", "403", "429"} <= answers.keys(), where
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= answers.keys(), where
        if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
            assert {"412", "428"} <= answers.keys(), where
    told = json.dumps(document["components"]["responses"])
    for code, kind in catalogue().items():
        if kind.status != 405:
            assert f"`{code}`" in told, code


def test_every_post_of_a_caller_takes_an_idempotency_key(document: Any) -> None:
    for path, method, operation in operations(document):
        names = {p["name"] for p in operation.get("parameters", ())}
        expected = method == "post" and bool(operation["security"])
        assert ("Idempotency-Key" in names) == expected, f"{method} {path}"


async def test_the_pages_work_without_internet(tmp_path: Path) -> None:
    settings = {"database_url": f"sqlite:///{tmp_path}/x.db", "secret_key": SECRET}
    app = create_app(Settings.model_validate(settings))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://dajiatan.test"
    ) as http:
        page = await http.get("/docs")
        assert page.status_code == 200
        assert "https://" not in page.text
        assert "cdn" not in page.text
        for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
            assert name in page.text
            assert (await http.get(f"/static-offline-docs/{name}")).status_code == 200
        assert (await http.get("/openapi.json")).json()["openapi"].startswith("3.1")


async def test_the_document_is_sent_packed_and_once(api: Api) -> None:
    plain = await api.send("GET", "/openapi.json", headers={"Accept-Encoding": "identity"})
    packed = await api.send("GET", "/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.json() == plain.json()
    assert int(packed.headers["content-length"]) * 8 < int(plain.headers["content-length"])
    known = {"If-None-Match": packed.headers["etag"]}
    again = await api.send("GET", "/openapi.json", expect=304, headers=known)
    assert again.content == b""
    script = await api.send("GET", "/static-offline-docs/swagger-ui-bundle.js", expect=200)
    assert script.headers["content-encoding"] == "gzip"


async def test_each_operation_is_in_one_part_of_the_pages(api: Api, document: Any) -> None:
    found: dict[str, str] = {}
    for part in ("submit", "query", "administer"):
        page = (await api.send("GET", f"/docs?part={part}", expect=200)).text
        assert f"/docs/{part}.json" in page
        for setting in ('"docExpansion": "none"', '"filter": true'):
            assert setting in page
        shown = (await api.send("GET", f"/docs/{part}.json", expect=200)).json()
        for path, method, operation in operations(shown):
            assert found.setdefault(f"{method} {path}", part) == part
            assert document["paths"][path][method] == operation
        references = set(re.findall(r'"#/components/(\w+)/([^"]+)"', json.dumps(shown)))
        assert all(name in shown["components"][kind] for kind, name in references)
        assert len(json.dumps(shown)) < len(json.dumps(document)) * 0.7
    assert len(found) == sum(1 for _ in operations(document))
    for name, part in (
        ("post /v1/activities", "submit"), ("get /v1/progress", "query"),
        ("post /v1/exports", "query"), ("post /v1/clients", "administer"),
        ("get /v1/grants", "administer"), ("post /v1/reports/{report_id}/reviews", "administer"),
        ("post /oauth/token", "submit"), ("get /v1/me", "query"),
    ):  # fmt: skip
        assert found[name] == part, name
    await api.send("GET", "/docs?part=nothing", expect=422)


async def test_the_actor_is_declared_as_it_is_enforced(api: Api, document: Any) -> None:
    declared = {
        (path, method): parameter["schema"]
        for path, method, operation in operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "Actor"
    }
    needed = {
        (path, method)
        for path, method, operation in operations(document)
        if method != "get" or (operation["security"] and {} not in operation["security"])
    }
    assert declared.keys() == needed
    schema = declared["/v1/me", "get"]
    for actor in ("user-17", "a b", "~", "x" * 200, "x" * 201, "", "a\tb", "caf\xe9"):
        answer = await api.http.get("/v1/me", headers={b"Actor": actor.encode("latin-1")})
        fits = jsonschema.Draft202012Validator(schema).is_valid(actor)
        assert answer.status_code == (200 if fits else 422), actor
