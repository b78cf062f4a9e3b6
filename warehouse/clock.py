"""Instants are integers of microseconds UTC; days are proleptic ordinals in a warehouse's zone."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NEVER_DAY = 3_652_059  # 9999-12-31: the day of goods that never expire

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """The present instant in microseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1000


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name."""
    return ZoneInfo(name)


def as_datetime(at: int, timezone: str = "UTC") -> datetime:
    """An instant as an aware datetime in a zone."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone(timezone))


def as_instant(moment: datetime) -> int:
    """An aware datetime as an instant."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def day_of(at: int, timezone: str) -> int:
    """The local day on which an instant falls."""
    return as_datetime(at, timezone).toordinal()


def start_of(day: int, timezone: str) -> int:
    """The first instant of a local day."""
    return as_instant(datetime.combine(date.fromordinal(day), datetime.min.time(), zone(timezone)))


def iso(at: int | None, timezone: str = "UTC") -> str | None:
    """An instant as ISO 8601 with microseconds and zone; UTC is written Z."""
    if at is None:
        return None
    text = as_datetime(at, timezone).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def iso_day(day: int | None) -> str | None:
    """A day as ISO 8601; nothing for goods without one."""
    return date.fromordinal(day).isoformat() if day and day != NEVER_DAY else None


def local_time(text: str, timezone: str) -> str:
    """An instant that iso() wrote, as a person on the floor reads it: local, to the minute."""
    return as_datetime(parse_instant(text, "UTC"), timezone).strftime("%Y-%m-%d %H:%M")


def parse_instant(text: str, timezone: str) -> int:
    """Reads ISO 8601; a text without a zone is local time of `timezone`.

    Raises:
        ValueError: the text is no date or time.
    """
    moment = datetime.fromisoformat(text.strip())
    return as_instant(moment if moment.tzinfo else moment.replace(tzinfo=zone(timezone)))


def parse_day(text: str) -> int:
    """Reads YYYY-MM-DD or YYYYMMDD as a day.

    Raises:
        ValueError: the text is no date.
    """
    return date.fromisoformat(text.strip()).toordinal()
