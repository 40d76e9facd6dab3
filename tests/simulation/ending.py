"""At the end of a seed's world: is every moment accounted for, is every end explained, and did nobody get too much."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from parts.cast import NOON
from simulation.witness import days_used, moment

from nudger.domain.schedules import Daily

if TYPE_CHECKING:
    from simulation.world import World

MESSAGES = """
    SELECT m.id, s.key, p.key, m.channel, m.period, m.due_at, m.not_after, m.state, m.reason, m.deaths,
           (SELECT max(t.at) FROM transitions t WHERE t.message_id = m.id)
    FROM messages m JOIN partners p ON p.id = m.partner_id
    JOIN enrollments e ON e.id = m.enrollment_id JOIN schedules s ON s.id = e.schedule_id
"""
TAKEN = """
    SELECT p.key, m.channel, a.started_at, m.due_at, m.id FROM attempts a JOIN messages m ON m.id = a.message_id
    JOIN partners p ON p.id = m.partner_id WHERE a.token = ?
"""
CLOSED = frozenset({"no_consent", "withdrawn", "suppressed"})
#: These follow from refusals, questions and deaths that the chain of transitions shows.
SHOWN = frozenset(
    {
        "quiet_hours", "one_catch_up", "lease_ran_out", "not_begun", "refused", "not_at_provider", "misconfigured",
        "too_many_attempts", "too_many_deaths",
    }
)  # fmt: skip
CATCH_UP, A_DAY = timedelta(minutes=10), timedelta(hours=24)


def faults_of(world: "World") -> Iterator[str]:
    """Everything that is not as it should be."""
    stored = world.raw.execute(MESSAGES).fetchall()
    yield from _missing(world, stored)
    yield from _unexplained(world, stored)
    yield from _too_many(world)


def _missing(world: "World", stored: list[Any]) -> Iterator[str]:
    """Moments of the daily schedules, counted off the calendar, for which there is no message."""
    there = {(rule, partner, str(period)) for _, rule, partner, _, period, *_ in stored}
    for rule, partner, at in _daily_moments(world):
        if (rule, partner, f"{at:%Y-%m-%d}") not in there:
            yield f"nothing was planned for {partner} in {rule} on {at:%A}"


def _daily_moments(world: "World") -> Iterator[tuple[str, str, datetime]]:
    from simulation.world import RULES  # noqa: PLC0415 (the world asks us)

    end = NOON + timedelta(seconds=world.faults_end)
    for rule in RULES:
        for partner in (one for home in world.homes for one in home.partners):
            for day in range(3):
                date = NOON.date() + timedelta(days=day)
                if isinstance(rule.when, Daily):
                    at = datetime.combine(date, rule.when.at, ZoneInfo(partner.timezone))
                    if NOON < at < end:
                        yield rule.key, partner.key, at


def _unexplained(world: "World", stored: list[Any]) -> Iterator[str]:
    for number, _, partner, channel, _, due_at, not_after, state, reason, _, at in stored:
        ended_unsent = state in {"skipped", "cancelled", "expired", "failed"}
        if not ended_unsent or moment(due_at) > NOON + timedelta(seconds=world.faults_end):
            continue
        explained = {
            "paused": partner in world.witness.ever_paused,
            "late": at is None or at > not_after,
            "refused_for_good": bool(_tokens(world, number) & _refused_for_good(world)),
            "cap_day": channel in {"sms", "email"} and _had_one_that_day(world, number),
        }
        if reason in CLOSED:
            explained[reason] = (partner, channel) in world.witness.ever_closed
        if reason not in SHOWN and not explained.get(reason, False):
            yield f"m{number} is {state}, and nothing explains why it should be {reason}"


def _tokens(world: "World", number: int) -> set[str]:
    found = world.raw.execute("SELECT token FROM attempts WHERE message_id = ?", (number,)).fetchall()
    return {token for (token,) in found}


def _refused_for_good(world: "World") -> set[str]:
    return set().union(*(provider.refused_for_good for provider in world.providers.values()))


def _had_one_that_day(world: "World", number: int) -> bool:
    """Whether another message to the same person by the same channel was at least tried."""
    query = """
        SELECT count(*) FROM messages m JOIN messages o ON o.partner_id = m.partner_id AND o.channel = m.channel
        JOIN attempts a ON a.message_id = o.id WHERE m.id = ? AND o.id != m.id
    """
    return bool(world.raw.execute(query, (number,)).fetchone()[0])


def _too_many(world: "World") -> Iterator[str]:
    """More on one local day than a person's budget has, or more than one late message within 24 hours."""
    partners = {one.key: one for home in world.homes for one in home.partners}
    taken, late = [], []
    for provider in world.providers.values():
        for entry in provider.log:
            key, channel, started, due, _ = world.raw.execute(TAKEN, (entry.token,)).fetchone()
            taken.append((partners[key], channel, moment(started)))
            if moment(started) - moment(due) > CATCH_UP:
                late.append((key, moment(started)))
    for (key, channel, day), count in days_used(taken).items():
        most = partners[key].budget[channel].day
        if most is not None and count > most:
            yield f"{key} gets {count} by {channel} on {day}, and wants {most} at most"
    late.sort()
    for (key, before), (other, after) in pairwise(late):
        if key == other and after - before < A_DAY:
            yield f"{key} gets two late messages within a day"
