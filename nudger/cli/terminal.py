"""How commands speak: tables and JSON on standard output, progress on standard error and only on a terminal."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from nudger.errors import NudgerError

#: Wide enough for a table in a pipe or a log, where there is no terminal to ask.
PIPE_WIDTH = 160
#: Fewer cells than this tell nothing.
SHORTEST_CUT = 12


def out() -> Console:
    """Standard output."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False, soft_wrap=True)


def write_json(value: Any) -> None:  # noqa: ANN401 (any JSON)
    """Write JSON with stable keys: moments in ISO 8601, sets sorted."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> Any:  # noqa: ANN401 (any value JSON does not know)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def write_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str = "none", cut_last: bool = False
) -> None:
    """Write a table, or `empty` where there are no rows; nothing in a cell is taken for markup.

    Long cells go on in a next line; with `cut_last` those of the last column are cut instead, or left out where there
    is no room for them.
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not cells:
        say(f"{title}: {empty}")
        return
    console = out()
    if cut_last:
        columns, cells = _cut_last(columns, cells, console.width)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _cut_last(columns: Sequence[str], cells: list[list[str]], width: int) -> tuple[Sequence[str], list[list[str]]]:
    """The columns and cells with the last of them cut to what the others leave of the terminal's width."""
    before = (max(cell_len(row[place]) for row in (columns, *cells)) for place in range(len(columns) - 1))
    room = width - sum(wide + 2 for wide in before)
    if room < SHORTEST_CUT:
        return columns[:-1], [row[:-1] for row in cells]
    return columns, [[*row[:-1], cut(row[-1], room)] for row in cells]


def cut(text: str, width: int) -> str:
    """The text on one line, its end left out where it is longer than `width` cells."""
    line = Text(" ".join(text.split()))
    line.truncate(width, overflow="ellipsis")
    return line.plain


def say(text: str = "") -> None:
    """Write a line."""
    out().print(Text(text))


@contextmanager
def counting(what: str) -> Iterator[Callable[[str, int], None]]:
    """Show how work on tables goes on: a function to tell of the table at hand, and of the rows done since."""
    with progress() as bar:
        tasks: dict[str, TaskID] = {}

        def told(table: str, rows: int) -> None:
            if table not in tasks:
                tasks[table] = bar.add_task(f"{what} {table}", total=None)
            bar.update(tasks[table], advance=rows)

        yield told


def progress() -> Progress:
    """A bar on standard error, silent where that is not a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def cannot_write(fault: OSError) -> NudgerError:
    """What to raise where a file of the operator's cannot be written."""
    return NudgerError(f"{fault.filename}: cannot be written ({fault.strerror})", mend="choose a folder that is yours")


def stamp(moment: datetime | None) -> str:
    """A moment in UTC for a table, to the minute."""
    return moment.strftime("%Y-%m-%d %H:%MZ") if moment else ""


def fields(value: Mapping[str, object]) -> None:
    """Write names and values, one pair to a line."""
    width = max((len(name) for name in value), default=0)
    for name, content in value.items():
        say(f"{name.replace('_', ' '):<{width}}  {_in_words(content)}".rstrip())


def _in_words(content: object) -> str:
    """A value as a person reads it: an empty one as a dash, a list or mapping with commas."""
    if isinstance(content, datetime):
        return stamp(content)
    if isinstance(content, Mapping):
        return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in content.items()) or "-"
    if isinstance(content, (list, tuple, set, frozenset)):
        return ", ".join(str(one) for one in content) or "-"
    return "-" if content is None or content == "" else str(content)
