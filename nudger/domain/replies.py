"""What a text message from a partner asks for. Pure: it knows nobody, and does nothing.

When a reply stops everything:
1. It begins with a stop word (a please may come before it) and has at most four words, whatever the others are.
2. Or its first sentence is nothing but that ("STOP. I never signed up for this").
3. Or its last sentence or line is nothing but one that is unmistakable ("Who is this? STOP").
4. Or it is of any length, all its words are commands or filler, and a stop word is the first command, but for a yes,
   a no or a call for help ("could you please stop sending me these texts").
Words such as `fin` or `para`, which live in many other sentences, count only by themselves or with a please.
A reply of several lines that says nothing as a whole is read by its first line, for what follows is a signature.
Everything else that has such a word in passing stops nothing. Other commands follow the fourth rule: they may have
nothing but filler around them. A yes or a START must stand alone.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from nudger.domain.reply_pauses import Pause, read_pause
from nudger.domain.reply_spelling import Words, longest_match, words
from nudger.domain.reply_words import (
    EMOJI,
    FILLER,
    PAUSE,
    PERHAPS_PARTED,
    POLITE,
    SAID,
    STOP,
    STOP_ALONE,
    STOP_CLEARLY,
    Command,
)

#: A longer reply that begins with a stop word is a sentence, and is read as one.
SHORT = 4
GIVING = frozenset({Command.YES, Command.START})
#: "Yes, stop" is a stop, and so is "who is this? stop"; "loved it to the end" is not.
BEFORE_STOP = frozenset({Command.YES, Command.NO, Command.HELP})
KNOWN: dict[Words, Command | None] = {
    **dict.fromkeys(FILLER),
    **dict.fromkeys(PAUSE, Command.PAUSE),
    **SAID,
    **dict.fromkeys(STOP, Command.STOP),
}
#: How phones without the sender's chat system show a reaction to a text: Loved "A bench in the sun".
REACTION = re.compile(r"\s*(loved|liked|disliked)\s+[\"\u201c\u201e\u00ab]", re.IGNORECASE)
#: Where a sentence ends that somebody goes on after.
END_OF_SENTENCE = re.compile(r"[.!?:;\u2026]\s|\s[-\u2013\u2014]\s")
REACTIONS = {"loved": Command.LOVE, "liked": Command.LOVE, "disliked": Command.SKIP}


@dataclass(frozen=True, slots=True)
class Reply:
    """A command, the length of a PAUSE where one was read, and what else it may have meant and is worth asking."""

    command: Command
    pause: Pause | None = None
    perhaps: Command | None = None


UNKNOWN = Reply(Command.UNKNOWN)


def parse(text: str, *, month_first: bool = False) -> Reply:
    """What a text asks for. Any text may come; what is not understood is UNKNOWN, and no text raises.

    `month_first` reads 12/5 as 5 December, as is done in the United States.
    """
    if reaction := REACTION.match(text):
        return Reply(REACTIONS[reaction[1].lower()])
    lines = [line for line in text.splitlines() if words(line) or _emoji(line)]
    for part in (text, *lines[:1]):
        reply = _read(part, month_first=month_first)
        if reply != UNKNOWN:
            return reply
    return UNKNOWN


def _read(text: str, *, month_first: bool) -> Reply:
    said = words(text)
    if not said:
        return Reply(_emoji(text) or Command.UNKNOWN)
    if _stops(said) or _first_sentence_stops(text) or _last_sentence_stops(text):
        return Reply(Command.STOP, perhaps=Command.END if _without_politeness(said) in PERHAPS_PARTED else None)
    return _pause(text, said, month_first=month_first) or Reply(_command(said))


def _emoji(text: str) -> Command | None:
    return next((EMOJI[one] for one in text if one in EMOJI), None)


def _stops(said: Words) -> bool:
    plain = _without_politeness(said)
    begins = bool(longest_match(plain, 0, STOP))
    return (begins and len(said) <= SHORT) or plain in STOP_ALONE or _says_only_stop(plain)


def _first_sentence_stops(text: str) -> bool:
    """Whether it is a stop word and nothing else; those with another life too are left to whole replies."""
    sentence, *rest = END_OF_SENTENCE.split(text.strip(), maxsplit=1)
    return bool(rest) and _without_politeness(words(sentence)) in STOP


def _last_sentence_stops(text: str) -> bool:
    """Whether somebody ends with a stop that can be nothing else, whatever they had to say before."""
    parts = [part for line in text.splitlines() for part in END_OF_SENTENCE.split(line) if words(part)]
    return len(parts) > 1 and _without_politeness(words(parts[-1])) in STOP_CLEARLY


def _says_only_stop(plain: Words) -> bool:
    found = _commands(plain) or []
    return Command.STOP in found and BEFORE_STOP.issuperset(found[: found.index(Command.STOP)])


def _without_politeness(said: Words) -> Words:
    return tuple(word for piece in _pieces(said, POLITE) if piece not in POLITE for word in piece)


def _pause(text: str, said: Words, *, month_first: bool) -> Reply | None:
    if not longest_match(said, _after(said, FILLER), PAUSE):
        return None
    length = read_pause(text, month_first=month_first)
    plain = len(said) <= SHORT or _commands(said) is not None
    return Reply(Command.PAUSE, length) if length or plain else None


def _after(said: Words, passed_over: frozenset[Words]) -> int:
    """The place of the first word that none of these phrases takes."""
    start = 0
    while piece := longest_match(said, start, passed_over):
        start += len(piece)
    return start


def _command(said: Words) -> Command:
    found = _commands(said)
    if not found or Command.STOP in found:
        return Command.UNKNOWN
    if GIVING.isdisjoint(found):
        return found[0]
    if not GIVING.issuperset(found):
        return Command.UNKNOWN
    return Command.START if Command.START in found else Command.YES


def _commands(said: Words) -> list[Command] | None:
    """The commands in a reply that holds nothing but commands and filler; None where it holds anything else."""
    found = [KNOWN.get(piece, Command.UNKNOWN) for piece in _pieces(said, KNOWN)]
    return None if Command.UNKNOWN in found else [one for one in found if one is not None]


def _pieces(said: Words, known: Container[Words]) -> Iterator[Words]:
    """A reply cut into known phrases, the longest first; a word that begins none is a piece by itself."""
    start = 0
    while start < len(said):
        piece = longest_match(said, start, known) or said[start : start + 1]
        yield piece
        start += len(piece)
