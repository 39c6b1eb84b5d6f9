"""Two languages: Chinese by default, English where the caller prefers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Language = Literal["zh", "en"]


class Labelled(Protocol):
    """Anything that is called something in both languages: a code of a list, a sentence."""

    @property
    def zh(self) -> str:
        """Its Chinese label."""

    @property
    def en(self) -> str:
        """Its English label."""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; `{names}` in it are filled from parameters."""

    zh: str
    en: str

    def say(self, language: Language, **parameters: object) -> str:
        """Return the sentence in one language, with its parameters filled in.

        What has labels itself is said in the same language.
        """
        template = self.en if language == "en" else self.zh
        if not parameters:
            return template
        return template.format_map({n: say(value, language) for n, value in parameters.items()})

    def filled(self, **parameters: object) -> "Text":
        """Return the sentence with its parameters filled in, to be a parameter itself."""
        return Text(self.say("zh", **parameters), self.say("en", **parameters))


def say(value: object, language: Language) -> object:
    """Return a parameter of a sentence as it is said in a language."""
    label = getattr(value, language, None)
    return value if label is None else label


def join_labels(labels: Iterable[Labelled]) -> Text:
    """Return several things one after the other."""
    labels = list(labels)
    return Text("、".join(each.zh for each in labels), ", ".join(each.en for each in labels))


def preferred(accept_language: str | None) -> Language:
    """Return the caller's language by its `Accept-Language` (RFC 9110 §12.5.4)."""
    if not accept_language:
        return "zh"
    weights: dict[str, float] = {}
    for part in accept_language.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.split("-")[0].strip().lower()
        if primary in {"zh", "en"}:
            weights[primary] = max(weights.get(primary, 0.0), _quality(quality))
    return "en" if weights.get("en", 0.0) > weights.get("zh", 0.0) else "zh"


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
