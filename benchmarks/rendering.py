"""Rendering: the shipped ideas as texts and emails."""

from collections.abc import Callable, Iterator
from itertools import cycle, islice

from jinja2 import Environment

from benchmarks.figures import Figure, Unit, seconds_of
from nudger.domain.pools import Entry, Kind
from nudger.files.loading import load
from nudger.rendering.renderer import Envelope, Renderer, Voice
from nudger.wiring import shipped

#: Far more couples than templates remember anything of: every text has names of its own.
MANY = 2000
ENVELOPE = Envelope("<a.b@example.com>", "https://example.com/u/token", "mailto:nudger@example.com", "Nudger")


def figures() -> Iterator[Figure]:
    """Texts and emails a second, against the template engine alone on the same words."""
    pools = load(shipped("schedules"), shipped("templates")).pools
    ideas = [entry for entry in pools["en"].entries if entry.kind is Kind.IDEA]
    render = Renderer(shipped("templates"))
    texts = [entry for entry in ideas if entry.sms]
    bodies = [entry for entry in ideas if entry.email]
    yield Figure(
        "texts rendered", _rate(texts, render.sms), Unit.PER_SECOND,
        _bare(texts, lambda entry: entry.sms or ""), "Jinja alone, templates compiled",
    )  # fmt: skip
    yield Figure(
        "emails rendered (subject, text, HTML)",
        _rate(bodies, lambda entry, voice: render.idea_email(entry, voice, ENVELOPE)), Unit.PER_SECOND,
        _bare(bodies, lambda entry: entry.email.body if entry.email else ""), "Jinja alone, body only",
    )  # fmt: skip


def _rate(entries: list[Entry], render: Callable[[Entry, Voice], object]) -> float:
    pairs = list(islice(zip(cycle(entries), voices(), strict=False), MANY))

    def work() -> None:
        for entry, voice in pairs:
            render(entry, voice)

    return MANY / seconds_of(work, rounds=3)


def _bare(entries: list[Entry], words: Callable[[Entry], str]) -> float:
    environment = Environment(autoescape=True)
    templates = [environment.from_string(words(entry)) for entry in entries]
    pairs = list(islice(zip(cycle(templates), voices(), strict=False), MANY))

    def work() -> None:
        for template, voice in pairs:
            template.render(voice.names())

    return MANY / seconds_of(work, rounds=3)


def voices() -> Iterator[Voice]:
    """Couples no two of which have the same names."""
    for number in range(MANY):
        yield Voice(f"Ana{number}", f"Ben{number}")
