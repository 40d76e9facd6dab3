"""Move a large installation to PostgreSQL, kill the move twice on the way, and compare every row by other means.

    python -m benchmarks.move_loop --couples 100000 --messages 5 --seed 1 [--write]

The source is an SQLite file with a year of history. `nudger db move-to` copies it to a real PostgreSQL in processes of
its own; kill -9 ends the first two when a share of the rows, drawn from the seed, has arrived. The third is left to
finish. Then each table is read whole on both sides, row beside row, and held to be the same. Ends with 1 where it is
not.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import Connection, String, Table, func, select

from benchmarks.processes import Process, environment
from benchmarks.servers import postgresql
from benchmarks.table import machine
from benchmarks.year import Year
from nudger.storage.database import Database
from nudger.storage.tables import meta, metadata

DOCUMENT = Path(__file__).parents[1] / "docs" / "evidence-move.md"
#: Rows read at once while comparing.
PART = 10_000
#: Seconds a move may take; it is watched this often.
LONGEST, OFTEN = 3600, 0.2
#: The one row that the move adds: whose installation it is.
ADDED = "installation"
#: Everything there is, those referred to first.
TABLES = metadata.sorted_tables


@dataclass
class Course:
    """What happened: where the kills fell, how long each attempt took, and what the last one said."""

    rows: int = 0
    megabytes: float = 0.0
    killed_at: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    said: str = ""
    different: list[str] = field(default_factory=list)


def main() -> int:
    """Run it as asked, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--couples", type=int, default=100_000)
    parser.add_argument("--messages", type=int, default=5, help="to each couple, over the year")
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="write docs/evidence-move.md")
    wishes = parser.parse_args()
    course = run(Year(wishes.couples, wishes.messages), wishes.kills, wishes.seed)
    told = "\n".join(f"{name:46} {value}" for name, value in lines(course))
    print(told)
    if wishes.write:
        DOCUMENT.write_text(_document(wishes, told), encoding="utf-8")
    return 1 if course.different else 0


def run(year: Year, kills: int, seed: int) -> Course:
    """Seed, move and kill, move to the end, compare."""
    chance, course = random.Random(seed), Course()
    with tempfile.TemporaryDirectory(prefix="nudger-move-") as name, postgresql() as url:
        folder = Path(name)
        (folder / "data").mkdir()
        file = folder / "data" / "nudger.db"
        year.seed(file)
        with closing(Database(f"sqlite:///{file}")) as source, closing(Database(url)) as target:
            with source.read() as connection:
                course.rows = sum(_count(connection, table) for table in TABLES)
            course.megabytes = file.stat().st_size / 1e6
            shares = sorted(chance.uniform(0.05, 0.95) for _ in range(kills))
            for share in [*shares, 2.0]:
                attempt(folder, url, target, int(share * course.rows), course)
            course.different = [table.name for table in TABLES if not same(source, target, table)]
    return course


def attempt(folder: Path, url: str, target: Database, enough: int, course: Course) -> None:
    """One `nudger db move-to`, killed as soon as `enough` rows have arrived."""
    began, says = time.monotonic(), folder / "move.log"
    process = Process(["-m", "nudger", "db", "move-to", url], folder, environment(folder), says)
    while process.alive:
        assert time.monotonic() - began < LONGEST, "the move takes for ever"
        if (there := arrived(target)) >= enough:
            process.kill()
            course.killed_at.append(there)
        time.sleep(OFTEN)
    course.seconds.append(time.monotonic() - began)
    course.said = process.said().decode()


def arrived(target: Database) -> int:
    """How many rows the target holds, by the numbers of its tables; 0 while it has none."""
    if target.current() is None:
        return 0
    with target.read() as connection:
        greatest = (select(func.max(next(iter(table.primary_key)))) for table in TABLES if "id" in table.columns)
        return sum(connection.execute(query).scalar_one() or 0 for query in greatest)


def same(source: Database, target: Database, table: Table) -> bool:
    """Whether a table holds the same rows on both sides: all its columns, read as a stream, in the order of its key."""
    with source.read() as here, target.read() as there:
        pairs = zip_longest(_stream(here, table), _stream(there, table))
        return all(left == right for left, right in pairs)


def _stream(connection: Connection, table: Table) -> Iterator[tuple[object, ...]]:
    (key,) = table.primary_key.columns
    in_bytes = connection.dialect.name == "postgresql" and isinstance(key.type, String)
    query = select(table).order_by(key.collate("C") if in_bytes else key)
    if table is meta:
        query = query.where(key != ADDED)
    for row in connection.execution_options(yield_per=PART).execute(query):
        yield tuple(row)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def lines(course: Course) -> Iterator[tuple[str, str]]:
    """All there is to tell."""
    yield "rows in the SQLite file", f"{course.rows:,} ({course.megabytes:,.0f} MB)"
    yield "killed with so many rows arrived", ", ".join(f"{one:,}" for one in course.killed_at)
    yield "seconds of each attempt", ", ".join(f"{one:.0f}" for one in course.seconds)
    yield "the last attempt said", course.said.splitlines()[0] if course.said else ""
    yield "tables compared row by row", str(len(TABLES))
    yield "tables that differ", ", ".join(course.different) or "none"


def _document(wishes: argparse.Namespace, told: str) -> str:
    return (
        "# Evidence: the move to PostgreSQL\n\n"
        "Written by `make evidence-move`. An SQLite file with "
        f"{wishes.couples:,} couples and a year of history ({wishes.messages} messages to each couple, with their "
        "words, picks, attempts and transitions) is moved with `nudger db move-to`; kill -9 ends it "
        f"{wishes.kills} times on the way, and the last attempt goes on where the one before was. "
        "Then a program that shares no code with the move reads each table on both sides, row beside row.\n\n"
        f"Measured on {machine(datetime.now(UTC).date())}; the machine was busy with other work.\n\n"
        f"```text\n{told}\n```\n\n"
        f"Play it again with `.venv/bin/python -m benchmarks.move_loop --seed {wishes.seed}`.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
