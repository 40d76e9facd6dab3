"""A database with very many couples, written straight into the real tables: a million in half a minute."""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from pathlib import Path

import psycopg
from sqlalchemy import update

from nudger.domain.people import Couple, ImportantDate, Partner
from nudger.domain.schedules import Audience, ChannelChoice, Daily, Period, RandomTimes, Schedule, Target, When
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.codec import digest, encode_calendar, encode_couple, encode_schedule
from nudger.storage.database import Database
from nudger.storage.instants import EPOCH, MILLISECOND
from nudger.storage.tables import enrollments

#: Where couples live; one in five lives in two of these places.
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Madrid", "Europe/Warsaw", "America/New_York", "America/Chicago",
    "America/Los_Angeles", "America/Sao_Paulo", "Africa/Lagos", "Africa/Nairobi", "Asia/Kolkata", "Asia/Tokyo",
    "Asia/Manila", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
QUIET = (Window(time(20, 30), time(9)), Window(time(21), time(8, 30)), Window(time(22), time(7)), None)
FAR = timedelta(days=7)

TABLES = {
    "schedules": ("id", "key", "spec", "digest"),
    "couples": ("id", "key", "spec", "digest", "calendar", "created_at"),
    "partners": ("id", "couple_id", "key", "position"),
    "enrollments": ("id", "schedule_id", "couple_id", "cursor"),
}
Row = tuple[object, ...]


def rules() -> tuple[Schedule, Schedule]:
    """A random rule and a daily one, each for half of all couples."""
    surprises = RandomTimes(3, Period.WEEK, between=Window(time(9, 30), time(20)), apart=timedelta(hours=36))
    return _rule("surprises", surprises), _rule("mornings", Daily(time(9, 15)))


def _rule(key: str, when: When) -> Schedule:
    target = Target(frozenset({key}))
    themes, late = (Theme.APPRECIATION,), timedelta(hours=1)
    return Schedule(key, when, ChannelChoice.PREFERRED, Audience.ONE, themes, target=target, late=late)


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many couples, each in one of the two schedules and planned until a week or two after `now`."""

    couples: int
    now: datetime

    def seed(self, path: Path) -> None:
        """Write them into a new SQLite file with the tables of the program's own migrations."""
        _migrate(f"sqlite:///{path}")
        connection = sqlite3.connect(path, isolation_level=None)
        for word in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000", "BEGIN"):
            connection.execute(word)
        for table, columns in TABLES.items():
            marks = ", ".join("?" * len(columns))
            rows = (
                tuple([milliseconds(one) if isinstance(one, datetime) else one for one in row])
                for row in self.rows(table)
            )
            connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 (our own words)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.close()

    def seed_postgresql(self, url: str) -> None:
        """The same in an empty PostgreSQL database, by COPY."""
        _migrate(url)
        with psycopg.connect(url, autocommit=True) as connection:
            for table, columns in TABLES.items():
                with connection.cursor().copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in self.rows(table):
                        copy.write_row(row)
            connection.execute("VACUUM ANALYZE")

    def make_due(self, database: Database, schedule: int, count: int) -> None:
        """Let so many of a schedule's couples, scattered among all, want planning from `now` on."""
        every, pair = max(1, self.couples // 2 // count), (enrollments.c.id - 1) // 2
        scattered = (enrollments.c.schedule_id == schedule) & (pair % every == 0) & (pair < every * count)
        with database.write() as connection:
            connection.execute(update(enrollments).where(scattered).values(cursor=self.now))

    def rows(self, table: str) -> Iterator[Row]:
        """A table's rows, the columns as in `TABLES`, moments aware."""
        makers = {"couples": self._couples, "partners": self._partners, "enrollments": self._enrollments}
        return makers[table]() if table in makers else _schedules()

    def _couples(self) -> Iterator[Row]:
        """Couples with a place, quiet hours and a date of their own; hardly two calendars are alike."""
        chance = random.Random(1)
        kinds = [(encode_couple(one), encode_calendar(one)) for one in sorts()]
        for number in range(1, self.couples + 1):
            spec, calendar = kinds[chance.randrange(len(kinds))]
            day = f"[{1 + number % 12},{1 + number % 28},{1970 + chance.randrange(55)}]"
            calendar = calendar.replace("[6,14,2019]", day)
            yield number, f"couple-{number:07}", spec, f"{number:064x}", calendar, self.now

    def _partners(self) -> Iterator[Row]:
        for number in range(1, self.couples + 1):
            yield 2 * number - 1, number, "ana", 0
            yield 2 * number, number, "ben", 1

    def _enrollments(self) -> Iterator[Row]:
        chance, later = random.Random(2), self.now + FAR
        for number in range(1, self.couples + 1):
            yield number, 1 + number % 2, number, later + timedelta(milliseconds=chance.randrange(604_800_000))


def _schedules() -> Iterator[Row]:
    for number, rule in enumerate(rules(), 1):
        text = encode_schedule(rule)
        yield number, rule.key, text, digest(text)


def _migrate(url: str) -> None:
    database = Database(url)
    database.upgrade()
    database.close()


def milliseconds(moment: datetime) -> int:
    """A moment as SQLite holds it."""
    return (moment - EPOCH) // MILLISECOND


def sorts() -> Iterator[Couple]:
    """Every sort of couple there is: where each lives, and when each sleeps."""
    for number, (zone, quiet) in enumerate(product(ZONES, QUIET)):
        other = ZONES[number % len(ZONES)] if number % 5 == 0 else zone
        ana = Partner("ana", "Ana", zone, email="ana@example.com", phone="+447700900124", quiet_hours=quiet)
        ben = Partner("ben", "Ben", other, email="ben@example.com", quiet_hours=quiet)
        yield Couple("couple", (ana, ben), dates={"anniversary": ImportantDate(6, 14, 2019)})
