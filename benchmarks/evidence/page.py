"""docs/evidence.md: what each scenario showed when it was last run with --write."""

import platform
import re
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.evidence.scene import Report

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence.md"
INTRODUCTION = """# Crash evidence

Written by `make evidence`.
The service hands texts to a loopback Twilio that writes down what it takes, and while it does so it is killed, stopped, starved or lied to.
At the end the provider's own log is held against the database: nothing lost, doubled or phantom, no two in flight for one person, nothing against the ledger or too late, and every step on record.
Two patterns that are known to be wrong, mark-then-send and send-then-mark, run in the same harness and must be convicted.
Windows, caps and pauses are watched by `make simulate`, which plays thousands of seeds in virtual time and catches six planted bugs.

A message that was in the hands of a dying process twice is from then on taken in hand alone, and after three deaths alone it is set aside as failed, for an operator to look at (`nudger outbox retry`); here that operator is at hand.
Waits are shortened: a lease of 8 s for 60, asking after 0.3 s for 15, a no that counts after 1 s for 60 (4 s where processes are stopped, and where many work at once), as the stand-in answers in milliseconds; they keep their order, so that nobody slow is taken for dead and no answer is believed before the request can have arrived.
In the two loops of random kills most lives begin in a process forked from one that has imported the service and parsed its YAML, and has opened nothing, which spares each two seconds; how long a start takes is told of the others, which begin cold.
"""  # noqa: E501 (a sentence to a line, as in all our pages)
SECTION = re.compile(r"^## (?P<name>.+?)\n(?P<body>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


def write(reports: Iterable[Report], order: Iterable[str], titles: Mapping[str, str]) -> None:
    """Put these reports into the page, each in the place of its scenario's last one."""
    before = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    sections = {found["name"]: found["body"] for found in SECTION.finditer(before)}
    sections |= {report.name: _body(report) for report in reports}
    ours = [titles[name] for name in order if titles[name] in sections]
    places = [*ours, *(name for name in sections if name not in ours)]  # what others tell on this page stays
    text = "\n".join(f"## {name}\n{sections[name].rstrip()}\n" for name in places)
    PAGE.write_text(f"{INTRODUCTION}\n{text}", encoding="utf-8")


def _body(report: Report) -> str:
    machine = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.machine()}"
    figures = "\n".join(report.lines())
    promise = "The checker must find faults, and did." if report.must_convict else "As promised."
    if not report.holds:
        promise = "**Not as promised.**"
    command = f"`.venv/bin/python -m benchmarks.evidence {report.command}`"
    return f"\n{promise} {datetime.now(UTC):%Y-%m-%d}, {machine}; again with {command}.\n\n```text\n{figures}\n```\n"
