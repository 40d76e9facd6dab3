"""Which kind of day a date is, and how near it is."""

from datetime import date, time

import pytest

from nudger.domain.coming_dates import Ahead, ComingDate, DateKind, coming_date
from nudger.domain.people import ImportantDate
from nudger.domain.schedules import BeforeDate

IN_JUNE = ImportantDate(6, 14, 2019)
LETTER = BeforeDate("first-letter", (14, 0), time(10))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("birthday", DateKind.BIRTHDAY),
        ("ana-birthday", DateKind.BIRTHDAY),
        ("wedding-birthday", DateKind.BIRTHDAY),
        ("anniversary", DateKind.ANNIVERSARY),
        ("our_wedding-day", DateKind.ANNIVERSARY),
        ("first-letter", DateKind.FIRST_MET),
        ("first-met", DateKind.FIRST_MET),
        ("birth", DateKind.FIRST_MET),
    ],
)
def test_a_date_is_known_by_its_name(name: str, kind: DateKind) -> None:
    """A birthday or an anniversary says so in its name, and every other date is a beginning."""
    assert ComingDate(name, 3).occasion[0] is kind


@pytest.mark.parametrize(
    ("days", "ahead"),
    [(366, Ahead.WEEKS), (7, Ahead.WEEKS), (6, Ahead.DAYS), (1, Ahead.DAYS), (0, Ahead.TODAY)],
)
def test_how_far_off_a_date_is(days: int, ahead: Ahead) -> None:
    """Seven days or more are weeks, one to six are days, and none is today."""
    assert ComingDate("anniversary", days).occasion[1] is ahead


@pytest.mark.parametrize(("slot", "days"), [(0, 14), (1, 0)])
def test_a_slot_has_its_own_lead(slot: int, days: int) -> None:
    """A moment of the rule is as far ahead as the rule says, whether or not the date is still there."""
    assert coming_date(LETTER, slot, {}, date(2026, 5, 31)) == ComingDate("first-letter", days)


@pytest.mark.parametrize(
    ("anchor", "day", "days"),
    [
        (IN_JUNE, date(2026, 6, 14), 0),
        (IN_JUNE, date(2026, 6, 13), 1),
        (IN_JUNE, date(2026, 6, 15), 364),
        (ImportantDate(1, 2), date(2026, 12, 31), 2),
        (ImportantDate(2, 29, 2020), date(2026, 2, 1), 27),
        (ImportantDate(2, 29, 2020), date(2028, 2, 1), 28),
        (ImportantDate(6, 14, 2028), date(2026, 6, 14), 731),
    ],
)
def test_a_moment_of_no_rule_is_as_far_ahead_as_it_is(anchor: ImportantDate, day: date, days: int) -> None:
    """An extra message counts the days to the next return: today's too, 28 February in common years, no early ones."""
    assert coming_date(LETTER, 1000, {"first-letter": anchor}, day) == ComingDate("first-letter", days)


def test_without_the_date_there_is_no_occasion() -> None:
    """An extra message of a couple who has no such date is about none."""
    assert coming_date(LETTER, 1000, {"anniversary": IN_JUNE}, date(2026, 6, 14)) is None
