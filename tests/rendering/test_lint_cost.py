import pytest
from parts.pool_entries import idea
from parts.pool_readers import codes, remarks

from nudger.domain.pools import Entry
from nudger.rendering.renderer import Renderer

LONG = "One bench and then another one. " * 6
NAMES = ["maple", "willow", "hazel", "cherry", "walnut", "poplar", "larch", "cedar", "linden", "rowan"]


def unlike(number: int) -> Entry:
    """One of many ideas of one segment that have little in common."""
    tree, other = NAMES[number % 10], NAMES[(number // 10 + 1) % 10]
    return idea(f"idea-{number}", sms=f"{tree} {other} ".capitalize() * 4)


def test_a_long_text_among_few_is_told(renderer: Renderer) -> None:
    """One long text of ten is more than one in twenty, and is named."""
    found = remarks(renderer, idea("long", sms=LONG), *map(unlike, range(1, 10)))
    assert [(where, problem.severity) for where, problem in found if problem.code == "W103"] == [("long", "advice")]


def test_a_long_text_among_twenty_is_let_be(renderer: Renderer) -> None:
    """One long text of twenty is one that needs the room."""
    assert "W103" not in codes(renderer, idea("long", sms=LONG), *map(unlike, range(1, 20)))


def test_a_letter_that_costs_a_segment_is_named(renderer: Renderer) -> None:
    """80 characters fit once in the GSM alphabet and twice with one letter outside it."""
    bad = idea("a", sms="A fête, a bench, two hot drinks, and whatever the band in the park is playing today.")
    ((_, found),) = [each for each in remarks(renderer, bad) if each[1].code == "W104"]
    assert "2 segments: ê" in found.message
    assert "W104" not in codes(renderer, idea("a", sms=bad.sms and bad.sms.replace("ê", "é")))


def test_a_letter_that_costs_nothing_is_let_be(renderer: Renderer) -> None:
    """A short text is one segment in any alphabet."""
    assert "W104" not in codes(renderer, idea("a", sms="A fête and a bench."))


def test_a_language_is_not_a_slip(renderer: Renderer) -> None:
    """A Greek text could not be cheaper, so only its length is told."""
    long = "Δύο ζεστά ποτά και ένα παγκάκι με θέα στο λιμάνι, και κανείς δεν μιλάει σήμερα."
    assert codes(renderer, idea("a", sms="Δύο ζεστά ποτά."), locale="el") == []
    assert codes(renderer, idea("a", sms=long), locale="el") == ["W103"]


@pytest.mark.parametrize("said", ["A bench \U0001f333 and a drink.", "A bench \u2764 and a drink."])
def test_emoji_are_told(renderer: Renderer, said: str) -> None:
    """A picture in a text message is marked; in an email nobody minds."""
    assert codes(renderer, idea("a", sms=said)) == ["W105"]
    assert codes(renderer, idea("a", sms=said.replace(said[8], "tree"))) == []
