"""What is wrong in a file, where exactly, and how to mend it."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

from nudger.errors import ConfigurationError

WIDEST_EXCERPT = 110
LONGEST_QUOTE = 40
#: YAML counts these as the end of a line, and so must an excerpt (YAML 1.1 section 5.4, which ruamel.yaml follows).
LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
#: Characters that would move the cursor or colour the terminal, and halves of surrogate pairs, which cannot be printed.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A character in a file; line and column count from 1."""

    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        """The place as editors and terminals open it: path:line:column."""
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong: `mend` is the way out, `length` how many characters the caret underlines.

    A remark on an entry's words has a `code`, as docs/writing-pools.md lists them; `advice` may be left as it is.
    """

    place: Place
    message: str
    mend: str | None = field(default=None, compare=False)
    length: int = field(default=1, compare=False)
    code: str | None = field(default=None, compare=False)
    severity: Literal["error", "advice"] = field(default="error", compare=False)

    @property
    def is_error(self) -> bool:
        """Whether it has to be mended."""
        return self.severity == "error"


class InvalidFiles(ConfigurationError):
    """The YAML files have faults; `faults` holds every one, in order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Count the faults; each is shown by `show`."""
        count = len(faults)
        files = len({fault.place.path for fault in faults})
        super().__init__(
            f"{count} {'fault' if count == 1 else 'faults'} in {files} {'file' if files == 1 else 'files'}",
            mend="run `nudger check` to see each with its line",
        )
        self.faults = tuple(faults)


def show(fault: Fault, source: str | None = None) -> str:
    """The fault as text: its place and message, the line with a caret under the spot, and how to mend it.

    `source` is the text of the file; without it the file is read, and where that fails there is no excerpt.
    """
    remark = f"{fault.code} {fault.severity}: " if fault.code else ""
    lines = [f"{fault.place}: {remark}{_printable(fault.message)}"]
    lines += _excerpt(fault, _read(fault.place.path) if source is None else source)
    if fault.mend:
        lines.append(f"  = {_printable(fault.mend)}")
    return "\n".join(lines)


def guess(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant, where one is near enough."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word[:LONGEST_QUOTE].casefold().strip(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def quote(text: object) -> str:
    """What was written, in quotes, cut where it is long."""
    written = str(text)
    return f"'{written}'" if len(written) <= LONGEST_QUOTE else f"'{written[:LONGEST_QUOTE]}…'"


def listed(words: Sequence[str], last: str = "or") -> str:
    """Words as a person lists them: a, b or c."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _excerpt(fault: Fault, source: str) -> list[str]:
    lines = LINE_BREAK.split(source)
    number = fault.place.line
    if number > len(lines) or not lines[number - 1].strip():
        return []
    line, column = _clip(lines[number - 1], fault.place.column - 1)
    gutter = " " * len(str(number))
    pointed = line[column : column + fault.length]
    caret = " " * _width(line[:column]) + "^" * max(1, _width(pointed))
    return [f" {gutter} |", f" {number} | {_printable(line)}", f" {gutter} | {caret}"]


def _clip(line: str, column: int) -> tuple[str, int]:
    """The part of a long line around a column, and the column in that part."""
    start = max(0, column - WIDEST_EXCERPT // 2) if len(line) > WIDEST_EXCERPT else 0
    return line[start : start + WIDEST_EXCERPT].rstrip(), column - start


def _width(text: str) -> int:
    """How many cells of a terminal the text fills: wide characters take two, combining ones none."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in text)


def _printable(text: str) -> str:
    return UNPRINTABLE.sub(" ", text)
