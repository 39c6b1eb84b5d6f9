"""What the ledger counts of obligations, said once: for Python, for SQL now and for SQL then.

An obligation is counted by its status. One that a nil return settled before it was met is counted
as nil from that day on, and from the day on which it was met as met and no longer as nil.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.models.vocabulary.campaigns import ObligationStatus

_OPEN, _MET, _NIL, _EXEMPT = (
    status.value
    for status in (
        ObligationStatus.OPEN,
        ObligationStatus.MET,
        ObligationStatus.NIL,
        ObligationStatus.EXEMPT,
    )
)


@dataclass(frozen=True, slots=True)
class Measure:
    """How many obligations of some statuses there are, or how many of these of a kind."""

    statuses: tuple[str, ...]
    late: bool | None = None
    """Of those that are met the late ones, or the others."""
    returned: bool = False
    """Those for which something submitted was returned."""
    surplus: bool = False
    """Not how many they are: by how much what met them exceeds what is owed."""

    @property
    def is_dated(self) -> bool:
        """Return whether what it counts has a day, on which it was met or settled."""
        return set(self.statuses) <= {_MET, _NIL}


MEASURES: Final[Mapping[str, Measure]] = {
    "open": Measure((_OPEN,)),
    "open_returned": Measure((_OPEN,), returned=True),
    "exempt": Measure((_EXEMPT,)),
    "on_time": Measure((_MET,), late=False),
    "late": Measure((_MET,), late=True),
    "met_returned": Measure((_MET, _NIL), returned=True),
    "surplus": Measure((_MET,), surplus=True),
    "nil": Measure((_NIL,)),
}
"""The columns of the counters, in their order."""
