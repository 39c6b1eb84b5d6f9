"""Texts: no identity numbers, nothing that nobody sees, in whatever field they stand."""

import pytest

from app.kit.personal import find_resident_number
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database

# Written in parts: no file of the project holds such a number.
NUMBER = "110105" + "19491231" + "002X"
MISTYPED = "110105" + "19491231" + "0021"


@pytest.mark.parametrize(
    ("text", "checked", "mistyped"),
    [
        (NUMBER, 0, 0),
        (f"身份证{NUMBER}号", 3, 3),
        (NUMBER.lower(), 0, 0),
        ("110105 19491231 002X", 0, 0),
        ("110105-19491231-002x", 0, 0),
        ("１１０１０５１９４９１２３１００２Ｘ", 0, 0),
        (f"（{MISTYPED}）然后{NUMBER}", 22, 1),
        (MISTYPED, None, 0),
        (f"1{NUMBER}", None, None),
        ("91350100M000100Y43", None, None),
        ("440604012001", None, None),
        ("440682" + "19901301" + "1234", None, None),
        ("粤组电传〔2012〕122号，2013年1月15日至2013年2月28日", None, None),
        ("李明", None, None),
    ],
)
def test_identity_numbers_are_found(text: str, checked: int | None, mistyped: int | None) -> None:
    assert find_resident_number(text) == checked
    assert find_resident_number(text, checked=False) == mistyped


async def test_an_identity_number_is_refused_with_its_place(place: Place) -> None:
    body = factories.activity(
        place.branch,
        place.campaign,
        title=f"谈{NUMBER}",
        summary=f"第一行\n{NUMBER}",
        member_refs=[NUMBER],
        findings=[{"check": "methods", "description": NUMBER}],
    )
    answer = await place.reporter.send("POST", "/v1/activities", body, expect=422)

    assert problems(answer.json()) == {
        (pointer, "personal_number")
        for pointer in ("/title", "/summary", "/member_refs/0", "/findings/0/description")
    }
    assert "第 2 个字符" in next(
        error["detail"] for error in answer.json()["errors"] if error["pointer"] == "/title"
    )


async def test_neither_an_actor_nor_a_file_is_named_by_one(api: Api) -> None:
    root = await factories.root(api)
    answer = await api.send("GET", "/v1/units", expect=422, headers={"Actor": NUMBER})
    assert problems(answer.json()) == {("Actor:", "personal_number")}
    files = {"file": (f"{NUMBER}.txt", b"text", "text/plain")}
    sent = await api.http.post("/v1/attachments", files=files, data={"org_id": root["id"]})
    assert problems(sent.json()) == {("/file", "personal_number")}


@pytest.mark.parametrize(
    "blank", ["\u200b\u200b", "\ufeff", "\u00ad", "\u3164", "\u200d\ufe0f", "\u2800"]
)
async def test_a_name_shows_something(api: Api, blank: str) -> None:
    root = await factories.root(api)
    body = {"code": blank, "name": blank, "kind": "committee", "sector": "organ",
            "parent_id": root["id"]}  # fmt: skip
    answer = await api.send("POST", "/v1/units", body, expect=422)
    assert problems(answer.json()) == {("/code", "too_short"), ("/name", "too_short")}


async def test_codes_that_look_alike_are_one(api: Api) -> None:
    root = await factories.root(api)
    made = await factories.unit(api, root, code="A1", name="\ufeff市教育局党委")
    assert made["name"] == "市教育局党委"
    for alike in ("A\u200b1", "\ufeffA1", "A1\u00ad", "A1\u2060 ", " A1"):
        body = {"code": alike, "name": "某委", "kind": "committee", "sector": "organ",
                "parent_id": root["id"]}  # fmt: skip
        answer = await api.send("POST", "/v1/units", body, expect=409)
        assert answer.json()["code"] == "duplicate_organization_code", repr(alike)


async def test_joined_pictures_and_rare_characters_stay_what_they_are(api: Api) -> None:
    text = "一家人👨\u200d👩\u200d👧，葛\U000e0100"
    root = await factories.root(api)
    made = await factories.unit(api, root, name=text)
    assert made["name"] == text
