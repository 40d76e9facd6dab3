"""What an author is told about an entry."""

import pytest
from parts.pool_entries import idea, prompt

from nudger.domain.pools import EmailText, Entry, Role
from nudger.rendering.renderer import Renderer

EMAIL = EmailText("Subject", "Body")


def test_a_good_entry_has_no_problems(renderer: Renderer) -> None:
    """Names of all sorts, and nothing to say about it."""
    entry = idea("good", sms="Ask {{ partner.name }}.", email=EmailText("For {{ partner.name }}", "Hi {{ you.name }}"))
    assert renderer.problems(entry, "en") == []
    assert renderer.problems(prompt("p", Role.OPENER), "en") == []


@pytest.mark.parametrize(
    ("entry", "field", "message", "line"),
    [
        (idea("a", sms="a\n{{ parter.name }}"), "sms", "The variable parter.name is unknown", 2),
        (idea("a", sms="{{ occasion.name }}"), "sms", "The variable occasion.name is unknown", 1),
        (idea("a", sms="{{ partner.name"), "sms", "This is not valid Jinja: ", 1),
        (idea("a", sms="a\n\n{% if x %}"), "sms", "This is not valid Jinja: ", 3),
        (idea("a", sms="{{ you.name|shout }}"), "sms", "The filter shout is unknown", 1),
        (idea("a", sms="a" * 307), "sms", "The text takes 3 segments (GSM-7)", 1),
        (idea("a", sms="{{ partner.name }}" + "a" * 295), "sms", "The text takes 3 segments (GSM-7)", 1),
        (idea("a", sms=" "), "sms", "a has no words for a text.", 1),
        (idea("a", email=EmailText("{{ nobody }}", "Body")), "email.subject", "The variable nobody is unknown", 1),
        (idea("a", email=EmailText(" ", "Body")), "email.subject", "a has an empty text.", 1),
        (idea("a", email=EmailText("Subject", "")), "email.body", "The email is empty.", 1),
        (idea("a", email=EmailText("S", "{% for x in y %}")), "email.body", "This is not valid Jinja: ", 1),
        (
            idea("a", email=EmailText("S", "[x](https://example.com/{{ you.name }})")),
            "email.body",
            "A name cannot stand in the address",
            1,
        ),
        (prompt("p", Role.WISH, ask="{{ you }}"), "ask", "The variable you is unknown", 1),
        (prompt("p", Role.WISH, ask=""), "ask", "p has an empty text.", 1),
        (prompt("p", Role.OPENER, ask="a" * 290), "ask", "The text takes 3 segments (GSM-7)", 1),
    ],
)
def test_each_kind_of_fault_is_found(renderer: Renderer, entry: Entry, field: str, message: str, line: int) -> None:
    """One fault, one problem, with its field and its line."""
    (problem,) = renderer.problems(entry, "en")
    assert (problem.field, problem.line) == (field, line)
    assert problem.message.startswith(message)


def test_usual_names_are_the_measure_of_length(renderer: Renderer) -> None:
    """294 characters and a name of 12 letters are two segments: long and rare names are not held against it."""
    assert renderer.problems(idea("a", sms="{{ partner.name }}" + "a" * 294), "en") == []


def test_a_costly_character_is_pointed_out(renderer: Renderer) -> None:
    """A text that is too long for one character's sake is told which."""
    (problem,) = renderer.problems(idea("a", sms="ç" + "a" * 200), "en")
    assert problem.mend == "These characters more than double the length, replace them: ç"


def test_a_near_miss_is_guessed(renderer: Renderer) -> None:
    """Did you mean, and all that may be used."""
    (problem,) = renderer.problems(idea("a", sms="{{ partner.nam }}"), "en")
    assert problem.mend == "Did you mean partner.name? Allowed are you.name, partner.name"


def test_faults_of_every_field_are_told_at_once(renderer: Renderer) -> None:
    """An author mends all fields in one go."""
    entry = idea("a", sms="{{ a }}", email=EmailText("{{ b }}", "{{ c }} {{ d }}"))
    fields = [problem.field for problem in renderer.problems(entry, "en")]
    assert fields == ["sms", "email.subject", "email.body", "email.body"]
