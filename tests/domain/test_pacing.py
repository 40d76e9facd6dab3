"""How fast a provider is asked, and when it is left alone."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nudger.domain.pacing import OPEN_FOR, Breaker, Fault, Rate, full

NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_bucket_starts_full_and_fills_with_time() -> None:
    """A burst may go at once, then as many as the rate allows, and never more than a burst after a rest."""
    rate = Rate(2.0, 8)
    bucket = full(rate, NOON)
    assert bucket.allowance(500) == 8
    bucket = bucket.less(8)
    assert bucket.filled(rate, NOON).allowance(500) == 0
    bucket = bucket.filled(rate, NOON + SECOND)
    assert bucket.allowance(500) == 2
    bucket = bucket.less(1).filled(rate, NOON + SECOND)
    assert bucket.allowance(500) == 1
    bucket = bucket.filled(rate, NOON + timedelta(hours=1))
    assert (bucket.allowance(500), bucket.allowance(3)) == (8, 3)


def test_a_bucket_overdrawn_gives_nothing() -> None:
    """When more went than was allowed, the answer is none, and the debt is paid off first."""
    rate = Rate(1.0, 2)
    bucket = full(rate, NOON).less(4)
    assert bucket.allowance(5) == 0
    assert bucket.filled(rate, NOON + 2 * SECOND).allowance(5) == 0
    assert bucket.filled(rate, NOON + 3 * SECOND).allowance(5) == 1


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 20)), max_size=40))
def test_no_more_than_rate_and_burst_ever_go(steps: list[tuple[float, int]]) -> None:
    """In any stretch from the start, what went is at most the burst plus rate times time."""
    rate, now, sent = Rate(1.5, 4), NOON, 0
    bucket = full(rate, now)
    for seconds, wanted in steps:
        now += timedelta(seconds=seconds)
        bucket = bucket.filled(rate, now)
        allowed = bucket.allowance(wanted)
        bucket = bucket.less(allowed)
        sent += allowed
        assert sent <= 4 + 1.5 * (now - NOON).total_seconds() + 1e-6


@given(st.lists(st.tuples(st.floats(0, 2), st.booleans()), max_size=40))
def test_two_clocks_a_little_apart_do_not_fill_it_twice(steps: list[tuple[float, bool]]) -> None:
    """Two machines whose clocks differ by half a minute draw no more together than one with the faster clock."""
    rate, now, sent = Rate(2.0, 3), NOON, 0
    ahead = timedelta(seconds=30)
    bucket = full(rate, now)
    for seconds, fast in steps:
        now += timedelta(seconds=seconds)
        bucket = bucket.filled(rate, now + ahead if fast else now)
        allowed = bucket.allowance(500)
        bucket = bucket.less(allowed)
        sent += allowed
    assert sent <= 3 + 2.0 * (now + ahead - NOON).total_seconds() + 1e-6


def test_a_clock_set_back_gives_nothing_away() -> None:
    """When the clock jumps back no tokens are lost or won, and the bucket fills again from there."""
    rate = Rate(1.0, 2)
    bucket = full(rate, NOON).less(2).filled(rate, NOON - timedelta(hours=1))
    assert bucket.allowance(5) == 0
    assert bucket.filled(rate, NOON - timedelta(hours=1) + SECOND).allowance(5) == 1


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
    breaker.trip(NOON, timedelta(minutes=5), Fault.ACCOUNT_REFUSED)
    later = NOON + timedelta(minutes=5)
    assert (breaker.allowance(later, 500), breaker.allowance(later, 0)) == (1, 0)
    for _ in range(5):
        breaker.failure(later)
    assert breaker.allowance(later + OPEN_FOR, 500) == 1
    breaker.failure(later + OPEN_FOR)
    assert breaker.allowance(later + OPEN_FOR, 500) == 0
    breaker.success()
    assert breaker.allowance(later + OPEN_FOR, 500) == 500


def test_a_clock_set_back_leaves_no_provider_alone_for_longer() -> None:
    """Otherwise nothing would go out until the clock is again where it was; a little is no setting back."""
    breaker = Breaker()
    breaker.trip(NOON, 60 * SECOND, Fault.OUT_OF_REACH)
    assert not breaker.closed(NOON - SECOND)
    assert breaker.allowance(NOON - 3600 * SECOND, 500) == 1
