"""The stage of the rehearsal: a small city below its province, its callers, and the books."""

from datetime import date
from typing import Any

import pytest

from app.kit import clock
from tests.rehearsal.model import COUNTS, FIGURES, Deed, Finding, Leader, Model, Org, Tally
from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted
from tests.support.places import review


class Stage:
    """Everything goes over HTTP, and into the books of the model at the same time."""

    def __init__(self, admin: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.admin = admin
        self.model = Model()
        self.rows: dict[str, Any] = {}
        """Organizations and leaders by a short name."""
        self.callers: dict[str, Api] = {}
        self.campaign: Any = None
        self.day = date(2012, 12, 24)
        self.steps = 0
        monkeypatch.setattr(clock, "today", lambda: self.day)

    # The tree

    async def unit(self, name: str, above: str, kind: str, sector: str) -> None:
        """A unit below another, and who reports and reviews for it."""
        row = await factories.unit(self.admin, self.rows[above], kind=kind, sector=sector)
        await self.enter(name, row, Org("unit", kind, sector, self.rows[above]["id"]))

    async def branch(self, name: str, above: str, sector: str) -> None:
        """A branch of a unit, and who reports for it."""
        row = await factories.branch(self.admin, self.rows[above], sector=sector)
        await self.enter(name, row, Org("branch", "branch", sector, self.rows[above]["id"]))

    async def enter(self, name: str, row: Any, org: Org) -> None:
        """Know an organization that was founded."""
        self.rows[name], self.model.orgs[row["id"]] = row, org
        await self.give_callers(name)

    async def give_callers(self, name: str) -> None:
        """Who reports for an organization, and, of a unit, who reviews at it."""
        self.callers[f"reporter of {name}"] = await granted(self.admin, self.rows[name], "reporter")
        if self.model.orgs[self.rows[name]["id"]].type == "unit":
            role = await granted(self.admin, self.rows[name], "reviewer")
            self.callers[f"reviewer of {name}"] = role

    async def leader(self, name: str, unit: str, branch: str) -> None:
        """A leading cadre of a unit, member of a branch."""
        row = await factories.leader(self.admin, self.rows[unit], self.rows[branch])
        self.rows[name] = row
        own = [self.rows[branch]["id"]]
        self.model.leaders[row["id"]] = Leader(self.rows[unit]["id"], own, row["position_level"])

    # What is handed in

    async def held(self, by: str, kind: str, **fields: Any) -> Any:
        """An activity; `leaders` by short name → role, `findings` and `opinions` by number."""
        leaders = {self.id(n): role for n, role in fields.pop("leaders", {}).items()}
        findings = [
            {
                "check": "work_style",
                "description": f"入户走访少（{n}）",
                "cause": "制度不全",
                "measure": "每月走访",
                "responsible": "支部书记",
                "goal": "户户走到",
            }
            for n in range(fields.pop("findings", 0))
        ]
        opinion = {"field": "social", "source_group": "public", "content": "村道没有路灯"}
        opinions = [opinion] * fields.pop("opinions", 0)
        body = {
            **factories.activity(self.rows[by], self.campaign, kind),
            "held_on": str(self.day),
            "participants": [{"leader_id": k, "role": role} for k, role in leaders.items()],
            "findings": findings,
            "opinions": opinions,
            **fields,
        }
        made = await self.callers[f"reporter of {by}"].post("/v1/activities", body)
        present = sum(body.get(n) or 0 for n in ("members_present", "public_present"))
        details = body.get("details", {})
        told = {name: details.get(name, 0) for name in ("items", "households", "people_received")}
        self.model.deeds[made["id"]] = Deed(
            "activity", self.id(by), kind, self.day, topics=set(body.get("topics", ())),
            checks=set(body.get("checks", ())), parts=leaders, opinions=len(opinions),
            members=body.get("members_present", 0), attendances=body.get("person_times", present),
            references=set(body.get("member_refs", ())), told=told,
        )  # fmt: skip
        for finding in made["findings"]:
            self.model.findings[finding["id"]] = Finding(self.id(by), made["id"], self.day, None)
        await self.agree()
        return made

    async def wrote(self, by: str, kind: str, leader: str | None = None, **fields: Any) -> Any:
        """A report, by a leader or not."""
        made = await self.callers[f"reporter of {by}"].post(
            "/v1/reports",
            {
                "campaign_id": self.campaign["id"], "org_id": self.id(by), "kind": kind,
                "title": "情况", "body": f"第{self.steps}篇", **fields,
                **({"leader_id": self.id(leader)} if leader else {}),
            },
        )  # fmt: skip
        parts = {self.id(leader): "author"} if leader else {}
        self.model.deeds[made["id"]] = Deed(
            "report", self.id(by), kind, self.day, parts=parts,
            nil_kinds=set(fields.get("nil_kinds", ())),
        )  # fmt: skip
        await self.agree()
        return made

    async def talked(self, leader: str, item: str) -> Any:
        """A leader's record of one of the three, entered directly."""
        body = factories.record(self.rows[leader], self.campaign, item, done_on=str(self.day))
        made = await self.admin.post("/v1/leader-records", body)
        self.model.deeds[made["id"]] = Deed(
            "leader_record", "", item, self.day, parts={self.id(leader): "author"}
        )
        await self.agree()
        return made

    async def inspected(self, unit: str, org: str, **fields: Any) -> Any:
        """An inspection by a unit of one below it."""
        body = {"campaign_id": self.campaign["id"], "unit_id": self.id(unit),
                "org_id": self.id(org), "held_on": str(self.day), "seen": "扎实",
                **fields}  # fmt: skip
        made = await self.callers[f"reviewer of {unit}"].post("/v1/inspections", body)
        self.model.deeds[made["id"]] = Deed("inspection", self.id(unit), "inspection", self.day)
        await self.agree()
        return made

    # What becomes of it

    async def reviewed(self, at: str, record: Any, decision: str, **fields: Any) -> Any:
        """A level accepts, returns or forwards an activity or a report."""
        path = _path(record)
        seen = await self.admin.get(path)
        reviewer = self.callers[f"reviewer of {at}"]
        done = await reviewer.post(f"{path}/reviews", review(seen, decision, **fields))
        if decision == "forward":
            self.model.deeds[record["id"]].passed_on[self.id(at)] = self.day
        return await self.now(record, done)

    async def handed_in_again(self, by: str, record: Any) -> Any:
        """What was returned comes back."""
        path = _path(record)
        own = self.callers[f"reporter of {by}"]
        self.model.deeds[record["id"]].passed_on.clear()
        return await self.now(record, await own.change("POST", f"{path}/submission", of=path))

    async def withdrawn(self, by: str, record: Any) -> Any:
        """What was handed in is taken back."""
        path, own = _path(record), self.callers[f"reporter of {by}"]
        body = {"reason": "误报"}
        done = await own.change("POST", f"{path}/withdrawal", body, of=path)
        return await self.now(record, done)

    async def now(self, record: Any, done: Any) -> Any:
        """The record is as it is answered."""
        deed = self.model.deeds[record["id"]]
        deed.status = done["status"]
        if deed.record == "report":
            deed.selected = done["selected"]
            deed.day = date.fromisoformat(done["reported_on"])
        await self.agree()
        return done

    async def step(self, who: str, finding: str, action: str, status: str, **fields: Any) -> None:
        """One step in the life of a finding."""
        path = f"/v1/findings/{finding}"
        more = {"done": {"text": "走访了十户"}} if action == "report_done" else {}
        body = {"action": action, **more, **fields}
        done = await self.callers[who].change(
            "POST", f"{path}/transitions", body, expect=201, of=path
        )
        assert done["status"] == status
        self.model.findings[finding].status = status
        await self.agree()

    # Agreement

    def id(self, name: str) -> str:
        """The id of what has a short name."""
        return str(self.rows[name]["id"])

    async def agree(self, *more: str) -> None:
        """Compare progress with the books: the whole each time, the rest and the ways in turn."""
        self.steps += 1
        places = [n for n, r in self.rows.items() if r["id"] in self.model.orgs]
        one = places[self.steps % len(places)]
        asked = {("city", "children"), (one, "children"), (one, "sector")}
        ways = ("children", "sector", "requirement")
        asked |= {(name, ways[(self.steps + n) % len(ways)]) for n, name in enumerate(more)}
        asked.add(("city", ("sector", "requirement")[self.steps % 2]))
        for name, by in sorted(asked):
            await self.agree_on(self.id(name), by, self.day)

    async def agree_on(self, unit: str, by: str, day: date, **given: Any) -> None:
        """One unit's progress, grouped in one way, on a day."""
        told = await self.admin.get(
            "/v1/progress", campaign_id=self.campaign["id"], unit_id=unit, group_by=by, **given
        )
        figures = self.model.figures(unit, "children" if by == "requirement" else by, day)
        counts = self.model.counts(unit, "children" if by == "requirement" else by, day)
        where = f"step {self.steps}, {by}, {day}"
        whole: dict[str, Tally] = {}
        for lines in figures.values():
            for code, tally in lines.items():
                whole[code] = _sum(whole.get(code, {}), tally)
        assert _lines(told["requirements"]) == _clean(whole), where
        total: Tally = {}
        for tally in counts.values():
            total = _sum(total, tally)
        assert told["counts"] == {n: total.get(n, 0) for n in COUNTS}, (where, counts)
        if by == "requirement":
            assert {g["code"]: _lines(g["requirements"]).get(g["code"], {})
                    for g in told["groups"]} == {
                line["requirement_code"]: _clean(whole).get(line["requirement_code"], {})
                for line in told["requirements"]
            }, where  # fmt: skip
            return
        for group in told["groups"]:
            key = group["code"] if by == "sector" else group["id"]
            assert _lines(group["requirements"]) == _clean(figures.pop(key, {})), (where, key)
            tally = counts.pop(key, {})
            assert group["counts"] == {n: tally.get(n, 0) for n in COUNTS}, (where, key)
        assert _empty(figures), where
        assert _empty({"": counts}), where


def _path(record: Any) -> str:
    return f"/v1/{'activities' if 'held_on' in record else 'reports'}/{record['id']}"


def _sum(one: Tally, other: Tally) -> Tally:
    return {n: one.get(n, 0) + other.get(n, 0) for n in (*one, *other)}


def _clean(lines: dict[str, Tally]) -> dict[str, Tally]:
    found = {code: {n: v for n, v in tally.items() if v} for code, tally in lines.items()}
    return {code: tally for code, tally in found.items() if tally}


def _lines(lines: Any) -> dict[str, Tally]:
    return _clean({r["requirement_code"]: {n: r[n] for n in FIGURES} for r in lines})


def _empty(groups: dict[str, dict[str, Tally]]) -> bool:
    return not any(v for g in groups.values() for tally in g.values() for v in tally.values())
