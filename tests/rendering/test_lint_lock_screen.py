import pytest
from parts.pool_entries import idea, prompt
from parts.pool_readers import codes, letter

from nudger.domain.pools import Entry, Role
from nudger.domain.themes import Theme
from nudger.rendering.renderer import Renderer

#: 42 characters that say nothing.
PREAMBLE = "When the last plate is dry and put away, o"


def tender(body: str, subject: str = "One song, standing up") -> Entry:
    """An idea of intimacy that asks first."""
    return idea("a", Theme.INTIMACY, sms=None, email=letter(f"{body} Ask first.", subject))


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (idea("a", sms="Lie in bed and count."), idea("a", sms="Lie on the floor and count.")),
        (idea("a", sms="Naked truth, one line."), idea("a", sms="The plain truth, one line.")),
        (idea("a", sms="For a couple with time."), idea("a", sms="A couple of minutes, a bench.")),
        (
            idea("a", sms=None, email=letter("A bench.", "Your marriage")),
            idea("a", sms=None, email=letter("A bench.", "Your bench")),
        ),
        (tender("Naked facts."), idea("a", sms=None, email=letter("Naked facts."))),
        (tender("A kiss, perhaps."), tender(f"{PREAMBLE} and then a kiss, perhaps.")),
        (prompt("a", Role.OPENER, ask="Naked facts: which?"), prompt("a", Role.WISH, ask="Naked facts: which?")),
    ],
)
def test_the_first_sight_is_neutral(renderer: Renderer, bad: Entry, good: Entry) -> None:
    """Texts, subjects, and the first line of anything tender begin with what anybody may read."""
    assert [code for code in codes(renderer, bad) if code == "W201"] == ["W201"]
    assert "W201" not in codes(renderer, good)


@pytest.mark.parametrize(
    ("said", "found"),
    [("Tea, toast, and a lamp, and then the bed.", ["W201"]), ("Tea, toast, and one lamp, and then my bed.", [])],
)
def test_forty_characters_are_shown(renderer: Renderer, said: str, found: list[str]) -> None:
    """A word that ends with the fortieth character is seen, one that is cut there is not."""
    assert codes(renderer, idea("a", sms=said)) == found


def test_what_is_shown_is_measured_with_short_names(renderer: Renderer) -> None:
    """A short name leaves more of the rest on the screen, so names count two letters."""
    sms = "{{ partner.name }} and the warm, wide window, bed."
    assert codes(renderer, idea("a", sms=sms)) == ["W201"]


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (tender("Ask {{ partner.name }} for a song."), tender(f"{PREAMBLE}ffer {{{{ partner.name }}}} a song.")),
        (tender("A song.", "For {{ partner.name }}"), tender("A song.", "For one song")),
    ],
)
def test_tenderness_names_nobody_at_first_sight(renderer: Renderer, bad: Entry, good: Entry) -> None:
    """A name beside something tender says too much to a colleague; elsewhere a first name may begin a text."""
    assert codes(renderer, bad) == ["W202"]
    assert codes(renderer, good) == []
    assert codes(renderer, idea("a", sms="{{ partner.name }} and a bench.")) == []


def test_names_are_found_in_any_language(renderer: Renderer) -> None:
    """No word list is needed for that."""
    assert codes(renderer, tender("{{ partner.name }} fragen."), locale="de") == ["W202"]


def test_a_broken_template_is_told_elsewhere(renderer: Renderer) -> None:
    """Where nothing can be shown there is nothing to hide."""
    assert codes(renderer, tender("{{ nobody }} on the bed.")) == []
