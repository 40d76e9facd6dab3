"""Which questions make a check-in, and in which order."""

from collections import Counter

import pytest
from parts.pool_entries import KEY, compiled, conversation, prompt, situated

from nudger.domain.chance import Dice
from nudger.domain.people import ChannelKind
from nudger.domain.picking import NothingFits, Pick, pick_check_in
from nudger.domain.pools import Role
from nudger.domain.preferences import Preferences
from nudger.domain.themes import Theme

GENTLE_ORDER = ["appreciation", "wish", "hard", "repair", "logistics", "ahead"]


def check_in(prompts: int, seed: int = 0, per_role: int = 3) -> tuple[Pick, ...]:
    """A check-in from the pool of prompts, which must succeed."""
    picks = pick_check_in(conversation(per_role), situated(), 0, prompts, Dice(KEY, "check-in", seed))
    assert not isinstance(picks, NothingFits)
    return picks


@pytest.mark.parametrize("seed", range(20))
def test_a_check_in_opens_well_and_goes_gently(seed: int) -> None:
    """An opener first, no role twice, at most one heavy question, kind words first and the calendar last."""
    opener, *prompts = check_in(4, seed)
    roles = [str(pick.entry.role) for pick in prompts]
    assert opener.entry.role is Role.OPENER
    assert len(roles) == len(set(roles)) == 4
    assert len({"hard", "repair"}.intersection(roles)) <= 1
    assert roles == sorted(roles, key=GENTLE_ORDER.index)


def test_every_role_has_its_turn() -> None:
    """Over 40 check-ins every role comes up, heavy ones too."""
    roles = {str(pick.entry.role) for seed in range(40) for pick in check_in(4, seed)}
    assert roles == {"opener", *GENTLE_ORDER}


def test_a_role_comes_twice_only_after_all_others_came() -> None:
    """Seven prompts from four open roles and one heavy one: each once, two twice, no prompt twice."""
    picks = check_in(7)[1:]
    counts = Counter(str(pick.entry.role) for pick in picks)
    assert len({pick.entry.id for pick in picks}) == 7
    assert counts["hard"] + counts["repair"] == 1
    assert sorted(counts[role] for role in ("appreciation", "wish", "logistics", "ahead")) == [1, 1, 2, 2]


def test_a_short_pool_makes_a_short_check_in() -> None:
    """With one prompt of each role left, nine prompts asked for are the five that may stand together."""
    assert len(check_in(9, per_role=1)) == 1 + 5


def test_a_check_in_needs_an_opener() -> None:
    """Without an opener nothing is sent, and the reason is named."""
    outcome = pick_check_in(compiled(prompt("w", Role.WISH)), situated(), 0, 4, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == "opener"


def test_a_check_in_needs_a_prompt_where_some_are_asked_for() -> None:
    """An opener alone is a check-in only when no prompts are asked for."""
    pool = compiled(prompt("o", Role.OPENER))
    outcome = pick_check_in(pool, situated(), 0, 4, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == "role"
    alone = pick_check_in(pool, situated(), 0, 0, Dice(KEY))
    assert not isinstance(alone, NothingFits)
    assert [pick.entry.id for pick in alone] == ["o"]


def test_a_check_in_may_be_asked_for_by_text() -> None:
    """Prompts have no text of their own and still fit: by text goes the opener, the rest is for the two."""
    picks = pick_check_in(conversation(), situated(channel=ChannelKind.SMS), 0, 4, Dice(KEY))
    assert not isinstance(picks, NothingFits)
    assert len(picks) == 5


def test_a_used_prompt_is_not_asked_again() -> None:
    """Prompts still resting stay out of a check-in."""
    pool = conversation(2)
    used = sum(1 << n for n, entry in enumerate(pool.entries) if entry.id.endswith("-0"))
    picks = pick_check_in(pool, situated(), used, 5, Dice(KEY))
    assert not isinstance(picks, NothingFits)
    assert all(pick.entry.id.endswith("-1") for pick in picks)


def test_a_theme_switched_off_asks_nothing() -> None:
    """A weight of 0 keeps a theme's prompts out of a check-in too."""
    pool = compiled(
        prompt("o", Role.OPENER), prompt("kind", Role.APPRECIATION), prompt("deep", Role.WISH, Theme.GROWTH)
    )
    situation = situated(preferences=Preferences(themes={Theme.GROWTH: 0.0}))
    picks = pick_check_in(pool, situation, 0, 4, Dice(KEY))
    assert not isinstance(picks, NothingFits)
    assert [pick.entry.id for pick in picks] == ["o", "kind"]


def test_the_odds_in_a_check_in_are_those_met() -> None:
    """The first prompt's odds sum to 1 and 6,000 draws follow them (chi-squared, 11 degrees, p = 0.001)."""
    pool = conversation(2)
    picks = [pick_check_in(pool, situated(), 0, 1, Dice(KEY, "odds", n)) for n in range(6_000)]
    prompts = [pick[1] for pick in picks if not isinstance(pick, NothingFits)]
    odds = {pick.entry.id: pick.why.probability for pick in prompts}
    seen = Counter(pick.entry.id for pick in prompts)
    assert sum(odds.values()) == pytest.approx(1)
    assert sum((seen[entry] - 6_000 * p) ** 2 / (6_000 * p) for entry, p in odds.items()) < 31.26


def test_a_role_with_more_left_comes_more_often() -> None:
    """With three wishes and one look ahead left, each of the four prompts is as likely to come first."""
    wishes = (prompt(f"wish-{n}", Role.WISH) for n in range(3))
    pool = compiled(prompt("o", Role.OPENER), *wishes, prompt("next", Role.AHEAD))
    picks = [pick_check_in(pool, situated(), 0, 1, Dice(KEY, "left", n)) for n in range(40)]
    odds = {pick[1].entry.id: pick[1].why.probability for pick in picks if not isinstance(pick, NothingFits)}
    assert odds == pytest.approx({"wish-0": 0.25, "wish-1": 0.25, "wish-2": 0.25, "next": 0.25})


def test_the_same_dice_ask_the_same_questions() -> None:
    """A check-in is the same on every machine and after every restart."""
    assert check_in(4, seed=5) == check_in(4, seed=5)
    assert len({tuple(pick.entry.id for pick in check_in(4, seed)) for seed in range(10)}) > 5
