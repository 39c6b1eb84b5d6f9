"""What can be wrong with a campaign or a requirement, found all at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.features.campaigns import rules
from app.features.campaigns.errors import (
    CODE_IN_USE,
    DAY_OUTSIDE_CAMPAIGN,
    FIXED,
    LEAVES_OUT,
    NOT_A_SUPERIORS,
    NOT_OF_RECORD,
    NOT_WITH,
    ONLY_WITH_FORWARDED,
    OUTSIDE_SUBTREE,
    PERIOD_REVERSED,
    REPEATED_CODE,
    SHORTENS_SUPERIOR,
    UNIT_IS_BRANCH,
    UNKNOWN_CAMPAIGN_CODE,
    UNKNOWN_PARENT_CODE,
    UNKNOWN_UNIT,
)
from app.features.campaigns.queries import Place
from app.features.campaigns.schemas.campaigns import CampaignIn
from app.features.campaigns.schemas.notices import CodedIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.kit.choices import choices
from app.kit.ids import is_within
from app.kit.language import Text
from app.kit.problems import FieldError
from app.models import Campaign, Requirement
from app.models.vocabulary import ActivityKind, EvidenceRecord, LeaderItem, ReportKind, SubjectType

KINDS: Final[dict[EvidenceRecord, tuple[str, ...]]] = {
    EvidenceRecord.ACTIVITY: tuple(ActivityKind),
    EvidenceRecord.LEADER_RECORD: tuple(LeaderItem),
    EvidenceRecord.REPORT: tuple(ReportKind),
    EvidenceRecord.INSPECTION: (),
}
"""The kinds of each record that evidence can be asked of."""
_OF_SUBJECT: Final = Text("对{subject}的工作要求", "a requirement of a {subject}")
_OF_RECORD: Final = Text("以{record}为据的工作要求", "a requirement met by a {record}")
_LISTS: Final = ("topics", "checks", "talk_modes", "methods")


def campaign_errors(body: CampaignIn) -> Iterator[FieldError]:
    """Yield what is wrong with a campaign's own content."""
    if body.ends_on is not None and body.ends_on < body.starts_on:
        yield PERIOD_REVERSED.at("/ends_on", start=body.starts_on)
    numbers = [notice.document_number for notice in body.notices]
    for place in rules.repeated(numbers):
        yield REPEATED_CODE.at(f"/notices/{place}/document_number", code=numbers[place])
    for name in _LISTS:
        items = getattr(body, name)
        codes = [item.code for item in items]
        for place in rules.repeated(codes):
            yield REPEATED_CODE.at(f"/{name}/{place}/code", code=codes[place])
        known = [mode.code for mode in body.talk_modes] if name == "methods" else []
        pairs = [(item.code, item.parent) for item in items]
        for place in rules.unknown_parents(pairs, known):
            yield UNKNOWN_PARENT_CODE.at(f"/{name}/{place}/parent", code=items[place].parent)


def change_errors(
    before: Campaign, body: CampaignIn, requirements: Sequence[Requirement]
) -> Iterator[FieldError]:
    """Yield what new content would leave requirements or submitted work without their footing."""
    if before.opening_at is not None:
        for name in ("code", "counts_from"):
            if getattr(body, name) != getattr(before, name):
                yield FIXED.at(f"/{name}")
    for name in _LISTS:
        after = {item.code for item in getattr(body, name)}
        used = {code for r in requirements for code in r.evidence.get(name, ())}
        codes = [item["code"] for item in getattr(before, name)]
        for code in rules.dropped(codes, after):
            if before.opening_at is not None or code in used:
                yield CODE_IN_USE.at(f"/{name}", code=code)
    for record in requirements:
        for day in (record.opens_on, record.due_on):
            if rules.outside(day, body.starts_on, body.ends_on):
                early = day is not None and day < body.starts_on
                pointer = "/starts_on" if early else "/ends_on"
                yield LEAVES_OUT.at(pointer, code=record.code, day=day)


@dataclass(frozen=True, slots=True)
class Frame:
    """What requirements of one issuer are checked against."""

    starts_on: date
    ends_on: date | None
    codes: Mapping[str, Mapping[str, Text]]
    """The campaign's `topics` and `checks`, with what they are called."""
    issuer: Place
    places: Mapping[UUID, Place]
    """The units that requirements reach down from, as far as the caller sees them."""
    superiors: Sequence[tuple[Requirement, rules.Reach]] = ()
    """Active requirements of the units above the issuer, the nearest first."""


def codes_of(campaign: CampaignIn | Campaign) -> dict[str, dict[str, Text]]:
    """Return the topics and checks that evidence can be asked for, with what they are called."""
    entries = {
        name: [
            CodedIn.model_construct(**item) if isinstance(item, dict) else item
            for item in getattr(campaign, name)
        ]
        for name in ("topics", "checks")
    }
    return {
        name: {e.code: Text(e.title, e.title_en or e.title) for e in some}
        for name, some in entries.items()
    }


def requirement_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield what is wrong with a requirement."""
    yield from _date_errors(frame, body)
    yield from _evidence_errors(frame, body)
    yield from _reach_errors(frame, body)
    yield from _superior_errors(frame, body)


def extended(frame: Frame, body: RequirementIn) -> str | None:
    """Return the superior's requirement that this passes on: named, or asking for the same."""
    if body.extends_code is not None:
        return body.extends_code
    return next((record.code for record in _alike(frame, body)), None)


def reach_of(record: Requirement, path: str) -> rules.Reach:
    """Return whom a requirement applies to, reaching down from `path`."""
    return _reach(path, record.applies_to)


def _reach(path: str, wanted: Mapping[str, Any]) -> rules.Reach:
    return rules.Reach(
        path,
        wanted["scope"],
        frozenset(wanted["sectors"]),
        frozenset(wanted["unit_kinds"]),
        frozenset(wanted["position_levels"]),
    )


def _date_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    for name in ("opens_on", "due_on"):
        if rules.outside(getattr(body, name), frame.starts_on, frame.ends_on):
            end = frame.ends_on or "…"
            yield DAY_OUTSIDE_CAMPAIGN.at(f"/{name}", start=frame.starts_on, end=end)
    if body.opens_on and body.due_on and body.due_on < body.opens_on:
        yield PERIOD_REVERSED.at("/due_on", start=body.opens_on)


def _evidence_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    evidence = body.evidence
    record = evidence.record
    if record is EvidenceRecord.LEADER_RECORD and body.subject is not SubjectType.LEADER:
        yield NOT_WITH.at("/evidence/record", other=_OF_SUBJECT.filled(subject=body.subject))
    for place, kind in enumerate(evidence.kinds):
        if kind not in KINDS[record]:
            pointer, expected = f"/evidence/kinds/{place}", choices(KINDS[record])
            yield NOT_OF_RECORD.at(pointer, record=record, expected=expected)
    for name in ("topics", "checks"):
        codes = getattr(evidence, name)
        if codes and record is not EvidenceRecord.ACTIVITY:
            yield NOT_WITH.at(f"/evidence/{name}", other=_OF_RECORD.filled(record=record))
            continue
        for place, code in enumerate(codes):
            if code not in frame.codes[name]:
                expected = choices(frame.codes[name], frame.codes[name])
                yield UNKNOWN_CAMPAIGN_CODE.at(f"/evidence/{name}/{place}", expected=expected)
    yield from _passing_errors(body)


def _passing_errors(body: RequirementIn) -> Iterator[FieldError]:
    evidence = body.evidence
    record = evidence.record
    for name in ("forwarded", "own", "selected"):
        if getattr(evidence, name) and record is not EvidenceRecord.REPORT:
            yield NOT_WITH.at(f"/evidence/{name}", other=_OF_RECORD.filled(record=record))
    if evidence.own and not evidence.forwarded:
        yield ONLY_WITH_FORWARDED.at("/evidence/own")
    if evidence.forwarded and body.subject is not SubjectType.UNIT:
        yield NOT_WITH.at("/evidence/forwarded", other=_OF_SUBJECT.filled(subject=body.subject))


def _reach_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    wanted, other = body.applies_to, _OF_SUBJECT.filled(subject=body.subject)
    if wanted.under_unit_id is not None:
        pointer = "/applies_to/under_unit_id"
        place = frame.places.get(wanted.under_unit_id)
        if place is None:
            yield UNKNOWN_UNIT.at(pointer)
        elif place.type != "unit":
            yield UNIT_IS_BRANCH.at(pointer)
        elif not is_within(place.path, frame.issuer.path):
            yield OUTSIDE_SUBTREE.at(pointer, name=frame.issuer.name)
    if wanted.unit_kinds and body.subject is SubjectType.BRANCH:
        yield NOT_WITH.at("/applies_to/unit_kinds", other=other)
    if wanted.position_levels and body.subject is not SubjectType.LEADER:
        yield NOT_WITH.at("/applies_to/position_levels", other=other)


def _superior_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    above = {record.code: record for record, _ in frame.superiors}
    named = above.get(body.extends_code) if body.extends_code else None
    if body.extends_code and (named is None or named.subject != body.subject):
        yield NOT_A_SUPERIORS.at("/extends_code", code=body.extends_code)
        return
    extends = {record.code: record.extends_code for record in above.values()}
    passed_on = set(rules.line_above(body.extends_code, extends))
    for record in _alike(frame, body):
        passed_on |= rules.line_above(record.code, extends)
    shortened = [
        record
        for code, record in above.items()
        if code in passed_on and rules.shortens(body.due_on, record.due_on)
    ]
    for record in shortened:
        yield SHORTENS_SUPERIOR.at(
            "/due_on", own=body.due_on, code=record.code, superior=record.due_on
        )


def _alike(frame: Frame, body: RequirementIn) -> Iterator[Requirement]:
    """Superiors' requirements that ask somebody here for the same evidence."""
    place = frame.places.get(body.applies_to.under_unit_id or frame.issuer.id, frame.issuer)
    own = _reach(place.path, body.applies_to.model_dump(mode="json"))
    evidence = body.evidence.model_dump(mode="json")
    for record, reach in frame.superiors:
        if (
            record.subject == body.subject
            and rules.same_evidence(record.evidence, evidence)
            and rules.may_meet(reach, own)
        ):
            yield record
