"""Every message reads as an official would write it: no code words, no types, no patterns.

Generated over the catalogue of problems and over the document: every body and every parameter is
sent wrong in every field, in both languages.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from app.kit.choices import choices
from app.kit.problems import FieldErrorKind, catalogue
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.factories import own_id
from tests.support.openapi import current
from tests.support.operating import operations
from tests.support.places import Place

pytestmark = pytest.mark.one_database

Json = dict[str, Any]
SCHEMAS: Final[Json] = current()["components"]["schemas"]
CODES: Final = re.compile(
    r"（(相近的有)?（?代码 [^）]*）|代码 [^，；。]*|\(codes? [^)]*\)|\bcodes? .*$"
)
QUOTED: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|\{[a-z_]+\}")
WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
CODE_WORD: Final = re.compile(
    r"[A-Za-z]+_[A-Za-z_]+|\^|\$|\\|'[a-z]+'|\b(uuid|array|object)\b(?! with)"
)
TERMS: Final = frozenset({
    "ASCII", "Authorization", "Bearer", "ETag", "HTTP", "HTTPS", "Idempotency-Key", "If-Match",
    "GBK", "If-None-Match", "JSON", "NUL", "PATCH", "PUT", "Retry-After", "UTF-8", "request_id",
    "id", "Content-Encoding",
})  # fmt: skip
"""What stands in Chinese sentences as it is: names of the protocol that callers speak."""
WRONG: Final[tuple[Any, ...]] = ({"no": 1}, "n o\u202e", "x" * 30_000, [[]], -1, "")


def code_words(language: str, message: str) -> list[str]:
    """Return the words of a message that only a program would say."""
    rest = QUOTED.sub("", CODES.sub("", message))
    if language == "zh":
        return [word for word in WORD.findall(rest) if word not in TERMS]
    return [m for m in (found[0] for found in CODE_WORD.finditer(rest)) if m not in TERMS]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_catalogue_speaks_as_people_do(language: str) -> None:
    wrong = {}
    for kind in catalogue().values():
        for text in (kind.title, kind.detail):
            wrong[kind.code] = code_words(language, getattr(text, language))
    for code, error in FieldErrorKind.catalogue.items():
        wrong[code] = wrong.get(code) or code_words(language, getattr(error.text, language))
    assert {code: words for code, words in wrong.items() if words} == {}


def bodies(schema: Json) -> Iterator[Json]:
    """Yield bodies that are wrong in each of their fields, each time in another way."""
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"].rpartition("/")[2]]
    for wrong in WRONG:
        yield dict.fromkeys(schema.get("properties", {}), wrong)


async def answers(api: Api, language: str) -> Iterator[tuple[str, str]]:
    """Return the messages about everything that can be wrong in form, and where they came from."""
    found = []
    for operation in operations(api.app):
        path = re.sub(r"\{[a-z_]+\}", own_id(), operation.path)
        queries = [p["name"] for p in operation.body.get("parameters", ()) if p["in"] == "query"]
        content = operation.body.get("requestBody", {}).get("content", {})
        sent: list[tuple[Json, Any]] = [(dict.fromkeys(queries, wrong), None)
                                        for wrong in ("", "n o", "-1") if queries]  # fmt: skip
        if "application/json" in content:
            sent += [({}, body) for body in bodies(content["application/json"]["schema"])]
        for query, body in sent:
            headers = {"Accept-Language": language, "If-Match": "*"}
            answer = await api.send(operation.method, path, body, headers=headers, **query)
            assert answer.status_code < 500, (operation.id, answer.text)
            if answer.is_client_error:
                problem = answer.json()
                found += [(f"{operation.id} {e['pointer']}", e["detail"])
                          for e in problem.get("errors", ())]  # fmt: skip
                found.append((operation.id, problem["detail"]))
    return iter(found)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_whatever_is_wrong_is_told_without_code_words(api: Api, language: str) -> None:
    told = dict.fromkeys(
        (words, message, place)
        for place, message in await answers(api, language)
        if (words := tuple(code_words(language, message)))
    )
    assert not told, list(told)[:20]


async def test_malformed_values_hide_nothing_else(place: Place) -> None:
    """Of a new record, a change of one, and a batch; without the required fields, too."""
    body = factories.activity(place.branch, place.campaign) | {
        "topics": [7, "nothing", factories.TOPICS[0]], "members_present": "x", "held_on": "today",
        "participants": [{"leader_id": own_id()}, {"leader_id": "x"}], "nowhere": 1, "²0": 1,
    }  # fmt: skip
    expected = {
        ("/topics/0", "wrong_type"), ("/topics/1", "not_in_campaign"),
        ("/members_present", "wrong_type"), ("/held_on", "bad_format"),
        ("/participants/0/leader_id", "unknown_leader"),
        ("/participants/1/leader_id", "bad_format"), ("/nowhere", "unknown_field"),
        ("/²0", "unknown_field"),
    }  # fmt: skip
    wrong = await place.reporter.post("/v1/activities", body, expect=422)
    assert problems(wrong) >= expected
    assert {code for _, code in problems(wrong)} == {code for _, code in expected}
    batch = {"items": [{**body, "held_on": factories.DAY, "participants": []}]}
    wrong = await place.reporter.post("/v1/activities/batch", batch, expect=422)
    assert problems(wrong) == {
        (f"/items/0{at}", code)
        for at, code in expected
        if not at.startswith(("/held_on", "/participants"))
    }
    made = await place.reporter.post(
        "/v1/activities", factories.activity(place.branch, place.campaign)
    )
    path = f"/v1/activities/{made['id']}"
    change = {"title": 1, "checks": ["nothing"], "place": "x"}
    wrong = await place.reporter.change("PATCH", path, change, expect=422)
    assert problems(wrong) == {("/title", "wrong_type"), ("/checks/0", "not_in_campaign")}
    assert (await place.reporter.get(path))["revision"] == 1
    assert len((await place.reporter.get("/v1/activities"))["data"]) == 1


async def test_states_and_codes_are_told_by_their_labels(place: Place) -> None:
    body = factories.activity(place.branch, place.campaign)
    made = await place.reporter.post("/v1/activities", body)
    path = f"/v1/activities/{made['id']}"
    refused = await place.reporter.change("POST", f"{path}/submission", of=path, expect=409)
    assert "“已报送”" in refused["detail"]
    wrong = await place.reporter.post("/v1/activities", {**body, "kind": "party"}, expect=422)
    (error,) = wrong["errors"]
    assert "专题组织生活会" in error["detail"]
    assert "themed_org_life_meeting" in error["detail"]
    wrong = await place.reporter.post("/v1/activities", {**body, "topics": ["X Y"]}, expect=422)
    (error,) = wrong["errors"]
    titles = [topic["title"] for topic in place.campaign["topics"]]
    assert all(title in error["detail"] for title in titles)


def test_every_decision_has_labels() -> None:
    decisions = [
        decision["enum"]
        for schema in SCHEMAS.values()
        if (decision := schema.get("properties", {}).get("decision")) and "enum" in decision
    ]
    assert {code for codes in decisions for code in codes} >= {"grant", "uphold", "approve"}
    for codes in decisions:
        assert not str(choices(codes).zh).startswith("代码"), codes
