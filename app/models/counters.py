"""Counters of the ledger: what became of the obligations of every subtree, exact at once.

Whoever changes obligations appends the difference in the same transaction and waits for nobody;
the worker adds differences up into the counters of the unit and of every unit above it. A reader
adds what is not yet folded.
"""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit import ids
from app.models.base import Base
from app.models.vocabulary import measures

TOTALS: Final = date(1, 1, 1)
"""The `day` of the rows that add up all days."""


class _Measures:
    """How many obligations: not met, and met by day."""

    open: Mapped[int]
    open_returned: Mapped[int]
    exempt: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    met_returned: Mapped[int]
    """Met or settled, though something else submitted for it was returned: from the first day."""
    surplus: Mapped[int]
    nil: Mapped[int] = mapped_column(server_default=text("0"), default=0)
    """Settled by a nil return, from its day until what was owed is met: taken back then."""


MEASURES: Final = tuple(measures.MEASURES)
BY_DAY: Final = tuple(name for name, measure in measures.MEASURES.items() if measure.is_dated)
"""The measures of what is met or settled, which have a day."""


class Counter(_Measures, Base):
    """The counts of a unit's whole subtree, as far as folded: in total (`TOTALS`) and by day."""

    __tablename__ = "counters"
    __table_args__ = (
        PrimaryKeyConstraint("unit_id", "campaign_id", "day", "requirement_id", "sector"),
    )

    # No foreign keys: these are sums over other rows, not records that refer to them.
    unit_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    day: Mapped[date]
    """Day on which they were met, or `TOTALS`."""
    requirement_id: Mapped[UUID]
    """The requirement's id; that of the period where it is owed anew in each."""
    sector: Mapped[str]


class CounterDelta(_Measures, Base):
    """A difference, not yet folded: it goes for the unit and for every unit above it."""

    __tablename__ = "counter_deltas"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    unit_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    requirement_id: Mapped[UUID]
    sector: Mapped[str]
    day: Mapped[date | None]
    """Day of the measures that have one; null where there are none."""
