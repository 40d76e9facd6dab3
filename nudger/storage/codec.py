"""Couples and schedules as JSON, always the same text for the same value, and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import time
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from nudger.domain.calendars import Calendar, Recipient
from nudger.domain.own_choices import AS_WRITTEN, OwnChoices
from nudger.domain.people import ChannelKind, Couple, ImportantDate, Partner
from nudger.domain.schedules import MessageKind, Schedule
from nudger.domain.windows import Window

_COUPLE = TypeAdapter(Couple)
# The kinds of `when` need no tag: no two share all their fields, and pydantic takes the one most fields fit.
_SCHEDULE = TypeAdapter(Schedule)
_CHOICES = TypeAdapter(OwnChoices)


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


def encode_choices(own: OwnChoices) -> str:
    """One partner's own choices as canonical JSON."""
    return canonical(_CHOICES.dump_python(own))


@lru_cache(10_000)
def decode_choices(text: str) -> OwnChoices:
    """The choices of that JSON, `{}` being none at all; the same object for the same text."""
    own = _CHOICES.validate_json(text)
    return AS_WRITTEN if own == AS_WRITTEN else own  # most chose nothing, and that is quickly told by the very object


def digest(text: str) -> str:
    """A fingerprint of a text, 64 hexadecimal digits."""
    return blake2b(text.encode(), digest_size=32).hexdigest()


def canonical(value: object) -> str:
    """The value as JSON with sorted keys and sets and no spaces, so that equal values have equal digests."""
    return json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> Any:  # noqa: ANN401 (whatever JSON can hold)
    return sorted(value) if isinstance(value, frozenset) else to_jsonable_python(value)


Chosen = Mapping[MessageKind, ChannelKind]
NOTHING_CHOSEN: Mapping[str, Chosen] = MappingProxyType({})


def encode_calendar(couple: Couple, chosen: Mapping[str, Chosen] = NOTHING_CHOSEN) -> str:
    """What the planner needs of a couple, without any key: couples who live alike share one text.

    `chosen` are the channels that partners chose alone for kinds of messages, by the partner's key.
    """
    first, second = (_encode_recipient(one, chosen.get(one.key, {})) for one in couple.partners)
    dates = {name: (day.month, day.day, day.year) for name, day in couple.dates.items()}
    return canonical([first, second, dates])


def _encode_recipient(partner: Partner, chosen: Chosen) -> list[object]:
    quiet = partner.quiet_hours
    usual: list[object] = [partner.timezone, partner.preferred_channel, (quiet.start, quiet.end) if quiet else None]
    # Pairs, not an object: the dates begin at the first brace.
    return [*usual, sorted(chosen.items())] if chosen else usual


class Planned(NamedTuple):
    """A couple's calendar, and by key the channel each partner prefers, and those they chose for kinds of messages."""

    calendar: Calendar
    preferred: Mapping[str, ChannelKind]
    chosen: Mapping[str, Chosen]


def decode_calendar(text: str, couple: str, first: str, second: str, *, dates: bool = True) -> Planned:
    """The calendar of that JSON, with the keys of the couple and its two partners put in.

    Few couples share their dates, but many share where and how they live: so the two parts are remembered apart, and
    the dates are left out (empty) where the rule at hand has no use for them.
    """
    places, _, rest = text.partition(",{")
    (one, prefers_one, chosen_one), (two, prefers_two, chosen_two) = _decode_places(places)
    recipients = Recipient(first, *one), Recipient(second, *two)
    days = _decode_dates(rest) if dates else {}
    preferred, chosen = {first: prefers_one, second: prefers_two}, {first: chosen_one, second: chosen_two}
    return Planned(Calendar(couple, recipients, days), preferred, chosen)


_Place = tuple[tuple[str, Window | None], ChannelKind, Chosen]


@lru_cache(10_000)
def _decode_places(text: str) -> tuple[_Place, _Place]:
    first, second = json.loads(f"{text}]")
    return _decode_recipient(*first), _decode_recipient(*second)


@lru_cache(10_000)
def _decode_dates(text: str) -> Mapping[str, ImportantDate]:
    return {name: ImportantDate(*parts) for name, parts in json.loads("{" + text.removesuffix("]")).items()}


def _decode_recipient(
    timezone: str, prefers: str, quiet: tuple[str, str] | None, chosen: Sequence[tuple[str, str]] = ()
) -> _Place:
    window = Window(*map(time.fromisoformat, quiet)) if quiet else None
    channels = {MessageKind(kind): ChannelKind(channel) for kind, channel in chosen}
    return (timezone, window), ChannelKind(prefers), channels
