"""What every code list is made of."""

from enum import StrEnum
from typing import Self


class Coded(StrEnum):
    """A code with its label in both languages: `RURAL = "rural", "农村", "rural"`."""

    zh: str
    en: str

    def __new__(cls, code: str, zh: str, en: str) -> Self:
        """Make the member; its value is the code alone."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.zh = zh
        member.en = en
        return member

    @classmethod
    def of(cls, code: str) -> Self:
        """Return the member of a code; raise `ValueError` for a code that is not in the list."""
        for member in cls:
            if member.value == code:
                return member
        raise ValueError(code)
