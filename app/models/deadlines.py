"""When what has to be put right by a day is overdue: one definition, in Python and in SQL.

Findings, opinions and what must follow from inspections share it. Each says by itself when it is
unsettled; what is reported done waits for the superior, and is not overdue meanwhile.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped

UNSETTLED: Final = ("open", "in_progress")
"""States of a finding, and of what must follow, in which work on it is not reported done."""
UNANSWERED: Final = ("recorded", "assigned")
"""States in which an opinion waits for its answer."""


class Due:
    """What has a day by which it is to be done; without one it is never overdue."""

    due_on: Mapped[date | None]

    @hybrid_property
    def is_unsettled(self) -> bool:
        """Return whether it still has to be done; in SQL the condition that says so."""
        raise NotImplementedError

    @hybrid_property
    def can_be_overdue(self) -> bool:
        """Return whether it is overdue as soon as its day has passed."""
        return self.is_unsettled and self.due_on is not None

    @can_be_overdue.inplace.expression
    @classmethod
    def _can_be_overdue(cls) -> ColumnElement[bool]:
        return and_(cls.is_unsettled, cls.due_on.is_not(None))

    def is_overdue(self, day: date) -> bool:
        """Return whether it is overdue on a day."""
        return self.is_unsettled and self.due_on is not None and self.due_on < day

    @classmethod
    def overdue(cls, day: date) -> ColumnElement[bool]:
        """Return the same as a condition in SQL."""
        return and_(cls.can_be_overdue, cls.due_on < day)


def is_one_of(column: Any, states: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a state is one of these.

    They stand in the text of the statement, where the planner can compare them with those of a
    partial index.
    """
    named: BindParameter[str] = bindparam(
        "states", list(states), expanding=True, literal_execute=True, unique=True
    )
    condition: ColumnElement[bool] = column.in_(named)
    return condition
