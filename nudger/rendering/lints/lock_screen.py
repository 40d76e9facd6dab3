"""W2: what a locked phone or an open inbox shows to whoever stands near."""

from collections.abc import Iterator, Sequence

from nudger.domain.pools import Entry
from nudger.domain.themes import Theme
from nudger.rendering.faults import Problem
from nudger.rendering.lints.passages import Passage, travels_by_text
from nudger.rendering.lints.phrases import phrases

#: How many characters of a text or subject are sure to show on a lock screen.
SHOWN = 40


def discretion(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """Words in the first 40 characters that a colleague had better not read; English only."""
    words = phrases()["W201"]
    for passage in texts:
        start, _ = passage.start(SHOWN) if _shows(entry, passage) else ("", False)
        for _, found in words.hits(start):
            message = f"'{found}' in the first {SHOWN} characters {words.about}"
            yield passage.problem(words.code, words.severity, message, words.mend)


def anonymity(entry: Entry, texts: Sequence[Passage]) -> Iterator[Problem]:
    """Names in the first 40 characters of an idea of intimacy, where a first name says too much; in any language."""
    for passage in texts if entry.theme is Theme.INTIMACY else ():
        _, named = passage.start(SHOWN)
        if named and _shows(entry, passage):
            message = f"somebody is named in the first {SHOWN} characters of something intimate"
            yield passage.problem("W202", "error", message, "bring the name in later")


def _shows(entry: Entry, passage: Passage) -> bool:
    """Whether a stranger sees the start of a passage; inboxes show the first line of a body as well."""
    glimpsed = passage.field == "email.subject" or travels_by_text(entry, passage)
    return glimpsed or (entry.theme is Theme.INTIMACY and passage.field == "email.body")
