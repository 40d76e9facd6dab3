"""The shipped pools against twelve couples who live as unlike as can be: a year each at the usual dose."""

import pytest

from benchmarks.coverage import DOCUMENT, EMPTY, THEMES_A_MONTH, years
from nudger.domain.themes import Theme

#: Check-ins of 52 that may have fewer than four questions.
SHORT = 6


@pytest.mark.long
def test_a_year_repeats_nothing_and_leaves_nothing_out() -> None:
    """For each couple: no idea or prompt twice, no theme twice running, five themes a month, 3 % empty at most.

    One test for all of them, as the year of all twelve is worked out in one go.
    """
    found = {year.couple: year for year in years()}
    assert len(found) == 12
    assert {couple: year.ideas_twice for couple, year in found.items() if year.ideas_twice} == {}
    assert {couple: year.prompts_twice for couple, year in found.items() if year.prompts_twice} == {}
    assert {couple: year.themes_twice_running for couple, year in found.items() if year.themes_twice_running} == {}
    assert {c: year.themes_a_month for c, year in found.items() if year.themes_a_month < THEMES_A_MONTH} == {}
    assert {couple: year.empty for couple, year in found.items() if year.empty > EMPTY} == {}
    assert {couple: year.short for couple, year in found.items() if year.short > SHORT} == {}
    assert {couple for couple, year in found.items() if len(year.ideas) < 150 or len(year.check_ins) < 52} == set()
    themes = {line.theme for year in found.values() for line in year.ideas}
    assert themes == set(Theme) - {Theme.INTIMACY}
    assert all(f"| {couple} |" in DOCUMENT.read_text(encoding="utf-8") for couple in found)
