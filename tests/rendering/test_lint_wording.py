import pytest
from parts.pool_entries import idea, prompt
from parts.pool_readers import codes, letter, remarks

from nudger.domain.pools import KidsFit, Role
from nudger.rendering.lints.phrases import phrases
from nudger.rendering.renderer import Renderer

#: Of each list a text it marks, and what might have been written instead.
PAIRS = {
    "W301": ("You should tell {{ partner.name }} tonight.", "Tonight, tell {{ partner.name }} the long version."),
    "W302": ("You owe {{ partner.name }} a nice evening.", "An evening with two chairs and {{ partner.name }}."),
    "W303": ("You haven't been out in a long time.", "Twenty minutes, a bench, two hot drinks."),
    "W304": ("Swap passwords with {{ partner.name }}.", "Swap reading glasses with {{ partner.name }}."),
    "W305": ("Ask {{ partner.name }} about an ex.", "Ask {{ partner.name }} about a teacher."),
    "W306": ("Tell {{ partner.name }} the diet works.", "Tell {{ partner.name }} the plan works."),
    "W307": ("An hour of quality time with {{ partner.name }}.", "An hour with {{ partner.name }} and one puzzle."),
    "W308": ("Ask your partner which tree they like best.", "Ask {{ partner.name }} which tree they like best."),
    "W401": ("Ask {{ partner.name }} what she reads.", "Ask {{ partner.name }} what they read."),
    "W402": ("Hum a Christmas song with {{ partner.name }}.", "Hum a winter song with {{ partner.name }}."),
    "W403": ("Let the kids draw {{ partner.name }}.", "Let a stranger draw {{ partner.name }}."),
    "W404": ("Count the snails in your garden.", "Count the snails on a wall."),
    "W405": ("Pour {{ partner.name }} a glass of wine.", "Pour {{ partner.name }} a glass of water."),
    "W406": ("Hop in the car with {{ partner.name }}.", "Hop on the tram with {{ partner.name }}."),
    "W407": ("Teach your dog a word with {{ partner.name }}.", "Teach a duck a word with {{ partner.name }}."),
}
#: Words that only look like one of a list.
INNOCENT = [
    "A glass of ginger beer and a bag of wine gums.",
    "Shift your weight from one foot to the other.",
    "Whatever you have to say can stay small.",
    "Keep a jumper of theirs for a while.",
    "A thin book, a fat pencil and an ice-cold drink.",
    "The hero of the film, the herring, the shed.",
    "Play connect four and let the cat watch.",
    "A text of a few words.",
    "What would it be like to be ten again?",
]


@pytest.mark.parametrize("code", PAIRS)
def test_each_list_marks_the_bad_and_spares_the_good(renderer: Renderer, code: str) -> None:
    """The bad example is marked with its code and nothing else, the good one not at all."""
    bad, good = PAIRS[code]
    assert codes(renderer, idea("a", sms=bad)) == [code]
    assert codes(renderer, idea("a", sms=good)) == []


def test_each_list_is_tried() -> None:
    """No list of words without an example; the lock screen and touch are tried in files of their own."""
    assert {*PAIRS} == {*phrases()} - {"W201", "W501"}


@pytest.mark.parametrize("said", INNOCENT)
def test_what_only_looks_alike_is_spared(renderer: Renderer, said: str) -> None:
    """Whole words and their company decide."""
    assert codes(renderer, idea("a", sms=said)) == []


def test_a_remark_names_the_words_and_their_line(renderer: Renderer) -> None:
    """The words found, what is the matter with them, a way out, and the line of the text."""
    entry = idea("a", sms=None, email=letter("A walk.\n\nYou really\nmust come, {{ partner.name }}."))
    ((where, found),) = remarks(renderer, entry)
    assert (where, found.field, found.line, found.severity) == ("a", "email.body", 4, "advice")
    assert found.message == "'must' gives an order"
    assert found.mend == "invite: say the moment, then the idea"


def test_a_phrase_over_two_lines_is_found(renderer: Renderer) -> None:
    """Where a line ends makes no difference, nor does a curly apostrophe or a capital."""
    assert codes(renderer, idea("a", sms=None, email=letter("Please don\u2019t\nforget the milk."))) == ["W301"]
    assert codes(renderer, idea("a", sms="YOU MUST.")) == ["W301"]


def test_names_are_not_read(renderer: Renderer) -> None:
    """What stands in braces is not the author's wording."""
    assert codes(renderer, idea("a", sms="{% if partner.name == 'must' %}Ask them.{% endif %}")) == []


def test_a_question_is_read_too(renderer: Renderer) -> None:
    """Prompts are held to the same lists."""
    assert codes(renderer, prompt("a", Role.WISH, ask="What should be different?")) == ["W301"]


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("A glass of wine.", "alcohol"),
        ("Take the car.", "driving"),
        ("Walk the dog.", "pets"),
        ("Ask the baby.", "baby"),
    ],
)
def test_what_is_tagged_may_be_said(renderer: Renderer, said: str, tag: str) -> None:
    """Who avoids the tag is never sent it, so a tagged entry may speak of it."""
    assert len(codes(renderer, idea("a", sms=said))) == 1
    assert codes(renderer, idea("a", sms=said, tags=frozenset({tag}))) == []


def test_children_may_be_declared(renderer: Renderer) -> None:
    """An idea for families may speak of the children."""
    assert codes(renderer, idea("a", sms="Let the kids draw.", kids=KidsFit.WITH_KIDS)) == []


def test_harm_is_an_error_and_taste_is_advice() -> None:
    """What can hurt stops the check; what a writer may judge better does not."""
    assert {code for code, words in phrases().items() if words.severity == "error"} == {
        "W201",
        "W302",
        "W304",
        "W305",
        "W306",
        "W405",
        "W501",
    }


def test_one_exclamation_mark_is_enough(renderer: Renderer) -> None:
    """The second one in a text is marked, in any language."""
    assert codes(renderer, idea("a", sms="A bench! Two hot drinks!")) == ["W309"]
    assert codes(renderer, idea("a", sms="A bench! Two hot drinks.")) == []
    assert codes(renderer, idea("a", sms="Eine Bank! Zwei Tassen!"), locale="de") == ["W309"]


def test_other_languages_have_no_word_lists(renderer: Renderer) -> None:
    """An English list knows nothing of what a word means elsewhere."""
    assert codes(renderer, idea("a", sms="Er must; god morgen, ex!"), locale="nb") == []
    assert codes(renderer, idea("a", sms="You must."), locale="en-GB") == ["W301"]
