"""What every table shares: portable column types, naming of constraints, common columns."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    ForeignKeyConstraint,
    MetaData,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.kit import clock, ids

JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""Structured values: JSONB on PostgreSQL, text on SQLite."""

BinaryText = Text().with_variant(Text(collation="C"), "postgresql")
"""Text compared byte by byte on both databases: for paths and ranges over prefixes."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant in UTC, timezone-aware in Python on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite keeps no offset, so the naive UTC time goes there."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Give SQLite's naive time its zone back."""
        return None if value is None else value.replace(tzinfo=UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """PostgreSQL's has its zone: nothing is done to any of them."""
        if dialect.name == "postgresql":
            return None
        return super().result_processor(dialect, coltype)


class UuidList(TypeDecorator[list[UUID]]):
    """Ids in the caller's order, as a JSON list of strings."""

    impl = JSON().with_variant(JSONB(), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: list[UUID] | None, _dialect: Dialect) -> list[str] | None:
        """Store them as text."""
        return None if value is None else [str(item) for item in value]

    def process_result_value(self, value: list[str] | None, _dialect: Dialect) -> list[UUID] | None:
        """Give them back as ids."""
        return None if value is None else [UUID(item) for item in value]


class Base(DeclarativeBase):
    """The one metadata: the schema is one graph."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        str: Text(),
        date: Date(),
        datetime: UtcDateTime(),
        dict[str, Any]: JsonValue,
        list[str]: JsonValue,
        list[dict[str, Any]]: JsonValue,
        list[UUID]: UuidList(),
    }


def at_home() -> ForeignKeyConstraint:
    """Return the key of an owned row that lists show: its organization with its area and zone.

    So a wrong one cannot be written, and what is moved into another one takes its rows along
    (`docs/decisions/0054-zones.md`).
    """
    return ForeignKeyConstraint(
        ["org_id", "area_id", "zone_id"],
        ["organizations.id", "organizations.area_id", "organizations.zone_id"],
        onupdate="CASCADE",
    )


class Owned:
    """A row that belongs to an organization, with what lists of a part of the tree find it by."""

    org_id: Mapped[UUID]
    area_id: Mapped[UUID]
    """The organization's own, as is `zone_id`."""
    zone_id: Mapped[UUID]


class Stamped:
    """Revision and times of a row that callers change; the revision is the row's ETag."""

    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class Identified:
    """A UUIDv7 made by the application or by the caller."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)


class Sourced:
    """Where the record came from in the caller's own system: its natural key there."""

    source: Mapped[str | None]
    external_id: Mapped[str | None]


class Attached:
    """Files of a record, in the caller's order; `attachments.resource_id` says the same."""

    attachment_ids: Mapped[list[UUID]] = mapped_column(default=list)
