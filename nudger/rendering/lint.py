"""Reading a pool as a careful friend would: every lint over every entry, then the pool as a whole."""

from collections.abc import Callable, Iterator, Sequence

from nudger.domain.pools import Entry, Pool
from nudger.rendering.faults import Problem
from nudger.rendering.lints import cost
from nudger.rendering.lints.consent import consent
from nudger.rendering.lints.likeness import alike
from nudger.rendering.lints.lock_screen import anonymity, discretion
from nudger.rendering.lints.passages import Passage, is_english, passages
from nudger.rendering.lints.reading_age import hard_pools, hard_to_read
from nudger.rendering.lints.spelling import Spelling
from nudger.rendering.lints.wording import shouting, wording

Lint = Callable[[Entry, Sequence[Passage]], Iterator[Problem]]

ANY_LANGUAGE: tuple[Lint, ...] = (cost.dear_letters, cost.emoji, anonymity, shouting)
ENGLISH: tuple[Lint, ...] = (discretion, wording, consent, hard_to_read)


def findings(pool: Pool, written: cost.Written, own_words: frozenset[str]) -> Iterator[tuple[str, Problem]]:
    """Every finding with the id of its entry; pools in other languages than English miss what its word lists find."""
    english = is_english(pool.locale)
    lints = (*ANY_LANGUAGE, *ENGLISH, Spelling(own_words).misspelt) if english else ANY_LANGUAGE
    for entry in pool.entries:
        texts = passages(entry)
        yield from ((entry.id, problem) for lint in lints for problem in lint(entry, texts))
    yield from cost.long_texts(pool, written)
    yield from alike(pool)
    if english:
        yield from hard_pools(pool)
