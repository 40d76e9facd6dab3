"""Figures as a table, for the terminal and for docs/."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date
from importlib.metadata import version

from benchmarks.figures import Figure, Note, Unit

#: Those whose versions move the figures most.
LIBRARIES = ("SQLAlchemy", "psycopg", "APScheduler", "twilio", "sendgrid", "aiosmtplib")
HEADINGS = ("subject", "measured", "bare lower bound", "ratio", "target", "met")


def row(figure: Figure) -> tuple[str, ...]:
    """One figure in words."""
    bound = f"{shown(figure.bound, figure.unit)} ({figure.bound_is})" if figure.bound is not None else "-"
    ratio = f"{figure.ratio:.2g}x" if figure.ratio is not None else "-"
    sign = "at least" if figure.unit.more_is_better else "under"
    target = f"{sign} {shown(figure.target, figure.unit)}" if figure.target is not None else "-"
    met = {True: "yes", False: "NO", None: ""}[figure.met]
    return figure.subject, shown(figure.measured, figure.unit), bound, ratio, target, met


def shown(value: float, unit: Unit) -> str:
    """A value as people write it: three figures, and no more."""
    digits = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{digits}{'' if unit is Unit.PER_SECOND else ' '}{unit}"


def plain(rows: Sequence[Sequence[str]]) -> str:
    """The rows in columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in rows
    )


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """The rows as a Markdown table, the first one as its head."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def table(figures: Iterable[Figure]) -> list[tuple[str, ...]]:
    """Headings and rows."""
    return [HEADINGS, *(row(figure) for figure in figures)]


def notes(found: Iterable[Note]) -> str:
    """Remarks as a Markdown list."""
    return "\n".join(f"- {name}: {value}" for name, value in found)


def machine(today: date) -> str:
    """What was measured on, in a sentence that names no place."""
    return (
        f"{today:%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}, {platform.system()}), "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        + ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    )
