"""All benchmarks in one run: `python -m benchmarks [--write] [SUBJECT ...]`; with --write the figures go to docs/."""

import argparse
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure, Note
from benchmarks.table import machine, markdown, notes, plain, table

SUBJECTS = (
    "picking",
    "rendering",
    "peer",
    "ticks",
    "planning",
    "dispatching",
    "past",
    "workers",
    "mailing",
    "end_to_end",
    "standing",
    "callbacks",
)
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> int:
    """Run the subjects asked for; 1 where a figure misses its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], help="which; all by default")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    wishes = parser.parse_args()
    if wishes.write and wishes.subjects:
        parser.error("--write wants all subjects: the document holds one run")
    found: list[Figure] = []
    remarks: list[Note] = []
    for subject in wishes.subjects or SUBJECTS:
        print(f"{subject} ...", file=sys.stderr, flush=True)
        for item in import_module(f"benchmarks.{subject}").figures():
            if isinstance(item, Figure):
                found.append(item)
            else:
                remarks.append(item)
    today = datetime.now(UTC).date()
    print(plain(table(found)), notes(remarks), machine(today), sep="\n\n")
    if wishes.write:
        DOCUMENT.write_text(_document(found, remarks, machine(today)), encoding="utf-8")
    return 0 if all(figure.met is not False for figure in found) else 1


def _document(found: list[Figure], remarks: list[Note], measured_on: str) -> str:
    return (
        "# Benchmarks\n\n"
        "Written by `make bench` with `--write`. Each figure stands beside the bare lower bound of the same run; "
        "rely on the ratios, since absolute figures differ from machine to machine.\n\n"
        f"Measured on {measured_on}.\n\n{markdown(table(found))}\n\n{notes(remarks)}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
