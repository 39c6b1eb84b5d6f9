"""What the demonstration sends, in its own words: places and people by code, days as dates.

The loader turns these into request bodies, the recount adds them up; neither asks the service
what became of them.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Organization:
    """A unit or a branch. `parent` is the code of the unit above, None of the root only."""

    type: Literal["unit", "branch"]
    code: str
    name: str
    short_name: str
    kind: str
    sector: str
    parent: str | None
    sort_order: int = 0
    members: int | None = None
    division: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Leader:
    """A leading cadre of a unit, member of a branch; `code` is the caller's own id of them."""

    code: str
    name: str
    post: str
    position_level: str
    unit: str
    branch: str
    sort_order: int


@dataclass(frozen=True, slots=True)
class Tree:
    """Everybody who owes something: organizations from the root down, and leaders."""

    organizations: tuple[Organization, ...]
    leaders: tuple[Leader, ...]

    @property
    def root(self) -> Organization:
        """The one organization without a parent."""
        return self.organizations[0]


@dataclass(frozen=True, slots=True)
class Activity:
    """One event as sent: `participants` are `(leader, role)`, `body` is what nothing counts by."""

    code: str
    organization: str
    kind: str
    held_on: date
    topics: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    talk_mode: str | None = None
    methods: tuple[str, ...] = ()
    participants: tuple[tuple[str, str], ...] = ()
    members_present: int = 0
    public_present: int = 0
    person_times: int | None = None
    member_refs: tuple[str, ...] = ()
    findings: tuple[dict[str, Any], ...] = ()
    opinions: tuple[dict[str, Any], ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    withdrawn: bool = False
    """Taken back after it was sent: it must count for nothing."""
    twice: bool = False
    """Sent a second time, as after a lost answer: it must count once."""

    @property
    def attendances(self) -> int:
        """Return how many took part, person-times where they were counted."""
        if self.person_times is not None:
            return self.person_times
        return self.members_present + self.public_present


@dataclass(frozen=True, slots=True)
class Record:
    """One of a leader's "three ones", sent directly."""

    code: str
    leader: str
    item: str
    done_on: date
    title: str
    withdrawn: bool = False
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A written submission of an organization; `leader` wrote it, where somebody is named."""

    code: str
    organization: str
    kind: str
    reported_on: date
    title: str
    leader: str | None = None
    nil_kinds: tuple[str, ...] = ()
    passed_on: tuple[tuple[str, date], ...] = ()
    """Units that sent it further up, each with the day."""
    selected: bool = False
    withdrawn: bool = False
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """A unit's inspection of an organization below it."""

    code: str
    unit: str
    organization: str
    held_on: date
    follow_ups: tuple[dict[str, Any], ...] = ()
    withdrawn: bool = False
    twice: bool = False


Submission = Activity | Record | Report | Inspection


@dataclass(frozen=True, slots=True)
class Sent:
    """All submissions of a run, and `(requirement, subject)` codes of what was exempted."""

    activities: tuple[Activity, ...]
    records: tuple[Record, ...]
    reports: tuple[Report, ...] = ()
    inspections: tuple[Inspection, ...] = ()
    exempt: frozenset[tuple[str, str]] = frozenset()
