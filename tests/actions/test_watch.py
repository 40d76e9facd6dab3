"""Whether the daemon shows signs of life."""

from datetime import UTC, datetime, timedelta

import pytest

from nudger.actions.watch import Pulse

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("ago", "beats"), [(MINUTE, True), (4 * MINUTE, False), (-MINUTE, True), (-60 * MINUTE, False)]
)
def test_only_a_recent_sign_counts(ago: timedelta, beats: bool) -> None:  # noqa: FBT001 (a table's column)
    """One of an hour ahead was left before the clock was set back, and whoever left it may be long dead."""
    assert Pulse(NOON - ago, 0).beats(NOON) is beats
