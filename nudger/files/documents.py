"""One file as data, with the place of every key and value in it."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nudger.files.faults import LINE_BREAK, Fault, Place

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Some characters of one line; line and column count from 1."""

    line: int
    column: int
    length: int


START = Span(1, 1, 1)


@dataclass
class Document:
    """One file as data, where each part of it stands, and what was wrong before anybody looked at the meaning.

    `data` holds mappings, lists, text and None alone. `whole` is false where the text could not be read as YAML.
    """

    path: Path
    text: str = ""
    data: object = None
    whole: bool = True
    keys: dict[Loc, Span] = field(default_factory=dict)
    values: dict[Loc, Span] = field(default_factory=dict)
    blocks: set[Loc] = field(default_factory=set)
    filled: dict[Loc, tuple[str, str]] = field(default_factory=dict)
    unfilled: set[Loc] = field(default_factory=set)
    spoiled: set[Loc] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, split as YAML counts them."""
        return LINE_BREAK.split(self.text)

    def known(self, loc: Loc) -> Loc:
        """The part of a location that stands in the document; what only a reader added is dropped."""
        found: Loc = ()
        for step in loc:
            if (*found, step) in self.values:
                found = (*found, step)
        return found

    def at(self, loc: Loc) -> object:
        """The data at a location; None where there is nothing."""
        found: object = self.data
        for step in loc:
            if isinstance(found, dict):
                found = found.get(step)
            else:
                found = found[step] if isinstance(found, list) and isinstance(step, int) else None
        return found

    def fault(self, loc: Loc, message: str, mend: str | None = None, *, on_key: bool = False) -> Fault:
        """A fault at a location: under its value, or under its key where that says more."""
        found = self.known(loc)
        spans = (self.keys, self.values) if on_key else (self.values, self.keys)
        return self.fault_at(spans[0].get(found) or spans[1].get(found, START), message, mend)

    def fault_at(self, span: Span, message: str, mend: str | None = None) -> Fault:
        """A fault at a span of this file."""
        return Fault(Place(self.path, span.line, span.column), message, mend, span.length)

    def spoil(self, loc: Loc, fault: Fault) -> None:
        """Keep a fault, and remember which part of the document it makes unusable."""
        self.faults.append(fault)
        self.spoiled.add(loc)

    def refuse(self, fault: Fault) -> "Document":
        """Keep a fault that makes the whole file unusable."""
        self.faults.append(fault)
        self.whole = False
        self.data = None
        return self

    def is_spoiled(self, loc: Loc) -> bool:
        """Whether anything at or below a location is unusable."""
        return any(part[: len(loc)] == loc for part in self.spoiled)

    def line_of(self, loc: Loc, offset: int) -> Span:
        """The span of the n-th line inside a text (from 0): of a block its own line, else where the text starts."""
        span = self.values.get(loc, START)
        if loc not in self.blocks or span.line + offset >= len(self.lines):
            return span
        line = self.lines[span.line + offset]
        indent = len(line) - len(line.lstrip())
        return Span(span.line + 1 + offset, indent + 1, max(1, len(line.rstrip()) - indent))
