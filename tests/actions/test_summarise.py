"""One line in the log a day."""

from datetime import UTC, datetime, timedelta

import structlog
from parts.couples import NO_LIMIT, ana_and_ben
from parts.house import House
from parts.loops import in_loop

from nudger.actions.summarise import summarise
from nudger.storage.database import Database

MIDNIGHT = datetime(2026, 2, 3, tzinfo=UTC)


@in_loop
async def test_each_day_has_its_line_when_it_is_over(database: Database) -> None:
    """At the first look after midnight (UTC) the counts of the day before are logged, once, and nothing personal."""
    house = House(database, [ana_and_ben(budget=NO_LIMIT)])
    with structlog.testing.capture_logs() as logs:
        assert not summarise(database, house.now)
        house.due("ana")
        house.sms.refuse_for_good()
        house.due("ben", slot=3)
        await house.dispatch()
        house.due("ana", at=MIDNIGHT + timedelta(minutes=1))
        logs.clear()
        assert not summarise(database, MIDNIGHT - timedelta(seconds=1))
        assert summarise(database, MIDNIGHT + timedelta(minutes=5))
        assert not summarise(database, MIDNIGHT + timedelta(hours=23))
        assert summarise(database, MIDNIGHT + timedelta(hours=24))
    assert [(line["event"], line["day"], line["messages"]) for line in logs] == [
        ("daily_summary", "2026-02-02", {"accepted": 1, "failed": 1}),
        ("daily_summary", "2026-02-03", {"planned": 1}),
    ]
    assert logs[0] == {
        "event": "daily_summary",
        "log_level": "info",
        "day": "2026-02-02",
        "messages": {"accepted": 1, "failed": 1},
        "late": 0,
        "waiting": 0,
        "unknown": 0,
        "troubles": 0,
        "module": "nudger.actions.summarise",
    }
