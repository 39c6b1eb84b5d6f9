"""What may be filled in, told by labels: codes stand behind them, for programs."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.kit.language import Labelled, Text, join_labels

_LABELLED: Final = Text("{labels}（代码 {codes}）", "{labels} (codes {codes})")
_CODES: Final = Text("代码 {codes}", "codes {codes}")
_NOTHING: Final = Text("无", "none")
_lists: Final[list[Iterable[Labelled]]] = []


def know(codes: Iterable[Labelled]) -> None:
    """Remember a code list, its members texts: `choices` finds their labels in it."""
    _lists.append(codes)


def choices(codes: Iterable[str], labels: Mapping[str, Labelled] | None = None) -> Text:
    """Return what may be filled in, each with its label where all of them have one.

    Without `labels` they are those of the smallest code list that has all of the codes.
    """
    codes = list(codes)
    known = _labels_of(codes) if labels is None else labels
    if not codes:
        return _NOTHING
    of_zh, of_en = "、".join(codes), ", ".join(codes)
    sentence = _LABELLED if all(code in known for code in codes) else _CODES
    said = join_labels(known[code] for code in codes) if sentence is _LABELLED else None
    return sentence.filled(labels=said, codes=Text(of_zh, of_en))


def _labels_of(codes: list[str]) -> Mapping[str, Labelled]:
    """Return the smallest code list that has all of the codes, empty where there is none."""
    lists = ({str(member): member for member in known} for known in _lists)
    fitting = [known for known in lists if known.keys() >= set(codes)]
    return min(fitting, key=len, default={})
