"""Databases lost and restored under load; `make evidence-restore` does it a hundred times."""

from benchmarks.restore_loop import run


def test_no_restore_writes_to_anybody_twice_or_against_their_no() -> None:
    """Backups made while texts leave, restored at random moments: none goes out again, and no no is forgotten."""
    toll = run(restores=3, number=4, seed=2)
    assert toll.holds, toll
    assert toll.skipped, "nothing fell due between a backup and its restore, so nothing was shown"
