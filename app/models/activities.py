"""Activities, entered once, with who took part, what was found and what people asked for."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    and_,
    exists,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.functions import coalesce

from app.kit import ids
from app.models.base import Attached, Base, Owned, Sourced, Stamped, at_home
from app.models.deadlines import UNANSWERED, UNSETTLED, Due, is_one_of
from app.models.reviews import Reviewed, to_come_back


def _where_given(table: str, column: str) -> Index:
    """Return an index over the few rows that have a value there."""
    there = text(f"{column} IS NOT NULL")
    name = f"ix_{table}_{column}"
    return Index(name, column, postgresql_where=there, sqlite_where=there)


class Activity(Owned, Sourced, Stamped, Reviewed, Attached, Base):
    """One event held by a branch or a unit."""

    __tablename__ = "activities"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        UniqueConstraint("org_id", "source", "external_id"),
        CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted', 'withdrawn')", name="status"
        ),
        Index(None, "org_id", "campaign_id", "status"),
        Index(None, "campaign_id", "id"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
        Index(None, "held_on", "id"),
        # What an organization held on a day: whether it is entered twice.
        Index("ix_activities_org_id_held_on", "org_id", "held_on"),
        to_come_back("activities"),
        # What was received at an office: few activities are receptions.
        _where_given("activities", "office_id"),
        # Few are hidden: what was found at them is left out of lists, which must find them.
        Index(
            "ix_activities_hidden",
            "id",
            postgresql_where=text("status IN ('draft', 'withdrawn')"),
            sqlite_where=text("status IN ('draft', 'withdrawn')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    """The first campaign that it counts in, for most the only one."""
    further_campaign_ids: Mapped[list[UUID]] = mapped_column(default=list, server_default="[]")
    """The others, in the caller's order; each has a row in `activity_campaigns`."""
    kind: Mapped[str]
    own_kind: Mapped[str | None]
    """The campaign's own code of its kind, where that extends `kind`."""
    title: Mapped[str]
    held_on: Mapped[date]
    ended_on: Mapped[date | None]
    place: Mapped[str | None]
    talk_mode: Mapped[str | None]
    methods: Mapped[list[str]]
    topics: Mapped[list[str]]
    checks: Mapped[list[str]]
    summary: Mapped[str | None]
    host: Mapped[str | None]
    recorder: Mapped[str | None]
    members_due: Mapped[int | None]
    members_present: Mapped[int | None]
    public_present: Mapped[int | None]
    person_times: Mapped[int | None]
    member_refs: Mapped[list[str]]
    details: Mapped[dict[str, Any]]
    office_id: Mapped[UUID | None] = mapped_column(ForeignKey("delegate_offices.id"))
    """Of a reception: the office of its `details`, by which it is found."""
    status: Mapped[str] = mapped_column(default="submitted")

    @hybrid_property
    def shown_kind(self) -> str:
        """Return the code of its kind: the campaign's own, or the service's."""
        return self.own_kind or self.kind

    @shown_kind.inplace.expression
    @classmethod
    def _shown_kind(cls) -> ColumnElement[str]:
        return coalesce(cls.own_kind, cls.kind)

    @property
    def campaign_ids(self) -> list[UUID]:
        """Return every campaign that it counts in, the first one first."""
        return [self.campaign_id, *self.further_campaign_ids]


class ActivityCampaign(Base):
    """A further campaign that an activity counts in: entered once, found in each."""

    __tablename__ = "activity_campaigns"
    __table_args__ = (
        PrimaryKeyConstraint("activity_id", "campaign_id", "org_id"),
        ForeignKeyConstraint(
            ["activity_id", "org_id"],
            ["activities.id", "activities.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "campaign_id", "activity_id"),
        Index(None, "org_id"),
    )

    activity_id: Mapped[UUID]
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    org_id: Mapped[UUID]


def counts_in(campaign_id: Any) -> ColumnElement[bool]:
    """Return the condition on `activities` that one counts in a campaign, first or further."""
    further = exists().where(
        ActivityCampaign.activity_id == Activity.id, ActivityCampaign.campaign_id == campaign_id
    )
    return or_(Activity.campaign_id == campaign_id, further)


class Participant(Base):
    """A leader's part in an activity."""

    __tablename__ = "activity_participants"
    __table_args__ = (
        PrimaryKeyConstraint("activity_id", "leader_id", "org_id"),
        ForeignKeyConstraint(
            ["activity_id", "org_id"],
            ["activities.id", "activities.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint("role IN ('participant', 'speaker', 'host')", name="role"),
        Index(None, "leader_id"),
    )

    activity_id: Mapped[UUID]
    org_id: Mapped[UUID]
    leader_id: Mapped[UUID] = mapped_column(ForeignKey("leaders.id"))
    role: Mapped[str]


class Finding(Owned, Due, Stamped, Base):
    """A problem found by one of the four checks, with its rectification."""

    __tablename__ = "findings"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        ForeignKeyConstraint(
            ["activity_id", "org_id"],
            ["activities.id", "activities.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "status IN ('open', 'in_progress', 'reported_done', 'verified', 'closed')",
            name="status",
        ),
        Index(None, "org_id", "campaign_id", "status"),
        Index(None, "activity_id"),
        Index(None, "inspection_id"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
        _where_given("findings", "from_activity_id"),
        _where_given("findings", "from_org_id"),
        Index(
            "ix_findings_unsettled",
            "due_on",
            postgresql_where=text("status IN ('open', 'in_progress')"),
            sqlite_where=text("status IN ('open', 'in_progress')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    activity_id: Mapped[UUID | None]
    check: Mapped[str]
    description: Mapped[str]
    cause: Mapped[str | None]
    measure: Mapped[str | None]
    goal: Mapped[str | None]
    responsible: Mapped[str | None]
    nature: Mapped[str] = mapped_column(default="by_date")
    inspection_id: Mapped[UUID | None]
    """The inspection at which it was found, if at one."""
    found_on: Mapped[date | None]
    """Day it was found; null where that is the day of its activity."""
    origin: Mapped[str] = mapped_column(default="own", server_default="own")
    """Who found it: `own`, `superior` or `inspection`. What a superior wrote is the superior's."""
    from_activity_id: Mapped[UUID | None]
    """The activity at which it was found, once it is no longer a part of that."""
    from_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The organization that had it before it was passed on."""
    status: Mapped[str] = mapped_column(default="open")
    reported_by: Mapped[str | None]
    """Name of the principal who reported it done: another one verifies it."""
    done_text: Mapped[str | None]
    """What was done, on which day, with which files: as it was last reported."""
    done_on: Mapped[date | None]
    attachment_ids: Mapped[list[UUID]] = mapped_column(default=list, server_default="[]")

    @property
    def done(self) -> dict[str, Any] | None:
        """Return what was done, as it was last reported."""
        if self.done_text is None:
            return None
        files = self.attachment_ids
        return {"text": self.done_text, "done_on": self.done_on, "attachment_ids": files}

    @hybrid_property
    def is_unsettled(self) -> bool:
        """Return whether it is not reported done; what is kept up for long never has to be."""
        return self.status in UNSETTLED and self.nature != "long_term"

    @is_unsettled.inplace.expression
    @classmethod
    def _is_unsettled(cls) -> ColumnElement[bool]:
        return and_(is_one_of(cls.status, UNSETTLED), cls.nature != "long_term")


class Opinion(Owned, Due, Stamped, Base):
    """What people asked for or criticised: by field and source group, never by name."""

    __tablename__ = "opinions"
    __table_args__ = (
        PrimaryKeyConstraint("id", "org_id"),
        at_home(),
        ForeignKeyConstraint(
            ["activity_id", "org_id"],
            ["activities.id", "activities.org_id"],
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        Index(None, "org_id", "campaign_id"),
        Index(None, "activity_id"),
        Index(None, "updated_at", "id"),
        Index(None, "area_id", "id"),
        Index(None, "zone_id", "id"),
        Index(None, "zone_id", "updated_at", "id"),
        _where_given("opinions", "handler_org_id"),
        _where_given("opinions", "due_on"),
    )

    id: Mapped[UUID] = mapped_column(default=ids.new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    activity_id: Mapped[UUID | None]
    field: Mapped[str]
    source_group: Mapped[str]
    content: Mapped[str]
    gathered_on: Mapped[date | None]
    """Day it was gathered; null where that is the day of its activity."""
    handling: Mapped[str] = mapped_column(default="recorded")
    handler: Mapped[str | None]
    """The post or unit that it was assigned to."""
    handler_org_id: Mapped[UUID | None] = mapped_column(ForeignKey("organizations.id"))
    """The organization that answers it, where that is not the one that gathered it."""
    answer: Mapped[str | None]
    from_activity_id: Mapped[UUID | None]
    """The activity at which it was gathered, once it is no longer a part of that."""

    @hybrid_property
    def is_unsettled(self) -> bool:
        """Return whether it waits for its answer."""
        return self.handling in UNANSWERED

    @is_unsettled.inplace.expression
    @classmethod
    def _is_unsettled(cls) -> ColumnElement[bool]:
        return is_one_of(cls.handling, UNANSWERED)
