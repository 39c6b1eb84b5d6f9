"""The stage of a rehearsal: a province and all below it, the callers of all, and the books."""

from datetime import date
from typing import Any

import pytest

from app.kit import clock
from tests.rehearsal.model import COUNTS, FIGURES, Deed, Finding, Leader, Model, Org, Tally
from tests.support import factories
from tests.support.client import Api
from tests.support.flattened import flat
from tests.support.granted import granted
from tests.support.places import review

WAYS = ("children", "sector", "requirement")
_MOST = 5
_TOLD = {"items": "items", "households": "households", "people_received": "people_received",
         "volunteers": "volunteers", "hours": "volunteer_hours",
         "issues": "column_issues"}  # fmt: skip
"""Details of activities, and the counts that add them up."""


class Stage:
    """Everything goes over HTTP, and into the books of the model at the same time."""

    def __init__(self, admin: Api, monkeypatch: pytest.MonkeyPatch, top: str = "city") -> None:
        """`top` is the short name of the unit whose progress is compared at each step."""
        self.admin = admin
        self.top = top
        self.model = Model()
        self.books: dict[str, Model] = {}
        """The books of each campaign."""
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

    # Campaigns

    async def read(self, campaign: Any, model: Model) -> Any:
        """Enter a campaign, and what it asks for by now, into books."""
        now = await self.admin.get(f"/v1/campaigns/{campaign['id']}")
        self.campaign = self.campaign or now
        self.books[now["id"]] = model
        model.campaign, model.requirements = now["id"], now["requirements"]
        model.checks = {check["code"].removeprefix("check_") for check in now["checks"]}
        model.bases = {own["code"]: own["extends"] for own in now["activity_kinds"]}
        model.first = date.fromisoformat(now["starts_on"])
        model.last = date.fromisoformat(now["ends_on"] or str(date.max))
        return now

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
        if "campaign_ids" in fields:
            del body["campaign_id"]
        made = await self.callers[f"reporter of {by}"].post("/v1/activities", body)
        self.model.deeds[made["id"]] = _deed(body, kind, self.day, leaders)
        bases = {
            base for id_ in _within(body) for base in [self.books[id_].bases.get(kind)] if base
        }
        self.model.deeds[made["id"]].base = next(iter(bases), None)
        for finding, found in zip(made["findings"], body["findings"], strict=True):
            kept = next(c for c in _within(body) if found["check"] in self.books[c].checks)
            self.model.findings[finding["id"]] = Finding(
                self.id(by), made["id"], self.day, None, campaign=kept
            )
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
            campaigns=_within({"campaign_id": self.campaign["id"], **fields}),
        )  # fmt: skip
        await self.agree()
        return made

    async def talked(self, leader: str, item: str, **fields: Any) -> Any:
        """A leader's record of one of the three, entered directly."""
        body = factories.record(
            self.rows[leader], self.campaign, item, done_on=str(self.day), **fields
        )
        made = await self.admin.post("/v1/leader-records", body)
        self.model.deeds[made["id"]] = Deed(
            "leader_record", "", item, self.day, parts={self.id(leader): "author"},
            campaigns=_within(body),
        )  # fmt: skip
        await self.agree()
        return made

    async def inspected(self, unit: str, org: str, **fields: Any) -> Any:
        """An inspection by a unit of one below it."""
        body = {"campaign_id": self.campaign["id"], "unit_id": self.id(unit),
                "org_id": self.id(org), "held_on": str(self.day), "seen": "扎实",
                **fields}  # fmt: skip
        made = await self.callers[f"reviewer of {unit}"].post("/v1/inspections", body)
        self.model.deeds[made["id"]] = Deed(
            "inspection", self.id(unit), "inspection", self.day, inspected=self.id(org),
            campaigns=_within(body),
        )  # fmt: skip
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

    async def moved(self, by: str, record: Any, campaigns: list[str]) -> Any:
        """An activity counts in other campaigns from now on."""
        path, own = _path(record), self.callers[f"reporter of {by}"]
        done = await own.change("PATCH", path, {"campaign_ids": campaigns}, of=path)
        deed = self.model.deeds[record["id"]]
        deed.campaigns = tuple(campaigns)
        # Opinions stay where they stand, as long as that is one of them.
        deed.asked_in = deed.asked_in if deed.asked_in in campaigns else campaigns[0]
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

    def organizations(self) -> list[str]:
        """The short names of all organizations."""
        return [name for name, row in self.rows.items() if row["id"] in self.model.orgs]

    def units(self) -> list[str]:
        """The short names of all units."""
        return [
            name for name in self.organizations() if self.model.orgs[self.id(name)].type == "unit"
        ]

    async def agree(self, *more: str) -> None:
        """Compare progress with the books: the whole each time, the rest and the ways in turn."""
        self.steps += 1
        places = self.organizations()
        one = places[self.steps % len(places)]
        asked = {(self.top, "children"), (one, "children"), (one, "sector")}
        # Of many in turn, of few all.
        some = more if len(more) <= _MOST else (more * 2)[self.steps % len(more) :][: _MOST - 2]
        asked |= {(name, WAYS[(self.steps + n) % len(WAYS)]) for n, name in enumerate(some)}
        asked.add((self.top, ("sector", "requirement")[self.steps % 2]))
        for number, model in enumerate(self.books.values()):
            # Of several campaigns one in turn is compared in all ways, each in the whole.
            turn = self.steps % len(self.books) == number
            for name, by in sorted(asked) if turn else [(self.top, "children")]:
                await self.agree_on(model, name, by, self.day)

    async def agree_on(self, model: Model, name: str, by: str, day: date, **given: Any) -> None:
        """One unit's or branch's progress in a campaign, grouped in one way, on a day."""
        unit = self.id(name)
        told = await self.admin.get(
            "/v1/progress", campaign_id=model.campaign, unit_id=unit, group_by=by, **given
        )
        figures = model.figures(unit, "children" if by == "requirement" else by, day)
        counts = model.counts(unit, "children" if by == "requirement" else by, day)
        where = f"step {self.steps}, {name} by {by}, {day}"
        whole: dict[str, Tally] = {}
        for lines in figures.values():
            for code, tally in lines.items():
                whole[code] = _sum(whole.get(code, {}), tally)
        assert _lines(told["requirements"]) == _clean(whole), where
        total: Tally = {}
        for tally in counts.values():
            total = _sum(total, tally)
        assert flat(told["counts"]) == {n: total.get(n, 0) for n in COUNTS}, (where, counts)
        if by == "sector":
            await self._agree_on_coverage(model, unit, counts, **given)
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
            assert flat(group["counts"]) == {n: tally.get(n, 0) for n in COUNTS}, (where, key)
        assert _empty(figures), where
        assert _empty({"": counts}), where

    async def agree_on_near_misses(self, model: Model, name: str) -> int:
        """What an organization has entered in vain for each activity it owes; how many in all."""
        org, number = self.id(name), 0
        asked = {r["code"]: r for r in model.requirements if r["evidence"]["record"] == "activity"}
        rows = await self.admin.all("/v1/obligations", campaign_id=model.campaign, subject_id=org)
        for row in rows:
            requirement = asked.get(row["requirement_code"])
            if requirement is None or requirement["every"] is not None:
                continue
            near = await self.admin.all(f"/v1/obligations/{row['id']}/near-misses")
            where = (name, row["requirement_code"])
            assert {each["id"] for each in near} == model.near(requirement, org), where
            assert all(each["missing"] for each in near), where
            number += len(near)
        return number

    async def _agree_on_coverage(
        self, model: Model, unit: str, counts: dict[str, Tally], **given: Any
    ) -> None:
        """How far the campaign has reached below a unit, sector by sector."""
        path = f"/v1/campaigns/{model.campaign}/coverage"
        told = await self.admin.get(path, unit_id=unit, **given)
        there = {sector: tally for sector, tally in counts.items()
                 if tally.get("inspected/of") or tally.get("branches_met/of")}  # fmt: skip
        rows = {row["sector"]: row for row in told["sectors"]}
        assert rows.keys() == there.keys()
        for name in ("inspected", "branches_met"):
            for sector, tally in there.items():
                expected = {part: tally.get(f"{name}/{part}", 0) for part in ("n", "of")}
                assert rows[sector][name] == expected, (unit, sector, name)
            whole = {part: sum(tally.get(f"{name}/{part}", 0) for tally in there.values())
                     for part in ("n", "of")}  # fmt: skip
            assert told[name] == whole, (unit, name)
        assert {s: rows[s]["activities"] for s in there} == {
            sector: tally.get("activities", 0) for sector, tally in there.items()
        }
        assert set(told["sectors_not_reached"]) == {
            sector for sector, tally in there.items() if not tally.get("activities")
        }
        assert set(told["sectors_not_inspected"]) == {
            sector for sector, tally in there.items() if not tally.get("inspected/n")
        }


def _deed(body: Any, kind: str, day: date, leaders: dict[str, str]) -> Deed:
    """An activity that was sent, as it goes into the books."""
    present = sum(body.get(name) or 0 for name in ("members_present", "public_present"))
    details = body.get("details", {})
    told = {count: details.get(name) or 0 for name, count in _TOLD.items()}
    if kind == "visit":
        told["households_visited"] = told["households"]
    return Deed(
        "activity", body["org_id"], kind, day, topics=set(body.get("topics", ())),
        checks=set(body.get("checks", ())), parts=leaders, opinions=len(body["opinions"]),
        members=body.get("members_present", 0), attendances=body.get("person_times", present),
        references=set(body.get("member_refs", ())), told=told, sent=body,
        campaigns=_within(body), asked_in=_within(body)[0],
    )  # fmt: skip


def _within(body: Any) -> tuple[str, ...]:
    """The campaigns for which something was sent."""
    return tuple(body.get("campaign_ids") or [body["campaign_id"]])


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
