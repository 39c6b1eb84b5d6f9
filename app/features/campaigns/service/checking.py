"""What can be wrong with a campaign or a requirement, found all at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from app.features.campaigns import codes, rules
from app.features.campaigns.errors import (
    CODE_IN_USE,
    CODE_OF_SERVICE,
    DAY_OUTSIDE_CAMPAIGN,
    FIXED,
    LEAVES_OUT,
    NOT_EXTENDED,
    NOT_WITH,
    OUTSIDE_SUBTREE,
    PERIOD_REVERSED,
    REPEATED_CODE,
    TOO_MANY_PERIODS,
    UNIT_IS_BRANCH,
    UNKNOWN_PARENT_CODE,
    UNKNOWN_UNIT,
)
from app.features.campaigns.notice_errors import NOT_A_NOTICE
from app.features.campaigns.schemas.campaigns import CampaignIn
from app.features.campaigns.schemas.notices import CodedIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.features.campaigns.schemas.supplements import SupplementIn
from app.features.campaigns.service import evidence, layering
from app.features.campaigns.service.evidence import OF_SUBJECT
from app.features.campaigns.service.layering import Frame
from app.kit import clock
from app.kit.choices import choices
from app.kit.ids import is_within
from app.kit.language import Text
from app.kit.problems import FieldError
from app.models import Campaign, Requirement, Supplement
from app.models.vocabulary import ActivityKind, LeaderItem, SubjectType


def campaign_errors(body: CampaignIn) -> Iterator[FieldError]:
    """Yield what is wrong with a campaign's own content."""
    if body.ends_on is not None and body.ends_on < body.starts_on:
        yield PERIOD_REVERSED.at("/ends_on", start=body.starts_on)
    numbers = [notice.document_number for notice in body.notices]
    for place in rules.repeated(numbers):
        yield REPEATED_CODE.at(f"/notices/{place}/document_number", code=numbers[place])
    yield from _own_code_errors(body)
    for name in codes.LISTS:
        items: Sequence[CodedIn] = getattr(body, name)
        given = [item.code for item in items]
        for place in rules.repeated(given):
            yield REPEATED_CODE.at(f"/{name}/{place}/code", code=given[place])
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
    for name in codes.LISTS:
        after = codes.label([body], name)
        used = {code for r in requirements for code in evidence.list_codes(r.evidence, name)}
        for code in rules.dropped(codes.label([before], name), after):
            if before.opening_at is not None or code in used:
                yield CODE_IN_USE.at(f"/{name}", code=code)
    for record in requirements:
        period = body.starts_on, body.ends_on
        window = evidence.list_days_outside(record.evidence, *period)
        for day in (record.opens_on, record.due_on, *window):
            if rules.outside(day, *period):
                early = day is not None and day < body.starts_on
                pointer = "/starts_on" if early else "/ends_on"
                yield LEAVES_OUT.at(pointer, code=record.code, day=day)


def notice_id_errors(body: CampaignIn, campaign: Campaign | None) -> Iterator[FieldError]:
    """Yield what is wrong with the ids of notices that were sent back; new ones have none."""
    known = set()
    if campaign is not None:
        numbers = [notice["document_number"] for notice in campaign.notices]
        numbers += [notice.document_number for notice in body.notices]
        known = {rules.notice_id(campaign.id, number) for number in numbers}
    for place, notice in enumerate(body.notices):
        if notice.id is not None and notice.id not in known:
            yield NOT_A_NOTICE.at(f"/notices/{place}/id")


def dropped_notices(before: Campaign, body: CampaignIn) -> dict[UUID, str]:
    """Return the notices that new content leaves out, by their ids."""
    after = {notice.document_number for notice in body.notices}
    numbers = rules.dropped([notice["document_number"] for notice in before.notices], after)
    return {rules.notice_id(before.id, number): number for number in numbers}


def codes_of(campaign: CampaignIn | Campaign) -> dict[str, dict[str, Text]]:
    """Return the codes that evidence can be asked for, by list, with what they are called."""
    return {name: codes.label([campaign], name) for name in codes.LISTS}


def _own_code_errors(body: CampaignIn) -> Iterator[FieldError]:
    """Yield what is wrong with what a campaign's own kinds and items extend."""
    for place, kind in enumerate(body.activity_kinds):
        if kind.code in set(ActivityKind):
            yield CODE_OF_SERVICE.at(f"/activity_kinds/{place}/code", code=kind.code)
        if kind.extends not in set(ActivityKind):
            expected = choices(ActivityKind)
            yield NOT_EXTENDED.at(f"/activity_kinds/{place}/extends", expected=expected)
    for place, item in enumerate(body.leader_items):
        if item.extends is not None and item.extends not in set(LeaderItem):
            expected = choices(LeaderItem)
            yield NOT_EXTENDED.at(f"/leader_items/{place}/extends", expected=expected)


def with_added(
    known: Mapping[str, Mapping[str, Text]], added: Iterable[Supplement | SupplementIn]
) -> dict[str, Mapping[str, Text]]:
    """Return the codes that evidence can be asked for where these supplements are in force."""
    found = {name: dict(texts) for name, texts in known.items()}
    for supplement in added:
        for name, texts in found.items():
            for entry in getattr(supplement, name, ()):
                item = CodedIn.model_construct(**entry) if isinstance(entry, dict) else entry
                texts[item.code] = Text(item.title, item.title_en or item.title)
    return {**found}


def requirement_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield what is wrong with a requirement."""
    yield from _date_errors(frame, body)
    yield from evidence.evidence_errors(frame, body)
    yield from _reach_errors(frame, body)
    yield from layering.layer_errors(frame, body)


def _date_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    for name in ("opens_on", "due_on"):
        if rules.outside(getattr(body, name), frame.starts_on, frame.ends_on):
            end = frame.ends_on or "…"
            yield DAY_OUTSIDE_CAMPAIGN.at(f"/{name}", start=frame.starts_on, end=end)
    if body.opens_on and body.due_on and body.due_on < body.opens_on:
        yield PERIOD_REVERSED.at("/due_on", start=body.opens_on)
    elif body.every is not None:
        first, last = body.opens_on or frame.starts_on, body.due_on or frame.ends_on
        if rules.count_times(body.every, 1, first, last or clock.today()) > rules.PERIODS_MOST:
            yield TOO_MANY_PERIODS.at("/every", most=rules.PERIODS_MOST)


def _reach_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    wanted, other = body.applies_to, OF_SUBJECT.filled(subject=body.subject)
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
