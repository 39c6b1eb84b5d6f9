"""What a requirement may ask about records: numbers, lists, texts and codes of theirs; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from app.kit.language import Text
from app.models.vocabulary import (
    ActivityKind,
    DelegateLevel,
    EvidenceRecord,
    LeaderItem,
    Medium,
    SourceGroup,
)
from app.models.vocabulary.coded import Coded


@dataclass(frozen=True, slots=True)
class Fact:
    """One field: what it is called, how it is measured, and which kinds have it."""

    label: Text
    measure: Literal["number", "list", "text", "code"]
    """A text is there or not: how long it is nobody asks."""
    kinds: tuple[str, ...] = ()
    """Kinds of the record that have it; none named: all of them."""
    codes: type[Coded] | None = None


_RECEPTION: Final = (ActivityKind.DELEGATE_RECEPTION,)
_VISIT: Final = (ActivityKind.VISIT,)
_SEEKING: Final = (ActivityKind.OPINION_SOLICITATION,)
_COLUMN: Final = (ActivityKind.PLATFORM_COLUMN,)
_DEED: Final = (ActivityKind.PRACTICAL_DEED,)
_SERVICE: Final = (ActivityKind.VOLUNTEER_SERVICE,)

_ACTIVITY: Final[Mapping[str, Fact]] = {
    "members_due": Fact(Text("应到党员人数", "members due"), "number"),
    "members_present": Fact(Text("实到党员人数", "members present"), "number"),
    "public_present": Fact(Text("参加群众人数", "other people present"), "number"),
    "person_times": Fact(Text("人次", "person-times"), "number"),
    "place": Fact(Text("地点", "place"), "text"),
    "summary": Fact(Text("内容摘要", "summary"), "text"),
    "topics": Fact(Text("议题数", "number of topics"), "list"),
    "checks": Fact(Text("“四查四看”项数", "number of checks"), "list"),
    "methods": Fact(Text("方法数", "number of methods"), "list"),
    "office": Fact(Text("党代表工作室", "delegates' office"), "text", _RECEPTION),
    "delegate_level": Fact(
        Text("党代表层级", "level of the delegates"), "code", _RECEPTION, DelegateLevel
    ),
    "delegates": Fact(Text("接待代表人数", "delegates who received"), "number", _RECEPTION),
    "people_received": Fact(Text("接待群众人数", "people received"), "number", _RECEPTION),
    "group_visited": Fact(Text("走访对象类别", "group visited"), "code", _VISIT, SourceGroup),
    "households": Fact(Text("户数", "households"), "number", (*_VISIT, *_DEED)),
    "method": Fact(Text("征求方式", "way of seeking opinions"), "text", _SEEKING),
    "opinions_received": Fact(Text("收到意见条数", "opinions received"), "number", _SEEKING),
    "medium": Fact(Text("媒体类型", "medium"), "code", _COLUMN, Medium),
    "outlet": Fact(Text("刊播媒体", "outlet"), "text", _COLUMN),
    "url": Fact(Text("网址", "address on the web"), "text", _COLUMN),
    "issues": Fact(Text("期数", "issues"), "number", _COLUMN),
    "audience_count": Fact(Text("听众人数", "audience"), "number", (ActivityKind.GUIDANCE_TALK,)),
    "category": Fact(Text("事项类别", "what it was about"), "text", _DEED),
    "items": Fact(Text("办实事件数", "things done"), "number", _DEED),
    "service": Fact(Text("服务内容", "service"), "text", _SERVICE),
    "volunteers": Fact(Text("志愿者人数", "volunteers"), "number", _SERVICE),
    "hours": Fact(Text("总时长（小时）", "hours"), "number", _SERVICE),
}
_LEADER_RECORD: Final[Mapping[str, Fact]] = {
    "place": Fact(Text("地点", "place"), "text"),
    "audience_count": Fact(Text("听众人数", "audience"), "number", (LeaderItem.GRASSROOTS_TALK,)),
}

FACTS: Final[Mapping[EvidenceRecord, Mapping[str, Fact]]] = {
    EvidenceRecord.ACTIVITY: _ACTIVITY,
    EvidenceRecord.LEADER_RECORD: _LEADER_RECORD,
    EvidenceRecord.REPORT: {},
    EvidenceRecord.INSPECTION: {},
}
"""Field → what it is, by record. No persons: who hosted, who signed, who came."""

OWN: Final = tuple(name for name, fact in _ACTIVITY.items() if not fact.kinds)
"""Fields of an activity itself; the others are those of its details."""

FINDING_FIELDS: Final[Mapping[str, Text]] = {
    "cause": Text("原因", "cause"),
    "measure": Text("整改措施", "measure"),
    "goal": Text("努力方向", "goal"),
    "responsible": Text("责任岗位或单位", "responsible post or unit"),
    "due_on": Text("整改期限", "day by which it is put right"),
}
"""What may be asked of each problem that was found: that it is filled in."""


def build_facts(own: Mapping[str, Any], details: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of an activity that requirements may ask about."""
    return {**(details or {}), **own}


def find_filled(finding: Any) -> frozenset[str]:
    """Return which of the fields that may be asked about a finding has."""
    return frozenset(name for name in FINDING_FIELDS if getattr(finding, name) is not None)


def find_filled_of(findings: Iterable[Any]) -> tuple[frozenset[str], ...]:
    """Return the same of several findings."""
    return tuple(find_filled(finding) for finding in findings)


def list_lacking_kinds(fact: Fact, kinds: Iterable[str], bases: Mapping[str, str]) -> list[str]:
    """Return which kinds lack a field; one that extends another, by `bases`, has those of that."""
    return [kind for kind in kinds if fact.kinds and bases.get(kind, kind) not in fact.kinds]
