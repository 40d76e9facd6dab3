from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from parts.cast import ANA, ANA_AND_BEN, BEN, CHECK_IN, CLEO_AND_DAN, DAILY, KEY, NOON
from parts.planning import plan_no_further as plan
from parts.stored import cursors, stored_messages
from sqlalchemy import text

from nudger.actions.plan import MOST_MOMENTS, PlanReport
from nudger.actions.plan import plan as plan_further
from nudger.actions.sync import sync
from nudger.domain.people import ChannelKind
from nudger.domain.schedules import Audience, BeforeDate, ChannelChoice, Daily
from nudger.storage.database import Database

DAY = timedelta(days=1)


def test_each_partner_is_planned_by_their_own_clock(database: Database) -> None:
    """Two days ahead, both partners have a message at six in the evening where they are."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    assert plan(database, KEY, NOON) == PlanReport(enrollments=1, planned=4)
    berlin, london = NOON.replace(hour=17), NOON.replace(hour=18)
    found = stored_messages(database)
    assert [(one.partner, one.due_at) for one in found] == [
        ("ana", berlin),
        ("ben", london),
        ("ana", berlin + DAY),
        ("ben", london + DAY),
    ]
    assert {(one.state, one.wake_at == one.due_at) for one in found} == {("planned", True)}


def test_planning_again_plans_nothing(database: Database) -> None:
    """What is planned stays as it is, however often and from wherever it is planned."""
    sync(database, [ANA_AND_BEN, CLEO_AND_DAN], [DAILY, CHECK_IN], NOON)
    plan(database, KEY, NOON)
    before = stored_messages(database)
    assert plan(database, KEY, NOON) == PlanReport()
    with database.write() as connection:
        connection.execute(text("UPDATE messages SET fence = 3"))
    _wind_back(database)
    assert plan(database, KEY, NOON) == PlanReport(enrollments=4)
    assert stored_messages(database) == before


def _wind_back(database: Database) -> None:
    """Set every cursor back to noon, as a restored backup might."""
    noon = "1770030000000" if database.is_sqlite else f"'{NOON.isoformat()}'"
    with database.write() as connection:
        connection.execute(text(f"UPDATE enrollments SET cursor = {noon}"))  # noqa: S608 (our own constant)


def test_cursor_waits_at_the_first_moment_beyond_the_horizon(database: Database) -> None:
    """An enrollment is not looked at again before its next moment comes into view."""
    sync(database, [ANA_AND_BEN], [CHECK_IN], NOON)
    assert plan(database, KEY, NOON) == PlanReport(enrollments=1)
    sunday = datetime(2026, 2, 8, 17, 0, tzinfo=UTC)
    assert cursors(database) == {("weekly-check-in", "ana-and-ben"): sunday}
    assert plan(database, KEY, sunday - 2 * DAY) == PlanReport()
    just_after = sunday - 2 * DAY + timedelta(milliseconds=1)
    assert plan(database, KEY, just_after) == PlanReport(enrollments=1, planned=1)


def test_rule_without_a_moment_is_looked_at_in_a_year(database: Database) -> None:
    """A schedule that counts to a date the couple has not given costs nothing until then."""
    rule = replace(DAILY, when=BeforeDate("wedding", (0,), time(10, 0)))
    sync(database, [ANA_AND_BEN], [rule], NOON)
    assert plan(database, KEY, NOON) == PlanReport(enrollments=1)
    assert cursors(database) == {("daily-thought", "ana-and-ben"): NOON + timedelta(days=367)}


def test_what_is_past_its_time_is_recorded_as_expired(database: Database) -> None:
    """After an outage, moments too long ago are written down and not sent; those still worth it are due at once."""
    sync(database, [replace(ANA_AND_BEN, partners=(ANA, replace(BEN, timezone="Europe/Berlin")))], [DAILY], NOON)
    after = NOON.replace(hour=17, minute=30) + DAY
    assert plan(database, KEY, after, horizon=timedelta(hours=1)) == PlanReport(enrollments=1, planned=2, expired=2)
    found = [(one.due_at, one.state, one.reason, one.wake_at) for one in stored_messages(database)]
    first = NOON.replace(hour=17)
    assert found[0] == found[1] == (first, "expired", "late", None)
    assert found[2] == found[3] == (first + DAY, "planned", None, first + DAY)


def test_long_outage_is_planned_through_in_bounded_transactions(database: Database) -> None:
    """However long the service was down, every moment is accounted for, a bounded number at a time."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    report = plan(database, KEY, NOON + 100 * DAY)
    assert report.enrollments > 200 / MOST_MOMENTS
    assert (report.expired, report.planned) == (200, 4)


def test_withheld_slots_are_recorded_as_skipped(database: Database) -> None:
    """A slot left empty on purpose has its row, for both partners alike, and nobody wakes for it."""
    sync(database, [ANA_AND_BEN], [replace(DAILY, chance=0.5, audience=Audience.BOTH)], NOON)
    report = plan(database, KEY, NOON, horizon=20 * DAY)
    skipped = [one for one in stored_messages(database) if one.state == "skipped"]
    assert report.planned + report.withheld == 40
    assert 4 <= report.withheld == len(skipped) <= 36
    assert {(one.reason, one.wake_at) for one in skipped} == {("withheld", None)}
    assert len({one.due_at.date() for one in skipped}) * 2 == len(skipped)


def test_days_on_which_the_clock_changes_have_one_message(database: Database) -> None:
    """In a night with two half past twos there is one message at half past two, and one where there is none."""
    awake = replace(ANA_AND_BEN, partners=(replace(ANA, quiet_hours=None), replace(BEN, quiet_hours=None)))
    at_night = replace(DAILY, when=Daily(time(2, 30)))
    spring, autumn = datetime(2026, 3, 28, 12, 0, tzinfo=UTC), datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    for start in (spring, autumn):
        sync(database, [awake], [], start)
        sync(database, [awake], [at_night], start)
        plan(database, KEY, start, horizon=DAY)
    due = [(one.partner, one.due_at.isoformat()[:16]) for one in stored_messages(database)]
    assert due == [
        ("ana", "2026-03-29T01:00"),
        ("ben", "2026-03-29T01:30"),
        ("ana", "2026-10-25T00:30"),
        ("ben", "2026-10-25T02:30"),
    ]


def test_preferred_channel_is_the_partners_own(database: Database) -> None:
    """`preferred` is a text where there is a phone, unless the partner prefers email; a named channel is itself."""
    cleo, dan = CLEO_AND_DAN.partners
    couple = replace(CLEO_AND_DAN, partners=(cleo, replace(dan, prefers=ChannelKind.EMAIL)))
    by_email = replace(DAILY, key="by-email", channel=ChannelChoice.EMAIL)
    sync(database, [couple], [DAILY, by_email], NOON)
    plan(database, KEY, NOON, horizon=DAY)
    assert {(one.schedule, one.partner, one.channel) for one in stored_messages(database)} == {
        ("daily-thought", "cleo", "sms"),
        ("daily-thought", "dan", "email"),
        ("by-email", "cleo", "email"),
        ("by-email", "dan", "email"),
    }


def test_small_batches_plan_the_same(database: Database) -> None:
    """How many enrollments share a transaction makes no difference, and stopping between two loses nothing."""
    sync(database, [ANA_AND_BEN, CLEO_AND_DAN], [DAILY, CHECK_IN], NOON)
    answers = iter([False, False, True])
    first = plan(database, KEY, NOON, batch=1, stop=lambda: next(answers))
    rest = plan(database, KEY, NOON, batch=1)
    assert (first.enrollments, first + rest) == (2, PlanReport(enrollments=4, planned=8))


def test_whoever_is_looked_at_is_planned_further_than_need_be(database: Database) -> None:
    """One look plans a week, so that the next comes when the horizon reaches the first moment beyond it."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    assert plan_further(database, KEY, NOON) == PlanReport(enrollments=1, planned=14)
    next_look = NOON + 5 * DAY + (NOON.replace(hour=17) - NOON)
    assert plan_further(database, KEY, next_look) == PlanReport()
    assert plan_further(database, KEY, next_look + timedelta(seconds=1)) == PlanReport(enrollments=1, planned=11)
