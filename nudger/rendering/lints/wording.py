"""W3 and W4: words that press, watch, judge, sell or assume, and marks that shout."""

import re
from collections.abc import Iterator, Sequence

from nudger.domain.pools import Entry
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import Passage
from nudger.rendering.lints.phrases import phrases

#: The lists of phrases.toml that hold for every text of an entry.
LISTS = tuple(f"W{number}" for number in (*range(301, 309), *range(401, 408)))


def wording(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """Whatever the English lists find in an entry."""
    for words in map(phrases().__getitem__, LISTS):
        for passage in texts if words.concerns(entry) else ():
            for at, found in words.hits(passage.text):
                message = f"'{found}' {words.about}"
                yield passage.problem(words.code, words.severity, message, words.mend, at)


def shouting(_entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """More than one exclamation mark in a text; in any language."""
    for passage in texts:
        marks = [found.start() for found in re.finditer("!", passage.text)]
        if len(marks) > 1:
            message = f"{len(marks)} exclamation marks in one text"
            yield passage.problem("W309", "advice", message, "keep one at most", marks[1])
