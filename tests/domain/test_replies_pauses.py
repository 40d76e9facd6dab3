"""When a pause ends, on the sender's own calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudger.domain.reply_pauses import Days, Pause, Until, UntilWeekday, end_of

BERLIN = ZoneInfo("Europe/Berlin")
#: A Monday noon in Berlin.
NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
A_WEEK = datetime(2026, 2, 9, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pause", "end"),
    [
        (None, A_WEEK),
        (Days(3), datetime(2026, 2, 5, 11, 0, tzinfo=UTC)),
        (Until(5, 12), datetime(2026, 12, 4, 23, 0, tzinfo=UTC)),
        (Until(1, 7), datetime(2026, 6, 30, 22, 0, tzinfo=UTC)),
        (Until(2, 2), datetime(2027, 2, 1, 23, 0, tzinfo=UTC)),
        (Until(1, 2), datetime(2027, 1, 31, 23, 0, tzinfo=UTC)),
        (Until(3, 2, 2026), datetime(2026, 2, 2, 23, 0, tzinfo=UTC)),
        (UntilWeekday(1), datetime(2026, 2, 2, 23, 0, tzinfo=UTC)),
        (UntilWeekday(0), datetime(2026, 2, 8, 23, 0, tzinfo=UTC)),
        (Until(30, 2), A_WEEK),
        (Until(0, 5), A_WEEK),
        (Until(5, 13), A_WEEK),
        (Until(1, 2, 2026), A_WEEK),
        (Until(5, 2, 2027), A_WEEK),
        (Until(29, 2), A_WEEK),
    ],
)
def test_end_of_a_pause(pause: Pause | None, end: datetime) -> None:
    """Days count from now, dates begin at local midnight; what cannot be, is past or too far away is a week."""
    assert end_of(pause, NOON, BERLIN) == end


def test_the_senders_calendar_counts() -> None:
    """At half past eleven on Sunday night in New York it is Sunday there, so until Monday is half an hour."""
    now = datetime(2026, 2, 2, 4, 30, tzinfo=UTC)
    assert end_of(UntilWeekday(0), now, ZoneInfo("America/New_York")) == now + timedelta(minutes=30)


@settings(max_examples=200, deadline=None)
@given(
    st.none()
    | st.builds(Days, st.integers(1, 400))
    | st.builds(UntilWeekday, st.integers(0, 6))
    | st.builds(Until, st.integers(0, 99), st.integers(0, 99), st.none() | st.integers(2000, 2099)),
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (made aware here)
)
def test_every_pause_ends(pause: Pause | None, now: datetime) -> None:
    """Whatever was read, a pause ends after now and within 366 days."""
    assert now < end_of(pause, now, BERLIN) <= now + timedelta(days=366)
