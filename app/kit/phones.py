"""Telephones of offices: written in many ways, kept in one."""

import re
from typing import Final

from app.kit.levelling import compose

_AREA: Final = r"(?P<area>010|02[0-9]|0[3-9][0-9]{2})"
_OFFICE: Final = re.compile(
    rf"(?:{_AREA}-?)?(?P<number>[2-8][0-9]{{6,7}})(?:-(?P<extension>[0-9]{{1,6}}))?"
)
_SERVICE: Final = re.compile(r"(?P<prefix>[48]00)-?(?P<first>[0-9]{3})-?(?P<last>[0-9]{4})")
_SHORT: Final = re.compile(r"1[0-9]{4}")
_LONGEST: Final = 100
_ABROAD: Final = re.compile(r"(?:\+|00)86-?0?")


def read_office_phone(text: str) -> str | None:
    """Return the telephone of an office in one form; None for what is none, as a mobile's is.

    A landline with its area code and extension, if it has any (`0757-83331234-801`), or the number
    of a service (`400-123-4567`, `12371`).
    """
    if len(text) > _LONGEST:
        return None
    plain = compose(text).replace("转", "-")
    plain = re.sub(r"\s*[-–—()]\s*", "-", plain)
    plain = re.sub(r"-+", "-", re.sub(r"[\s.·]+", "", plain)).strip("-")
    plain = _ABROAD.sub("0", plain, count=1) if _ABROAD.match(plain) else plain
    if _SHORT.fullmatch(plain):
        return plain
    if service := _SERVICE.fullmatch(plain):
        return "-".join(service.groups())
    if office := _OFFICE.fullmatch(plain):
        return "-".join(part for part in office.groups() if part)
    return None
