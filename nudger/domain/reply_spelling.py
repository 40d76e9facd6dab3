"""A reply reduced to what its sender meant to write: no case, no accents, no punctuation, no emoji."""

import re
import unicodedata
from collections.abc import Container, Iterable

#: More than any text message holds (1,600 characters at the providers), so that nobody can keep the parser busy.
LONGEST = 2_000
#: In words; no longer phrase is looked for.
LONGEST_PHRASE = 6
#: Inside words they are left out without leaving a gap: can't is cant, j'adore is jadore.
APOSTROPHES = re.compile("['`\u00b4\u02bc\u2018\u2019\u2032\uff07]")
WORD = re.compile(r"[^\W_]+")
DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
#: Combining accents, and what has no shape of its own: joiners, variation selectors, direction marks.
SHAPELESS = frozenset({"Mn", "Me", "Cf"})

Words = tuple[str, ...]


def fold(text: str) -> str:
    """The text in small plain letters. Accents go, so that ARRÊT and arret are one; full-width letters become plain."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text[:LONGEST]).casefold())
    return APOSTROPHES.sub("", "".join(one for one in plain if unicodedata.category(one) not in SHAPELESS))


def words(text: str) -> Words:
    """The words of a text, folded. Letters spelled out are one word (S.T.O.P), and so is a drawn-out one (stoooop)."""
    found = WORD.findall(fold(text))
    if len(found) > 2 and all(len(one) == 1 for one in found):  # noqa: PLR2004 (two letters may be two words)
        return ("".join(found),)
    return tuple(DRAWN_OUT.sub(r"\1", one) for one in found)


def phrases(lines: Iterable[str]) -> frozenset[Words]:
    """Phrases as written by people, separated by commas, in the form in which replies are compared."""
    return frozenset(words(one) for line in lines for one in line.split(","))


def longest_match(text: Words, start: int, known: Container[Words]) -> Words:
    """The longest known phrase that begins at a word of the text; empty where none does."""
    for end in range(min(len(text), start + LONGEST_PHRASE), start, -1):
        if text[start:end] in known:
            return text[start:end]
    return ()
