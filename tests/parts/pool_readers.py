"""Reading a few entries as `nudger check` reads a whole pool."""

from nudger.domain.pools import EmailText, Entry, Pool
from nudger.rendering.faults import Problem
from nudger.rendering.renderer import Renderer


def remarks(renderer: Renderer, *entries: Entry, locale: str = "en") -> list[tuple[str, Problem]]:
    """Every finding in a pool of these entries, with the id of its entry."""
    return list(renderer.pool_problems(Pool(locale, entries)))


def codes(renderer: Renderer, *entries: Entry, locale: str = "en") -> list[str]:
    """The codes of what is found in a pool of these entries."""
    return [problem.code for _, problem in remarks(renderer, *entries, locale=locale)]


def letter(body: str, subject: str = "A note on the table") -> EmailText:
    """An email with this body."""
    return EmailText(subject, body)
