"""Couples and schedules as JSON, always the same text for the same value, and back."""

import json
from collections.abc import Mapping
from datetime import time
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from nudger.domain.calendars import Calendar, Recipient
from nudger.domain.people import ChannelKind, Couple, ImportantDate, Partner
from nudger.domain.schedules import Schedule
from nudger.domain.windows import Window

_COUPLE = TypeAdapter(Couple)
# The kinds of `when` need no tag: no two share all their fields, and pydantic takes the one most fields fit.
_SCHEDULE = TypeAdapter(Schedule)


def encode_couple(couple: Couple) -> str:
    """A couple as canonical JSON."""
    return canonical(_COUPLE.dump_python(couple))


@lru_cache(10_000)
def decode_couple(text: str) -> Couple:
    """The couple of that JSON; the same object for the same text, so treat it as the constant it is."""
    return _COUPLE.validate_json(text)


def encode_schedule(schedule: Schedule) -> str:
    """A schedule as canonical JSON."""
    return canonical(_SCHEDULE.dump_python(schedule))


@lru_cache(1_000)
def decode_schedule(text: str) -> Schedule:
    """The schedule of that JSON; the same object for the same text."""
    return _SCHEDULE.validate_json(text)


def digest(text: str) -> str:
    """A fingerprint of a text, 64 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=32).hexdigest()


def canonical(value: object) -> str:
    """The value as JSON with sorted keys and sets and no spaces, so that equal values have equal digests."""
    return json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    return sorted(value) if isinstance(value, frozenset) else to_jsonable_python(value)


def encode_calendar(couple: Couple) -> str:
    """What the planner needs of a couple, without any key: couples who live alike share one text."""
    first, second = couple.partners
    dates = {name: (day.month, day.day, day.year) for name, day in couple.dates.items()}
    return canonical([_encode_recipient(first), _encode_recipient(second), dates])


def _encode_recipient(partner: Partner) -> list[object]:
    quiet = partner.quiet_hours
    return [partner.timezone, partner.preferred_channel, (quiet.start, quiet.end) if quiet else None]


class Planned(NamedTuple):
    """A couple's calendar, and the channel each partner prefers, by key."""

    calendar: Calendar
    preferred: Mapping[str, ChannelKind]


def decode_calendar(text: str, couple: str, first: str, second: str) -> Planned:
    """The calendar of that JSON, with the keys of the couple and its two partners put in."""
    ((one, prefers_one), (two, prefers_two)), dates = _decode_calendar(text)
    recipients = Recipient(first, *one), Recipient(second, *two)
    return Planned(Calendar(couple, recipients, dates), {first: prefers_one, second: prefers_two})


_Place = tuple[tuple[str, Window | None], ChannelKind]


@lru_cache(10_000)
def _decode_calendar(text: str) -> tuple[tuple[_Place, _Place], Mapping[str, ImportantDate]]:
    first, second, dates = json.loads(text)
    days = {name: ImportantDate(*parts) for name, parts in dates.items()}
    return (_decode_recipient(*first), _decode_recipient(*second)), days


def _decode_recipient(timezone: str, prefers: str, quiet: tuple[str, str] | None) -> _Place:
    window = Window(*map(time.fromisoformat, quiet)) if quiet else None
    return (timezone, window), ChannelKind(prefers)
