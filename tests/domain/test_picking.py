"""What is picked, what never is, and with which odds."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.pool_entries import KEY, compiled, idea, mixed, situated

from nudger.domain.chance import Dice
from nudger.domain.compiled import nth_bit
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.picking import NothingFits, Pick, Situation, cooling, pick_idea
from nudger.domain.preferences import Cost, Novelty, Preferences, Together
from nudger.domain.themes import Theme


@given(st.integers(1, 2**450 - 1), st.data())
def test_the_nth_bit_is_found_without_counting_along(mask: int, data: st.DataObject) -> None:
    """The n-th set bit of any mask is where a plain enumeration says."""
    positions = [position for position in range(mask.bit_length()) if mask >> position & 1]
    n = data.draw(st.integers(0, len(positions) - 1))
    assert nth_bit(mask, n) == positions[n]


@pytest.mark.parametrize(("mask", "n"), [(0, 0), (0b101, 2), (0b101, -1)])
def test_a_bit_that_is_not_there_is_an_error(mask: int, n: int) -> None:
    """Asking past the set bits raises IndexError."""
    with pytest.raises(IndexError):
        nth_bit(mask, n)


def draws(situation: Situation, count: int) -> list[Pick]:
    """So many picks from the mixed pool, each with its own dice."""
    pool = mixed()
    picks = [pick_idea(pool, situation, 0, Dice(KEY, "draw", n)) for n in range(count)]
    return [pick for pick in picks if isinstance(pick, Pick)]


def test_the_odds_told_are_the_odds_met() -> None:
    """Probabilities sum to 1 over the entries and 20,000 draws follow them (chi-squared, 18 degrees, p = 0.001)."""
    weights = {Theme.CURIOSITY: 3.0, Theme.GROWTH: 1.0, Theme.SPONTANEITY: 0.5}
    picks = draws(situated(preferences=Preferences(themes=weights)), 20_000)
    odds = {pick.entry.id: pick.why.probability for pick in picks}
    seen = Counter(pick.entry.id for pick in picks)
    assert len(odds) == 19
    assert sum(odds.values()) == pytest.approx(1)
    assert sum((seen[entry] - 20_000 * p) ** 2 / (20_000 * p) for entry, p in odds.items()) < 42.31


def test_the_odds_of_one_entry_can_be_worked_out_by_hand() -> None:
    """Theme 3 of 4.5, not a stretch 3 of 4, weight 2.5 of 8 (three entries of 1 and two of 2.5)."""
    weights = {Theme.CURIOSITY: 3.0, Theme.GROWTH: 1.0, Theme.SPONTANEITY: 0.5}
    picks = draws(situated(preferences=Preferences(themes=weights)), 200)
    odds = {pick.entry.id: pick.why.probability for pick in picks}
    assert odds["curiosity-fresh-2.5"] == pytest.approx(3 / 4.5 * 3 / 4 * 2.5 / 8)
    assert odds["curiosity-stretch-1.0"] == pytest.approx(3 / 4.5 * 1 / 4 * 1 / 3.5)


def test_one_idea_in_four_is_a_stretch() -> None:
    """Where stretches and others are left, a quarter of 4,000 draws are stretches (within three standard errors)."""
    stretches = sum(pick.entry.novelty is Novelty.STRETCH for pick in draws(situated(), 4_000))
    assert abs(stretches - 1_000) < 3 * (4_000 * 0.25 * 0.75) ** 0.5


def test_the_same_dice_give_the_same_idea() -> None:
    """Pool, situation, history and dice decide; a second run of the program changes nothing."""
    once = [pick.entry.id for pick in draws(situated(), 50)]
    again = [pick.entry.id for pick in draws(situated(), 50)]
    assert once == again
    assert len(set(once)) > 5


def test_the_same_theme_comes_twice_only_when_alone() -> None:
    """The last nudge's theme waits while another is left, and serves when none is."""
    both = compiled(idea("a", Theme.CURIOSITY), idea("b", Theme.GROWTH))
    after_growth = situated(lately=(Theme.GROWTH,))
    assert {pick_idea(both, after_growth, 0, Dice(KEY, n)).entry.id for n in range(20)} == {"a"}  # type: ignore[union-attr]
    alone = pick_idea(both, after_growth, 0b01, Dice(KEY))
    assert isinstance(alone, Pick)
    assert alone.entry.id == "b"


def themes_drawn(lately: tuple[Theme, ...], **more: object) -> set[Theme]:
    """The themes of 40 draws from three themes after these ideas, the newest first."""
    situation = situated(lately=lately, **more)
    picks = [pick_idea(mixed(), situation, 0, Dice(KEY, "turn", n)) for n in range(40)]
    return {pick.entry.theme for pick in picks if isinstance(pick, Pick)}


def test_a_theme_that_waited_too_long_comes_next() -> None:
    """Of three equal themes each has every third turn; one that missed four (1.25 times three, rounded up) is next."""
    one, other, rare = Theme.CURIOSITY, Theme.GROWTH, Theme.SPONTANEITY
    only = {"themes": (one, other, rare)}
    assert themes_drawn((one, other, one), **only) == {other, rare}
    assert themes_drawn((one, other, one, other), **only) == {rare}
    assert themes_drawn((one, other, one, rare), **only) == {other, rare}


def test_a_theme_may_wait_as_long_as_its_weight_says() -> None:
    """With weight 1 of 5 a theme has every fifth turn, and is due after missing seven (1.25 times five is 6.25)."""
    one, other, rare = Theme.CURIOSITY, Theme.GROWTH, Theme.SPONTANEITY
    weighed = {"themes": (one, other, rare), "preferences": Preferences(themes={one: 2.0, other: 2.0})}
    assert themes_drawn((one, other) * 3, **weighed) == {other, rare}
    assert themes_drawn((one, other) * 4, **weighed) == {rare}


def test_ideas_of_other_schedules_do_not_make_a_theme_wait() -> None:
    """What came of a theme that this schedule does not ask for is no turn missed."""
    one, other, rare = Theme.CURIOSITY, Theme.GROWTH, Theme.SPONTANEITY
    foreign = (Theme.APPRECIATION,) * 20
    assert themes_drawn((one, other, *foreign, rare), themes=(one, other, rare)) == {other, rare}


def test_nothing_fits_tells_which_filter_took_the_last_one() -> None:
    """A couple that spends nothing, with a pool of paid ideas, learns that cost was in the way."""
    outcome = pick_idea(
        compiled(idea("dinner", cost=Cost.LARGE)), situated(preferences=Preferences(cost=Cost.NONE)), 0, Dice(KEY)
    )
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == "cost"
    assert outcome.as_dict() == {"left": dict(outcome.left), "emptied_by": "cost"}


def test_why_is_ready_for_json() -> None:
    """The record of a pick survives JSON, filters in order and the seed with it."""
    dice = Dice(KEY, "json")
    outcome = pick_idea(compiled(idea("only")), situated(), 0, dice)
    assert isinstance(outcome, Pick)
    told = json.loads(json.dumps(outcome.why.as_dict()))
    assert list(told["left"])[:3] == ["kind", "occasion", "themes"]
    assert told["probability"] == 1.0
    assert told["seed"] == dice.seed


@pytest.mark.parametrize("state", [LifeState.ENDED, LifeState.BEREAVED])
def test_when_it_is_over_nothing_fits(state: LifeState) -> None:
    """After an end or a death no entry fits, whatever the pool says."""
    outcome = pick_idea(mixed(), situated(life_state=state), 0, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == "life_state"


def test_intimacy_needs_two_yeses_and_the_right_channel() -> None:
    """Without both partners' yes never; by text only where that is allowed and the entry has words for it."""
    pool = compiled(idea("close", Theme.INTIMACY))
    email, sms = ChannelKind.EMAIL, ChannelKind.SMS
    asked = {
        (agreed, channel, allowed): isinstance(
            pick_idea(
                pool,
                situated(intimacy_agreed=agreed, channel=channel, sms_may_be_intimate=allowed),
                0,
                Dice(KEY),
            ),
            Pick,
        )
        for agreed in (True, False)
        for channel in (email, sms)
        for allowed in (True, False)
    }
    assert {case for case, picked in asked.items() if picked} == {
        (True, email, True),
        (True, email, False),
        (True, sms, True),
    }


def test_a_couple_apart_gets_ideas_for_a_distance() -> None:
    """While apart, a couple that lives together is treated as one that does not."""
    pool = compiled(idea("call", together=Together.LONG_DISTANCE), idea("sofa", together=Together.CO_LOCATED))
    outcome = pick_idea(pool, situated(life_state=LifeState.APART), 0, Dice(KEY))
    assert isinstance(outcome, Pick)
    assert outcome.entry.id == "call"


def test_an_entry_rests_for_its_cool_down() -> None:
    """An entry used is out until exactly `cooldown_days` later, by the instant, each by its own rest."""
    pool = compiled(idea("year"), idea("week", cooldown_days=7), idea("never-rests", cooldown_days=0))
    at = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
    history = [("year", at), ("week", at), ("never-rests", at), ("gone-from-the-pool", at)]
    assert cooling(pool, history, at + timedelta(days=1)) == 0b011
    assert cooling(pool, history, at + timedelta(days=7) - timedelta(seconds=1)) == 0b011
    assert cooling(pool, history, at + timedelta(days=7)) == 0b001
    assert cooling(pool, history, at + timedelta(days=365)) == 0


def test_the_latest_use_counts() -> None:
    """Of several uses the last one decides, in whatever order they come."""
    pool = compiled(idea("a", cooldown_days=30))
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    assert cooling(pool, [("a", early), ("a", late)], now) == cooling(pool, [("a", late), ("a", early)], now) == 1


def test_a_couple_may_want_a_longer_rest() -> None:
    """With a least rest of 30 days an entry of 7 is free after 30, and one of 365 after 365."""
    pool = compiled(idea("year"), idea("week", cooldown_days=7))
    at = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
    history, month = [("year", at), ("week", at)], timedelta(days=30)
    assert cooling(pool, history, at + timedelta(days=29), month) == 0b11
    assert cooling(pool, history, at + timedelta(days=30), month) == 0b01
    assert cooling(pool, history, at + timedelta(days=365), month) == 0


def test_two_entries_of_one_id_are_refused() -> None:
    """A pool with an id twice cannot be compiled: history could not tell them apart."""
    with pytest.raises(ValueError, match="share an id"):
        compiled(idea("twin"), idea("twin"))
