"""Dice: fixed by key and purpose, and fair."""

from collections import Counter

import pytest
from parts.rules import KEY, unlikely

from nudger.domain.chance import Dice


def test_dice_never_change() -> None:
    """The same key and purpose give these draws in every version: another would move everybody's moments."""
    dice = Dice(KEY, "random", "ana-and-ben", "surprises", "ana", 105_000)
    assert [dice.below(limit) for limit in (6, 1000, 1 << 64, 10**30)] == [
        5,
        206,
        1030655957661974408,
        364904359099779739188870110979,
    ]
    assert dice.fraction() == 0.092343564920087
    assert dice.seed == "1e11ae1f20fe"


def test_dice_hold_more_than_one_block() -> None:
    """A stream runs on past its first eight words without beginning again."""
    dice = Dice(KEY, "long")
    assert len({dice.below(1 << 64) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("1",), (1,)), ((1, 2), (12,)), (("a", ""), ("a",)), (("s1:a",), ("s1", ":a"))],
)
def test_purposes_do_not_run_into_each_other(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> None:
    """However a purpose is split into parts, another split is another stream."""
    assert Dice(KEY, *one).below(1 << 64) != Dice(KEY, *other).below(1 << 64)
    assert Dice(KEY, *one).seed != Dice(KEY, *other).seed


def test_another_key_is_another_stream() -> None:
    """Who does not have the installation's key cannot work out its draws."""
    assert Dice(KEY, "turn").below(1 << 64) != Dice(b"another", "turn").below(1 << 64)


def test_the_seed_gives_nothing_away() -> None:
    """The name of a stream is no part of what is drawn from it."""
    assert int(Dice(KEY, "turn").seed, 16) != Dice(KEY, "turn").below(1 << 48)


@pytest.mark.parametrize("limit", [2, 6, 7, 10, 100])
def test_below_favours_no_number(limit: int) -> None:
    """Each number below the limit comes as often as any other."""
    dice = Dice(KEY, "fair", limit)
    counts = Counter(dice.below(limit) for _ in range(20_000))
    assert set(counts) == set(range(limit))
    assert not unlikely([counts[number] for number in range(limit)])


@pytest.mark.parametrize("limit", [3 << 62, 3 << 126])
def test_below_does_not_wrap_round(limit: int) -> None:
    """Thirds of a range that is three quarters of the words' own come alike: a remainder would double the first."""
    dice = Dice(KEY, "thirds", limit)
    counts = Counter(dice.below(limit) * 3 // limit for _ in range(9_000))
    assert set(counts) == {0, 1, 2}
    assert not unlikely([counts[third] for third in range(3)])


def test_below_one_is_nought() -> None:
    """There is one number below one."""
    assert Dice(KEY, "one").below(1) == 0


def test_fractions_are_spread_evenly() -> None:
    """Fractions lie from 0 up to 1, in every twentieth alike."""
    dice = Dice(KEY, "fractions")
    counts = Counter(int(dice.fraction() * 20) for _ in range(20_000))
    assert not unlikely([counts[place] for place in range(20)])
    assert set(counts) == set(range(20))


def test_dice_refuse_nonsense() -> None:
    """No key, no dice; and nothing lies below zero."""
    with pytest.raises(ValueError, match="key"):
        Dice(b"", "turn")
    with pytest.raises(ValueError, match="below 1"):
        Dice(KEY, "turn").below(0)
