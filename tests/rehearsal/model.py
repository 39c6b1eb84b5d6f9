"""What a campaign's progress must be, worked out by hand from what was done; nothing of `app`.

Whoever keeps such books keeps four lists: who stands below whom, who leads what, what is asked,
what was handed in. Every figure is counted anew from them, row by row. Of several campaigns each
has books of its own, which share the lists of organizations, leaders and deeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.support.periods import cut

FIGURES = ("due", "done", "on_time", "late", "nil", "open", "overdue", "returned", "exempt",
           "upcoming", "surplus")  # fmt: skip
COUNTS = ("activities", "attendances", "members_reached", "branches_with_references", "items",
          "households", "households_visited", "people_received", "volunteers", "volunteer_hours",
          "column_issues", "findings_open", "findings_closed", "findings_overdue", "opinions",
          "reports", "nil_returns", "adopted", "inspections", "inspected/n", "inspected/of",
          "branches_met/n", "branches_met/of")  # fmt: skip
PRIMARY = {"branch", "joint_branch", "temporary_branch", "general_branch", "primary_committee"}
Tally = dict[str, int]


@dataclass
class Org:
    """A unit or a branch."""

    type: str
    kind: str
    sector: str
    parent: str | None
    closed_on: date | None = None
    opened_on: date | None = None
    former: list[tuple[date, str | None]] = field(default_factory=list)
    """Units above it before, each with the day on which it came away."""

    def move(self, parent: str, day: date) -> None:
        """Stand below another unit from a day on."""
        self.former.append((day, self.parent))
        self.parent = parent

    def parent_on(self, day: date) -> str | None:
        """The unit above it on a day."""
        return next((above for until, above in self.former if day < until), self.parent)


@dataclass
class Leader:
    """A leading cadre; `branches` are all to which they ever belonged."""

    unit: str
    branches: list[str]
    level: str | None
    left_on: date | None = None
    second: list[str] = field(default_factory=list)
    former: list[tuple[date, str]] = field(default_factory=list)
    """Units that they led before, each with the day on which they went."""

    def go(self, unit: str, day: date) -> None:
        """Lead another unit from a day on."""
        self.former.append((day, self.unit))
        self.unit = unit

    def unit_on(self, day: date) -> str:
        """The unit that they led on a day."""
        return next((led for until, led in self.former if day < until), self.unit)


@dataclass
class Deed:
    """Something handed in: an activity, a record, a report or an inspection."""

    record: str
    org: str
    kind: str
    day: date
    status: str = "submitted"
    topics: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    parts: dict[str, str] = field(default_factory=dict)
    """Leader → role."""
    members: int = 0
    attendances: int = 0
    references: set[str] = field(default_factory=set)
    told: dict[str, int] = field(default_factory=dict)
    """Items, households and so on, by the name of their count."""
    opinions: int = 0
    sent: dict[str, Any] = field(default_factory=dict)
    """An activity as it was sent."""
    adopted_on: date | None = None
    selected: bool = False
    nil_kinds: set[str] = field(default_factory=set)
    inspected: str | None = None
    """An inspection: of whom."""
    passed_on: dict[str, date] = field(default_factory=dict)
    """Units that sent it further up since it was handed in last, and the days."""
    base: str | None = None
    """An activity of a kind that its campaign made: the kind that this extends."""
    campaigns: tuple[str, ...] = ()
    """All for which it was handed in."""
    asked_in: str = ""
    """The one of them in which stands what people asked for at it."""

    @property
    def stands(self) -> bool:
        """Whether it counts."""
        return self.status in {"submitted", "accepted"}


@dataclass
class Finding:
    """A problem found by the checks."""

    org: str
    found_at: str
    """The activity, which must stand."""
    day: date
    due: date | None
    status: str = "open"
    campaign: str = ""


@dataclass
class Model:
    """The books of a campaign."""

    campaign: str = ""
    orgs: dict[str, Org] = field(default_factory=dict)
    leaders: dict[str, Leader] = field(default_factory=dict)
    requirements: list[Any] = field(default_factory=list)
    """As `GET /v1/campaigns/{id}` answers them."""
    checks: set[str] = field(default_factory=set)
    bases: dict[str, str] = field(default_factory=dict)
    """Kinds of activity of its own, and the kinds that they extend."""
    first: date = date.min
    last: date | None = None
    """The days of the campaign."""
    deeds: dict[str, Deed] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    exempt: set[tuple[str, str]] = field(default_factory=set)
    """Code of the requirement and subject."""

    def beside(self) -> "Model":
        """Empty books of another campaign of the same organizations and leaders."""
        return Model(orgs=self.orgs, leaders=self.leaders, deeds=self.deeds, findings=self.findings)

    def own(self) -> Iterator[Deed]:
        """Everything that was handed in for this campaign."""
        return (deed for deed in self.deeds.values() if self.campaign in deed.campaigns)

    def line(self, org: str | None, day: date) -> Iterator[str]:
        """The organization and all that stood above it on a day."""
        while org is not None:
            yield org
            org = self.orgs[org].parent_on(day)

    def group(self, unit: str, org: str, by: str, day: date) -> str | None:
        """The part of a unit's subtree in which an organization is; None: in none."""
        line = list(self.line(org, day))
        if unit not in line:
            return None
        if by == "sector":
            return self.orgs[org].sector
        place = line.index(unit)
        return unit if place == 0 else line[place - 1]

    def figures(self, unit: str, by: str, day: date) -> dict[str, dict[str, Tally]]:
        """Group → code of a requirement → figures that are not zero."""
        found: dict[str, dict[str, Tally]] = {}
        for requirement in self.requirements:
            if not requirement["active"]:
                continue
            for subject, home, ended in self.subjects(requirement, day):
                group = self.group(unit, home, by, day)
                if group is None:
                    continue
                line = found.setdefault(group, {}).setdefault(requirement["code"], {})
                for asked in self.periods(requirement, subject, day):
                    for name, value in self.one(asked, subject, day, ended=ended).items():
                        line[name] = line.get(name, 0) + value
        return found

    def periods(self, requirement: Any, subject: str, day: date) -> Iterator[Any]:
        """The requirement with the days of each period that had begun; itself if asked once."""
        if requirement["every"] is None:
            yield requirement
            return
        first = _day(requirement["opens_on"]) or self.first
        end = _day(requirement["due_on"]) or self.last or day + timedelta(days=400)
        for opens, due in cut(requirement["every"], first, end):
            org = self.orgs.get(subject) or self.orgs[self.leaders[subject].unit]
            founded = org.opened_on is None or org.opened_on <= due
            there = founded and (org.closed_on is None or org.closed_on >= opens)
            if opens <= day and there:
                yield {**requirement, "opens_on": str(opens), "due_on": str(due)}

    def subjects(self, requirement: Any, day: date) -> Iterator[tuple[str, str, bool]]:
        """Who owes it: the subject, the organization that answers for it, whether it has ended."""
        if requirement["subject"] == "leader":
            for name, leader in self.leaders.items():
                led = (leader.unit_on(day), *leader.second)
                posts = [unit for unit in led if self.asked(requirement, unit, day)]
                levels = requirement["applies_to"]["position_levels"]
                if posts and (not levels or leader.level in levels):
                    yield name, posts[0], leader.left_on is not None and leader.left_on < day
            return
        for name, org in self.orgs.items():
            if org.type == requirement["subject"] and self.asked(requirement, name, day):
                yield name, name, org.closed_on is not None and org.closed_on <= day

    def asked(self, requirement: Any, name: str, day: date) -> bool:
        """Whether the requirement reaches an organization on a day."""
        wanted, org = requirement["applies_to"], self.orgs[name]
        top = wanted["under_unit_id"]
        reached = {
            "self": name == top,
            "direct_reporters": org.parent_on(day) == top,
            "subtree": top in self.line(name, day),
        }[wanted["scope"]]
        if requirement["subject"] != "branch" and wanted["unit_kinds"]:
            reached = reached and org.kind in wanted["unit_kinds"]
        return reached and (not wanted["sectors"] or org.sector in wanted["sectors"])

    def one(self, requirement: Any, subject: str, day: date, *, ended: bool) -> Tally:
        """The share of one obligation in the figures."""
        opens, due = _day(requirement["opens_on"]), _day(requirement["due_on"])
        counted = sorted(self.days(requirement, subject, {"submitted", "accepted"}))
        if requirement["every"]:
            counted = [done for done in counted if opens and due and opens <= done <= due]
        wanted = requirement["min_count"]
        if ended and len(counted) < wanted:
            return {}
        if (requirement["code"], subject) in self.exempt:
            return {"exempt": 1}
        if len(counted) >= wanted and counted[wanted - 1] <= day:
            late = due is not None and counted[wanted - 1] > due
            surplus = len(counted) - wanted
            return {"due": 1, "done": 1, "late" if late else "on_time": 1, "surplus": surplus}
        if any(nil <= day for nil in self.nil_days(requirement, subject)):
            return {"due": 1, "nil": 1}
        if opens is not None and opens > day:
            return {"upcoming": 1}
        returned = any(True for _ in self.days(requirement, subject, {"returned"}))
        passed = due is not None and due < day and not returned
        return {"due": 1, "open": 1, "returned": int(returned), "overdue": int(passed)}

    def days(self, requirement: Any, subject: str, states: set[str]) -> Iterator[date]:
        """The days of all that counts for a subject, in some states."""
        wanted, role = requirement["evidence"], requirement["subject"]
        for deed in self.own():
            if deed.status not in states:
                continue
            kinds = [(deed.record, deed.kind)]
            if deed.record == "report" and wanted["record"] == "report" and role != "leader":
                yield from self.of_report(deed, wanted, subject)
                continue
            if role == "leader":
                kinds = list(self.of_leader(deed, subject))
            elif deed.org != subject:
                continue
            for record, kind in kinds:
                named = {kind, deed.base} if record == "activity" else {kind}
                if (
                    record == wanted["record"]
                    and (not wanted["kinds"] or named & set(wanted["kinds"]))
                    and deed.topics >= set(wanted["topics"])
                    and deed.checks >= set(wanted["checks"])
                    and (deed.record != "activity" or self.does(deed, wanted))
                ):
                    yield deed.day

    def does(self, deed: Deed, wanted: Any) -> bool:
        """Whether an activity does what a sentence asks beside its kind, topics and checks."""
        sent, window = deed.sent, wanted["window"]
        told = {**sent, **sent.get("details", {})}
        whole = [f for f in sent["findings"] if all(f.get(n) for n in _list(wanted, "findings"))]
        return (
            (not wanted["talk_modes"] or sent.get("talk_mode") in wanted["talk_modes"])
            and set(wanted["methods"]) <= set(sent.get("methods", ()))
            and all(_is(told.get(n), asked) for n, asked in (wanted["details"] or {}).items())
            and (not window or window["from"] <= str(deed.day) <= window["to"])
            and (not wanted["findings"] or len(whole) >= wanted["findings"]["min"])
            and (not wanted["preceded_by"] or self.came_after(deed, wanted["preceded_by"]))
        )

    def near(self, requirement: Any, org: str) -> set[str]:
        """The activities of an organization that are of a kind asked for, and do not count."""
        wanted, found = requirement["evidence"], set()
        for name, deed in self.deeds.items():
            mine = self.campaign in deed.campaigns and deed.org == org
            sent = deed.stands or deed.status == "returned"
            kinds = {deed.kind, deed.base}
            if not (mine and sent and deed.record == "activity"):
                continue
            if wanted["kinds"] and not kinds & set(wanted["kinds"]):
                continue
            asked = deed.topics >= set(wanted["topics"]) and deed.checks >= set(wanted["checks"])
            if not (asked and self.does(deed, wanted)):
                found.add(name)
        return found

    def came_after(self, deed: Deed, asked: Any) -> bool:
        """Whether the same organization had done before what must come first."""
        return any(
            other is not deed
            and (other.record, other.org) == ("activity", deed.org)
            and other.stands
            and other.day <= deed.day
            and asked["kind"] in {None, other.kind}
            and asked["method"] in {None, *other.sent.get("methods", ())}
            for other in self.own()
        )

    def nil_days(self, requirement: Any, subject: str) -> Iterator[date]:
        """The days of nil returns that say that there is nothing of what is asked."""
        wanted = requirement["evidence"]
        for deed in self.own():
            named = wanted["kinds"] and deed.nil_kinds >= set(wanted["kinds"])
            if wanted["record"] == "report" and named and deed.org == subject and deed.stands:
                yield deed.day

    def of_report(self, deed: Deed, wanted: Any, subject: str) -> Iterator[date]:
        """The day on which a report counts for an organization: written by it, or sent on."""
        if wanted["kinds"] and deed.kind not in wanted["kinds"]:
            return
        if wanted.get("selected") and not deed.selected:
            return
        if wanted.get("forwarded"):
            found = [deed.passed_on[subject]] if subject in deed.passed_on else []
            if wanted.get("own") and deed.org == subject and self.orgs[subject].parent:
                found.append(deed.day)
        else:
            found = [deed.day] if deed.org == subject else []
        if found:
            yield min(found)

    def of_leader(self, deed: Deed, leader: str) -> Iterator[tuple[str, str]]:
        """What something is to a leader: as what record it counts, and of which kind."""
        role = deed.parts.get(leader)
        if role is None:
            return
        if deed.record != "activity":
            yield "leader_record", deed.kind
            return
        if deed.org in self.leaders[leader].branches:
            yield "activity", deed.kind
        if deed.kind in {"discussion", "symposium"}:
            yield "leader_record", "discussion"
        at_primary_level = self.orgs[deed.org].kind in PRIMARY
        if deed.kind == "guidance_talk" and role == "speaker" and at_primary_level:
            yield "leader_record", "grassroots_talk"

    def counts(self, unit: str, by: str, day: date) -> dict[str, Tally]:
        """Group → what was done, in things and people; zeros left out."""
        found: dict[str, Tally] = {}
        for org, tally in (*self.done(day), *self.found(day), *self.reached(day)):
            group = self.group(unit, org, by, day)
            if group is not None:
                for name, value in tally.items():
                    line = found.setdefault(group, {})
                    line[name] = line.get(name, 0) + value
        for org, tally in self.seen(day):
            superior = self.orgs[org].parent_on(day)
            group = superior and self.group(unit, superior, by, day)
            if group is not None:
                line = found.setdefault(self.orgs[org].sector if by == "sector" else group, {})
                for name, value in tally.items():
                    line[name] = line.get(name, 0) + value
        return found

    def is_there(self, org: str, day: date) -> bool:
        """Whether an organization exists on a day, its last one included."""
        first, last = self.orgs[org].opened_on, self.orgs[org].closed_on
        return (first or day) <= day <= (last or day)

    def seen(self, day: date) -> Iterator[tuple[str, Tally]]:
        """Every organization that is there, as a subordinate one: inspected or not."""
        held = [d for d in self.own() if d.record == "inspection" and d.day <= day]
        inspected = {d.inspected for d in held if d.status == "submitted"}
        for name in self.orgs:
            if self.is_there(name, day):
                yield name, {"inspected/n": int(name in inspected), "inspected/of": 1}

    def done(self, day: date) -> Iterator[tuple[str, Tally]]:
        """What was handed in and stands, by organization."""
        for deed in self.own():
            if deed.day > day:
                continue
            if deed.record == "activity" and self.campaign == deed.asked_in:
                # What people asked for stays, whatever becomes of the meeting.
                yield deed.org, {"opinions": deed.opinions}
            if not deed.stands:
                continue
            if deed.record == "activity":
                yield deed.org, {"activities": 1, **deed.told,
                                 "attendances": deed.attendances}  # fmt: skip
            elif deed.record == "inspection":
                yield deed.org, {"inspections": 1}
            elif deed.record == "report":
                nil = deed.kind == "nil_return"
                used = deed.adopted_on is not None and deed.adopted_on <= day
                yield deed.org, {"nil_returns" if nil else "reports": 1, "adopted": int(used)}

    def reached(self, day: date) -> Iterator[tuple[str, Tally]]:
        """Members of branches who took part in anything, and who has met."""
        for name, org in self.orgs.items():
            if org.type != "branch":
                continue
            held = [
                deed
                for deed in self.own()
                if (deed.record, deed.org) == ("activity", name) and deed.day <= day and deed.stands
            ]
            if self.is_there(name, day):
                met = any(deed.kind == "themed_org_life_meeting" for deed in held)
                yield name, {"branches_met/n": int(met), "branches_met/of": 1}
            if held:
                refs = set().union(*(deed.references for deed in held))
                members = len(refs) if refs else max(deed.members for deed in held)
                members = min(members, sum(deed.attendances for deed in held))
                yield name, {"members_reached": members, "branches_with_references": bool(refs)}

    def found(self, day: date) -> Iterator[tuple[str, Tally]]:
        """Problems found, by organization."""
        for finding in self.findings.values():
            if finding.day > day or finding.campaign != self.campaign:
                continue
            late = finding.due is not None and finding.due < day
            late = late and finding.status in {"open", "in_progress"}
            end = "findings_closed" if finding.status == "closed" else "findings_open"
            yield finding.org, {end: 1, "findings_overdue": int(late)}


def _is(value: Any, asked: dict[str, Any]) -> bool:
    """Whether a number or a code is what is asked for."""
    if "in" in asked:
        return value in asked["in"]
    least = asked.get("min", 0)
    return value is not None and least <= value <= asked.get("max", value)


def _list(wanted: Any, name: str) -> list[str]:
    return wanted[name]["with"] if wanted[name] else []


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
