"""W601: the same idea told twice."""

import re
from collections.abc import Iterator, Sequence

from nudger.domain.pools import Entry, Pool
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import Passage, passages

#: How alike two texts may be, of 100: the letters they share in order once their words are sorted and the commonest
#: left out. Of 499 shipped entries no two with different ideas come nearer than 67, and the one idea that two writers
#: both had (a letter sown in cress) comes to 69; of eleven deliberate retellings nine come to 75 or more.
TOO_ALIKE = 68.0
#: Texts shorter than this, in letters, are alike by chance.
SHORTEST = 12
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
#: Words that say nothing about an idea; only English ones, in other languages all words count.
COMMON = frozenset(
    WORD.findall(
        "a about all am an and any are as at be been but by did do does each for from had has have i if in into is it"
        " its just me my no not of on only or other our out own s so some than that the their them then there they this"
        " to too two up was we were what when where which who will with would you your"
    )
)


def alike(pool: Pool) -> Iterator[tuple[str, Problem]]:
    """Each entry that says much the same as an earlier one, short form against short form and body against body."""
    short = [
        (entry, passage) for entry in pool.entries for passage in passages(entry) if passage.field in {"sms", "ask"}
    ]
    long = [(entry, passage) for entry in pool.entries for passage in passages(entry) if passage.field == "email.body"]
    told: set[str] = set()
    for earlier, (later, passage), score in (*_pairs(short), *_pairs(long)):
        if later.id not in told:
            told.add(later.id)
            message = f"this says much the same as {earlier.id} ({score:.0f} of 100)"
            yield later.id, passage.problem("W601", "advice", message, "keep the better one, or change what is done")


Told = tuple[Entry, Passage]


def _pairs(told: Sequence[Told]) -> Iterator[tuple[Entry, Told, float]]:
    """Every two texts that are too alike, with how much."""
    from rapidfuzz import fuzz, process  # noqa: PLC0415 (loaded when pools are read closely, not by every command)

    words = [essence(passage.text) for _, passage in told]
    for later, text in enumerate(words):
        if len(text) >= SHORTEST:
            near = process.extract(text, words[:later], scorer=fuzz.ratio, score_cutoff=TOO_ALIKE, limit=None)
            yield from ((told[earlier][0], told[later], score) for _, score, earlier in near)


def essence(text: str) -> str:
    """The words of a text that carry its idea, in lower case and in the order of the alphabet."""
    return " ".join(sorted(word for word in WORD.findall(text.lower()) if word not in COMMON))
