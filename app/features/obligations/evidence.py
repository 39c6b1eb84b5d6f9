"""What evidence is to the ledger, and what of a requirement it meets or lacks; pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

Preceding = tuple[str | None, str | None]
"""What must have come first: a kind of activity, a method, or both."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One submitted record, as the ledger sees it.

    `subjects` are all whom it may count for: the organization that held it and leaders.
    """

    record: str
    source_id: UUID
    campaign_id: UUID
    kind: str
    day: date
    subjects: frozenset[UUID]
    origin_id: UUID | None = None
    """Of a leader record that follows from an activity or a report: that one."""
    last_day: date | None = None
    """Where it took several days: the last one."""
    org_id: UUID | None = None
    """An activity: who held it."""
    topics: frozenset[str] = field(default=frozenset())
    checks: frozenset[str] = field(default=frozenset())
    talk_mode: str | None = None
    methods: frozenset[str] = field(default=frozenset())
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The fields of the record itself and of its details that a requirement may ask about."""
    findings: tuple[frozenset[str], ...] | None = None
    """What was found there: of each which fields are filled in. None until it was looked up."""
    preceded_on: Mapping[Preceding, date] | None = None
    """The last day on which what must come first was held. None until it was looked up."""
    selected: bool = False
    forwarded: bool = False
    """Its subjects have passed on a writing; false for what they did or wrote themselves."""
    handed_up: bool = False
    """A writing of its subjects that they handed in to a level above them."""
    nil_kinds: frozenset[str] = field(default=frozenset())
    """A nil return, as the record `nil_return`: the kinds of report that it says nothing of."""
    period: tuple[date, date] | None = None
    """A nil return: the days that it is about, all of them where none are named."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One condition of a requirement that evidence does not meet.

    `condition` is `topic`, `check`, `talk_mode`, `method`, `details`, `window`, `preceded_by`,
    `findings`, `forwarded` or `selected`. `name` is the code of the topic, check or method, or the
    field of the details; None where the condition has no parts. `wanted` is what was asked for, as
    the requirement says it; `found` is what is there instead, None where nothing is.
    """

    condition: str
    name: str | None
    wanted: Any
    found: Any = None

    @property
    def path(self) -> str:
        """Return what is lacking in one word: `check.policies`, `details.items`, `window`."""
        return self.condition if self.name is None else f"{self.condition}.{self.name}"


def matches(wanted: Mapping[str, Any], evidence: Evidence) -> bool:
    """Return whether evidence has the wanted record and kind, and lacks nothing else.

    What is passed on is never taken for a writing of one's own.
    """
    return is_candidate(wanted, evidence) and next(_shortfalls(wanted, evidence), None) is None


def is_candidate(wanted: Mapping[str, Any], evidence: Evidence) -> bool:
    """Return whether evidence has the wanted record and kind: what it lacks is then worth telling.

    A nil return meets what asks for nothing but the kinds of report that it names.
    """
    kinds = wanted.get("kinds") or []
    if evidence.record == "nil_return":
        return wanted["record"] == "report" and bool(kinds) and evidence.nil_kinds >= set(kinds)
    return (
        wanted["record"] == evidence.record
        and (not kinds or evidence.kind in kinds)
        and (bool(wanted.get("forwarded")) or not evidence.forwarded)
    )


def find_shortfalls(wanted: Mapping[str, Any], evidence: Evidence) -> list[Shortfall]:
    """Return every condition of a requirement that evidence of the right kind does not meet.

    Empty for what is no candidate: that is no near miss, and says nothing of the conditions.
    """
    return list(_shortfalls(wanted, evidence)) if is_candidate(wanted, evidence) else []


def find_surroundings(
    wanted: Mapping[str, Any], evidence: Evidence, *, anyway: bool = False
) -> frozenset[str]:
    """Return what must still be looked up before it is known whether evidence meets a requirement.

    `findings`, `preceded_by`, both or none; none where it fails by what is known of it already,
    unless it is to be told `anyway` what else it lacks.
    """
    if not is_candidate(wanted, evidence) or evidence.record == "nil_return":
        return frozenset()
    unknown = frozenset(
        name
        for name, known in (("findings", evidence.findings), ("preceded_by", evidence.preceded_on))
        if wanted.get(name) and known is None
    )
    if anyway or not unknown:
        return unknown
    lacking = {shortfall.condition for shortfall in _shortfalls(wanted, evidence)}
    return unknown if lacking <= unknown else frozenset()


def find_preceding(wanted: Mapping[str, Any]) -> Preceding | None:
    """Return what must have come before whatever meets a requirement, None if nothing."""
    asked = wanted.get("preceded_by")
    return (asked.get("kind"), asked.get("method")) if asked else None


def may_precede(asked: Preceding, kind: str, methods: Collection[str]) -> bool:
    """Return whether an activity is what must have come before."""
    wanted_kind, wanted_method = asked
    fits = wanted_kind is None or wanted_kind == kind
    return fits and (wanted_method is None or wanted_method in methods)


def find_period(written: Mapping[str, str] | None) -> tuple[date, date] | None:
    """Return the first and the last day of a period as it is kept."""
    if written is None:
        return None
    return date.fromisoformat(written["from"]), date.fromisoformat(written["to"])


def is_within_period(
    evidence: Evidence, opens_on: date | None, due_on: date | None, *, anew: bool = False
) -> bool:
    """Return whether what is owed falls into the days that evidence is about.

    Of what is owed anew in each period (`anew`), whether its day lies in the period.
    """
    if evidence.period is None:
        return not anew or (opens_on or evidence.day) <= evidence.day <= (due_on or evidence.day)
    first, last = evidence.period
    return (due_on is None or due_on >= first) and (opens_on is None or opens_on <= last)


def _shortfalls(wanted: Mapping[str, Any], evidence: Evidence) -> Iterator[Shortfall]:
    if evidence.record == "nil_return":
        return
    yield from _lacking_codes(wanted, evidence)
    for name, condition in (wanted.get("details") or {}).items():
        found = evidence.facts.get(name)
        if not _fulfils(condition, found):
            yield Shortfall("details", name, condition, found)
    window = wanted.get("window")
    if window and not _is_in_window(window, evidence):
        yield Shortfall("window", None, window, evidence.day)
    if wanted.get("preceded_by"):
        yield from _lacking_predecessor(wanted["preceded_by"], evidence)
    if wanted.get("findings"):
        yield from _lacking_findings(wanted["findings"], evidence)
    handed_up = wanted.get("own") and evidence.handed_up
    ways = {"forwarded": evidence.forwarded or handed_up, "selected": evidence.selected}
    for name, given in ways.items():
        if wanted.get(name) and not given:
            yield Shortfall(name, None, wanted[name])


def _lacking_codes(wanted: Mapping[str, Any], evidence: Evidence) -> Iterator[Shortfall]:
    for name, condition in _CODES.items():
        known: frozenset[str] = getattr(evidence, name)
        for code in wanted.get(name) or ():
            if code not in known:
                yield Shortfall(condition, code, code)
    modes = wanted.get("talk_modes")
    if modes and evidence.talk_mode not in modes:
        yield Shortfall("talk_mode", None, modes, evidence.talk_mode)


def _lacking_predecessor(asked: Mapping[str, Any], evidence: Evidence) -> Iterator[Shortfall]:
    last = (evidence.preceded_on or {}).get((asked.get("kind"), asked.get("method")))
    within = asked.get("within_days")
    if last is None or (within is not None and (evidence.day - last).days > within):
        yield Shortfall("preceded_by", None, asked, last)


def _lacking_findings(asked: Mapping[str, Any], evidence: Evidence) -> Iterator[Shortfall]:
    fields = set(asked.get("with") or ())
    number = sum(1 for finding in evidence.findings or () if finding >= fields)
    if number < asked["min"]:
        yield Shortfall("findings", None, asked, number)


def _fulfils(condition: Mapping[str, Any], found: Any) -> bool:
    """Return whether a number, a length or a code is what is asked for; what is missing is not."""
    if "in" in condition and found not in condition["in"]:
        return False
    size = len(found) if isinstance(found, str | list) else found
    least, most = condition.get("min"), condition.get("max")
    if least is not None and (size is None or size < least):
        return False
    return most is None or (size is not None and size <= most)


def _is_in_window(window: Mapping[str, str], evidence: Evidence) -> bool:
    """Return whether a day on which it was held is one of the window's."""
    first, last = date.fromisoformat(window["from"]), date.fromisoformat(window["to"])
    return evidence.day <= last and (evidence.last_day or evidence.day) >= first


_CODES: Final = {"topics": "topic", "checks": "check", "methods": "method"}
