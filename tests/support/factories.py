"""Makes trees, campaigns and submissions over the API, with names that tell what they are."""

from itertools import count
from typing import Any

from app.kit.ids import new_id
from tests.support.client import ROOT_CODE, Api

_numbers = count(1)

TOPICS = ("topic_doctrine", "topic_mass_work_problems", "topic_public_expectations",
          "topic_new_measures")  # fmt: skip
CHECKS = ("thinking", "work_style", "methods", "policies")
DAY = "2013-01-15"
_TOLD = {"outcome", "defaulted", "warnings", "counts_for", "near_misses"}


async def root(api: Api) -> Any:
    """The root unit."""
    return (await api.get("/v1/units", code=ROOT_CODE))["data"][0]


async def unit(api: Api, parent: Any, **fields: Any) -> Any:
    """A unit below another."""
    number = next(_numbers)
    body = {
        "code": f"U{number}",
        "name": f"第{number}单位",
        "kind": "committee",
        "sector": "organ",
        "parent_id": parent["id"],
        **fields,
    }
    return await api.post("/v1/units", body)


async def branch(api: Api, parent: Any, **fields: Any) -> Any:
    """A branch below a unit."""
    number = next(_numbers)
    body = {
        "code": f"B{number}",
        "name": f"第{number}支部",
        "kind": "branch",
        "sector": "community",
        "unit_id": parent["id"],
        **fields,
    }
    return await api.post("/v1/branches", body)


async def leader(api: Api, of: Any, own_branch: Any | None = None, **fields: Any) -> Any:
    """A leading cadre of a unit, member of a branch."""
    number = next(_numbers)
    body = {
        "name": f"干部{number}",
        "post": "书记",
        "position_level": "141",
        "unit_id": of["id"],
        "branch_id": own_branch["id"] if own_branch else None,
        **fields,
    }
    return await api.post("/v1/leaders", body)


async def campaign(api: Api, over: Any, *, opened: bool = True, **fields: Any) -> Any:
    """The campaign of the two notices over a unit's subtree, open unless told otherwise."""
    body = {"template": "mass-line-discussion-2012", "root_unit_id": over["id"], **fields}
    made = await api.post("/v1/campaigns", body)
    if opened:
        await open_campaign(api, made)
    return await api.get(f"/v1/campaigns/{made['id']}")


async def open_campaign(api: Api, made: Any) -> None:
    """Open a campaign and do the work of it."""
    path = f"/v1/campaigns/{made['id']}"
    await api.change("POST", f"{path}/open", expect=202, of=path)
    await api.work()


def activity(of: Any, within: Any, kind: str = "discussion", **fields: Any) -> dict[str, Any]:
    """The body of an activity."""
    return {
        "campaign_id": within["id"],
        "org_id": of["id"],
        "kind": kind,
        "title": "谈群众工作",
        "held_on": DAY,
        **fields,
    }


def record(of: Any, within: Any, item: str = "research_article", **fields: Any) -> dict[str, Any]:
    """The body of a leader record."""
    return {
        "campaign_id": within["id"],
        "leader_id": of["id"],
        "item": item,
        "done_on": DAY,
        "title": "关于联系群众的调研",
        **fields,
    }


def as_read(answer: Any) -> dict[str, Any]:
    """The answer to a write as the record is read later: without what only the write is told."""
    return {name: value for name, value in answer.items() if name not in _TOLD}


def own_id() -> str:
    """An id as an offline client makes one."""
    return str(new_id())
