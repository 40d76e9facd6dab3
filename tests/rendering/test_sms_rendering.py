"""Ideas and check-ins as texts."""

import pytest
from parts.pool_entries import idea, prompt

from nudger.domain.pools import EmailText, Role
from nudger.rendering.renderer import CannotRender, Renderer, TooLong, Voice


def test_a_text_says_the_partners_name(renderer: Renderer, ana: Voice) -> None:
    """The author's words with the partner's name, measured."""
    content = renderer.sms(idea("note", sms="Slip a note into {{ partner.name }}\u2019s coat\u2026"), ana)
    assert (content.text, content.encoding, content.segments) == ("Slip a note into Ben's coat...", "GSM-7", 1)


def test_a_name_outside_the_alphabet_stays_itself(renderer: Renderer) -> None:
    """A name is never spelled differently to save money."""
    content = renderer.sms(idea("note"), Voice(you="Ana", partner="Zoë"))
    assert (content.text, content.encoding) == ("Ask Zoë.", "UCS-2")


def test_a_name_is_one_line_and_no_markup_in_a_text(renderer: Renderer) -> None:
    """Line breaks leave a name, and nothing is escaped where there is nothing to escape for."""
    content = renderer.sms(idea("note"), Voice(you="Ana", partner="B<n>\r\n& {{ Co }}"))
    assert content.text == "Ask B<n> & {{ Co }}."


@pytest.mark.parametrize(
    ("days", "line"),
    [(14, "In 14 days: Ben's birthday."), (1, "Tomorrow: Ben's birthday."), (0, "Today: Ben's birthday.")],
)
def test_an_occasion_is_told_first(renderer: Renderer, days: int, line: str) -> None:
    """Ahead of a date the text begins with what is coming and when."""
    voice = Voice(you="Ana", partner="Ben", occasion="ben-birthday", days_left=days)
    assert renderer.sms(idea("note"), voice).text == f"{line} Ask Ben."


@pytest.mark.parametrize(
    ("occasion", "line"),
    [
        ("anniversary", "In 3 days: anniversary."),
        ("first_train", "In 3 days: first train."),
        ("ana-birthday", "In 3 days: your own birthday."),
        ("cleo-birthday", "In 3 days: cleo birthday."),
        ("ben", "In 3 days: ben."),
    ],
)
def test_a_dates_key_becomes_words(renderer: Renderer, occasion: str, line: str) -> None:
    """A key that begins with one of the two names is that person's; any other is told as it is."""
    voice = Voice(you="Ana", partner="Ben", occasion=occasion, days_left=3)
    assert renderer.sms(idea("note"), voice).text.startswith(line)


def test_a_text_over_the_limit_is_refused(renderer: Renderer, ana: Voice) -> None:
    """306 septets are two segments and pass; one more is a third and does not."""
    assert renderer.sms(idea("just", sms="a" * 306), ana).segments == 2
    with pytest.raises(TooLong, match=r"3 segments \(GSM-7\), 2 are allowed"):
        renderer.sms(idea("over", sms="a" * 307), ana)


@pytest.mark.parametrize("sms", [None, "", "  \u200b ", "{% if false %}x{% endif %}"])
def test_an_empty_text_is_refused(renderer: Renderer, ana: Voice, sms: str | None) -> None:
    """Nothing to say is never sent, not even behind an occasion."""
    entry = idea("empty", sms=sms, email=EmailText("a", "b"))
    with pytest.raises(CannotRender):
        renderer.sms(entry, Voice(you="Ana", partner="Ben", occasion="anniversary", days_left=1))


def test_a_check_in_by_text_is_its_opener(renderer: Renderer, ana: Voice) -> None:
    """One text with the opener, that asks for no answer; the other questions stay at home."""
    opener = prompt("o", Role.OPENER, ask="What was good this week, {{ you.name }}?")
    content = renderer.check_in_sms(opener, [prompt("w", Role.WISH, ask="And next week?")], ana)
    assert content.text == "What was good this week, Ana? No need to answer here, it is for the two of you."


def test_errors_do_not_tell_names(renderer: Renderer) -> None:
    """An error may end in a log, so it names the entry and never a person."""
    with pytest.raises(CannotRender) as caught:
        renderer.sms(idea("long", sms="{{ partner.name }} " * 60), Voice(you="Ana", partner="Bartholomew"))
    assert "Bartholomew" not in str(caught.value)
