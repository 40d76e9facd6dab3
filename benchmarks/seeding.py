"""A database with very many couples, written straight into the real tables: a million in about a minute."""

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import product
from pathlib import Path

from nudger.domain.people import Couple, ImportantDate, Partner
from nudger.domain.schedules import Audience, ChannelChoice, Daily, Period, RandomTimes, Schedule, Target, When
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.codec import digest, encode_calendar, encode_couple, encode_schedule
from nudger.storage.database import Database
from nudger.storage.tables import EPOCH, MILLISECOND

#: Where couples live; one in five lives in two of these places.
ZONES = (
    "Europe/Berlin", "Europe/London", "Europe/Madrid", "Europe/Warsaw", "America/New_York", "America/Chicago",
    "America/Los_Angeles", "America/Sao_Paulo", "Africa/Lagos", "Africa/Nairobi", "Asia/Kolkata", "Asia/Tokyo",
    "Asia/Manila", "Australia/Sydney", "Pacific/Auckland",
)  # fmt: skip
QUIET = (Window(time(20, 30), time(9)), Window(time(21), time(8, 30)), Window(time(22), time(7)), None)
FAR = timedelta(days=7)

INSERT_COUPLE = "INSERT INTO couples (id, key, spec, digest, calendar, created_at) VALUES (?, ?, ?, ?, ?, ?)"
INSERT_PARTNER = "INSERT INTO partners (id, couple_id, key, position) VALUES (?, ?, ?, ?)"
INSERT_ENROLLMENT = "INSERT INTO enrollments (id, schedule_id, couple_id, cursor) VALUES (?, ?, ?, ?)"
INSERT_SCHEDULE = "INSERT INTO schedules (id, key, spec, digest) VALUES (?, ?, ?, ?)"


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
    """`couples` couples, of which `due` (scattered among them) want planning from `now` on, the rest later."""

    couples: int
    due: int
    now: datetime

    def seed(self, path: Path) -> None:
        """Write them into a new SQLite file with the tables of the program's own migrations."""
        database = Database(f"sqlite:///{path}")
        database.upgrade()
        database.close()
        connection = sqlite3.connect(path, isolation_level=None)
        for word in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000", "BEGIN"):
            connection.execute(word)
        for number, rule in enumerate(rules(), 1):
            text = encode_schedule(rule)
            connection.execute(INSERT_SCHEDULE, (number, rule.key, text, digest(text)))
        connection.executemany(INSERT_COUPLE, self.couple_rows())
        connection.executemany(INSERT_PARTNER, self.partner_rows())
        connection.executemany(INSERT_ENROLLMENT, self.enrollment_rows())
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
        connection.close()

    def couple_rows(self) -> Iterator[tuple[object, ...]]:
        """Couples with a place, quiet hours and a date of their own; hardly two calendars are alike."""
        chance, made = random.Random(1), milliseconds(self.now)
        kinds = [(encode_couple(one), encode_calendar(one)) for one in sorts()]
        for number in range(1, self.couples + 1):
            spec, calendar = kinds[chance.randrange(len(kinds))]
            day = f"[{1 + number % 12},{1 + number % 28},{1970 + chance.randrange(55)}]"
            calendar = calendar.replace("[6,14,2019]", day)
            yield number, f"couple-{number:07}", spec, f"{number:064x}", calendar, made

    def partner_rows(self) -> Iterator[tuple[object, ...]]:
        """Two for each."""
        for number in range(1, self.couples + 1):
            yield 2 * number - 1, number, "ana", 0
            yield 2 * number, number, "ben", 1

    def enrollment_rows(self) -> Iterator[tuple[object, ...]]:
        """Each couple in one of the two schedules."""
        chance, every = random.Random(2), max(1, self.couples // max(1, self.due))
        now, later = milliseconds(self.now), milliseconds(self.now + FAR)
        for number in range(1, self.couples + 1):
            is_due = self.due > 0 and number % every == 0 and number // every <= self.due
            yield number, 1 + number // every % 2, number, now if is_due else later + chance.randrange(604_800_000)


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
