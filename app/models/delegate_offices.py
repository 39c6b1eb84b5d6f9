"""Party delegates' offices (党代表工作室), at which delegates receive people."""

from datetime import date

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from app.models.base import Base, Identified, Owned, Sourced, Stamped, at_home


class DelegateOffice(Owned, Identified, Sourced, Stamped, Base):
    """One office; `org_id` is the unit that keeps it."""

    __tablename__ = "delegate_offices"
    __table_args__ = (
        at_home(),
        UniqueConstraint("source", "external_id"),
        CheckConstraint("opened_on <= closed_on", name="days"),
        Index(None, "org_id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "updated_at", "id"),
    )

    name: Mapped[str]
    place: Mapped[str | None]
    reception_times: Mapped[str | None]
    """When people are received, as its unit makes it known."""
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    """Last day on which people are received."""
