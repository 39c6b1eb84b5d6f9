"""Time: instants in UTC, days on the calendar of China."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the current instant, timezone-aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current day in China: due dates are kept to the day there."""
    return datetime.now(CHINA).date()


def day_of(instant: datetime) -> date:
    """Return the day in China of an instant."""
    return instant.astimezone(CHINA).date()
