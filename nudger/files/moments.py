"""The ways to say when, as written under `when`, and the domain's rules made from them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Annotated

from cronsim import CronSim, CronSimError
from pydantic import BeforeValidator, Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from nudger.domain.schedules import (
    EVERY_DAY,
    BeforeDate,
    Cron,
    Daily,
    EveryDays,
    Monthly,
    Period,
    RandomTimes,
    Weekly,
)
from nudger.domain.windows import DAYTIME
from nudger.files.faults import listed
from nudger.files.slips import Sheet, choices, wrong
from nudger.files.spellings import (
    ClockTime,
    Day,
    DayOfMonth,
    DayWindow,
    Duration,
    Interval,
    Key,
    LeadDays,
    Many,
    Truth,
    Weekdays,
)

TEN = time(10)
KINDS = ("random", "daily", "weekly", "monthly", "every", "before", "cron")
#: cronsim only reads the expression here; the moment it would start from does not matter.
ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
CRON_FIELDS = 5
LONGEST_CRON = 200
SUNDAY_IS_SIX = 6


class Timed(Sheet):
    """What most rules share: one wall time."""

    at: ClockTime = Field(
        default=TEN,
        description="The local wall time of each recipient.",
        examples=["18:00"],
        json_schema_extra={"default": "10:00"},
    )


class WrittenRandom(Sheet):
    """Moments nobody expects: so many in each period, spread by chance."""

    random: int = Field(ge=1, le=50, description="How many moments in each period.", examples=[3])
    per: Period = Field(description="The period: day, week or month.", examples=["week"])
    days: Weekdays = Field(
        default=EVERY_DAY,
        description="The days of the week that may have one.",
        examples=["mon-sun", ["tue", "thu"]],
        json_schema_extra={"default": "mon-sun"},
    )
    between: DayWindow = Field(
        default=DAYTIME,
        description="The local hours that may have one.",
        examples=["09:30-20:00"],
        json_schema_extra={"default": "09:00-20:30"},
    )
    apart: Duration = Field(
        default=timedelta(0),
        description="The least time between two.",
        examples=["36h"],
        json_schema_extra={"default": "0m"},
    )

    def rule(self) -> RandomTimes:
        """The domain's rule."""
        return RandomTimes(self.random, self.per, self.days, self.between, self.apart)


class WrittenDaily(Timed):
    """Every day at one time."""

    daily: Truth = Field(description="Every day.", examples=[True])

    def rule(self) -> Daily:
        """The domain's rule."""
        return Daily(self.at)


class WrittenWeekly(Timed):
    """On some days of the week at one time."""

    weekly: Weekdays = Field(description="The day or days of the week.", examples=["sun", ["tue", "thu"]])

    def rule(self) -> Weekly:
        """The domain's rule."""
        return Weekly(self.weekly, self.at)


class WrittenMonthly(Timed):
    """On one day of the month at one time."""

    monthly: DayOfMonth = Field(
        description="The day of the month, or last; where a month lacks it, its last day.", examples=[1, "last"]
    )

    def rule(self) -> Monthly:
        """The domain's rule."""
        return Monthly(self.monthly, self.at)


class WrittenEvery(Timed):
    """Every so many days from a first one."""

    every: Interval = Field(description="How many days from one to the next.", examples=["10d"])
    start: Day = Field(alias="from", description="The first day; counting starts there.", examples=["2026-01-05"])

    def rule(self) -> EveryDays:
        """The domain's rule."""
        return EveryDays(self.every, self.start, self.at)


class WrittenBefore(Timed):
    """Ahead of one of the couple's own dates, each year."""

    before: Key = Field(description="The name of the date, as under `dates` of the couples.", examples=["anniversary"])
    lead: Many[LeadDays] = Field(
        default=[0],
        min_length=1,
        max_length=12,
        description="How long ahead; 0d is the day itself.",
        examples=[["14d", "0d"]],
        json_schema_extra={"default": ["0d"]},
    )

    def rule(self) -> BeforeDate:
        """The domain's rule."""
        return BeforeDate(self.before, tuple(sorted(set(self.lead), reverse=True)), self.at)


def read_cron(value: object) -> Cron:
    """A five-field cron expression, taken apart: minute hour day-of-month month day-of-week."""
    text = str(value).strip()
    if len(text.split()) != CRON_FIELDS or len(text) > LONGEST_CRON:
        raise wrong("a cron expression has five fields", 'minute hour day month weekday, for example "0 18 * * 5"')
    try:
        parsed = CronSim(text, ANY_MOMENT)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        raise wrong(f"the {field} of this cron expression is not understood", 'for example "0 18 * * 5"') from None
    if CronSim.LAST_WEEKDAY in parsed.days:
        raise wrong("LW, the last working day, is not supported", "write L for the last day of the month")
    return Cron(
        expression=text,
        minutes=frozenset(parsed.minutes),
        hours=frozenset(parsed.hours),
        days=frozenset(-1 if day == CronSim.LAST else day for day in parsed.days),
        months=frozenset(parsed.months),
        weekdays=frozenset(_cron_weekday(item) for item in parsed.weekdays),
        either_day=not parsed.day_and,
    )


def _cron_weekday(item: int | tuple[int, int]) -> tuple[int, int]:
    """From cron's weekdays (0 and 7 are Sunday) to ours (0 is Monday), with which one of the month is meant."""
    day, nth = item if isinstance(item, tuple) else (item, 0)
    return (day + SUNDAY_IS_SIX) % 7, -1 if nth == CronSim.LAST else nth


class WrittenCron(Sheet):
    """A cron expression, in the wall time of each recipient."""

    cron: Annotated[Cron, PlainValidator(read_cron), WithJsonSchema({"type": "string"})] = Field(
        description="Five fields: minute, hour, day of month, month, day of week.", examples=["0 18 * * 5"]
    )

    def rule(self) -> Cron:
        """The domain's rule."""
        return self.cron


def _kind(data: object) -> str | None:
    return next((f"when {kind}" for kind in KINDS if isinstance(data, Mapping) and kind in data), None)


def _one_kind(data: object) -> object:
    if not isinstance(data, dict):
        raise wrong("when must be a mapping of keys", "for example {weekly: sun, at: 18:00}")
    kinds = [kind for kind in KINDS if kind in data]
    if len(kinds) > 1:
        raise wrong(f"{listed(kinds, 'and')} cannot go together", "choose one, and use a second schedule for the other")
    if not kinds:
        unknown = next(iter(data), "")
        raise wrong("when does not say what kind it is", choices(unknown, KINDS))
    return data


AnyKind = (
    Annotated[WrittenRandom, Tag("when random")]
    | Annotated[WrittenDaily, Tag("when daily")]
    | Annotated[WrittenWeekly, Tag("when weekly")]
    | Annotated[WrittenMonthly, Tag("when monthly")]
    | Annotated[WrittenEvery, Tag("when every")]
    | Annotated[WrittenBefore, Tag("when before")]
    | Annotated[WrittenCron, Tag("when cron")]
)
WrittenWhen = Annotated[AnyKind, Discriminator(_kind), BeforeValidator(_one_kind)]
