"""Kill -9 in the middle of sending; the long form of this is `make evidence`."""

from benchmarks.kill_loop import run


def test_no_message_is_lost_or_doubled_by_kill_9() -> None:
    """Whatever moment the daemon is killed at, each message due reaches the provider once, and we know that it did."""
    verdict, course = run(kills=3, count=148, seed=3, moody=0.0)
    assert any(course.left_in_flight), "no kill fell while something was in flight, so this showed nothing"
    assert verdict.holds, verdict
