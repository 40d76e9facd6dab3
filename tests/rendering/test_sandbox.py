"""What a pool text may do: name two people, choose, and nothing else."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nudger.rendering.faults import CannotRender
from nudger.rendering.sandbox import faults, fill, strict_environment
from nudger.rendering.voice import Voice

ANA = Voice(you="Ana", partner="Ben").names()

ESCAPES = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ you.__class__ }}",
    "{{ you['__class__'] }}",
    "{{ you.name.__class__.__base__ }}",
    "{{ you.name|attr('__class__') }}",
    "{{ you.name.format(you) }}",
    "{{ '%s'|format(you) }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ you.items() }}",
    "{{ you.update({'name': 'x'}) }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ range(10) }}",
    "{{ namespace() }}",
    "{{ config }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a'|center(1000000000) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ [1, 2]|map('upper')|list }}",
    "{% for a in 'xxxxxxxxxx' %}{{ a }}{% endfor %}",
    "{% set you = 1 %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% include '/etc/passwd' %}",
    "{% extends 'email/layout.html' %}",
    "{% import 'x' as y %}",
    "{% block a %}{% endblock %}",
    "{% filter upper %}a{% endfilter %}",
    "{% raw %}x{% endraw %}{{ request }}",
    "{{ you.name < 3 }}",
    "{{ you.name|trim(3, 4, 5) }}",
    "{{ " + "(" * 3000 + ")" * 3000 + " }}",
    "{{ " + "not " * 3000 + "you.name }}",
    "{{ " + "not " * 210 + "you.name }}",
    "{{ you" + ".a" * 3000 + " }}",
    "{{ " + "you.name and " * 3000 + "you.name }}",
    "{{ " + "9" * 5000 + " }}",
]


@pytest.mark.parametrize("source", ESCAPES, ids=range(len(ESCAPES)))
def test_there_is_no_way_out(source: str) -> None:
    """Whatever reaches beyond the two names, or asks for more than a moment's work, cannot be rendered."""
    with pytest.raises(CannotRender):
        fill(source, ANA)


@pytest.mark.parametrize("source", ["{{ you }}", "{{ partner.nmae }}", "{{ occasion.name }}", "{{ name }}"])
def test_an_unknown_variable_is_an_error(source: str) -> None:
    """A pool text knows the two names alone; even the occasion belongs to the frame."""
    with pytest.raises(CannotRender, match="unknown"):
        fill(source, ANA)


def test_a_variable_in_a_branch_not_taken_is_checked_too() -> None:
    """A mistake is found before the day on which its branch is first taken."""
    with pytest.raises(CannotRender, match=r"partner\.age"):
        fill("{% if false %}{{ partner.age }}{% endif %}", ANA)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("For {{ partner.name }}.", "For Ben."),
        ("{{ you['name'] }} and {{ partner.name|upper }}", "Ana and BEN"),
        ("{% if partner.name[0] in 'AEIOU' %}d'{% else %}de {% endif %}{{ partner.name }}", "de Ben"),
        ("{{ 'a' if you.name == 'Ana' else 'b' }}", "a"),
        ("{# a note to the next author #}no names", "no names"),
    ],
)
def test_names_and_choices_work(source: str, words: str) -> None:
    """Names, their first letters, `if` and a few harmless filters are what an author has."""
    assert "".join(fill(source, ANA)) == words


def test_values_come_apart_from_the_authors_words() -> None:
    """Words and values alternate, so that Markdown need never see a value."""
    assert fill("a {{ you.name }} b {{ partner.name }}", ANA) == ["a ", "Ana", " b ", "Ben", ""]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@example("\ue000A\ue001")
@example("\u202eA\x00")
def test_a_name_cannot_forge_the_marks_between_words_and_values(name: str) -> None:
    """Whatever a name holds, the parts stay in turns and the name is one value with nothing invisible in it."""
    parts = fill("{{ you.name }}!", Voice(you=name, partner="Ben").names())
    assert len(parts) == 3
    assert parts[0] == ""
    assert parts[2] == "!"
    assert not re.search(r"[\x00-\x1f\u2028-\u202e\u2066-\u2069]", parts[1])


def test_faults_name_the_line_and_the_way_out() -> None:
    """Each fault comes with its line, the near miss, and all that is allowed."""
    (fault,) = faults("sms", "one\ntwo {{ partner.nmae }}")
    assert (fault.field, fault.line) == ("sms", 2)
    assert fault.message == "The variable partner.nmae is unknown"
    assert fault.mend == "Did you mean partner.name? Allowed are you.name, partner.name"


def test_all_faults_of_a_text_are_told_at_once() -> None:
    """Two mistakes are two faults, in the order of the text."""
    found = faults("ask", "{{ a }}\n{% for b in you.name %}{% endfor %}\n{{ you.name|shout }}")
    assert [(fault.line, fault.message.split()[0]) for fault in found] == [(1, "The"), (2, "`for`"), (3, "The")]


def test_private_characters_are_refused() -> None:
    """The characters that mark values internally cannot come from an author."""
    assert faults("sms", "a\ue000b") != []


def test_the_environment_is_empty() -> None:
    """Nothing of Jinja's own is within reach of a template, nor any file."""
    environment = strict_environment()
    assert environment.globals == {}
    assert environment.loader is None
