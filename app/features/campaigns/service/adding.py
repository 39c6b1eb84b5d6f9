"""What a supplement adds: built, compared, and all that can be wrong with it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from app.features.campaigns import rules
from app.features.campaigns.errors import REPEATED_CODE, UNKNOWN_PARENT_CODE
from app.features.campaigns.notice_errors import CODE_KNOWN, TEMPLATE_UNFIT
from app.features.campaigns.schemas.notices import CodedIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.features.campaigns.schemas.supplements import SupplementIn
from app.features.campaigns.service import checking, evidence, records
from app.features.campaigns.service.layering import Frame
from app.kit import ids
from app.kit.problems import FieldError
from app.models import Campaign, Requirement, Supplement

LISTS: Final = ("topics", "checks", "talk_modes", "methods")


def build(campaign_id: UUID, body: SupplementIn, template: str | None) -> Supplement:
    """Return a row for a new supplement."""
    record = Supplement(
        id=ids.new_id(),
        campaign_id=campaign_id,
        org_id=body.unit_id,
        notice_id=ids.new_id(),
        template=template,
        status="active",
        **build_content(body),
    )
    record.revision = 1
    return record


def find_known(own: Iterable[Supplement], body: SupplementIn) -> Supplement | None:
    """Return what the unit has added by the same notice already."""
    number = body.notice.document_number
    return next((item for item in own if item.notice["document_number"] == number), None)


def says_the_same(known: Supplement, body: SupplementIn, standing: Sequence[Requirement]) -> bool:
    """Return whether a supplement is what a body says; `standing` is all that is asked for."""
    there = {item.code: item for item in standing if item.supplement_id == known.id}
    return (
        all(getattr(known, name) == value for name, value in build_content(body).items())
        and len(there) == len(body.requirements)
        and all(
            item.code in there
            and records.is_same_requirement(there[item.code], _built(there[item.code], item))
            for item in body.requirements
        )
    )


def _built(there: Requirement, item: RequirementIn) -> Requirement:
    extends_code = item.extends_code or there.extends_code
    built = records.build_requirement(there.campaign_id, there.org_id, item, extends_code)
    built.supplement_id = there.supplement_id
    return built


def supplement_errors(
    campaign: Campaign, line: Sequence[Supplement], body: SupplementIn
) -> Iterator[FieldError]:
    """Yield what is wrong with a supplement beside what it asks for.

    `line` are the supplements on the line of its unit.
    """
    number = body.notice.document_number
    if number in {notice["document_number"] for notice in campaign.notices}:
        yield CODE_KNOWN.at("/notice/document_number", code=number)
    above = {name: _codes(name, campaign, *line) for name in LISTS}
    for name in LISTS:
        items: Sequence[CodedIn] = getattr(body, name)
        codes = [item.code for item in items]
        for place in rules.repeated(codes):
            yield REPEATED_CODE.at(f"/{name}/{place}/code", code=codes[place])
        for place, code in enumerate(codes):
            if code in above[name]:
                yield CODE_KNOWN.at(f"/{name}/{place}/code", code=code)
        modes = [*above["talk_modes"], *(mode.code for mode in body.talk_modes)]
        known = [*above[name], *(modes if name == "methods" else ())]
        pairs = [(item.code, item.parent) for item in items]
        for place in rules.unknown_parents(pairs, known):
            yield UNKNOWN_PARENT_CODE.at(f"/{name}/{place}/parent", code=items[place].parent)


def requirement_errors(
    frame: Frame, body: RequirementIn, before: Sequence[RequirementIn]
) -> Iterator[FieldError]:
    """Yield what is wrong with one of the requirements, beside those before it."""
    if body.code in {item.code for item in before}:
        yield REPEATED_CODE.at("/code", code=body.code)
    yield from checking.requirement_errors(frame, body)


def of_template(errors: Iterable[FieldError]) -> Iterator[FieldError]:
    """Yield what is wrong with what a template says as errors of the template that was named."""
    for error in errors:
        yield TEMPLATE_UNFIT.at("/template", why=error.text.filled(**error.parameters))


def find_added(record: Supplement, item: Requirement) -> str | None:
    """Return a code that a supplement adds and that a requirement below its unit asks for."""
    for name in LISTS:
        added = _codes(name, record)
        for code in evidence.list_codes(item.evidence, name):
            if code in added:
                return code
    return None


def _codes(name: str, *holders: Campaign | Supplement) -> set[str]:
    return {item["code"] for holder in holders for item in getattr(holder, name)}


def build_content(body: SupplementIn) -> dict[str, Any]:
    """Return a supplement's content by column."""
    own = {"notice", *LISTS}
    return body.model_dump(mode="json", include=own, exclude={"notice": {"id"}})
