"""How long a pause: so many days, until a date, until a day of the week; as people write it in four languages."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo

from nudger.domain.reply_spelling import Words, fold, words
from nudger.domain.wall_clock import DAY, instant
from nudger.domain.windows import MIDNIGHT

#: What PAUSE alone means, and any length that cannot be read or cannot be.
WEEK = timedelta(days=7)
LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Days:
    """So many times 24 hours."""

    count: int


@dataclass(frozen=True, slots=True)
class Until:
    """Until a day begins; without a year, the next such day."""

    day: int
    month: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class UntilWeekday:
    """Until the next such day of the week begins; 0 is Monday."""

    weekday: int


Pause = Days | Until | UntilWeekday

ISO_DATE = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
NUMBERED_DATE = re.compile(r"\b(\d{1,2})\s?([./-])\s?(\d{1,2})\b(?:\s?[./-]\s?(\d{4}|\d{2})\b)?")
#: Beside a day of the week, "9.30" is a time: its minutes are no month.
TIME_OF_DAY = re.compile(r"(?<![\d./-])(?:[01]?\d|2[0-3])(?:\.(?:00|1[3-9]|[2-5]\d)|[:h][0-5]\d)\b(?![./-]\s?\d)")
AMOUNT = re.compile(r"(\d{1,9})([a-z]*)")
DAY_NUMBER = re.compile(r"(\d{1,2})(st|nd|rd|th|er)?")
YEAR = re.compile(r"20\d\d")

#: Hours in each unit.
UNITS = {
    **dict.fromkeys(words("h hour hours std stunde stunden heure heures hora horas"), 1),
    **dict.fromkeys(words("d day days t tag tage tagen j jour jours dia dias"), 24),
    **dict.fromkeys(words("w wk wks week weeks woche wochen sem semaine semaines semana semanas"), 7 * 24),
    **dict.fromkeys(words("fortnight quinzaine quincena"), 14 * 24),
    **dict.fromkeys(words("month months monat monate monaten mois mes meses"), 30 * 24),
}
#: Count only after a number or an article: in "next year" or "new year" it is not the length that is told, and a lone
#: "mo" is as likely a Monday.
MONTHS_COUNTED = frozenset(words("mo mos"))
YEARS = frozenset(words("yr yrs year years jahr jahre jahren an ans annee annees ano anos"))
A_YEAR = 365 * 24
ARTICLES = frozenset(words("a one un une d'un d'une ein eine einem einer"))
#: Of dates none is followed by a unit: "2-3 weeks" are weeks.
UNIT = "|".join(sorted(UNITS.keys() | YEARS | MONTHS_COUNTED))
LENGTH_OF_TIME = re.compile(rf"\s?(?:{UNIT})\b")
#: One and a half of something: 1.5 weeks, 1,5 Wochen, 1/2 day.
PART = re.compile(rf"\b(\d{{1,3}})([.,/])(\d)\s?({UNIT})\b")
#: The ones that are articles too are left out (a unit without a number is one anyway), and the Spanish eleven: at once.
NUMBERS = {
    word: number
    for first, line in (
        (1, "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"),
        (2, "couple few"),
        (2, "zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn"),
        (3, "paar"),
        (2, "deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze"),
        (2, "dos tres cuatro cinco seis siete ocho nueve diez"),
        (12, "doce trece catorce quince"),
        *((20, one) for one in ("twenty", "zwanzig", "vingt", "veinte")),
        *((30, one) for one in ("thirty", "dreissig", "trente", "treinta")),
    )
    for number, word in enumerate(words(line), start=first)
}
TOMORROW = frozenset(words("tomorrow morgen demain manana"))
MONTHS = tuple(
    words(line)
    for line in (
        "january janvier januar enero",
        "february fevrier februar febrero",
        "march mars marz mrz maerz marzo",
        "april avril abril",
        "may mai mayo",
        "june juin juni junio",
        "july juillet juli julio",
        "august aout agosto",
        "september septembre septiembre setiembre",
        "october octobre oktober octubre",
        "november novembre noviembre",
        "december decembre dezember diciembre",
    )
)
WEEKDAYS = tuple(
    words(line)
    for line in (
        "monday mon montag lundi lunes",
        "tuesday tue tues dienstag mardi martes",
        "wednesday wed mittwoch mercredi miercoles",
        "thursday thu thur thurs donnerstag jeudi jueves",
        "friday fri freitag vendredi viernes",
        "saturday sat samstag sonnabend samedi sabado",
        "sunday sun sonntag dimanche domingo",
    )
)
#: May stand between a day and its month: 5th of December, 5 de diciembre.
BETWEEN = frozenset(words("of de the"))
SHORTEST_MONTH = 3


def read_pause(text: str, *, month_first: bool = False) -> Pause | None:
    """The length of a pause in a text; None where there is none to be read.

    5/12 is the fifth of December, or 12 May with `month_first`; 5.12. is always the fifth of December.
    """
    found = tuple(word for word in words(text) if word not in BETWEEN)
    day = _named_day(found)
    plain = fold(text) if day is None else TIME_OF_DAY.sub(" ", fold(text))
    return _numbered_date(plain, month_first=month_first) or _named_date(found) or day or _part(plain) or _days(found)


def end_of(pause: Pause | None, now: datetime, zone: ZoneInfo) -> datetime:
    """When a pause that begins at `now` (aware) ends, for somebody in that zone.

    A date that never comes, is past, or is more than a year away makes it a week, as no length at all does.
    """
    end = None if pause is None else _end(pause, now, zone)
    return end if end is not None and now < end <= now + LONGEST else now + WEEK


def _end(pause: Pause, now: datetime, zone: ZoneInfo) -> datetime | None:
    today = now.astimezone(zone).date()
    match pause:
        case Days(count):
            return now + count * DAY
        case UntilWeekday(weekday):
            return instant(today + ((weekday - today.weekday() - 1) % 7 + 1) * DAY, MIDNIGHT, zone)
        case Until(day, month, year):
            years = (today.year, today.year + 1) if year is None else (year,)
            days = [one for one in (_date(each, month, day) for each in years) if one is not None and one > today]
            return instant(days[0], MIDNIGHT, zone) if days else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _numbered_date(text: str, *, month_first: bool) -> Until | None:
    if found := ISO_DATE.search(text):
        return Until(int(found[3]), int(found[2]), int(found[1]))
    found = NUMBERED_DATE.search(text)
    if found is None or LENGTH_OF_TIME.match(text, found.end()):
        return None
    first, second = int(found[1]), int(found[3])
    if (month_first and found[2] == "/" and first <= len(MONTHS)) or second > len(MONTHS):
        first, second = second, first
    year = int(found[4]) % 100 + 2000 if found[4] else None
    return Until(first, second, year)


def _named_date(found: Words) -> Until | None:
    for place, word in enumerate(found):
        month = _month(word)
        if month is None:
            continue
        around = [(place - 1, place + 1), (place + 1, place + 2)]
        for day, after in around:
            if 0 <= day < len(found) and (number := DAY_NUMBER.fullmatch(found[day])):
                year = found[after] if after < len(found) and YEAR.fullmatch(found[after]) else None
                return Until(int(number[1]), month, int(year) if year else None)
    return None


def _month(word: str) -> int | None:
    """The month a word names, in full or by its first letters, where these are enough to tell."""
    if len(word) < SHORTEST_MONTH:
        return None
    meant = [number for number, names in enumerate(MONTHS, start=1) if any(one.startswith(word) for one in names)]
    return meant[0] if len(meant) == 1 else None


def _named_day(found: Words) -> Days | UntilWeekday | None:
    for word in found:
        if word in TOMORROW:
            return Days(1)
        for weekday, names in enumerate(WEEKDAYS):
            if word in names:
                return UntilWeekday(weekday)
    return None


def _days(found: Words) -> Days | None:
    """So many units, rounded up to days; one where a unit stands alone (next week), days where a number does."""
    amount: int | None = None
    for before, word in zip(("", *found), found, strict=False):
        number = AMOUNT.fullmatch(word)
        if number and (own := _hours(number[2], "", counted=True)):
            return _so_many(int(number[1]) * own)
        unit = _hours(word, before, counted=amount is not None)
        if unit is not None:
            return _so_many((1 if amount is None else amount) * unit)
        if number and not number[2]:
            amount = int(number[1])
        amount = NUMBERS.get(word, amount)
    return None if amount is None else _so_many(amount * 24)


def _hours(word: str, before: str, *, counted: bool) -> int | None:
    """The hours in the unit that a word names; None where it names none."""
    if counted or before in ARTICLES:
        return UNITS.get(word) or _counted(word)
    return UNITS.get(word)


def _counted(word: str) -> int | None:
    if word in YEARS:
        return A_YEAR
    return UNITS["month"] if word in MONTHS_COUNTED else None


def _part(text: str) -> Days | None:
    found = PART.search(text)
    if found is None:
        return None
    unit = UNITS.get(found[4]) or _counted(found[4]) or 0
    whole, other = int(found[1]), int(found[3])
    amount = Fraction(10 * whole + other, 10) if found[2] != "/" else Fraction(whole, other or 1)
    return _so_many(ceil(amount * unit))


def _so_many(hours: int) -> Days | None:
    days = -(-hours // 24)
    return Days(days) if 0 < days <= LONGEST.days else None
