"""The demonstration's records as request bodies: codes become the ids that the service gave."""

from collections.abc import Mapping
from typing import Any, Final

from app.demo.records import Activity, Inspection, Leader, Organization, Record, Report

SOURCE: Final = "dajiatan-demo"


class Bodies:
    """Bodies of everything that is sent; those of submissions lack campaign and natural key."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        """`ids` are the service's by code, filled as things are made."""
        self._ids = ids

    def unit(self, unit: Organization) -> dict[str, Any]:
        """Return a unit, below a parent that has its id."""
        return {
            **self._organization(unit),
            "short_name": unit.short_name,
            "division": unit.division,
            "parent_id": self._ids[unit.parent or ""],
        }

    def branch(self, branch: Organization) -> dict[str, Any]:
        """Return a branch of a unit."""
        return {**self._organization(branch), "unit_id": self._ids[branch.parent or ""]}

    def leader(self, leader: Leader) -> dict[str, Any]:
        """Return a leading cadre."""
        return {
            "name": leader.name,
            "post": leader.post,
            "position_level": leader.position_level,
            "unit_id": self._ids[leader.unit],
            "branch_id": self._ids[leader.branch],
            "sort_order": leader.sort_order,
            "source": SOURCE,
            "external_id": leader.code,
        }

    def activity(self, activity: Activity) -> dict[str, Any]:
        """Return an activity with what was entered with it."""
        return {
            "org_id": self._ids[activity.organization],
            "kind": activity.kind,
            "held_on": activity.held_on.isoformat(),
            "topics": activity.topics,
            "checks": activity.checks,
            "talk_mode": activity.talk_mode,
            "methods": activity.methods,
            "participants": [
                {"leader_id": self._ids[leader], "role": role}
                for leader, role in activity.participants
            ],
            "members_present": activity.members_present,
            "public_present": activity.public_present,
            "person_times": activity.person_times,
            "member_refs": activity.member_refs,
            "findings": activity.findings,
            "opinions": activity.opinions,
            **activity.body,
        }

    def record(self, record: Record) -> dict[str, Any]:
        """One of the three ones, sent directly."""
        return {
            "leader_id": self._ids[record.leader],
            "item": record.item,
            "done_on": record.done_on.isoformat(),
            "title": record.title,
        }

    def report(self, report: Report) -> dict[str, Any]:
        """Return a written submission."""
        return {
            "org_id": self._ids[report.organization],
            "kind": report.kind,
            "reported_on": report.reported_on.isoformat(),
            "title": report.title,
            "body": None if report.nil_kinds else f"**{report.title}**。演示材料。",
            "leader_id": self._ids[report.leader] if report.leader else None,
            "nil_kinds": report.nil_kinds,
        }

    def inspection(self, inspection: Inspection) -> dict[str, Any]:
        """Return an inspection."""
        return {
            "unit_id": self._ids[inspection.unit],
            "org_id": self._ids[inspection.organization],
            "held_on": inspection.held_on.isoformat(),
            "seen": "查阅会议记录，听取党员意见。",
            "follow_ups": inspection.follow_ups,
        }

    def _organization(self, organization: Organization) -> dict[str, Any]:
        return {
            "code": organization.code,
            "name": organization.name,
            "kind": organization.kind,
            "sector": organization.sector,
            "sort_order": organization.sort_order,
            "member_count": organization.members,
            "source": SOURCE,
            "external_id": organization.code,
        }
