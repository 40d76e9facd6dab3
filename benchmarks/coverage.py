"""A year of the reference couples at the usual dose: `python -m benchmarks.coverage [--write]`.

Exit code 1 where a couple reads something twice, the same theme twice running, too few themes, or too little at all.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path

from sqlalchemy import update

from benchmarks.table import markdown, plain
from nudger.actions.forecast import Outlook, is_check_in, one_per_occurrence, outlooks
from nudger.actions.sync import sync
from nudger.cli.rehearsal import look_ahead
from nudger.domain.messages import Reason
from nudger.domain.people import ChannelKind, LifeState
from nudger.observability import configure
from nudger.runtime.keys import open_vault
from nudger.settings import Settings
from nudger.storage.database import Database
from nudger.storage.reports import Line
from nudger.storage.tables import couples
from nudger.wiring import read_files, shipped

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "coverage.md"
COUPLES = ROOT / "tests" / "content" / "reference_couples"
#: The first of a month, so that a year holds twelve whole ones.
START, DAYS = datetime(2026, 12, 1, tzinfo=UTC), 365
IN_A_HARD_WEEK = "in-a-hard-week"
#: What each couple may count on.
THEMES_A_MONTH, EMPTY = 5, 0.03
HEADINGS = (
    *("couple", "texts", "check-ins", "ideas twice", "prompts twice", "theme twice running"),
    *("themes a month, at least", "empty", "short check-ins", "met"),
)


@dataclass(frozen=True)
class Year:
    """What one couple got in a year; both copies of a check-in count once."""

    couple: str
    lines: Sequence[Line]
    outlooks: Sequence[Outlook]

    @cached_property
    def ideas(self) -> Sequence[Line]:
        """The ideas sent, in order."""
        return [line for line in self.lines if line.entries and not is_check_in(line)]

    @cached_property
    def check_ins(self) -> Sequence[Line]:
        """The check-ins sent, in order."""
        return [line for line in self.lines if line.entries and is_check_in(line)]

    @property
    def ideas_twice(self) -> int:
        """How many ideas had been sent before."""
        return _again(self.ideas)

    @property
    def prompts_twice(self) -> int:
        """How many questions had been asked before."""
        return _again(self.check_ins)

    @property
    def themes_twice_running(self) -> int:
        """How many ideas were of the theme of the one before."""
        return sum(one.theme == other.theme for one, other in pairwise(self.ideas))

    @property
    def themes_a_month(self) -> int:
        """The fewest different themes in any calendar month (UTC)."""
        months: dict[int, set[str | None]] = defaultdict(set)
        for line in self.ideas:
            months[line.due_at.month].add(line.theme)
        return min(len(themes) for themes in months.values()) if len(months) == 12 else 0

    @property
    def empty(self) -> float:
        """The share of moments at which nothing fitted."""
        return sum(line.reason == Reason.NOTHING_FITS for line in self.lines) / len(self.lines)

    @property
    def short(self) -> int:
        """The check-ins with fewer questions than asked for."""
        return sum(outlook.short for outlook in self.outlooks)

    @property
    def met(self) -> bool:
        """Whether the couple got what it may count on."""
        twice = self.ideas_twice + self.prompts_twice + self.themes_twice_running
        return not twice and self.themes_a_month >= THEMES_A_MONTH and self.empty <= EMPTY

    def row(self) -> tuple[str, ...]:
        """The figures under `HEADINGS`."""
        counts = (len(self.ideas), len(self.check_ins), self.ideas_twice, self.prompts_twice)
        rest = (self.themes_twice_running, self.themes_a_month, f"{self.empty:.1%}", self.short)
        return (self.couple, *map(str, counts + rest), "yes" if self.met else "NO")


def _again(lines: Sequence[Line]) -> int:
    entries = list(chain.from_iterable(line.entries for line in lines))
    return len(entries) - len(set(entries))


def years() -> list[Year]:
    """A year of each couple, by the true planner, gate and picker from one fixed key."""
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(Path(folder))
        _prepare(settings)
        lines, narrowing = look_ahead(settings, START, DAYS)
    ahead = outlooks(lines, START, narrowing)
    return [
        Year(
            couple,
            one_per_occurrence([line for line in lines if line.couple == couple]),
            [outlook for outlook in ahead if outlook.couple == couple],
        )
        for couple in sorted({line.couple for line in lines})
    ]


def _settings(folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "data": folder,
            "database_url": None,
            "schedules": COUPLES,
            "templates": shipped("templates"),
            "key": "the key of the year in docs/coverage.md",
            "sms": "outbox",
            "email": "outbox",
        }
    )


def _prepare(settings: Settings) -> None:
    """A state in which everybody has agreed and one couple is in a hard week, which no file can say."""
    database, loaded = Database(settings.url, vault=open_vault(settings)), read_files(settings)
    database.upgrade()
    sync(database, loaded.couples, loaded.schedules, START, frozenset(ChannelKind))
    with database.write() as connection:
        hard = couples.c.key == IN_A_HARD_WEEK
        connection.execute(update(couples).where(hard).values(life_state=LifeState.HARD_WEEK))
    database.close()


def pools(found: Sequence[Year]) -> list[tuple[str, ...]]:
    """Per couple and theme the entries that suit it, those it had left in the end, and the filter that takes most."""
    themes = sorted({outlook.theme for year in found for outlook in year.outlooks})
    rows = [("couple", *(theme.replace("_", " ").replace("check in", "check-in") for theme in themes))]
    for year in found:
        cells = {one.theme: f"{one.fitting}, {one.left} left ({one.thin or 'nothing'})" for one in year.outlooks}
        rows.append((year.couple, *(cells.get(theme, "-") for theme in themes)))
    return rows


def main() -> int:
    """Show the figures, or write them to docs/."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    write = parser.parse_args().write
    configure("warning", "console")
    found = years()
    results = [HEADINGS, *(year.row() for year in found)]
    print(plain(results), plain(pools(found)), sep="\n\n")
    if write:
        DOCUMENT.write_text(_document(results, pools(found)), encoding="utf-8")
    return 0 if all(year.met for year in found) else 1


def _document(results: Sequence[Sequence[str]], stock: Sequence[Sequence[str]]) -> str:
    return f"""# Coverage

Written by `make coverage`. Twelve couples who live as unlike as can be
([what they like](../tests/content/reference_couples/couples.yaml)) are given a year of the usual dose, three texts a
week for the couple and one check-in of an opener and four questions, from the shipped pools, all themes but intimacy.
Planner, gate and picker are the daemon's. The one in a hard week stays in it all year.

They may count on this: no idea and no question twice, no theme twice running, five themes in each calendar month, and
at most 3 moments in 100 empty because nothing fits. A check-in is short where fewer than four questions were left
that may stand together, of which one at most is `hard` or `repair`. `tests/content/test_coverage.py`
holds the pools to it.

{markdown(results)}

## What each has to draw from

The entries that suit the couple at the least lucky of its moments (season and hour count), the fewest of them it ever
had left in the year, and the filter that takes most. `check-in` counts openers and questions together, and what was
left of the scarcest kind of question. `nudger forecast` tells the same of your own couples and pools.

{markdown(stock)}
"""


if __name__ == "__main__":
    sys.exit(main())
