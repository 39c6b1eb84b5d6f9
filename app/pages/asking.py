"""What a requirement asks for, in the words of its campaign; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from app.features.campaigns import codes
from app.features.campaigns.schemas.campaigns import CampaignOut
from app.features.campaigns.schemas.evidence import ConditionOut, EvidenceOut
from app.features.campaigns.schemas.requirements import RequirementOut
from app.features.obligations.facts import FACTS, FINDING_FIELDS
from app.kit.language import Text, join_labels
from app.models.vocabulary import EvidenceRecord, ReportKind

Asked = tuple[Text, Text]
"""What it is about, and what is asked."""

_KINDS: Final = {"activity": "activity_kinds", "leader_record": "leader_items"}
_LISTS: Final = {
    "topics": Text("议题（须全部涉及）", "Topics, all of them"),
    "checks": Text("检查内容（须全部涉及）", "Checks, all of them"),
    "talk_modes": Text("谈的方式（其中之一）", "Ways of talking, one of them"),
    "methods": Text("工作方法（须全部采用）", "Methods, all of them"),
}


def describe(requirement: RequirementOut, campaign: CampaignOut) -> list[Asked]:
    """Return what is asked for, one condition after the other."""
    return list(_conditions(requirement, campaign))


def find_sentence(text: str | None, item: str) -> str | None:
    """Return the paragraphs of a notice that are its item, None where they are not to be found.

    An item begins with its number: “三、…”; it ends where the next one begins.
    """
    begun: list[str] = []
    for line in (text or "").splitlines():
        heading = re.match(r"[#*\s]*([一二三四五六七八九十]+)、", line)
        if heading is not None and begun:
            break
        if begun or (heading is not None and heading[1] == item):
            begun.append(line)
    return "\n".join(begun).strip() or None


def _join(labels: Iterable[Text]) -> Text:
    """Return several things that may have commas in them, one after the other."""
    every = list(labels)
    return Text("；".join(each.zh for each in every), "; ".join(each.en for each in every))


def _conditions(requirement: RequirementOut, campaign: CampaignOut) -> Iterator[Asked]:
    evidence = requirement.evidence
    record = EvidenceRecord.of(evidence.record)
    yield Text("以何种记录完成", "Met by"), Text(record.zh, record.en)
    if evidence.kinds:
        yield Text("类型（其中之一）", "Kind, one of these"), _named_kinds(evidence, campaign)
    number = requirement.min_count
    yield Text("次数", "How often"), Text(f"至少{number}次", f"{number} or more")
    for name, called in _LISTS.items():
        wanted: Sequence[str] = getattr(evidence, name)
        if wanted:
            yield called, _named(campaign, name, wanted)
    for name, condition in (evidence.details or {}).items():
        fact = FACTS[record].get(name)
        yield fact.label if fact else Text(name, name), _condition(record, name, condition)
    yield from _others(evidence, campaign)


def _others(evidence: EvidenceOut, campaign: CampaignOut) -> Iterator[Asked]:
    if evidence.window is not None:
        first, last = evidence.window.from_, evidence.window.to
        yield (
            Text("开展时间", "When"),
            Text(f"{first}至{last}期间", f"from {first} to {last}"),
        )
    if evidence.preceded_by is not None:
        before = evidence.preceded_by
        kinds = [*_texts(campaign, "activity_kinds", [before.kind] if before.kind else [])]
        kinds += _texts(campaign, "methods", [before.method] if before.method else [])
        yield Text("此前应先开展", "To come before"), join_labels(kinds)
    if evidence.findings is not None:
        least, fields = evidence.findings.min, evidence.findings.with_
        named = join_labels([FINDING_FIELDS.get(name, Text(name, name)) for name in fields])
        each_zh = f"，并逐个填写{named.zh}" if fields else ""
        each_en = f", each with {named.en}" if fields else ""
        yield (
            Text("查摆问题", "Problems found"),
            Text(f"不少于{least}个{each_zh}", f"{least} or more{each_en}"),
        )
    if evidence.forwarded:
        yield Text("报送", "Sending up"), Text("须转报上级", "to be passed on to a superior")
    if evidence.selected:
        yield (
            Text("材料要求", "Selection"),
            Text("须列为优秀体会文章", "selected as excellent"),
        )


def _condition(record: EvidenceRecord, name: str, condition: ConditionOut) -> Text:
    fact = FACTS[record].get(name)
    if condition.in_:
        known = {code.value: Text(code.zh, code.en) for code in (fact and fact.codes) or ()}
        return join_labels([known.get(code, Text(code, code)) for code in condition.in_])
    if fact is not None and fact.measure == "text":
        return Text("须填写", "to be filled in")
    zh = [f"不少于{condition.min}"] if condition.min is not None else []
    zh += [f"不多于{condition.max}"] if condition.max is not None else []
    en = [f"{condition.min} or more"] if condition.min is not None else []
    en += [f"{condition.max} or less"] if condition.max is not None else []
    return Text("，".join(zh), ", ".join(en))


def _named_kinds(evidence: EvidenceOut, campaign: CampaignOut) -> Text:
    name = _KINDS.get(evidence.record, "report_kinds")
    if name == "report_kinds":
        known = {kind.value: Text(kind.zh, kind.en) for kind in ReportKind}
        known |= codes.label([campaign], name)
        return join_labels([known.get(kind, Text(kind, kind)) for kind in evidence.kinds])
    return _named(campaign, name, evidence.kinds)


def _named(campaign: CampaignOut, name: str, wanted: Sequence[str]) -> Text:
    return _join(_texts(campaign, name, wanted))


def _texts(campaign: CampaignOut, name: str, wanted: Sequence[str]) -> list[Text]:
    """Return what a campaign calls codes, its supplements included."""
    known = codes.label([*campaign.supplements, campaign], name) if name in _LISTS else {}
    known = known or codes.label([campaign], name)
    return [known.get(code, Text(code, code)) for code in wanted]
