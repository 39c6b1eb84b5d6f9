"""What a campaign's progress must be, worked out by hand from what was done; nothing of `app`.

Whoever keeps such books keeps four lists: who stands below whom, who leads what, what is asked,
what was handed in. Every figure is counted anew from them, row by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

FIGURES = ("due", "done", "on_time", "late", "nil", "open", "overdue", "returned", "exempt",
           "upcoming", "surplus")  # fmt: skip
COUNTS = ("activities", "attendances", "members_reached", "branches_with_references", "items",
          "households", "households_visited", "people_received", "volunteers", "volunteer_hours",
          "column_issues", "findings_open", "findings_closed", "findings_overdue", "opinions",
          "reports", "nil_returns", "adopted", "inspections")  # fmt: skip
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


@dataclass
class Leader:
    """A leading cadre; `branches` are all to which they ever belonged."""

    unit: str
    branches: list[str]
    level: str | None
    left_on: date | None = None
    second: list[str] = field(default_factory=list)


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
    adopted_on: date | None = None
    selected: bool = False
    nil_kinds: set[str] = field(default_factory=set)
    passed_on: dict[str, date] = field(default_factory=dict)
    """Units that sent it further up since it was handed in last, and the days."""


@dataclass
class Finding:
    """A problem found by the checks."""

    org: str
    found_at: str
    """The activity, which must stand."""
    day: date
    due: date | None
    status: str = "open"


@dataclass
class Model:
    """The books."""

    orgs: dict[str, Org] = field(default_factory=dict)
    leaders: dict[str, Leader] = field(default_factory=dict)
    requirements: list[Any] = field(default_factory=list)
    """As `GET /v1/campaigns/{id}` answers them."""
    deeds: dict[str, Deed] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    exempt: set[tuple[str, str]] = field(default_factory=set)
    """Code of the requirement and subject."""

    def line(self, org: str | None) -> Iterator[str]:
        """The organization and all above it."""
        while org is not None:
            yield org
            org = self.orgs[org].parent

    def group(self, unit: str, org: str, by: str) -> str | None:
        """The part of a unit's subtree in which an organization is; None: in none."""
        line = list(self.line(org))
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
                group = self.group(unit, home, by)
                if group is None:
                    continue
                for name, value in self.one(requirement, subject, day, ended=ended).items():
                    line = found.setdefault(group, {}).setdefault(requirement["code"], {})
                    line[name] = line.get(name, 0) + value
        return found

    def subjects(self, requirement: Any, day: date) -> Iterator[tuple[str, str, bool]]:
        """Who owes it: the subject, the organization that answers for it, whether it has ended."""
        if requirement["subject"] == "leader":
            for name, leader in self.leaders.items():
                posts = [u for u in (leader.unit, *leader.second) if self.asked(requirement, u)]
                levels = requirement["applies_to"]["position_levels"]
                if posts and (not levels or leader.level in levels):
                    yield name, posts[0], leader.left_on is not None and leader.left_on < day
            return
        for name, org in self.orgs.items():
            if org.type == requirement["subject"] and self.asked(requirement, name):
                yield name, name, org.closed_on is not None and org.closed_on <= day

    def asked(self, requirement: Any, name: str) -> bool:
        """Whether the requirement reaches an organization."""
        wanted, org = requirement["applies_to"], self.orgs[name]
        top = wanted["under_unit_id"]
        reached = {
            "self": name == top,
            "direct_reporters": org.parent == top,
            "subtree": top in self.line(name),
        }[wanted["scope"]]
        if requirement["subject"] != "branch" and wanted["unit_kinds"]:
            reached = reached and org.kind in wanted["unit_kinds"]
        return reached and (not wanted["sectors"] or org.sector in wanted["sectors"])

    def one(self, requirement: Any, subject: str, day: date, *, ended: bool) -> Tally:
        """The share of one obligation in the figures."""
        counted = sorted(self.days(requirement, subject, {"submitted", "accepted"}))
        opens, due = _day(requirement["opens_on"]), _day(requirement["due_on"])
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
        for deed in self.deeds.values():
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
                if (
                    record == wanted["record"]
                    and (not wanted["kinds"] or kind in wanted["kinds"])
                    and deed.topics >= set(wanted["topics"])
                    and deed.checks >= set(wanted["checks"])
                ):
                    yield deed.day

    def nil_days(self, requirement: Any, subject: str) -> Iterator[date]:
        """The days of nil returns that say that there is nothing of what is asked."""
        wanted = requirement["evidence"]
        for deed in self.deeds.values():
            standing = deed.org == subject and deed.status in {"submitted", "accepted"}
            named = wanted["kinds"] and deed.nil_kinds >= set(wanted["kinds"])
            if wanted["record"] == "report" and named and standing:
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
            group = self.group(unit, org, by)
            if group is not None:
                for name, value in tally.items():
                    line = found.setdefault(group, {})
                    line[name] = line.get(name, 0) + value
        return found

    def done(self, day: date) -> Iterator[tuple[str, Tally]]:
        """What was handed in and stands, by organization."""
        for deed in self.deeds.values():
            if deed.day > day:
                continue
            if deed.record == "activity":
                # What people asked for stays, whatever becomes of the meeting.
                yield deed.org, {"opinions": deed.opinions}
            if deed.status not in {"submitted", "accepted"}:
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
        """Members of branches who took part in anything."""
        for name, org in self.orgs.items():
            held = [
                deed
                for deed in self.deeds.values()
                if deed.record == "activity" and deed.org == name and deed.day <= day
                and deed.status in {"submitted", "accepted"}
            ]  # fmt: skip
            if org.type == "branch" and held:
                refs = set().union(*(deed.references for deed in held))
                members = len(refs) if refs else max(deed.members for deed in held)
                members = min(members, sum(deed.attendances for deed in held))
                yield name, {"members_reached": members, "branches_with_references": bool(refs)}

    def found(self, day: date) -> Iterator[tuple[str, Tally]]:
        """Problems found, by organization."""
        for finding in self.findings.values():
            if finding.day > day:
                continue
            late = finding.due is not None and finding.due < day
            late = late and finding.status in {"open", "in_progress"}
            end = "findings_closed" if finding.status == "closed" else "findings_open"
            yield finding.org, {end: 1, "findings_overdue": int(late)}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
