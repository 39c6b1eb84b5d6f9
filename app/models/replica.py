"""What a reader of a replica has to know: how old it is, and whether sight has changed since."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class ReplicaMark(Base):
    """One mark, carried to every replica like any row; none while no replica is configured."""

    __tablename__ = "replica_marks"

    name: Mapped[str] = mapped_column(primary_key=True)
    """`beat`, or `sight-` and a number: changes of sight are spread so that none waits for one."""
    number: Mapped[int] = mapped_column(BigInteger)
    """Of the beat: when, in ms since 1970 by the primary's clock. Of sight: how many changes."""
    lineage: Mapped[str | None]
    """Of the beat: the cluster and its timeline, within which positions can be compared."""
