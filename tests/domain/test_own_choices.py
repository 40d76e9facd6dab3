"""One partner's own choices: they narrow what the files say, and widen nothing."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.cast import ANA, BEN

from nudger.domain.own_choices import AS_WRITTEN, OwnChoices, changed, chosen_channels, effective, heavier
from nudger.domain.people import Allowance, ChannelKind, LifeState
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.codec import decode_choices, encode_choices

SMS, EMAIL = ChannelKind.SMS, ChannelKind.EMAIL
LIMITS = st.none() | st.integers(0, 9)
PER_CHANNEL = st.dictionaries(st.sampled_from(ChannelKind), st.integers(0, 9))


def test_nothing_chosen_changes_nothing() -> None:
    """Without own choices a partner is as written."""
    assert effective(BEN, AS_WRITTEN) == BEN


@given(day=LIMITS, week=LIMITS, daily=PER_CHANNEL, weekly=PER_CHANNEL)
def test_the_stricter_budget_holds(
    day: int | None, week: int | None, daily: dict[ChannelKind, int], weekly: dict[ChannelKind, int]
) -> None:
    """Of the written limit and the own one the smaller counts; no own choice ever allows more."""
    written = replace(BEN, budget={SMS: Allowance(day, week)})
    budget = effective(written, OwnChoices(daily=daily, weekly=weekly)).budget
    for channel in ChannelKind:
        limits = written.budget.get(channel, Allowance())
        now = budget.get(channel, Allowance())
        for before, own, after in (
            (limits.day, daily.get(channel), now.day),
            (limits.week, weekly.get(channel), now.week),
        ):
            assert after == min((one for one in (before, own) if one is not None), default=None)


def test_zone_and_language_are_their_own() -> None:
    """The effective partner lives where they say, and reads what they like."""
    reached = effective(BEN, OwnChoices(timezone="America/New_York", locale="fr"))
    assert (reached.timezone, reached.locale) == ("America/New_York", "fr")


def test_a_channel_without_an_address_is_passed_over() -> None:
    """Ana has no phone: wanting texts changes nothing; Ben has both."""
    own = OwnChoices(channels={MessageKind.IDEAS: SMS, MessageKind.CHECK_INS: EMAIL})
    assert chosen_channels(ANA, own) == {MessageKind.CHECK_INS: EMAIL}
    assert chosen_channels(BEN, own) == own.channels


@pytest.mark.parametrize(
    ("couples", "own", "counts"),
    [
        (LifeState.ACTIVE, LifeState.HARD_WEEK, LifeState.HARD_WEEK),
        (LifeState.LOSS, LifeState.HARD_WEEK, LifeState.LOSS),
        (LifeState.ENDED, LifeState.ACTIVE, LifeState.ENDED),
    ],
)
def test_the_heavier_state_counts(couples: LifeState, own: LifeState, counts: LifeState) -> None:
    """A couple's state and a partner's own hold side by side."""
    assert heavier(couples, own) is counts


def test_changes_are_named_by_field() -> None:
    """What a page tells a partner they changed has stable names."""
    after = OwnChoices(themes_off=frozenset({Theme.GROWTH}), discreet=True)
    assert changed(AS_WRITTEN, after) == ["themes_off", "discreet"]
    assert changed(after, after) == []


@given(
    st.builds(
        OwnChoices,
        themes_off=st.frozensets(st.sampled_from(Theme)),
        channels=st.dictionaries(st.sampled_from(MessageKind), st.sampled_from(ChannelKind)),
        weekly=PER_CHANNEL,
        daily=PER_CHANNEL,
        quiet_hours=st.none() | st.just(Window(time(22), time(7, 30))),
        days=st.frozensets(st.integers(0, 6)),
        timezone=st.none() | st.just("Europe/Paris"),
        locale=st.none() | st.just("fr-CA"),
        avoid=st.frozensets(st.sampled_from(["alcohol", "crowds"])),
        discreet=st.booleans(),
    )
)
def test_choices_survive_storage(own: OwnChoices) -> None:
    """Written down and read back they are the same, and equal choices are equal texts."""
    text = encode_choices(own)
    assert decode_choices(text) == own
    assert encode_choices(decode_choices(text)) == text
    assert decode_choices("{}") == AS_WRITTEN
