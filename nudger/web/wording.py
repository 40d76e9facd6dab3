"""Words of the pages that are more than layout: what is agreed to, and names for things and times."""

from collections.abc import Mapping
from datetime import datetime, time
from zoneinfo import ZoneInfo

from nudger.domain.people import Allowance, ChannelKind
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window

#: Each theme in words anybody uses, with what it is like.
THEMES = {
    Theme.QUALITY_TIME: ("Time for the two of you", "An evening, a walk, twenty minutes on a bench."),
    Theme.CURIOSITY: ("Questions", "Things nobody has asked the other one yet."),
    Theme.SPONTANEITY: ("Out of nowhere", "Small surprises, done in a few minutes."),
    Theme.APPRECIATION: ("Saying the good things", "Something seen, and then said."),
    Theme.GROWTH: ("Something new", "To try or to learn, a little brave."),
    Theme.COMMUNICATION: ("Talking", "Ways to say a hard thing, and to hear one."),
}

#: What the page shows beside each answer, and what the ledger keeps as said yes or no to.
TENDERNESS_YES = (
    "Yes, ideas about touch and closeness may come to me. They come only while both of us have said yes, each alone. "
    "I can take it back at any time."
)
TENDERNESS_NO = "No, or not now. It looks the same as never having been asked."

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
THINGS = {ChannelKind.SMS: ("text", "texts"), ChannelKind.EMAIL: ("email", "emails")}
#: Each kind of message, as the page asks about it.
KINDS = {
    MessageKind.IDEAS: "Ideas",
    MessageKind.CHECK_INS: "Questions for a talk of two",
    MessageKind.DATES: "Ideas ahead of a date",
}
LANGUAGES = {"en": "English", "de": "Deutsch", "es": "Español", "fr": "Français"}


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment as its reader says it: Thursday 3 December, 06:00."""
    local = at.astimezone(zone)
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}, {local:%H:%M}"


def clock(at: time) -> str:
    """A wall time: 20:30."""
    return f"{at:%H:%M}"


def hours(window: Window | None) -> str:
    """A span of the day: 20:30 to 09:00; empty for none."""
    return f"{clock(window.start)} to {clock(window.end)}" if window else ""


def days(chosen: frozenset[int]) -> str:
    """Weekdays in a sentence: Monday, Tuesday and Friday; empty for all."""
    names = [DAYS[day] for day in sorted(chosen)]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


def channels(chosen: Mapping[MessageKind, ChannelKind]) -> str:
    """Which kinds come how: Ideas: texts; empty where all is as arranged."""
    return "; ".join(f"{words}: {THINGS[chosen[kind]][1]}" for kind, words in KINDS.items() if kind in chosen)


def often(channel: ChannelKind, allowance: Allowance) -> str:
    """The most there will be: one a day and 3 a week; empty where there is no limit."""
    spans = ((allowance.day, "a day"), (allowance.week, "a week"))
    return " and ".join(f"{count(channel, number)} {span}" for number, span in spans if number is not None)


def count(channel: ChannelKind, number: int) -> str:
    """So many of a channel: 1 text, 3 emails."""
    one, many = THINGS[channel]
    return f"{number} {one if number == 1 else many}"


def language(locale: str) -> str:
    """A language in its own words, else its tag."""
    return LANGUAGES.get(locale, locale)
