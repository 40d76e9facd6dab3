"""W103 to W105: what a text message costs beyond the one segment it could be; in any language."""

import re
from collections.abc import Callable, Iterator, Sequence

from nudger.domain.pools import Entry, Pool
from nudger.rendering.faults import CannotRender, Problem
from nudger.rendering.gsm import ALPHABET, measure, normalise
from nudger.rendering.lints.passages import NAME, Passage, passages, travels_by_text

#: Of a hundred texts five may take a second segment before anybody is told: some ideas need the room.
LONG_TEXTS = 0.05
#: More different letters than this from outside the GSM alphabet are how a language is written, not a slip.
FEW = 3
#: Pictographs, dingbats and flags (Unicode blocks from Miscellaneous Symbols to Symbols and Pictographs Extended-A).
EMOJI = re.compile("[\u2600-\u27bf\u2b50-\u2b55\U0001f000-\U0001faff]")
NAMES = re.compile(f"{NAME}+")

#: An idea as a text with names of 12 letters; CannotRender where it has none.
Written = Callable[[Entry], str]


def dear_letters(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """A few characters outside the GSM alphabet, in a text that takes more segments for their sake."""
    for passage in texts:
        text = EMOJI.sub("n", normalise(NAMES.sub("n" * 12, passage.text)))
        (_, dear), (_, cheap) = measure(text), measure(_plain(text))
        if dear > cheap and travels_by_text(entry, passage):
            message = f"outside the GSM alphabet, so the text takes {dear} segments: {' '.join(_odd(text))}"
            yield passage.problem("W104", "advice", message, f"replace it; {cheap} would do")


def emoji(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """Emoji in a text message."""
    for passage in texts:
        found = EMOJI.search(passage.text)
        if found and travels_by_text(entry, passage):
            message = f"{found[0]} more than halves what fits into a text message"
            yield passage.problem("W105", "advice", message, "say it in words", found.start())


def long_texts(pool: Pool, written: Written) -> Iterator[tuple[str, Problem]]:
    """Every idea of more than one segment, where more than one in twenty are."""
    counted = [(entry, count) for entry in pool.entries if (count := _segments(entry, written))]
    long = [(entry, count) for entry, count in counted if count > 1]
    if len(long) <= LONG_TEXTS * len(counted):
        return
    for entry, count in long:
        message = (
            f"with names of 12 letters this takes {count} segments; {len(long)} of {len(counted)} texts are so long"
        )
        (passage,) = (passage for passage in passages(entry) if passage.field == "sms")
        yield entry.id, passage.problem("W103", "advice", message, "shorten it by a few words; one segment is enough")


def _segments(entry: Entry, written: Written) -> int:
    """What an idea takes once its dear letters are gone; 0 for what is no text, or cannot be written."""
    try:
        return measure(_plain(written(entry)))[1] if entry.sms else 0
    except CannotRender:
        return 0


def _plain(text: str) -> str:
    """The text with a cheap letter for each dear one, where those are few."""
    odd = _odd(text)
    return text.translate({ord(letter): "n" for letter in odd}) if len(odd) <= FEW else text


def _odd(text: str) -> list[str]:
    return sorted(set(text) - ALPHABET)
