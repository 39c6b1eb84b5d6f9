"""The code lists of a campaign: its own, and the service's where it has none."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from app.features.campaigns.errors import NOT_IN_CAMPAIGN
from app.kit.choices import choices
from app.kit.language import Text
from app.kit.problems import FieldError
from app.models.vocabulary import ActivityKind, Check, Coded, LeaderItem, ReportKind

LISTS: Final = ("topics", "checks", "talk_modes", "methods", "activity_kinds", "leader_items",
                "report_kinds")  # fmt: skip
"""The names of the lists, and of the campaign's columns."""
ADDED: Final[Mapping[str, type[Coded]]] = {"activity_kinds": ActivityKind}
"""Lists of the service to which a campaign adds codes of its own."""
REPLACED: Final[Mapping[str, type[Coded]]] = {
    "checks": Check, "leader_items": LeaderItem, "report_kinds": ReportKind,
}  # fmt: skip
"""Lists of the service that hold where a campaign has none of its own."""
_CALLED: Final = {
    "topics": Text("议题", "topic"),
    "checks": Text("检查内容", "check"),
    "talk_modes": Text("谈的方式", "talk mode"),
    "methods": Text("方法", "method"),
    "activity_kinds": Text("活动类型", "kind of activity"),
    "leader_items": Text("领导干部事项", "item of leading cadres"),
    "report_kinds": Text("材料类别", "kind of report"),
}
_ALWAYS: Final = {"report_kinds": ReportKind.NIL_RETURN}
"""What may be sent in every campaign: that there is nothing to report."""


def read_entries(campaign: Any, name: str) -> list[dict[str, Any]]:
    """Return the codes that hold in a campaign, in their order: `{code, title, title_en, …}`."""
    own = [e if isinstance(e, dict) else e.model_dump() for e in getattr(campaign, name) or ()]
    if name in ADDED:
        return [*_service(ADDED[name]), *own]
    if own or name not in REPLACED:
        more = [_ALWAYS[name]] if name in _ALWAYS else []
        known = {entry["code"] for entry in own}
        return [*own, *(entry for entry in _service(more) if entry["code"] not in known)]
    return _service(REPLACED[name])


def label(campaigns: Sequence[Any], name: str) -> dict[str, Text]:
    """Return what campaigns call the codes of a list, the first one that has each."""
    found: dict[str, Text] = {}
    for campaign in reversed(campaigns):
        entries = read_entries(campaign, name)
        found |= {e["code"]: Text(e["title"], e.get("title_en") or e["title"]) for e in entries}
    return found


def unknown(place: str, campaigns: Sequence[Any], name: str) -> FieldError:
    """Return the error of a code that is in the list of none of the campaigns."""
    known = label(campaigns, name)
    return NOT_IN_CAMPAIGN.at(place, what=_CALLED[name], expected=choices(known, known))


def judge(
    place: str, given: Iterable[str], campaigns: Sequence[Any], name: str
) -> Iterable[FieldError]:
    """Yield an error for every code of a list that none of the campaigns has."""
    known = label(campaigns, name)
    wrong = [index for index, code in enumerate(given) if code not in known]
    expected = choices(known, known) if wrong else None
    for index in wrong:
        yield NOT_IN_CAMPAIGN.at(f"{place}/{index}", what=_CALLED[name], expected=expected)


def find_extended(campaigns: Sequence[Any], name: str, code: str) -> str | None:
    """Return the service's code that a campaign's own one extends, None where there is none."""
    own = (entry for c in campaigns for entry in getattr(c, name) or ())
    return next((entry.get("extends") for entry in own if entry["code"] == code), None)


def list_extended(campaign: Any) -> dict[str, dict[str, str]]:
    """Return by list what the campaign's own codes extend, as far as they extend any."""
    found: dict[str, dict[str, str]] = {}
    for name in ("activity_kinds", "leader_items"):
        own = [e if isinstance(e, dict) else e.model_dump() for e in getattr(campaign, name) or ()]
        found[name] = {e["code"]: e["extends"] for e in own if e.get("extends")}
    return found


def find_item(campaign: Any, item: LeaderItem) -> str | None:
    """Return what a campaign calls an item of the three ones; None where it does not ask for it."""
    for entry in read_entries(campaign, "leader_items"):
        if item.value in {entry["code"], entry.get("extends")}:
            code: str = entry["code"]
            return code
    return None


def _service(codes: Iterable[Coded]) -> list[dict[str, Any]]:
    return [
        {"code": each.value, "title": each.zh, "title_en": each.en, "parent": None, "extends": None}
        for each in codes
    ]
