"""A date that is coming up for a couple: what kind of day it is, and how near."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from nudger.domain.people import ImportantDate
from nudger.domain.schedules import BeforeDate
from nudger.domain.words import Word

#: A week ahead there is time to prepare something.
WEEK = 7


class DateKind(Word):
    """What a date is about; `first_met` stands for any day on which something of theirs began."""

    ANNIVERSARY = "anniversary"
    BIRTHDAY = "birthday"
    FIRST_MET = "first_met"


class Ahead(Word):
    """How far off a date is: seven days or more, one to six, or none."""

    WEEKS = "weeks"
    DAYS = "days"
    TODAY = "today"


#: What an entry with dates is made for: such a day, so far ahead.
MadeFor = tuple[DateKind, Ahead]


class ComingDate(NamedTuple):
    """One of the couple's dates by its name, and the days left until it, 0 on the day."""

    name: str
    days: int

    @property
    def occasion(self) -> MadeFor:
        """What an entry must be made for to fit it."""
        return date_kind(self.name), ahead(self.days)


def date_kind(name: str) -> DateKind:
    """The kind of a date by its name: a birthday or an anniversary says so, all others are beginnings."""
    if "birthday" in name:
        return DateKind.BIRTHDAY
    if "anniversary" in name or "wedding" in name:
        return DateKind.ANNIVERSARY
    return DateKind.FIRST_MET


def ahead(days: int) -> Ahead:
    """How far off a date is that comes in so many days, as `Ahead` draws the lines."""
    if days >= WEEK:
        return Ahead.WEEKS
    return Ahead.DAYS if days else Ahead.TODAY


def coming_date(when: BeforeDate, slot: int, dates: Mapping[str, ImportantDate], day: date) -> ComingDate | None:
    """The date that the message of a slot on a local day is for; None where the couple has no such date any more.

    A slot of the rule has its own lead. A message that no rule drew, at an operator's word, is as far ahead as it is.
    """
    if slot < len(when.lead):
        return ComingDate(when.name, when.lead[slot])
    anchor = dates.get(when.name)
    return ComingDate(when.name, (anchor.next_from(day) - day).days) if anchor else None
