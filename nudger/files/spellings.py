"""How times, windows, durations, days, names and addresses are spelled in the files."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, PlainValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from nudger.domain.people import ImportantDate
from nudger.domain.windows import Window
from nudger.files.faults import quote
from nudger.files.slips import choices, wrong

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SLUG = r"^[a-z0-9][a-z0-9_-]{0,59}$"
CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
WINDOW = rf"{CLOCK}\s*[-–]\s*({CLOCK}|24:00)"  # noqa: RUF001 (people do type the long dash)
DAYS_IN = {"d": 1, "w": 7}
REST_IN = DAYS_IN | {"y": 365}
SECONDS_IN = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
LONGEST = timedelta(days=366)
LONGEST_COOLDOWN_DAYS = 3660


def read_key(value: object) -> str:
    """A key or id: a lower-case slug of at most 60 characters."""
    text = str(value)
    if re.fullmatch(SLUG, text):
        return text
    slug = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:60]
    hint = f"for example {slug}: " if slug else ""
    raise wrong(f"{quote(text)} cannot be a key", f"{hint}use a-z, 0-9, - and _, at most 60 characters")


def read_clock(value: object) -> time:
    """A wall time, 24-hour: 18:00."""
    if not re.fullmatch(CLOCK, str(value).strip()):
        raise wrong(f"{quote(value)} is not a time of day", "write hours and minutes, for example 18:00")
    hour, minute = str(value).split(":")
    return time(int(hour), int(minute))


def read_window(value: object) -> Window:
    """A span of the day: 09:30-20:00; it may cross midnight, and 24:00 may end it."""
    text = str(value).strip()
    if not re.fullmatch(WINDOW, text):
        raise wrong(f"{quote(value)} is not a span of the day", "write two times, for example 09:30-20:00")
    first, last = re.split(r"\s*[-–]\s*", text)  # noqa: RUF001 (as above)
    start, end = read_clock(first), time(0) if last == "24:00" else read_clock(last)
    if start == end and last != "24:00":
        raise wrong(f"{quote(value)} starts and ends at the same time", "write 00:00-24:00 for the whole day")
    return Window(start, end)


def read_quiet_hours(value: object) -> Window | None:
    """Quiet hours: a span of the day, or `none`."""
    return None if value == "none" else read_window(value)


def read_duration(value: object) -> timedelta:
    """A stretch of time in one unit: 30m, 36h, 2d or 1w."""
    return _amount(value, SECONDS_IN, "30m, 36h or 2d", timedelta(seconds=1))


def read_late(value: object) -> timedelta:
    """How late is too late: a duration of a minute or more."""
    duration = read_duration(value)
    if not duration:
        raise wrong("nothing can be sent with no time at all", "write 30m, or longer")
    return duration


def read_lead(value: object) -> int:
    """How many days ahead: 14d, 2w or 0d."""
    return _amount(value, DAYS_IN, "14d, 2w or 0d", timedelta(days=1)).days


def read_interval(value: object) -> int:
    """How many days from one to the next, at least one: 10d."""
    days = read_lead(value)
    if not days:
        raise wrong("there is at least one day from one to the next", "write 1d, or more")
    return days


def read_cooldown(value: object) -> int:
    """How many days until an entry may come again: 365d or 1y, which are the same."""
    return _amount(value, REST_IN, "365d", timedelta(days=1), timedelta(days=LONGEST_COOLDOWN_DAYS)).days


def _amount(
    value: object, units: dict[str, int], example: str, unit: timedelta, longest: timedelta = LONGEST
) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})\s*([a-z])", str(value).strip(), re.ASCII)
    if found is None or found[2] not in units:
        raise wrong(f"{quote(value)} is not a length of time", f"write {example}")
    amount = int(found[1]) * units[found[2]] * unit
    if amount > longest:
        raise wrong(f"{quote(value)} is too long", f"write {longest.days}d or less")
    return amount


def read_day(value: object) -> date:
    """A calendar day: 2026-01-05."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", str(value).strip(), re.ASCII):
            return date.fromisoformat(str(value).strip())
    except ValueError:
        raise wrong(f"there is no day {quote(value)}", "check month and day") from None
    raise wrong(f"{quote(value)} is not a day", "write year-month-day, for example 2026-01-05")


def read_important_date(value: object) -> ImportantDate:
    """A day of each year: 2019-06-14, or --06-14 where the year is nobody's business."""
    text = str(value).strip()
    if text.startswith("--"):
        day = read_day(f"2000{text[1:]}")  # a leap year, so that --02-29 is a day
        return ImportantDate(day.month, day.day)
    day = read_day(text)
    return ImportantDate(day.month, day.day, day.year)


def read_weekdays(value: object) -> frozenset[int]:
    """Days of the week, 0 for Monday: mon, mon-fri, or [tue, sat-sun]."""
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise wrong("there is no day in this list", "write at least one, for example [tue, thu]")
    return frozenset(day for part in parts for day in _weekday_range(part))


def _weekday_range(value: object) -> Sequence[int]:
    first, dash, last = str(value).strip().lower().partition("-")
    start = _weekday(first)
    end = _weekday(last) if dash else start
    return [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]


def _weekday(text: str) -> int:
    if text.strip() not in WEEKDAYS:
        raise wrong(f"{quote(text)} is not a day of the week", choices(text[:3], WEEKDAYS))
    return WEEKDAYS.index(text.strip())


def read_day_of_month(value: object) -> int:
    """A day of the month, 1-31; `last` is 31, which every month takes as its last day."""
    text = str(value).strip()
    if text == "last":
        return 31
    if not re.fullmatch(r"0?[1-9]|[12]\d|3[01]", text, re.ASCII):
        raise wrong(f"{quote(value)} is not a day of the month", "write 1 to 31, or last")
    return int(text)


def read_true(value: object) -> bool:
    """A word that only says yes: true."""
    if str(value).strip().lower() not in ("true", "yes", "on"):
        raise wrong(f"{quote(value)} does not fit here", "write true, or use another kind of moment")
    return True


def read_line(value: object) -> str:
    """One line of text: a line break in it would end a mail header too early."""
    if not isinstance(value, str) or not value.strip():
        raise wrong("some text is needed here", "write one line of text")
    if "\n" in value.strip():
        raise wrong("there is a line break in this text", "write it on one line")
    return value.strip()


class OneOrMany:
    """Lets a list be written as its only item."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Wrap a single item before the list is read."""
        return core_schema.no_info_before_validator_function(self.wrapped, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Say in the JSON schema that both forms are fine."""
        many = handler(schema)
        return {"anyOf": [many["items"], many]}

    @staticmethod
    def wrapped(value: object) -> object:
        """A list as it is; anything else as the only item of one."""
        return value if isinstance(value, list) else [value]


def text_schema(pattern: str, *examples: str, kind: str | list[str] = "string") -> WithJsonSchema:
    """What the JSON schema says of a text with a pattern: editors take `format: time` amiss, so there is none."""
    return WithJsonSchema({"type": kind, "pattern": pattern, "examples": list(examples)})


ItemT = TypeVar("ItemT")

Key = Annotated[str, AfterValidator(read_key), text_schema(SLUG, "ana-and-ben")]
Tag = Annotated[str, AfterValidator(read_key), text_schema(SLUG, "home")]
ClockTime = Annotated[time, PlainValidator(read_clock), text_schema(rf"^{CLOCK}$", "18:00")]
DayWindow = Annotated[Window, PlainValidator(read_window), text_schema(rf"^{WINDOW}$", "09:30-20:00")]
QuietHours = Annotated[
    Window | None, PlainValidator(read_quiet_hours), text_schema(rf"^({WINDOW}|none)$", "20:30-09:00", "none")
]
Duration = Annotated[timedelta, PlainValidator(read_duration), text_schema(r"^\d{1,6}\s*[mhdw]$", "36h")]
Late = Annotated[timedelta, PlainValidator(read_late), text_schema(r"^\d{1,6}\s*[mhdw]$", "30m", "24h")]
LeadDays = Annotated[int, PlainValidator(read_lead), text_schema(r"^\d{1,6}\s*[dw]$", "14d", "0d")]
Interval = Annotated[int, PlainValidator(read_interval), text_schema(r"^\d{1,6}\s*[dw]$", "10d")]
Cooldown = Annotated[int, PlainValidator(read_cooldown), text_schema(r"^\d{1,6}\s*[dwy]$", "365d", "2y")]
Day = Annotated[date, PlainValidator(read_day), text_schema(r"^\d{4}-\d{2}-\d{2}$", "2026-01-05")]
YearlyDay = Annotated[
    ImportantDate,
    PlainValidator(read_important_date),
    text_schema(r"^(\d{4}|-)-\d{2}-\d{2}$", "2019-06-14", "--03-12"),
]
_WEEKDAY_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": rf"^({'|'.join(WEEKDAYS)})(-({'|'.join(WEEKDAYS)}))?$",
    "examples": ["mon-fri", *WEEKDAYS],
}
Weekdays = Annotated[
    frozenset[int],
    PlainValidator(read_weekdays),
    WithJsonSchema({"anyOf": [_WEEKDAY_SCHEMA, {"type": "array", "items": _WEEKDAY_SCHEMA, "minItems": 1}]}),
]
DayOfMonth = Annotated[
    int,
    PlainValidator(read_day_of_month),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 31}, {"const": "last"}]}),
]
Truth = Annotated[bool, PlainValidator(read_true), WithJsonSchema({"const": True})]
Weight = Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)]
Line = Annotated[str, PlainValidator(read_line), WithJsonSchema({"type": "string", "minLength": 1})]
Many = Annotated[list[ItemT], OneOrMany()]
