"""The lists of phrases.toml, ready to search with."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from nudger.domain.pools import Entry, KidsFit
from nudger.rendering.faults import Severity

#: Small letters for capitals. Searching in them takes a third of the time that a pattern for any case takes.
SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


@dataclass(frozen=True, slots=True)
class Phrases:
    """One list: what to look for, what to say about it, and whom it spares."""

    code: str
    severity: Severity
    about: str
    mend: str
    pattern: re.Pattern[str]
    cues: re.Pattern[str] | None
    unless_tags: frozenset[str]
    unless_kids: bool

    def concerns(self, entry: Entry) -> bool:
        """Whether the entry has not declared what this list is about."""
        has_kids = self.unless_kids and entry.kids is KidsFit.WITH_KIDS
        return self.unless_tags.isdisjoint(entry.tags) and not has_kids

    def hits(self, text: str) -> Iterator[tuple[int, str]]:
        """Where the text says something of the list, and what; each wording once."""
        seen: set[str] = set()
        for found in self.pattern.finditer(small(text)):
            wording = " ".join(text[found.start() : found.end()].split())
            if wording.lower() not in seen:
                seen.add(wording.lower())
                yield found.start(), wording


@cache
def phrases() -> Mapping[str, Phrases]:
    """Every list by its code; read and compiled once."""
    text = files("nudger.rendering.lints").joinpath("phrases.toml").read_text(encoding="utf-8")
    return {code: _list(code, table) for code, table in tomllib.loads(text).items()}


@lru_cache(maxsize=16)
def small(text: str) -> str:
    """The text in small letters, of the same length; kept while list after list reads the same entry."""
    return text.translate(SMALL)


def _list(code: str, table: Mapping[str, Any]) -> Phrases:
    return Phrases(
        code=code,
        severity=table["severity"],
        about=table["about"],
        mend=table["mend"],
        pattern=_pattern(table["phrases"]),
        cues=_pattern(table["cues"]) if "cues" in table else None,
        unless_tags=frozenset(table.get("unless_tags", ())),
        unless_kids=table.get("unless_kids", False),
    )


def _pattern(wordings: Sequence[str]) -> re.Pattern[str]:
    """Any of the wordings as whole words, over the end of a line too."""
    any_of = "|".join(f"(?:{wording})" for wording in wordings).replace(" ", r"\s+")
    return re.compile(rf"(?<!\w)(?:{any_of})(?!\w)")
