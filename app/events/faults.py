"""What a verification of the trail finds, in both languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.kit.language import Language, Text

MOST: Final = 1000
"""Faults that are told one by one."""

SEAL_MISSING: Final = Text("缺少第 {seal} 次封存", "seal {seal} is missing")
EVENTS_MISSING: Final = Text(
    "第 {seal} 次封存：应有 {expected} 个事件，实有 {found} 个",
    "seal {seal}: {found} events instead of {expected}",
)
UNKNOWN_ALGORITHM: Final = Text(
    "第 {seal} 次封存：未知算法 {algorithm}", "seal {seal}: unknown algorithm {algorithm}"
)
NOT_AS_SEALED: Final = Text(
    "第 {seal} 次封存：事件与封存时不符",
    "seal {seal}: the events are not those that were sealed",
)
FOREIGN_SEAL: Final = Text(
    "第 {seal} 次封存：不是用本服务的密钥封存的",
    "seal {seal}: not sealed with this service's secret",
)
OTHER_PLACE: Final = Text(
    "第 {seal} 次封存：事件的次序被改动", "seal {seal}: events are not in the place that they had"
)
HEAD_MISSING: Final = Text(
    "审计链中没有摘要为 {digest} 的第 {seal} 次封存",
    "seal {seal} with the digest {digest} is not in the chain",
)
PERSONAL_CHANGED: Final = Text(
    "事件 {event}：所涉人员或内容被改动",
    "event {event}: who or what it speaks of was changed",
)
NOT_WRITTEN_HERE: Final = Text(
    "事件 {event}：不是本服务写入的，或写入后被改动",
    "event {event}: not written by this service, or changed since",
)
PLACE_WITHOUT_SEAL: Final = Text(
    "{count} 个事件有次序号，却没有封存", "{count} events have a place that no seal covers"
)
TWICE: Final = Text("事件编号 {id} 出现多次", "the event id {id} occurs more than once")
NOT_SEALED: Final = Text(
    "{count} 个事件超过一分钟未封存，最早的是 {since}；后台任务（dajiatan worker）是否在运行？",
    "{count} events have not been sealed for over a minute, the oldest of {since}: "
    "is a worker (dajiatan worker) running?",
)
MORE: Final = Text("另有 {count} 处不符", "{count} more faults")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it should be."""

    text: Text
    parameters: Mapping[str, Any]

    def say(self, language: Language) -> str:
        """Return the sentence in one language."""
        parameters = {
            name: value.say(language) if isinstance(value, Text) else value
            for name, value in self.parameters.items()
        }
        return self.text.say(language, **parameters)


@dataclass(slots=True)
class Verdict:
    """What a verification found."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    head: tuple[int, str] | None = None
    """Number and digest of the last seal."""
    _found: list[Fault] = field(default_factory=list)
    _more: int = 0

    @property
    def faults(self) -> list[Fault]:
        """The faults, none if the trail is whole; the first thousand and how many more."""
        rest = [Fault(MORE, {"count": self._more})] if self._more else []
        return self._found + rest

    def add(self, text: Text, **parameters: Any) -> None:
        """Note a fault."""
        if len(self._found) < MOST:
            self._found.append(Fault(text, parameters))
        else:
            self._more += 1
