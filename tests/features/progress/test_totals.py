"""What all requirements come to together, and progress of some of them alone."""

from typing import Any

from tests.support import factories
from tests.support.client import Api, problems
from tests.support.places import Place

FIGURES = (
    "due", "done", "on_time", "late", "nil", "open", "overdue", "returned", "exempt", "upcoming",
    "surplus",
)  # fmt: skip


def added_up(lines: list[Any]) -> dict[str, int]:
    return {name: sum(line[name] for line in lines) for name in FIGURES}


async def progress(api: Api, place: Place, **query: Any) -> Any:
    asked = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"], **query}
    return await api.get("/v1/progress", **asked)


async def test_the_whole_and_each_group_have_totals(place: Place, api: Api) -> None:
    await place.activity(topics=list(factories.TOPICS))
    await api.change("PATCH", f"/v1/units/{place.unit['id']}", {"short_name": "市直"})
    for group_by in ("children", "sector", "requirement"):
        answer = await progress(api, place, group_by=group_by)
        assert answer["totals"]["done"] > 0
        for each in (answer, *answer["groups"]):
            assert each["totals"] == added_up(each["requirements"])
        assert answer["totals"] == added_up([g["totals"] for g in answer["groups"]])
    answer = await progress(api, place)
    assert answer["unit"]["short_name"] == "市直"
    assert [(g["type"], g["short_name"]) for g in answer["groups"]] == [
        ("own", "市直"), ("branch", None),
    ]  # fmt: skip


async def test_some_requirements_alone(place: Place, api: Api) -> None:
    await place.activity(topics=list(factories.TOPICS))
    whole = await progress(api, place)
    chosen = [line for line in whole["requirements"] if line["done"]][:1]
    chosen += [line for line in whole["requirements"] if not line["done"]][:1]
    codes = [line["requirement_code"] for line in chosen]
    for then in ({}, {"as_of": "2013-02-10"}):
        some = await progress(api, place, requirement_code=codes, **then)
        every = await progress(api, place, **then)
        kept = [r for r in every["requirements"] if r["requirement_code"] in codes]
        assert some["requirements"] == kept
        assert some["totals"] == added_up(kept)
        assert some["counts"] == every["counts"]
        for one, other in zip(some["groups"], every["groups"], strict=True):
            assert one["requirements"] == [
                r for r in other["requirements"] if r["requirement_code"] in codes
            ]
    told = await api.send(
        "GET", "/v1/progress", expect=422, campaign_id=place.campaign["id"],
        unit_id=place.unit["id"], requirement_code="nothing-like-it",
    )  # fmt: skip
    assert problems(told.json()) == {("?requirement_code", "not_allowed_value")}
