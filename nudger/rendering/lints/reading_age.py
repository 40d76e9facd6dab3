"""W7: how old a reader must be; Flesch-Kincaid grade plus five.

Kincaid, Fishburne, Rogers and Chissom, Derivation of New Readability Formulas (Naval Technical Training Command,
1975): grade = 0.39 words per sentence + 11.8 syllables per word - 15.59. An American first grader is six, so five
years are added.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from statistics import median

from nudger.domain.pools import Entry, Pool
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import NAME, Passage, passages

#: The median of a theme: what most twelve-year-olds read without effort. The shipped themes lie near 9.
OLDEST_MEDIAN = 11.0
#: One entry is often one sentence of 20 words, for which the formula swings by three years on a single long word: of
#: the shipped entries half are below 9, one in ten is above 11, and the worst that reads well is 13.7.
OLDEST_ENTRY = 14.0
#: Fewer words than this say nothing about the writing.
FEWEST_WORDS = 8
#: Fewer entries than this have no median worth the name.
FEWEST_ENTRIES = 10

WORD = re.compile(rf"{NAME}+|[^\W\d_]+(?:'[^\W\d_]+)*")
END = re.compile(r"""[.!?]+["')]*(?:\s+|$)|\n\s*\n""")
#: The vowels of `being` are two groups.
VOWELS = re.compile("[aeiouy]+?(?=ing$)|[aeiouy]+")
#: An e that is written and not said: `something`, `time`, `times`, `timed`, but `table`, `pages`, `wanted`.
MUTE = re.compile(r"(?<=^som)e(?=.)|(?<=[^aeiouyl])e$|(?<=[^aeiouyscgxz])es$|(?<=[^aeiouytd])ed$")
#: The usual name has two syllables.
NAME_SYLLABLES = 2


def hard_to_read(_entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """An entry that asks too much of its reader, over all its texts together; English only."""
    age = reading_age([passage.text for passage in texts])
    if age is not None and age > OLDEST_ENTRY:
        message = f"it reads as if for age {age:.0f}"
        yield texts[-1].problem("W701", "advice", message, "use shorter sentences and shorter words")


def hard_pools(pool: Pool) -> Iterator[tuple[str, Problem]]:
    """Each theme whose median is too high, shown at the hardest of its entries; English only."""
    for theme, entries in groupby(sorted(pool.entries, key=lambda entry: entry.theme), lambda entry: entry.theme):
        ages = sorted((age, entry.id, entry) for entry in entries if (age := _age(entry)) is not None)
        middle = median(age for age, _, _ in ages) if len(ages) >= FEWEST_ENTRIES else 0.0
        if middle > OLDEST_MEDIAN:
            hardest = ages[-1][2]
            message = f"half the entries of {theme} read as if for age {middle:.0f} or more, this one most of all"
            yield hardest.id, passages(hardest)[-1].problem("W702", "advice", message, "write shorter sentences")


def reading_age(texts: Sequence[str]) -> float | None:
    """The age in years from which most can read the texts; None where there are too few words to tell."""
    words = [word.lower() for text in texts for word in WORD.findall(text)]
    if len(words) < FEWEST_WORDS:
        return None
    sentences = sum(1 for text in texts for piece in END.split(text) if WORD.search(piece))
    grade = 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
    return grade + 5


@lru_cache(maxsize=16384)
def syllables(word: str) -> int:
    """The syllables of an English word in lower case, by its groups of vowels.

    On 12,400 shipped words it agrees with the CMU pronouncing dictionary 98 times in 100 and finds half a percent too
    few in all; counting the places where a hyphenation dictionary would cut agrees 93 times and misses 5 percent.
    """
    if word.startswith(NAME):
        return NAME_SYLLABLES
    return max(1, len(VOWELS.findall(MUTE.sub("", word.removesuffix("'s")))))


def _age(entry: Entry) -> float | None:
    return reading_age([passage.text for passage in passages(entry)])
