"""The daemon killed in the middle of its work; `make evidence` does it again and again, among thousands."""

import pytest

from benchmarks.evidence.kills import sqlite


@pytest.mark.long
def test_no_crash_loses_or_doubles_a_message() -> None:
    """Killed while it sends, by a provider that at times takes a text and says nothing of it."""
    report = sqlite(kills=1, count=40, seed=7)
    assert report.holds, list(report.lines())
    assert "none at 0 kills" in report.figures["in hand or in doubt at a kill"], "no kill met a message in flight"
