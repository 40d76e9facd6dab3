from pathlib import Path

import pytest
from parts.pool_entries import idea
from parts.pool_readers import codes, letter, remarks

from nudger.domain.themes import Theme
from nudger.rendering.lints.reading_age import OLDEST_MEDIAN, reading_age, syllables
from nudger.rendering.renderer import Renderer

HARD = (
    "Collaboratively investigate alternative interpretations of previously unexamined expectations, while"
    " deliberately considering unfamiliar perspectives regarding everyday responsibilities."
)
#: Between what one entry may ask and what a whole theme may.
DEMANDING = "{} kinds of weather sound better after a minute of silence."
EASY = "Sit on a bench. Count the dogs that pass. The one who sees the tenth picks supper."


def test_a_hard_text_is_told(renderer: Renderer) -> None:
    """Long words in long sentences are marked with the age they ask for."""
    ((_, found),) = remarks(renderer, idea("a", sms=None, email=letter(HARD)))
    assert (found.code, found.severity) == ("W701", "advice")
    assert codes(renderer, idea("a", sms=EASY)) == []


def test_a_hard_theme_is_told_at_its_hardest_entry(renderer: Renderer) -> None:
    """Each text passes for itself, ten of them together are too much; nine would be too few to tell."""
    words = ["Seven", "Many", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Eighty", "Ninety", "Several"]
    hard = [idea(word, sms=DEMANDING.format(word)) for word in words]
    assert "W702" not in codes(renderer, *hard[1:])
    found = remarks(renderer, *hard, idea("easy", Theme.GROWTH, sms=EASY))
    (at,) = [where for where, problem in found if problem.code == "W702"]
    assert at == "Several"
    assert "W701" not in [problem.code for _, problem in found]
    assert reading_age([DEMANDING.format("Several")]) > OLDEST_MEDIAN


def test_the_age_is_kincaids() -> None:
    """17 words in 3 sentences with 20 syllables: 0.39 * 17 / 3 + 11.8 * 20 / 17 - 15.59 + 5 = 5.50."""
    text = "The dog sat on the mat. The cat saw it and ran off. Nobody was very sad."
    assert reading_age([text]) == pytest.approx(5.50, abs=0.01)


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("table", 2),
        ("time", 1),
        ("something", 2),
        ("wanted", 2),
        ("walked", 1),
        ("pages", 2),
        ("being", 2),
        ("thing", 1),
    ],
)
def test_syllables_are_heard(word: str, count: int) -> None:
    """A silent e is not counted, a spoken one is."""
    assert syllables(word) == count


def test_a_few_words_say_nothing(renderer: Renderer) -> None:
    """Below eight words the formula is noise."""
    assert reading_age(["Incomprehensible responsibilities everywhere."]) is None


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("A walk by the harbuor.", "A walk by the harbour, or the harbor."),
        ("Two chiars and a lamp.", "Two chairs, pyjamas and grey jumpers."),
        ("Realy? Ask again.", "Really? Organise a shelf or organize it, then go travelling."),
    ],
)
def test_unknown_words_are_told(renderer: Renderer, bad: str, good: str) -> None:
    """What no dictionary knows is marked once; British and American spelling are both right."""
    assert codes(renderer, idea("a", sms=bad)) == ["W801"]
    assert codes(renderer, idea("a", sms=good)) == []


def test_a_near_word_is_offered(renderer: Renderer) -> None:
    """Did you mean, and where a word of one's own belongs."""
    ((_, found),) = remarks(renderer, idea("a", sms="Two chiars and a lamp."))
    assert found.message == "'chiars' is in no dictionary"
    assert found.mend == "did you mean 'chairs'? a word of your own goes into words.txt, beside the pools folder"


def test_names_and_addresses_are_not_spelt(renderer: Renderer) -> None:
    """A capital inside a sentence marks a name, and an address is nobody's word."""
    body = "Take the tram to Hlavni Nadrazi with {{ partner.name }}: <https://example.com/tramvaj>"
    assert codes(renderer, idea("a", sms=None, email=letter(body))) == []


def test_an_operators_words_are_right(tmp_path: Path) -> None:
    """A word in words.txt is taken as it is, in any case; a remark in that file is no word."""
    words = tmp_path / "words.txt"
    words.write_text("# our dishes\nSvickova\n", encoding="utf-8")
    renderer = Renderer(Path(__file__).parents[2] / "templates", words=[words, tmp_path / "nowhere.txt"])
    assert codes(renderer, idea("a", sms="A bowl of svickova.")) == []
    assert codes(renderer, idea("a", sms="A bowl of knedliky.")) == ["W801"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "Slip a note into the coat pocket tonight. Three words do.",
            "Tonight, a note in the coat pocket: three words do.",
        ),
        ("Twenty minutes, a bench, two hot drinks.", "On a bench, two hot drinks, for twenty minutes."),
        ("What was the best hour of your week, and why?", "Which hour of your week was the best, and why was it?"),
    ],
)
def test_the_same_idea_twice_is_told(renderer: Renderer, first: str, second: str) -> None:
    """The later of two retellings is marked, and names the earlier."""
    ((where, found),) = remarks(renderer, idea("a", sms=first), idea("b", sms=second))
    assert (where, found.code, found.severity) == ("b", "W601", "advice")
    assert "the same as a " in found.message


def test_ideas_that_share_a_place_are_two(renderer: Renderer) -> None:
    """A bench is not an idea, what happens on it is."""
    one, other = "Two hot drinks on a bench, no phones.", "Read the worst review of a bench aloud on it."
    assert codes(renderer, idea("a", sms=one), idea("b", sms=other)) == []
