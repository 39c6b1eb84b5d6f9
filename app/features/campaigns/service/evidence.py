"""What can be wrong with the evidence that a requirement asks for, found all at once."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from app.features.campaigns.errors import (
    ASKS_NOTHING,
    DAY_OUTSIDE_CAMPAIGN,
    FACT_NOT_OF_KIND,
    LESS_THAN_LEAST,
    NO_FACT_OF_RECORD,
    NOT_OF_RECORD,
    NOT_SO_MEASURED,
    NOT_WITH,
    ONLY_WITH_FORWARDED,
    PERIOD_REVERSED,
    UNKNOWN_CAMPAIGN_CODE,
)
from app.features.campaigns.schemas.evidence import ConditionIn, EvidenceIn
from app.features.campaigns.schemas.requirements import RequirementIn
from app.features.campaigns.service.layering import Frame
from app.features.obligations.facts import FACTS, Fact, list_lacking_kinds
from app.kit.choices import choices
from app.kit.language import Text, join_labels
from app.kit.problems import FieldError
from app.kit.validation import NOT_ALLOWED_VALUE
from app.models.vocabulary import EvidenceRecord, SubjectType

KINDS: Final = {
    EvidenceRecord.ACTIVITY: "activity_kinds",
    EvidenceRecord.LEADER_RECORD: "leader_items",
    EvidenceRecord.REPORT: "report_kinds",
}
"""The list of the kinds of each record that evidence can be asked of."""
CODED: Final = ("topics", "checks", "talk_modes", "methods")
"""The campaign's own code lists, of which evidence can be asked to have some."""
OF_SUBJECT: Final = Text("对{subject}的工作要求", "a requirement of a {subject}")
_BEFORE: Final = {"methods": "method", "activity_kinds": "kind"}
"""The list of each code that names what must have come before."""
_OF_RECORD: Final = Text("以{record}为据的工作要求", "a requirement met by a {record}")
_ONLY_FACTS: Final = {
    "number": Text("最少、最多数量", "a least and a greatest number"),
    "list": Text("最少、最多数量", "a least and a greatest number"),
    "text": Text("最少为 1（须填写），不设字数", "a least of 1 (filled in), and no length"),
    "code": Text("可选的代码", "a choice of codes"),
}


def evidence_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield what is wrong with the evidence that a requirement asks for."""
    evidence = body.evidence
    record = evidence.record
    if record is EvidenceRecord.LEADER_RECORD and body.subject is not SubjectType.LEADER:
        yield NOT_WITH.at("/evidence/record", other=OF_SUBJECT.filled(subject=body.subject))
    known = _find_kinds(frame, record)
    for place, kind in enumerate(evidence.kinds):
        if kind not in known:
            pointer, expected = f"/evidence/kinds/{place}", choices(known, known)
            yield NOT_OF_RECORD.at(pointer, record=record, expected=expected)
    for name in CODED:
        yield from _code_errors(frame, name, getattr(evidence, name), record)
    for name, condition in (evidence.details or {}).items():
        pointer = "/evidence/details/" + name.replace("~", "~0").replace("/", "~1")
        fact = FACTS[record].get(name)
        if fact is None:
            labels = {name: known.label for name, known in FACTS[record].items()}
            expected = choices(labels, labels)
            yield NO_FACT_OF_RECORD.at(pointer, record=record, expected=expected)
            continue
        yield from _kind_errors(pointer, frame, evidence, fact)
        yield from _detail_errors(pointer, fact, condition)
    yield from _window_errors(frame, body)
    yield from _surrounding_errors(frame, body)
    yield from _passing_errors(body)


def list_codes(evidence: dict[str, object] | EvidenceIn, name: str) -> Iterator[str]:
    """Yield which codes of one of the campaign's lists evidence asks for, wherever it does."""
    asked = evidence if isinstance(evidence, dict) else evidence.model_dump(mode="json")
    of_kinds = KINDS.get(EvidenceRecord.of(str(asked["record"])))
    codes = asked.get("kinds" if name == of_kinds else name)
    yield from codes if isinstance(codes, list) else ()
    before, part = asked.get("preceded_by"), _BEFORE.get(name)
    if part is not None and isinstance(before, dict) and before.get(part):
        yield str(before[part])


def list_days_outside(
    evidence: Mapping[str, object], starts_on: date, ends_on: date | None
) -> list[date]:
    """Return the nearest day of evidence's window to a campaign that has none of its days."""
    window = evidence.get("window")
    if not isinstance(window, Mapping):
        return []
    first, last = date.fromisoformat(window["from"]), date.fromisoformat(window["to"])
    late = ends_on is not None and first > ends_on
    return [first] if late else [last] * (last < starts_on)


def _code_errors(
    frame: Frame, name: str, codes: Iterable[str], record: EvidenceRecord
) -> Iterator[FieldError]:
    if codes and record is not EvidenceRecord.ACTIVITY:
        yield NOT_WITH.at(f"/evidence/{name}", other=_OF_RECORD.filled(record=record))
        return
    known = frame.codes[name]
    for place, code in enumerate(codes):
        if code not in known:
            expected = choices(known, known)
            yield UNKNOWN_CAMPAIGN_CODE.at(f"/evidence/{name}/{place}", expected=expected)


def _find_kinds(frame: Frame, record: EvidenceRecord) -> Mapping[str, Text]:
    """Return the kinds that a record has in the campaign, with what they are called."""
    return frame.codes[KINDS[record]] if record in KINDS else {}


def _kind_errors(
    pointer: str, frame: Frame, evidence: EvidenceIn, fact: Fact
) -> Iterator[FieldError]:
    """Yield that kinds have no such field; one of the campaign's own has those that it extends."""
    known = _find_kinds(frame, evidence.record)
    asked = [kind for kind in evidence.kinds if kind in known]
    bases = frame.extends.get(KINDS.get(evidence.record, ""), {})
    lacking = list_lacking_kinds(fact, asked or list(known), bases)
    if lacking:
        yield FACT_NOT_OF_KIND.at(pointer, kinds=join_labels(known[kind] for kind in lacking))


def _detail_errors(pointer: str, fact: Fact, condition: ConditionIn) -> Iterator[FieldError]:
    """Yield what is wrong with what one field must be."""
    if condition.min is None and condition.max is None and condition.in_ is None:
        yield ASKS_NOTHING.at(pointer)
    if not _is_so_measured(fact, condition):
        yield NOT_SO_MEASURED.at(pointer, expected=_ONLY_FACTS[fact.measure])
    elif fact.codes is not None:
        if not set(condition.in_ or ()) <= set(fact.codes):
            yield NOT_ALLOWED_VALUE.at(pointer, expected=choices(fact.codes))
    elif condition.min is not None and condition.max is not None and condition.max < condition.min:
        yield LESS_THAN_LEAST.at(f"{pointer}/max", least=condition.min)


def _is_so_measured(fact: Fact, condition: ConditionIn) -> bool:
    """Return whether a condition is one that can be made of such a field."""
    sized = condition.min is not None or condition.max is not None
    match fact.measure:
        case "code":
            return not sized
        case "text":
            return condition.in_ is None and condition.max is None and condition.min in {None, 1}
        case _:
            return condition.in_ is None


def _window_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield that days are the wrong way round, all outside the campaign, or after the last day."""
    window = body.evidence.window
    if window is None:
        return
    kept = {"window": window.model_dump()}
    if list_days_outside(kept, frame.starts_on, frame.ends_on):
        start, end = frame.starts_on, frame.ends_on or "…"
        yield DAY_OUTSIDE_CAMPAIGN.at("/evidence/window", start=start, end=end)
    if window.to < window.from_:
        yield PERIOD_REVERSED.at("/evidence/window/to", start=window.from_)
    if body.due_on is not None and body.due_on < window.from_:
        yield PERIOD_REVERSED.at("/due_on", start=window.from_)


def _surrounding_errors(frame: Frame, body: RequirementIn) -> Iterator[FieldError]:
    """Yield what is wrong with what must have come first, and with what must have been found."""
    evidence, record = body.evidence, body.evidence.record
    for name in ("preceded_by", "findings"):
        if getattr(evidence, name) is not None and record is not EvidenceRecord.ACTIVITY:
            yield NOT_WITH.at(f"/evidence/{name}", other=_OF_RECORD.filled(record=record))
    before = evidence.preceded_by
    if before is None:
        return
    pointer = "/evidence/preceded_by"
    if body.subject is SubjectType.LEADER:
        yield NOT_WITH.at(pointer, other=OF_SUBJECT.filled(subject=body.subject))
    if before.kind is None and before.method is None:
        yield ASKS_NOTHING.at(pointer)
    activity = EvidenceRecord.ACTIVITY
    kinds = _find_kinds(frame, activity)
    if before.kind is not None and before.kind not in kinds:
        expected = choices(kinds, kinds)
        yield NOT_OF_RECORD.at(f"{pointer}/kind", record=activity, expected=expected)
    known = frame.codes["methods"]
    if before.method is not None and before.method not in known:
        yield UNKNOWN_CAMPAIGN_CODE.at(f"{pointer}/method", expected=choices(known, known))


def _passing_errors(body: RequirementIn) -> Iterator[FieldError]:
    evidence = body.evidence
    record = evidence.record
    for name in ("forwarded", "own", "selected"):
        if getattr(evidence, name) and record is not EvidenceRecord.REPORT:
            yield NOT_WITH.at(f"/evidence/{name}", other=_OF_RECORD.filled(record=record))
    if evidence.own and not evidence.forwarded:
        yield ONLY_WITH_FORWARDED.at("/evidence/own")
    if evidence.forwarded and body.subject is not SubjectType.UNIT:
        yield NOT_WITH.at("/evidence/forwarded", other=OF_SUBJECT.filled(subject=body.subject))
