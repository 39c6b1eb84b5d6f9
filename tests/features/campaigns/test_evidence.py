"""What a requirement may ask of evidence: all that is wrong at once, each with its place."""

from typing import Any

import pytest

from app.features.activities.schemas.details import DETAILS
from app.features.campaigns import asking
from app.features.obligations.facts import FACTS, FINDING_FIELDS, OWN
from app.models import Activity, Finding, LeaderRecord
from app.models.vocabulary import ActivityKind, EvidenceRecord
from tests.support import factories, scenes
from tests.support.client import Api, problems
from tests.support.places import Place

pytestmark = pytest.mark.one_database


@pytest.fixture
async def place(api: Api) -> Place:
    return await scenes.stage("place", api, Place(api).made)


def body(evidence: dict[str, Any], code: str = "asked", **fields: Any) -> dict[str, Any]:
    asked = {"record": "activity", **evidence}
    return {"code": code, "title": "要求", "subject": "branch", "evidence": asked, **fields}


async def refused(place: Place, evidence: dict[str, Any], **fields: Any) -> set[tuple[str, str]]:
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"
    return problems(await place.admin.post(path, body(evidence, **fields), expect=422))


async def test_what_is_asked_is_kept_as_it_was_asked(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"
    evidence = {
        "record": "activity", "kinds": ["delegate_reception"], "topics": [], "checks": [],
        "talk_modes": ["reality"], "methods": ["listen"],
        "details": {"delegates": {"min": 2, "max": 9}, "delegate_level": {"in": ["city"]}},
        "window": {"from": "2013-01-01", "to": "2013-02-01"},
        "preceded_by": {"kind": "visit", "method": "observe", "within_days": 0},
        "findings": {"min": 2, "with": ["measure"]},
        "forwarded": None, "own": None, "selected": None,
    }  # fmt: skip
    made = await place.admin.post(path, body(evidence))
    assert made["evidence"] == evidence
    own = f"{path}/{made['id']}"
    assert (await place.admin.get(own))["evidence"] == evidence
    # What was read may be sent again: it says the same.
    again = await place.admin.post(path, body(evidence), expect=200)
    assert (again["id"], again["revision"]) == (made["id"], 1)
    # A list of codes is short for one of them; what is null is not asked for.
    short = {"details": {"delegate_level": ["city", "county", "city"], "delegates": None},
             "window": None, "findings": None, "preceded_by": {"within_days": None}}  # fmt: skip
    changed = (await place.admin.change("PATCH", own, {"evidence": short}))["evidence"]
    assert changed["details"] == {"delegate_level": {"in": ["city", "county"]}}
    assert (changed["window"], changed["findings"]) == (None, None)
    assert changed["preceded_by"] == {"kind": "visit", "method": "observe", "within_days": None}


async def test_everything_that_is_wrong_is_told_at_once(place: Place) -> None:
    wrong = {
        "kinds": ["practical_deed"],
        "talk_modes": ["learn", "shout"],
        "methods": ["smell"],
        "details": {
            "items": {"min": 3, "max": 2},
            "delegates": {"min": 1},
            "colour": {"min": 1},
            "a/b~c": {"min": 1},
            "households": {},
            "category": {"min": 2},
            "members_present": {"in": ["city"]},
        },
        "window": {"from": "2013-02-01", "to": "2013-01-01"},
        "preceded_by": {"kind": "dance", "method": "smell"},
    }
    assert await refused(place, wrong, due_on="2013-01-15") == {
        ("/evidence/talk_modes/1", "unknown_campaign_code"),
        ("/evidence/methods/0", "unknown_campaign_code"),
        ("/evidence/details/items/max", "less_than_least"),
        ("/evidence/details/delegates", "fact_not_of_kind"),
        ("/evidence/details/colour", "no_fact_of_record"),
        ("/evidence/details/a~1b~0c", "no_fact_of_record"),
        ("/evidence/details/households", "asks_nothing"),
        ("/evidence/details/category", "not_so_measured"),
        ("/evidence/details/members_present", "not_so_measured"),
        ("/evidence/window/to", "period_reversed"),
        ("/evidence/preceded_by/kind", "not_of_record"),
        ("/evidence/preceded_by/method", "unknown_campaign_code"),
        ("/due_on", "period_reversed"),
    }


async def test_it_is_told_in_both_languages_without_codes_alone(place: Place) -> None:
    path = f"/v1/campaigns/{place.campaign['id']}/requirements"
    wrong = body({"kinds": ["visit", "discussion"], "details": {"households": {"min": 1}}})
    told = {}
    for language in ("zh", "en"):
        headers = {"Accept-Language": language}
        answer = await place.admin.send("POST", path, wrong, expect=422, headers=headers)
        told[language] = answer.json()["errors"][0]["detail"]
    assert told == {"zh": "讨论没有这一项内容", "en": "is no field of: discussion"}


@pytest.mark.parametrize(
    ("evidence", "fields", "pointer", "code"),
    [
        ({"details": {"delegate_level": {"in": ["moon"]}}, "kinds": ["delegate_reception"]}, {},
         "/evidence/details/delegate_level", "not_allowed_value"),
        ({"details": {"delegate_level": {"min": 1}}, "kinds": ["delegate_reception"]}, {},
         "/evidence/details/delegate_level", "not_so_measured"),
        ({"details": {"items": {"min": 1}}}, {}, "/evidence/details/items", "fact_not_of_kind"),
        ({"details": {"items": {"min": -1}}, "kinds": ["practical_deed"]}, {},
         "/evidence/details/items/min", "too_small"),
        ({"details": {"members_present": {"least": 1}}}, {},
         "/evidence/details/members_present/least", "unknown_field"),
        ({"details": {"members_present": {"in": []}}}, {},
         "/evidence/details/members_present/in", "too_short"),
        ({"details": {"host": {"min": 1}}}, {}, "/evidence/details/host", "no_fact_of_record"),
        ({"window": {"from": "2014-01-01", "to": "2014-02-01"}}, {},
         "/evidence/window", "day_outside_campaign"),
        ({"window": {"from": "2013-01-01"}}, {}, "/evidence/window/to", "required"),
        ({"preceded_by": {}}, {}, "/evidence/preceded_by", "asks_nothing"),
        ({"preceded_by": {"within_days": 3}}, {}, "/evidence/preceded_by", "asks_nothing"),
        ({"preceded_by": {"kind": "visit"}}, {"subject": "leader"},
         "/evidence/preceded_by", "not_with"),
        ({"findings": {"min": 0}}, {}, "/evidence/findings/min", "too_small"),
        ({"findings": {"with": ["colour"]}}, {}, "/evidence/findings/with/0", "not_allowed_value"),
        ({"record": "report", "findings": {"min": 1}}, {}, "/evidence/findings", "not_with"),
        ({"record": "report", "talk_modes": ["learn"]}, {}, "/evidence/talk_modes", "not_with"),
        ({"record": "report", "methods": ["observe"]}, {}, "/evidence/methods", "not_with"),
        ({"record": "inspection", "preceded_by": {"kind": "visit"}}, {},
         "/evidence/preceded_by", "not_with"),
        ({"record": "report", "details": {"items": {"min": 1}}}, {},
         "/evidence/details/items", "no_fact_of_record"),
    ],
)  # fmt: skip
async def test_each_thing_that_is_wrong_has_its_place(
    place: Place, evidence: dict[str, Any], fields: dict[str, Any], pointer: str, code: str
) -> None:
    assert await refused(place, evidence, **fields) == {(pointer, code)}


async def test_codes_and_days_that_are_asked_for_stay_in_the_campaign(api: Api) -> None:
    root = await factories.root(api)
    campaign = await factories.campaign(api, root, opened=False)
    path = f"/v1/campaigns/{campaign['id']}"
    last = {"methods": ["diagnose"], "preceded_by": {"method": "inquire"}}
    window = {"window": {"from": "2013-03-01", "to": "2013-03-31"}}
    await api.post(f"{path}/requirements", body({**last, **window, "talk_modes": ["action"]}))
    kept = [item for item in campaign["methods"] if item["code"] == "observe"]
    modes = [item for item in campaign["talk_modes"] if item["code"] == "reality"]
    patch = {"methods": kept, "talk_modes": modes, "ends_on": "2013-02-28"}
    problem = await api.change("PATCH", path, patch, expect=422)
    assert ("/methods", "code_in_use") in problems(problem)
    assert ("/talk_modes", "code_in_use") in problems(problem)
    assert ("/ends_on", "leaves_requirement_out") in problems(problem)
    named = " ".join(error["detail"] for error in problem["errors"])
    assert all(code in named for code in ("diagnose", "inquire", "action", "2013-03-01"))


def test_what_may_be_asked_about_is_what_records_have() -> None:
    columns = set(Activity.__table__.columns.keys())
    assert set(OWN) <= columns
    facts = FACTS[EvidenceRecord.ACTIVITY]
    for kind in ActivityKind:
        fields = set(DETAILS[kind].model_fields) if kind in DETAILS else set()
        fields.discard("office_id")  # which office it was is no fact that a notice asks for
        asked = {name for name, fact in facts.items() if kind in fact.kinds}
        assert asked == fields, kind
    assert set(FACTS[EvidenceRecord.LEADER_RECORD]) <= set(LeaderRecord.__table__.columns.keys())
    assert set(FINDING_FIELDS) <= set(Finding.__table__.columns.keys())
    persons = {"host", "recorder", "member_refs", "authors", "attachment_ids"}
    assert not persons & set(facts), "nobody is asked for persons or pictures"


ANY = {"record": "activity", "kinds": ["discussion"]}
MORE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"talk_modes": ["learn"]}, {"talk_modes": ["learn", "action"]}),
    ({"methods": ["observe", "listen"]}, {"methods": ["observe"]}),
    ({"details": {"n": {"min": 2, "max": 3}}}, {"details": {"n": {"min": 1, "max": 3}}}),
    ({"details": {"n": {"min": 2}, "m": {"min": 1}}}, {"details": {"n": {"min": 2}}}),
    ({"details": {"n": {"in": ["a"]}}}, {"details": {"n": {"in": ["a", "b"]}}}),
    ({"window": {"from": "2013-01-02", "to": "2013-01-03"}},
     {"window": {"from": "2013-01-01", "to": "2013-01-03"}}),
    ({"preceded_by": {"kind": "visit", "method": "m"}}, {"preceded_by": {"kind": "visit"}}),
    ({"preceded_by": {"kind": "visit", "within_days": 2}},
     {"preceded_by": {"kind": "visit", "within_days": 3}}),
    ({"findings": {"min": 2, "with": ["goal"]}}, {"findings": {"min": 1, "with": []}}),
]  # fmt: skip


@pytest.mark.parametrize(("more", "less"), MORE)
def test_who_asks_for_more_covers_who_asks_for_less(
    more: dict[str, Any], less: dict[str, Any]
) -> None:
    assert asking.covers(ANY | more, ANY | less)
    assert asking.covers(ANY | more, ANY)
    assert not asking.covers(ANY | less, ANY | more)
    assert not asking.covers(ANY, ANY | less)
    assert asking.alike(ANY | more, ANY | less)
    assert asking.alike(ANY, ANY | more)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"talk_modes": ["learn"]}, {"talk_modes": ["action"]}),
        ({"methods": ["observe"]}, {"methods": ["listen"]}),
        ({"details": {"n": {"in": ["a"]}}}, {"details": {"n": {"in": ["b"]}}}),
        ({"window": {"from": "2013-01-01", "to": "2013-01-02"}},
         {"window": {"from": "2013-01-03", "to": "2013-01-04"}}),
    ],
)  # fmt: skip
def test_another_way_is_another_thing(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not asking.alike(ANY | one, ANY | other)
