"""An independent recount: from what was sent alone, what the service's progress must say.

It shares no code with the service. Everything is held in memory and added up row by row, as
somebody with paper and a pencil would, so that a mistake in one is no mistake in the other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from app.demo.conditions import does_all
from app.demo.duties import Duty, Tally, add, day_of, days_owed, kinds_of_report
from app.demo.figures import COUNTS, FIGURES, Groups
from app.demo.records import Activity, Leader, Organization, Report, Sent, Tree

_DETAILS: Final = {"items": "items", "households": "households",
                   "people_received": "people_received", "volunteers": "volunteers",
                   "volunteer_hours": "hours", "column_issues": "issues"}  # fmt: skip
_TALKS_AMONG_PRIMARY_ORGANIZATIONS: Final = {"general_branch", "primary_committee"}


class Recount:
    """The ledger that follows from a tree, a campaign's requirements and what was sent.

    `requirements` are those of `GET /v1/campaigns/{id}`; `ids` are the service's ids of
    organizations by code, which the requirements name their units by. `days` are the first and the
    last of the campaign.
    """

    def __init__(
        self,
        tree: Tree,
        requirements: Sequence[Mapping[str, Any]],
        ids: Mapping[str, str],
        sent: Sent,
        today: date,
        days: tuple[str | None, str | None] = (None, None),
    ) -> None:
        """Make every duty, then count everything that was sent for those that it serves."""
        self.today = today
        self.organizations = {o.code: o for o in tree.organizations}
        self.leaders = {leader.code: leader for leader in tree.leaders}
        self.activities = sent.activities
        self.standing = [a for a in sent.activities if not a.withdrawn]
        self.held: dict[str, list[Activity]] = defaultdict(list)
        for activity in self.standing:
            self.held[activity.organization].append(activity)
        self.reports = [r for r in sent.reports if not r.withdrawn]
        self.inspections = [i for i in sent.inspections if not i.withdrawn]
        self.requirements = [r for r in requirements if r["active"]]
        codes = {identifier: code for code, identifier in ids.items()}
        self.first, self.last = (day_of(day) for day in days)
        self.duties: dict[tuple[str, ...], Duty] = {}
        self._owed: dict[tuple[str, str], list[Duty]] = defaultdict(list)
        for requirement in self.requirements:
            self._owe(requirement, codes, sent.exempt)
        for activity in self.standing:
            self._count_activity(activity)
        for record in sent.records:
            if not record.withdrawn:
                self._count("leader_record", record.item, record.done_on, [record.leader])
        for report in self.reports:
            self._count_report(report)
            if report.kind == "research_article" and report.leader:
                self._count("leader_record", report.kind, report.reported_on, [report.leader])
        for inspection in self.inspections:
            self._count("inspection", "inspection", inspection.held_on, [inspection.unit])

    def by_children(self, unit: str) -> Groups:
        """Return a unit's subtree by organization directly below it; its own under its own code."""
        inside = set(self._subtree(unit))

        def child(code: str | None) -> str | None:
            return self._child(unit, code) if code in inside else None

        return self._grouped(child, lambda code: child(self.organizations[code].parent))

    def by_sector(self, unit: str) -> Groups:
        """Return a unit's subtree by sector."""
        inside = set(self._subtree(unit))
        sector = self.organizations
        return self._grouped(
            lambda code: sector[code].sector if code in inside else None,
            lambda code: sector[code].sector if sector[code].parent in inside else None,
        )

    def leader_records(self) -> list[tuple[str, str, str]]:
        """`(activity, leader, item)` of the leader records that must follow from activities."""
        return sorted((a.code, *one) for a in self.standing for one in self._three_ones(a))

    def _owe(
        self,
        requirement: Mapping[str, Any],
        codes: Mapping[str, str],
        exempt: frozenset[tuple[str, str]],
    ) -> None:
        wanted = requirement["applies_to"]
        top = codes[wanted["under_unit_id"]]
        for subject, organization, leader in self._subjects(requirement["subject"]):
            fits = (
                self._reaches(wanted["scope"], top, organization)
                and organization.sector in (wanted["sectors"] or [organization.sector])
                and organization.kind in (wanted["unit_kinds"] or [organization.kind])
            )
            levels = wanted["position_levels"]
            if not fits or (leader and levels and leader.position_level not in levels):
                continue
            key = (requirement["code"], subject)
            for part, opens_on, due_on in days_owed(requirement, self.first, self.last, self.today):
                duty = Duty(
                    *key,
                    organization.code,
                    opens_on,
                    due_on,
                    requirement["min_count"],
                    key in exempt,
                    kinds_of_report(requirement["evidence"]),
                    anew=bool(part),
                )
                self.duties[(*key, *part)] = duty
                self._owed[key].append(duty)

    def _subjects(self, kind: str) -> Iterable[tuple[str, Organization, Leader | None]]:
        if kind == "leader":
            for leader in self.leaders.values():
                yield leader.code, self.organizations[leader.unit], leader
        else:
            for organization in self.organizations.values():
                if organization.type == kind:
                    yield organization.code, organization, None

    def _reaches(self, scope: str, top: str, organization: Organization) -> bool:
        if scope == "self":
            return organization.code == top
        if scope == "direct_reporters":
            return organization.parent == top
        return top in self._line(organization.code)

    def _count_activity(self, activity: Activity) -> None:
        """For its holder; for leaders at their own branch; and for each leader's three ones."""
        present = [self.leaders[code] for code, _ in activity.participants]
        own = [leader.code for leader in present if leader.branch == activity.organization]
        others = self.held[activity.organization]
        for requirement in self._asking("activity", activity.kind):
            if does_all(requirement["evidence"], activity, others):
                self._add(requirement, activity.held_on, [activity.organization, *own])
        for leader, item in self._three_ones(activity):
            self._count("leader_record", item, activity.held_on, [leader])

    def _count_report(self, report: Report) -> None:
        """For its author; for each unit that sent it on; once for one that did both.

        A nil return settles what asks for nothing but kinds that it names.
        """
        for duty in self._asked_of(report.organization) if report.nil_kinds else ():
            if set(duty.kinds) <= set(report.nil_kinds) and duty.takes(report.reported_on):
                duty.nil.append(report.reported_on)
        days: dict[str, dict[str, date]] = defaultdict(dict)
        for requirement in self._asking("report", report.kind):
            asked = requirement["evidence"]
            if asked.get("selected") and not report.selected:
                continue
            found = days[requirement["code"]]
            above = self.organizations[report.organization].parent
            if not asked.get("forwarded") or (asked.get("own") and above is not None):
                found[report.organization] = report.reported_on
            for unit, day in report.passed_on if asked.get("forwarded") else ():
                found[unit] = min(day, found.get(unit, day))
        for code, subjects in days.items():
            for subject, day in subjects.items():
                self._credit(code, subject, day)

    def _asked_of(self, organization: str) -> Iterable[Duty]:
        """Yield duties of an organization to report something of named kinds."""
        for duty in self.duties.values():
            if duty.subject == organization and duty.kinds:
                yield duty

    def _asking(self, record: str, kind: str) -> Iterable[Mapping[str, Any]]:
        """Yield the requirements that ask for records of a kind."""
        for requirement in self.requirements:
            asked = requirement["evidence"]
            if asked["record"] == record and (not asked["kinds"] or kind in asked["kinds"]):
                yield requirement

    def _three_ones(self, activity: Activity) -> Iterable[tuple[str, str]]:
        """Yield who discussed (was in a discussion) or guided (spoke at the primary level)."""
        holder = self.organizations[activity.organization]
        primary = holder.type == "branch" or holder.kind in _TALKS_AMONG_PRIMARY_ORGANIZATIONS
        for leader, role in activity.participants:
            if activity.kind in {"discussion", "symposium"}:
                yield leader, "discussion"
            elif activity.kind == "guidance_talk" and role == "speaker" and primary:
                yield leader, "grassroots_talk"

    def _count(self, record: str, kind: str, day: date, subjects: Sequence[str]) -> None:
        for requirement in self._asking(record, kind):
            self._add(requirement, day, subjects)

    def _add(self, requirement: Mapping[str, Any], day: date, subjects: Iterable[str]) -> None:
        for subject in subjects:
            self._credit(requirement["code"], subject, day)

    def _credit(self, code: str, subject: str, day: date) -> None:
        for duty in self._owed[code, subject]:
            if duty.takes(day):
                duty.days.append(day)

    def _grouped(
        self, group_of: Callable[[str], str | None], below: Callable[[str], str | None]
    ) -> Groups:
        """Add up by group; `below` is that of an organization as a subordinate one."""
        whole: dict[str, Tally] = defaultdict(lambda: dict.fromkeys(FIGURES, 0))
        parts: dict[str, dict[str, Tally]] = defaultdict(
            lambda: defaultdict(lambda: dict.fromkeys(FIGURES, 0))
        )
        for duty in self.duties.values():
            group = group_of(duty.organization)
            if group is not None:
                add(whole[duty.requirement], duty.tally(self.today))
                add(parts[group][duty.requirement], duty.tally(self.today))
        whole_counts = dict.fromkeys(COUNTS, 0)
        parts_counts: dict[str, Tally] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
        done = [(group_of(organization), work) for organization, work in self._work()]
        done += [(below(organization), work) for organization, work in self._seen()]
        for group, work in done:
            if group is not None:
                add(whole_counts, work)
                add(parts_counts[group], work)
        return Groups(whole, whole_counts, parts, parts_counts)

    def _work(self) -> Iterable[tuple[str, Tally]]:
        """Yield what was done, each with whom it is counted with."""
        for activity in self.standing:
            held = {"activities": 1, "attendances": activity.attendances}
            yield activity.organization, {**held, **_told(activity)}
        for activity in self.activities:
            yield activity.organization, self._found(activity)
        meetings = {(activity.kind, activity.organization) for activity in self.standing}
        for organization in self.organizations.values():
            if organization.type == "branch":
                yield organization.code, self._reached(organization.code)
                met = ("themed_org_life_meeting", organization.code) in meetings
                yield organization.code, {"branches_met/n": int(met), "branches_met/of": 1}
        for report in self.reports:
            yield report.organization, {"nil_returns" if report.nil_kinds else "reports": 1}
        for inspection in self.inspections:
            yield inspection.unit, {"inspections": 1}

    def _seen(self) -> Iterable[tuple[str, Tally]]:
        """Yield every organization, inspected or not: it is counted with its superior."""
        inspected = {inspection.organization for inspection in self.inspections}
        for code in self.organizations:
            yield code, {"inspected/n": int(code in inspected), "inspected/of": 1}

    def _found(self, activity: Activity) -> Tally:
        """Count what was found and asked for: it stays, whatever became of the activity."""
        days = [day_of(finding.get("due_on")) for finding in activity.findings]
        missed = [day for day in days if day is not None and day < self.today]
        return {
            "findings_open": len(activity.findings),
            "findings_overdue": len(missed),
            "opinions": len(activity.opinions),
        }

    def _reached(self, branch: str) -> Tally:
        """Return the members of a branch who took part in anything."""
        held = [a for a in self.standing if a.organization == branch]
        members = {reference for a in held for reference in a.member_refs}
        most = len(members) or max((a.members_present for a in held), default=0)
        return {
            "members_reached": min(most, sum(a.attendances for a in held)),
            "branches_with_references": int(bool(members)),
        }

    def _child(self, unit: str, code: str) -> str:
        """Return what is directly below the unit and is `code` or above it; the unit for itself."""
        line = self._line(code)
        return unit if code == unit else line[line.index(unit) - 1]

    def _subtree(self, unit: str) -> Iterable[str]:
        return (code for code in self.organizations if unit in self._line(code))

    def _line(self, code: str) -> list[str]:
        """Return an organization and all above it, upwards."""
        line = [code]
        while (above := self.organizations[line[-1]].parent) is not None:
            line.append(above)
        return line


def _told(activity: Activity) -> Tally:
    """Return what is asked of some kinds of activity only."""
    details = activity.body.get("details", {})
    told = {name: details.get(field, 0) for name, field in _DETAILS.items()}
    visited = told["households"] if activity.kind == "visit" else 0
    return {**told, "households_visited": visited}
