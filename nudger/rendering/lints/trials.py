"""W101 and W102: every template of an entry tried with names of all sorts."""

from collections.abc import Callable, Iterator

from nudger.domain.pools import Entry, Role
from nudger.rendering import sandbox
from nudger.rendering.email import Letters, question
from nudger.rendering.faults import CannotRender, Problem, TooLong
from nudger.rendering.gsm import ALPHABET, normalise
from nudger.rendering.sms import Texts
from nudger.rendering.voice import Voice

#: Names of 12 letters in the GSM alphabet: what the limit of segments is checked with.
TYPICAL = ("Konstantinos", "Christabella")
#: Short names, names of 20 letters, and names that no GSM alphabet holds.
NAMES = (TYPICAL, ("Al", "Jo"), ("Anne-Sophie Charlton", "Maximilian Oldenburg"), ("Zoë Włodarczyk", "Δημήτρης"))


def trials(entry: Entry, locale: str, texts: Texts, letters: Letters) -> list[Problem]:
    """All that is wrong with an entry, field by field; nothing where it renders well for everyone."""
    found: list[Problem] = []
    for field, source, render in _fields(entry, texts, letters):
        complaints = _tried(field, source, locale, render)
        found += (sandbox.faults(field, source) if complaints else []) or complaints
    return found


Attempt = Callable[[Voice], object]


def _fields(entry: Entry, texts: Texts, letters: Letters) -> Iterator[tuple[str, str, Attempt]]:
    """Every template an entry has, with what would render it."""
    if entry.sms is not None:
        yield "sms", entry.sms, lambda voice: texts.idea(entry, voice)
    if entry.email is not None:
        yield "email.subject", entry.email.subject, lambda voice: letters.subject(entry, voice)
        yield "email.body", entry.email.body, lambda voice: letters.body(entry, voice)
    if entry.ask is not None and entry.role is Role.OPENER:
        yield "ask", entry.ask, lambda voice: texts.check_in(entry, voice)
    elif entry.ask is not None:
        yield "ask", entry.ask, lambda voice: question(entry, voice)


def _tried(field: str, source: str, locale: str, render: Attempt) -> list[Problem]:
    """The different complaints over all sample names; only names of usual length are held to the limit."""
    found: dict[str, Problem] = {}
    for names in NAMES:
        try:
            render(Voice(*names, locale=locale))
        except TooLong as error:
            if names is TYPICAL:
                found[str(error)] = Problem(field, f"{error} (with names of 12 letters)", _shorter(source), 1, "W102")
        except CannotRender as error:
            found[str(error)] = Problem(field, str(error), error.mend, 1)
    return list(found.values())


def _shorter(source: str) -> str:
    odd = sorted(set(normalise(source)) - ALPHABET)
    if odd:
        return f"These characters more than double the length, replace them: {' '.join(odd)}"
    return "Say it in fewer words, or keep it for email."
