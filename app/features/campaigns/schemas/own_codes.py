"""Codes that a campaign may have of its own, as bodies, filters and answers name them."""

from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema

from app.kit.fields import KnownCode
from app.models.vocabulary import ActivityKind, Check, Coded, LeaderItem, ReportKind

_FORMER: Final = {f"check_{each.value}": each.value for each in Check}
"""Former codes of the four checks, which callers may still send."""


def _shown(service: type[Coded]) -> WithJsonSchema:
    """Return how the document shows such a code: the service's, and whatever a campaign adds."""
    own = {"type": "string", "maxLength": 64, "pattern": r"^[a-z0-9][a-z0-9_-]{0,63}$"}
    return WithJsonSchema({"anyOf": [{"type": "string", "enum": [*service]}, own]})


def read_check(code: str) -> str:
    """Return the present code of a check."""
    return _FORMER.get(code, code)


def _read_kind(code: str) -> str:
    return ActivityKind.of(code) if code in set(ActivityKind) else code


CheckCode = Annotated[KnownCode, AfterValidator(read_check), _shown(Check)]
"""A check of a campaign; a former code of one is read as the present one."""
KindCode = Annotated[KnownCode, AfterValidator(_read_kind), _shown(ActivityKind)]
"""A kind of activity: the service's own as such, else a campaign's."""
ItemCode = Annotated[KnownCode, _shown(LeaderItem)]
"""What leading cadres do in a campaign."""
ReportKindCode = Annotated[KnownCode, _shown(ReportKind)]
"""What is reported in a campaign."""

ShownCheck = Annotated[str, _shown(Check)]
ShownKind = Annotated[str, _shown(ActivityKind)]
ShownItem = Annotated[str, _shown(LeaderItem)]
ShownReportKind = Annotated[str, _shown(ReportKind)]
"""The same in answers."""
