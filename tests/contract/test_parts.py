"""A record's ETag moves with every part of it: each part is changed, each record is looked at."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import pytest

from app.kit import clock
from tests.support import factories
from tests.support.client import Api
from tests.support.places import Place, review

pytestmark = pytest.mark.one_database

VOLATILE: Final = frozenset({"allowed_actions", "overdue", "revision", "updated_at"})
"""What follows from caller and day, and what says itself that something has changed."""
OPINION: Final = {"field": "social", "source_group": "public", "content": "路灯不亮"}
FINDING: Final = {"check": "methods", "description": "办事慢", "due_on": factories.DAY}
LATER: Final = {"until": "2199-01-01", "reason": "汛期"}


class Records:
    """One record of each kind that has parts, by its address."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.made: dict[str, str] = {}

    async def make(self) -> "Records":
        """Everything, over the API; then the addresses that the document knows of it."""
        place = self.place
        part = {"leader_id": place.leader["id"], "role": "participant"}
        given: dict[str, Any] = {
            "participants": [part],
            "findings": [FINDING],
            "opinions": [OPINION],
        }
        activity = await place.unit_reporter.post(
            "/v1/activities", factories.activity(place.branch, place.campaign, **given)
        )
        seen = {"campaign_id": place.campaign["id"], "unit_id": place.unit["id"],
                "org_id": place.branch["id"], "held_on": factories.DAY, "seen": "情况",
                "follow_ups": [{"what": "补走访", "due_on": factories.DAY}]}  # fmt: skip
        inspection = await place.reviewer.post("/v1/inspections", seen)
        obligation = next(iter((await place.obligations(place.branch)).values()))
        (record,) = await place.admin.all("/v1/leader-records", activity_id=activity["id"])
        self.beside = await factories.branch(place.admin, place.unit)
        self.below = await factories.unit(place.admin, place.unit)
        self.follow_up = inspection["follow_ups"][0]["id"]
        ids = {
            "activities": activity["id"],
            "findings": activity["findings"][0]["id"],
            "opinions": activity["opinions"][0]["id"],
            "reports": (await place.report())["id"],
            "inspections": inspection["id"],
            "leaders": place.leader["id"],
            "leader-records": record["id"],
            "campaigns": place.campaign["id"],
            "obligations": obligation["id"],
            "units": place.unit["id"],
            "branches": place.branch["id"],
        }
        self.made = {name: f"/v1/{name}/{each}" for name, each in ids.items()}
        return self

    async def all(self) -> dict[str, tuple[str, Any]]:
        """Every record as it is now: its ETag, and what it shows."""
        found = {}
        for name, path in self.made.items():
            answer = await self.place.admin.send("GET", path, expect=200)
            found[name] = answer.headers["etag"], answer.json()
        return found

    async def act(
        self, caller: Api, name: str, action: str, body: Any, method: str = "POST"
    ) -> Any:
        """Do something with a record."""
        path = self.made[name]
        tag = {"If-Match": (await self.place.admin.send("GET", path)).headers["etag"]}
        answer = await caller.send(method, f"{path}{action}", body, headers=tag)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def extended(self, name: str, decision: str) -> None:
        """A later day, asked for and decided."""
        asked = await self.act(self.place.reporter, name, "/extensions", LATER)
        path = f"/extensions/{asked['extensions'][0]['id']}/decision"
        said = {"decision": decision, "reason": "尽快"}
        await self.act(self.place.reviewer, name, path, said)

    async def answered(self, name: str, caller: Api, action: str, decision: str) -> None:
        """What one side says and the other decides."""
        await self.act(caller, name, action, {"reason": "未到场"})
        said = {"decision": decision, "reason": "已核实"}
        await self.act(self.place.root_reviewer, name, f"{action}/decision", said)

    def hosts(self) -> list[dict[str, Any]]:
        """The leader, in another part."""
        return [{"leader_id": self.place.leader["id"], "role": "host"}]

    def own(self, **fields: Any) -> dict[str, Any]:
        """The body of a part that is entered on its own."""
        of = {"campaign_id": self.place.campaign["id"], "org_id": self.place.branch["id"]}
        return {**of, **fields, "activity_id": self.made["activities"].rsplit("/", 1)[-1]}

    def to(self) -> dict[str, Any]:
        """To whom something is passed on."""
        return {"org_id": self.beside["id"], "reason": "属其职责"}


Change = Callable[[Records], Awaitable[Any]]
CHANGES: Final[dict[str, tuple[Change, str]]] = {
    "a finding is started": (
        lambda r: r.act(r.place.reporter, "findings", "/transitions", {"action": "start"}),
        "activities",
    ),
    "a finding is changed": (
        lambda r: r.act(r.place.reporter, "findings", "", {"measure": "走访"}, "PATCH"),
        "activities",
    ),
    "a finding gets a later day": (lambda r: r.extended("findings", "grant"), "activities"),
    "a later day is refused": (lambda r: r.extended("findings", "refuse"), "findings"),
    "a finding is passed on": (
        lambda r: r.act(r.place.reviewer, "findings", "/handover", r.to()), "activities",
    ),
    "a finding comes in": (
        lambda r: r.place.reviewer.post("/v1/findings", r.own(**FINDING)), "activities",
    ),
    "an opinion is answered": (
        lambda r: r.act(r.place.reporter, "opinions", "",
                        {"handling": "answered", "answer": "已修"}, "PATCH"),
        "activities",
    ),
    "an opinion is passed on": (
        lambda r: r.act(r.place.reviewer, "opinions", "/handover", r.to()), "activities",
    ),
    "an opinion comes in": (
        lambda r: r.place.reporter.post("/v1/opinions", r.own(**OPINION)), "activities",
    ),
    "a participant is another": (
        lambda r: r.act(r.place.unit_reporter, "activities", "", {"participants": r.hosts()},
                        "PATCH"),
        "activities",
    ),
    "an activity is reviewed": (
        lambda r: _reviewed(r, "activities"), "activities",
    ),
    "a report is reviewed": (lambda r: _reviewed(r, "reports"), "reports"),
    "a report is adopted": (
        lambda r: r.act(r.place.reviewer, "reports", "/adoptions",
                        {"level": "city", "outlet": "简报", "adopted_on": str(clock.today())}),
        "reports",
    ),
    "what must follow is answered": (
        lambda r: r.act(r.place.reporter, "inspections", f"/follow-ups/{r.follow_up}/answer",
                        {"answer": "已走访"}),
        "inspections",
    ),
    "what must follow is asked to be later": (
        lambda r: r.act(r.place.reporter, "inspections", f"/follow-ups/{r.follow_up}/extensions",
                        LATER),
        "inspections",
    ),
    "a leader gets a second post": (
        lambda r: r.act(r.place.admin, "leaders", "/second-posts",
                        {"unit_id": r.below["id"], "post": "兼任书记", "since": factories.DAY}),
        "leaders",
    ),
    "a campaign asks for more": (
        lambda r: r.place.admin.post(
            f"{r.made['campaigns']}/requirements",
            {"code": "more", "title": "动态", "subject": "unit",
             "evidence": {"record": "report", "kinds": ["work_update"]}},
        ),
        "campaigns",
    ),
    "a duty is exempt": (
        lambda r: r.act(r.place.root_reviewer, "obligations", "/exemption", {"reason": "撤并"}),
        "obligations",
    ),
    "an exemption is proposed": (
        lambda r: r.act(r.place.reviewer, "obligations", "/exemption", {"reason": "撤并"}),
        "obligations",
    ),
    "an exemption is refused": (
        lambda r: r.answered("obligations", r.place.reviewer, "/exemption", "refuse"),
        "obligations",
    ),
    "a credit is disputed": (
        lambda r: r.act(r.place.unit_reporter, "leader-records", "/dispute", {"reason": "未到场"}),
        "leader-records",
    ),
    "a dispute is upheld": (
        lambda r: r.answered("leader-records", r.place.unit_reporter, "/dispute", "uphold"),
        "leader-records",
    ),
}  # fmt: skip
"""What is done, and whose ETag moves at least where what it shows has changed."""


async def _reviewed(records: Records, name: str) -> Any:
    current = await records.place.admin.get(records.made[name])
    return await records.act(records.place.reviewer, name, "/reviews", review(current))


@pytest.mark.parametrize("change", CHANGES)
async def test_a_part_moves_whatever_shows_it(place: Place, change: str) -> None:
    act, least = CHANGES[change]
    records = await Records(place).make()
    before = await records.all()

    await act(records)

    after = await records.all()
    moved = {name for name in before if _shown(before[name][1]) != _shown(after[name][1])}
    assert least in moved or least in {"campaigns", "leaders"}
    for name in moved:
        (old, was), (new, now) = before[name], after[name]
        assert new != old, (change, name)
        assert "updated_at" not in now or now["updated_at"] > was["updated_at"], (change, name)
        again = await place.admin.send("GET", records.made[name], headers={"If-None-Match": old})
        assert again.status_code == 200, (change, name)
        stale = await place.admin.send("PATCH", records.made[name], {}, headers={"If-Match": old})
        assert stale.status_code in {412, 405}, (change, name, stale.text)


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items() if name not in VOLATILE}
    return [_shown(each) for each in value] if isinstance(value, list) else value
