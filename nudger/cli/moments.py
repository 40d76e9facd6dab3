"""Moments and stretches of time as people type them."""

import re
from datetime import UTC, datetime, timedelta

from nudger.errors import WrongUsage

_STRETCH = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_moment(written: str) -> datetime:
    """An aware moment in UTC from ISO 8601; without a zone it is taken as UTC. Raises WrongUsage."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise WrongUsage(
            f"'{written}' is not a moment", mend="write it like 2026-12-24T18:00:00+01:00 or 2026-12-24"
        ) from error
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise WrongUsage(f"'{written}' is beyond the calendar", mend="write it like 2026-12-24") from error


def read_until(written: str, now: datetime) -> datetime:
    """A moment, or how long from now: 3d, 12h, 2w. Raises WrongUsage."""
    stretch = _STRETCH.fullmatch(written.strip())
    if stretch is None:
        return read_moment(written)
    return now + timedelta(**{_UNITS[stretch[2]]: int(stretch[1])})
