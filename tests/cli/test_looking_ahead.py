"""What the forecast foresees is what playing day by day comes to."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from parts.desks import Desk

from nudger.cli.rehearsal import look_ahead, rehearse
from nudger.settings import read_settings
from nudger.storage.reports import Line

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def said(lines: Sequence[Line]) -> list[tuple[object, ...]]:
    """What matters of each message: when, to whom, what, why, and the reason where nothing was sent."""
    return [
        (line.due_at, line.partner, line.schedule, line.entries, line.text, line.why, not line.sent_at and line.reason)
        for line in lines
    ]


def test_to_foresee_is_to_play(desk: Desk) -> None:
    """Two weeks of the sample couples, budgets and withheld moments included: the same messages, word for word."""
    desk.use_sample()
    settings = read_settings()
    foreseen, _ = look_ahead(settings, START, 14)
    _, played = rehearse(settings, START, 14)
    assert len(played) > 40
    assert said(foreseen) == said(played)


@pytest.mark.long
def test_one_couple_alone_is_foreseen_as_among_others(desk: Desk) -> None:
    """Leaving the others out changes nothing for one."""
    desk.use_sample()
    settings = read_settings()
    alone, _ = look_ahead(settings, START, 14, "ana-and-ben")
    together, _ = look_ahead(settings, START, 14)
    assert said(alone) == said([line for line in together if line.couple == "ana-and-ben"])
