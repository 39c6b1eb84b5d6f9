"""Field types of this feature: what must not hold a person's number, codes with a check."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from app.features.organizations import rules
from app.features.organizations.errors import INVALID_DUTY_PHONE, INVALID_USCC
from app.kit.fields import Code, Input, Line, patterned, refuse_personal_number
from app.kit.phones import read_office_phone
from app.models.vocabulary import DivisionSystem


def _impersonal(value: str) -> str:
    refuse_personal_number(value, checked=False)
    return value


def _uscc(value: str) -> str:
    code = rules.compact_uscc(value)
    if code is None:
        raise PydanticCustomError(INVALID_USCC.code, "not a unified social credit code")
    return code


PersonLine = Annotated[Line, AfterValidator(_impersonal)]
"""A line about a person, e.g. a name or a post: without identity numbers."""

ExternalId = Annotated[Code, AfterValidator(_impersonal)]
"""A record's id in the caller's own system; no identity number may serve as one."""

Uscc = Annotated[
    str,
    Field(max_length=40, examples=["91350100M000100Y43"]),
    AfterValidator(_uscc),
]
"""A unified social credit code (GB 32100), its check character verified."""


def _duty_phone(value: str) -> str:
    number = read_office_phone(value)
    if number is None:
        raise PydanticCustomError(INVALID_DUTY_PHONE.code, "not a telephone of an office")
    return number


DutyPhone = Annotated[
    str,
    Field(max_length=40, examples=["0757-83331234"]),
    AfterValidator(_duty_phone),
]
"""A telephone of an office, in one form: area code, number, extension with hyphens between."""


class Division(Input):
    """An administrative division: its code means something only with system and edition."""

    # Also read from the record itself, which keeps it as JSON.
    model_config = ConfigDict(from_attributes=True)

    system: DivisionSystem
    edition: Annotated[
        str,
        *patterned(
            r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$",
            "年份或日期，形如“2023”或“2023-12-31”",
            "a year or a day, such as 2023 or 2023-12-31",
        ),
        Field(
            description="Year or day of the edition. 版本（年或日）。",
            examples=["2023"],
        ),
    ]
    code: Annotated[
        str,
        *patterned(
            r"^[0-9]{6}([0-9]{3}){0,2}$", "6、9 或 12 位数字", "a code of 6, 9 or 12 digits"
        ),
        Field(
            description="6, 9 or 12 digits, as a string. 6、9 或 12 位数字。",
            examples=["440604012001"],
        ),
    ]
