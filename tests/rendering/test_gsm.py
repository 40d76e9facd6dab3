"""What a text costs, counted at every border."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nudger.rendering.gsm import ALPHABET, BASIC, EXTENSION, measure, normalise

WRITING = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)
#: Characters that change what others cost or become.
TRICKY = st.text(
    st.sampled_from("a e'\u2019\u2026\u00a0\u202f\u0301\u200b\u1fef\n\r\t\f€^\U0001f600ëç`\u2014"), max_size=200
)


def test_the_alphabet_has_127_letters_and_ten_more() -> None:
    """The default alphabet is 128 codes less the escape; the extension adds ten, form feed among them."""
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize("character", "@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà")
def test_these_letters_are_cheap(character: str) -> None:
    """Letters beyond ASCII that the alphabet holds keep a text at 160."""
    assert measure(character * 160) == ("GSM-7", 1)


@pytest.mark.parametrize("character", ["ç", "ë", "ê", "ł", "ő", "`", "\t", "\u2019", "я", "ع", "中"])
def test_these_letters_are_dear(character: str) -> None:
    """One letter outside the alphabet turns the whole text into UCS-2."""
    assert measure("a" * 70 + character) == ("UCS-2", 2)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("a" * 459, 3),
        ("a" * 460, 4),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("a" * 158 + "€", 1),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("a" * 151 + "€" + "a" * 153, 2),
        ("€" * 152, 2),
        ("€" * 153, 3),
    ],
)
def test_septets_are_counted(text: str, segments: int) -> None:
    """GSM-7: 160 alone, 153 joined, two for an extension character, which is never cut in two."""
    assert measure(text) == ("GSM-7", segments)


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("ç" * 134, 2),
        ("ç" * 135, 3),
        ("\U0001f600" * 35, 1),
        ("\U0001f600" * 36, 2),
        ("\U0001f600" * 66, 2),
        ("\U0001f600" * 67, 3),
        ("ç" * 66 + "\U0001f600" + "ç" * 66, 3),
        ("ç" * 65 + "\U0001f600" + "ç" * 67, 2),
        ("ç" + "€" * 69, 1),
    ],
)
def test_utf16_units_are_counted(text: str, segments: int) -> None:
    """UCS-2: 70 alone, 67 joined, two for an emoji, which is never cut in two."""
    assert measure(text) == ("UCS-2", segments)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("Ben\u2019s \u201cnote\u201d", 'Ben\'s "note"'),
        ("wait \u2013 what\u2026", "wait - what..."),
        ("7:30\u202fPM,\u00a0then", "7:30 PM, then"),
        ("  two   blanks\t here ", "two blanks here"),
        ("one \r\n two\n\n\n\nthree", "one\ntwo\n\nthree"),
        ("zero\u200bwidth soft\u00adhyphen", "zerowidth softhyphen"),
        ("cafe\u0301", "café"),
        ("a `tick`", "a 'tick'"),
        ("\u1fefvaria", "'varia"),
        ("Zoë and Ç", "Zoë and Ç"),
        ("garçon", "garçon"),
    ],
)
def test_look_alikes_become_plain(written: str, sent: str) -> None:
    """Typography becomes what the alphabet has; an accent it lacks stays, as it belongs to the word."""
    assert normalise(written) == sent


@given(WRITING | TRICKY)
def test_normalising_twice_changes_nothing(text: str) -> None:
    """A normalised text is left as it is."""
    assert normalise(normalise(text)) == normalise(text)


@given(WRITING | TRICKY, WRITING)
def test_more_words_never_cost_less(text: str, more: str) -> None:
    """Adding to a text never lowers its number of segments, even where it changes the encoding."""
    assert measure(text + more)[1] >= measure(text)[1]


@given(st.text(st.sampled_from(sorted(ALPHABET)), min_size=161, max_size=500))
def test_segments_are_as_few_as_can_be_sent(text: str) -> None:
    """The septets fit the segments told, with at most one place lost at each cut."""
    septets = sum(2 if character in EXTENSION else 1 for character in text)
    _, segments = measure(text)
    assert -(-septets // 153) <= segments <= -(-septets // 152)
