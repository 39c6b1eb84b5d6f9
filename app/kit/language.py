"""Two languages: Chinese by default, English where the caller prefers it."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in both languages; `{names}` in it are filled from parameters."""

    zh: str
    en: str

    def say(self, language: Language, **parameters: object) -> str:
        """Return the sentence in one language, with its parameters filled in."""
        template = self.en if language == "en" else self.zh
        return template.format_map(parameters) if parameters else template


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
