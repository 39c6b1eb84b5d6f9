"""What can be wrong with a campaign or a requirement, found all at once."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.features.campaigns import rules
from app.features.campaigns.errors import (
    CODE_IN_USE,
    DAY_OUTSIDE_CAMPAIGN,
    FIXED,
    LEAVES_OUT,
    NOT_OF_RECORD,
    NOT_WITH,
    ONLY_WITH_FORWARDED,
    OUTSIDE_SUBTREE,
    PERIOD_REVERSED,
    REPEATED_CODE,
    UNIT_IS_BRANCH,
    UNKNOWN_CAMPAIGN_CODE,
    UNKNOWN_PARENT_CODE,
    UNKNOWN_UNIT,
)
from app.features.campaigns.schemas.campaigns import CampaignIn
from app.features.campaigns.schemas.notices import CodedIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.features.campaigns.service import layering
from app.features.campaigns.service.layering import Frame
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
    yield from layering.layer_errors(frame, body)


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
