"""What evidence lacks, in words."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.features.obligations.effects import Labels
from app.features.obligations.evidence import Shortfall
from app.features.obligations.facts import FACTS, FINDING_FIELDS, Fact
from app.kit.language import Language, Text, join_labels
from app.models.vocabulary import ActivityKind, Check
from app.models.vocabulary.coded import Coded

_LACKS: Final = Text("缺少“{what}”", "lacks “{what}”")
_METHOD: Final = Text("方法缺少“{what}”", "lacks the method “{what}”")
_MODE: Final = Text("谈的方式应为“{what}”", "should be in the talk mode “{what}”")
_AT_LEAST: Final = Text(
    "“{what}”应不少于{least}，现为{found}", "“{what}” should be {least} or more, and is {found}"
)
_AT_MOST: Final = Text(
    "“{what}”应不多于{most}，现为{found}", "“{what}” should be {most} or less, and is {found}"
)
_MISSING: Final = Text("未填“{what}”", "“{what}” is not filled in")
_ONE_OF: Final = Text("“{what}”应为{choices}", "“{what}” should be {choices}")
_WINDOW: Final = Text("应在{first}至{last}期间开展", "should be held from {first} to {last}")
_BEFORE: Final = Text("此前应先开展“{what}”", "“{what}” should have come before")
_BEFORE_WITHIN: Final = Text(
    "此前{days}天内应先开展“{what}”", "“{what}” should have come within {days} days before"
)
_FINDINGS: Final = Text(
    "应查摆出不少于{least}个问题，现有{found}个",
    "{least} problems or more should be found, and there are {found}",
)
_FINDINGS_WITH: Final = Text(
    "应查摆出不少于{least}个问题并填写{fields}，现有{found}个",
    "{least} problems or more should be found, with {fields}, and there are {found}",
)
_FORWARDED: Final = Text("应报送上级", "should be sent up to a superior")
_SELECTED: Final = Text("应列为优秀材料", "should be selected as excellent")
_KIND_BY_METHOD: Final = Text("{kind}（{method}）", "{kind} ({method})")
_FACTS: Final[Mapping[str, Mapping[str, Fact]]] = {each.value: of for each, of in FACTS.items()}
_EXPLAINED: Final = re.compile("[：:—]|，看")
"""What stands between what a topic or a check is called and what it means: “查…，看是否…”."""
_INNER: Final = str.maketrans("“”", "‘’")
_SERVICE: Final[Mapping[str, type[Coded]]] = {"activity_kinds": ActivityKind, "checks": Check}
"""Lists of the service, by which a campaign's codes are called that are not its own."""
_LISTS: Final = {"topic": "topics", "check": "checks", "method": "methods"}


def word(record: str, lacking: Shortfall, labels: Labels, language: Language) -> str:
    """Return one condition that evidence of a record does not meet, in words."""
    return _text(record, lacking, labels).say(language)


def is_named(wanted: Mapping[str, Any], labels: Labels) -> bool:
    """Return whether a campaign has labels for every code that a requirement asks for."""
    before = wanted.get("preceded_by") or {}
    asked = {
        **{name: wanted.get(name) or () for name in ("topics", "checks", "talk_modes")},
        "methods": [*(wanted.get("methods") or ()), *filter(None, [before.get("method")])],
    }
    for name, codes in asked.items():
        known = {entry["code"] for entry in labels.get(name) or ()}
        known |= {each.value for each in _SERVICE.get(name, ())}
        if not known.issuperset(codes):
            return False
    return True


def _text(record: str, lacking: Shortfall, labels: Labels) -> Text:
    wanted = lacking.wanted
    match lacking.condition:
        case "topic" | "check" | "method" | "talk_mode":
            return _coded(lacking, labels)
        case "window":
            return _WINDOW.filled(first=wanted["from"], last=wanted["to"])
        case "preceded_by":
            return _preceding(wanted, labels)
        case "findings":
            return _findings(wanted, lacking.found)
        case "details":
            return _detail(record, str(lacking.name), wanted, lacking.found)
        case "selected":
            return _SELECTED
        case _:
            return _FORWARDED


def _coded(lacking: Shortfall, labels: Labels) -> Text:
    if lacking.condition == "talk_mode":
        modes = [_name(labels, "talk_modes", code) for code in lacking.wanted]
        return _MODE.filled(what=join_labels(modes))
    sentence = _METHOD if lacking.condition == "method" else _LACKS
    return sentence.filled(what=_name(labels, _LISTS[lacking.condition], lacking.name))


def _detail(record: str, name: str, wanted: Mapping[str, Any], found: Any) -> Text:
    fact = _FACTS[record].get(name)
    what = fact.label if fact else Text(name, name)
    if "in" in wanted and found not in wanted["in"]:
        labels = [_code(fact, code) for code in wanted["in"]]
        return _ONE_OF.filled(what=what, choices=join_labels(labels))
    if found is None or found == "":
        return _MISSING.filled(what=what)
    size = len(found) if isinstance(found, str | list) else found
    least, most = wanted.get("min"), wanted.get("max")
    if least is not None and size < least:
        return _AT_LEAST.filled(what=what, least=least, found=size)
    return _AT_MOST.filled(what=what, most=most, found=size)


def _code(fact: Fact | None, code: str) -> Text:
    return _label(fact.codes if fact else None, code)


def _preceding(wanted: Mapping[str, Any], labels: Labels) -> Text:
    kind, method = wanted.get("kind"), wanted.get("method")
    parts = []
    if kind is not None:
        parts.append(_name(labels, "activity_kinds", kind))
    if method is not None:
        parts.append(_name(labels, "methods", method))
    what = _KIND_BY_METHOD.filled(kind=parts[0], method=parts[1]) if len(parts) > 1 else parts[0]
    days = wanted.get("within_days")
    if days is None:
        return _BEFORE.filled(what=what)
    return _BEFORE_WITHIN.filled(what=what, days=days)


def _label(codes: type[Coded] | None, code: str) -> Text:
    for known in codes or ():
        if known.value == code:
            return Text(known.zh, known.en)
    return Text(code, code)


def _findings(wanted: Mapping[str, Any], found: Any) -> Text:
    fields = [FINDING_FIELDS.get(name, Text(name, name)) for name in wanted.get("with") or ()]
    if not fields:
        return _FINDINGS.filled(least=wanted["min"], found=found or 0)
    return _FINDINGS_WITH.filled(least=wanted["min"], fields=join_labels(fields), found=found or 0)


def _name(labels: Labels, kind: str, code: str | None) -> Text:
    """Return what a campaign calls one of its codes, without its explanation."""
    entries: Sequence[Mapping[str, Any]] = labels.get(kind) or ()
    for entry in entries:
        if entry["code"] == code:
            return Text(_short(entry["title"]), _short(entry.get("title_en") or entry["title"]))
    return _label(_SERVICE.get(kind), str(code))


def _short(title: str) -> str:
    """Return a title without its explanation, its own quotation marks as those inside of others."""
    called = _EXPLAINED.split(title, maxsplit=1)[0].strip() or title
    return called.translate(_INNER)
