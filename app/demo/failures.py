"""Why the demonstration cannot go on."""

from app.kit.language import Language, Text


class Refused(Exception):  # noqa: N818 - said to the user as a sentence
    """What was asked for is not done; said in the user's language."""

    def __init__(self, text: Text, **parameters: object) -> None:
        """`parameters` fill the sentence."""
        super().__init__(text.say("en", **parameters))
        self.text = text
        self.parameters = parameters

    def say(self, language: Language) -> str:
        """Return the sentence."""
        return self.text.say(language, **self.parameters)
