import pytest
from parts.pool_entries import idea, prompt
from parts.pool_readers import codes, letter, remarks

from nudger.domain.pools import Role
from nudger.domain.themes import Theme
from nudger.rendering.renderer import Renderer


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("Tonight, hug {{ partner.name }} for a minute.", 'Tonight: "May I?", and then a hug for a minute.'),
        ("Hold hands on the way home.", "Hold hands on the way home, if you'd both like it."),
        ("Take {{ partner.name }}'s hand at the lights.", "Offer {{ partner.name }} a hand at the lights."),
        (
            "Ten minutes with a cup of tea each, and a foot massage.",
            'Ten minutes with a cup of tea each, and a foot massage till one of you says "stop".',
        ),
    ],
)
def test_touch_carries_a_question(renderer: Renderer, bad: str, good: str) -> None:
    """Words of touch need a cue that it may be refused."""
    assert codes(renderer, idea("a", sms=bad)) == ["W501"]
    assert codes(renderer, idea("a", sms=good)) == []


def test_each_form_asks_for_itself(renderer: Renderer) -> None:
    """Who gets the text never sees the email: both carry the question."""
    asks = letter("Ask whether they'd like it.")
    entry = idea("a", sms="Five quiet minutes.", email=asks, tags=frozenset({"touch"}))
    ((_, found),) = remarks(renderer, entry)
    assert (found.code, found.field, found.severity) == ("W501", "sms", "error")


def test_tenderness_always_asks(renderer: Renderer) -> None:
    """An idea of intimacy needs the cue whatever its words, and so does one tagged touch."""
    quiet = letter("Five quiet minutes in the kitchen, with the big light off.")
    assert codes(renderer, idea("a", Theme.INTIMACY, sms=None, email=quiet)) == ["W501"]
    assert codes(renderer, idea("a", sms="Five quiet minutes.", tags=frozenset({"touch"}))) == ["W501"]
    assert codes(renderer, idea("a", sms="Five quiet minutes.")) == []


def test_a_prompt_is_a_question_already(renderer: Renderer) -> None:
    """Talking about a hug is not a hug."""
    assert codes(renderer, prompt("a", Role.WISH, ask="What is a good hug like?")) == []
