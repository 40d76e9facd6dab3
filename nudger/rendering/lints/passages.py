"""An entry's texts as the lints read them: field by field, names masked, places kept."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nudger.domain.pools import Entry, Role
from nudger.rendering.faults import CannotRender, Problem, Severity
from nudger.rendering.sandbox import fill
from nudger.rendering.voice import Voice, one_line

#: Stands for each character of a name in a masked text: no letter, so no word list ever meets it.
NAME = "\ue000"
JINJA = re.compile(r"\{\{.*?\}\}|\{[%#].*?[%#]\}", re.DOTALL)
#: Names of two letters leave the most of the author's own words on a lock screen.
SHORTEST = Voice("Al", "Jo")


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an entry: `source` as written; `text` as long, with names masked and the rest of Jinja blank."""

    field: str
    source: str
    text: str

    def problem(self, code: str, severity: Severity, message: str, mend: str, at: int = 0) -> Problem:
        """A finding at a character of this text, counted from 0."""
        return Problem(self.field, message, mend, self.source.count("\n", 0, at) + 1, code, severity)

    def start(self, length: int) -> tuple[str, bool]:
        """The first characters as a phone or an inbox shows them, and whether somebody is named among them.

        Nothing where the template does not work: that is told elsewhere.
        """
        try:
            parts = fill(self.source, SHORTEST.names())
        except CannotRender:
            return "", False
        before = one_line(parts[0])
        return one_line("".join(parts))[:length], len(parts) > 1 and len(before) < length


def passages(entry: Entry) -> tuple[Passage, ...]:
    """Every text an entry has, in the order a person reads them."""
    return tuple(Passage(field, source, masked(source)) for field, source in _sources(entry))


def masked(source: str) -> str:
    """The text as long as before: each name a run of `NAME`, other Jinja blank, curly apostrophes straight."""
    return JINJA.sub(_mask, source).replace("\u2019", "'")


def travels_by_text(entry: Entry, passage: Passage) -> bool:
    """Whether a passage is ever sent as a text message: an idea's short form, or the opener of a check-in."""
    return passage.field == "sms" or (passage.field == "ask" and entry.role is Role.OPENER)


def is_english(locale: str) -> bool:
    """Whether the English word lists speak this language."""
    return locale.partition("-")[0].lower() == "en"


def _sources(entry: Entry) -> Iterator[tuple[str, str]]:
    if entry.sms is not None:
        yield "sms", entry.sms
    if entry.ask is not None:
        yield "ask", entry.ask
    if entry.email is not None:
        yield "email.subject", entry.email.subject
        yield "email.body", entry.email.body


def _mask(found: re.Match[str]) -> str:
    stand_in = NAME if found[0].startswith("{{") else " "
    return re.sub(r"[^\n]", stand_in, found[0])
