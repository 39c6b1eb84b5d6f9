"""What is probably a slip: it is accepted, and told beside the answer."""

from typing import Any

from app.kit.fields import Warned
from app.kit.language import Language, Text


class Slip:
    """A declared kind of slip: a stable code with its sentence in both languages."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        """Declare the kind."""
        self.code = code
        self.text = Text(zh, en)

    def told(self, language: Language, **parameters: Any) -> Warned:
        """Return the warning in the caller's language."""
        return Warned(code=self.code, detail=self.text.say(language, **parameters))
