"""How fast a provider is asked, and when it is left alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nudger.domain.pacing import OPEN_FOR, Breaker, Pace

NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_without_a_limit_all_may_go() -> None:
    """A channel without a rate takes whatever is wanted, at any time."""
    pace = Pace(None, 1)
    pace.spend(1000)
    assert pace.allowance(NOON, 500) == 500


def test_a_bucket_starts_full_and_fills_with_time() -> None:
    """A burst may go at once, then as many as the rate allows, and never more than a burst after a rest."""
    pace = Pace(2.0, 8)
    assert pace.allowance(NOON, 500) == 8
    pace.spend(8)
    assert pace.allowance(NOON, 500) == 0
    assert pace.allowance(NOON + SECOND, 500) == 2
    pace.spend(1)
    assert pace.allowance(NOON + SECOND, 500) == 1
    assert pace.allowance(NOON + timedelta(hours=1), 500) == 8
    assert pace.allowance(NOON + timedelta(hours=1), 3) == 3


def test_a_bucket_overdrawn_gives_nothing() -> None:
    """When more went than was allowed, the answer is none, and the debt is paid off first."""
    pace = Pace(1.0, 2)
    assert pace.allowance(NOON, 5) == 2
    pace.spend(4)
    assert pace.allowance(NOON, 5) == 0
    assert pace.allowance(NOON + 2 * SECOND, 5) == 0
    assert pace.allowance(NOON + 3 * SECOND, 5) == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 20)), max_size=40))
def test_no_more_than_rate_and_burst_ever_go(steps: list[tuple[float, int]]) -> None:
    """In any stretch from the start, what went is at most the burst plus rate times time."""
    pace, now, sent = Pace(1.5, 4), NOON, 0
    for seconds, wanted in steps:
        now += timedelta(seconds=seconds)
        allowed = pace.allowance(now, wanted)
        pace.spend(allowed)
        sent += allowed
        assert sent <= 4 + 1.5 * (now - NOON).total_seconds() + 1e-6


def test_a_clock_set_back_gives_nothing_away() -> None:
    """When the clock jumps back no tokens are lost or won, and the bucket fills again from there."""
    pace = Pace(1.0, 2)
    assert pace.allowance(NOON, 5) == 2
    pace.spend(2)
    assert pace.allowance(NOON - timedelta(hours=1), 5) == 0
    assert pace.allowance(NOON - timedelta(hours=1) + SECOND, 5) == 1


def test_five_failures_in_a_row_open_the_breaker() -> None:
    """Four failures are borne, a success wipes them out, and the fifth in a row gives the provider half a minute."""
    breaker = Breaker()
    for _ in range(4):
        breaker.failure(NOON)
    breaker.success()
    for _ in range(4):
        breaker.failure(NOON)
    assert breaker.allowance(NOON, 500) == 500
    breaker.failure(NOON)
    assert not breaker.closed(NOON)
    assert breaker.allowance(NOON + OPEN_FOR - SECOND, 500) == 0


def test_one_message_tries_whether_the_provider_is_back() -> None:
    """When its time is over one may go; its failure opens the breaker again at once, its success closes it."""
    breaker = Breaker()
    breaker.trip(NOON, timedelta(minutes=5))
    later = NOON + timedelta(minutes=5)
    assert (breaker.allowance(later, 500), breaker.allowance(later, 0)) == (1, 0)
    for _ in range(5):
        breaker.failure(later)
    assert breaker.allowance(later + OPEN_FOR, 500) == 1
    breaker.failure(later + OPEN_FOR)
    assert breaker.allowance(later + OPEN_FOR, 500) == 0
    breaker.success()
    assert breaker.allowance(later + OPEN_FOR, 500) == 500
