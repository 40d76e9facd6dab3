"""Placing moments apart from each other: all ways counted, each as likely."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.rules import KEY, unlikely

from nudger.domain.chance import Dice
from nudger.domain.choices import FIRST, LAST, Choices, drawn, layout
from nudger.domain.spans import Spans

Way = tuple[int, ...]


def ways(slots: tuple[Spans, ...], apart: int, low: int = FIRST, high: int = LAST) -> Iterator[Way]:
    """All ways, by trying them all."""
    if not slots:
        yield ()
        return
    for before in ways(slots[:-1], apart, low, high):
        floor = before[-1] + apart if before else low
        for minute in (minute for first, end in slots[-1] for minute in range(first, end)):
            if floor <= minute <= high:
                yield (*before, minute)


@st.composite
def some_spans(draw: st.DrawFn) -> Spans:
    """A few short spans within half an hour."""
    edges = sorted(draw(st.sets(st.integers(0, 30), min_size=2, max_size=6)))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@settings(max_examples=200, deadline=None)
@given(slots=st.lists(some_spans(), min_size=1, max_size=3), apart=st.integers(1, 12), high=st.integers(0, 30))
def test_every_rank_is_one_way_and_every_way_has_a_rank(slots: list[Spans], apart: int, high: int) -> None:
    """The counted ways are those found by trying all, each once; where none fills all slots, fewer are filled."""
    choices = Choices(tuple(slots), apart)
    filled, count = choices.most(high)
    assert sorted(choices.nth(filled, rank) for rank in range(count)) == sorted(
        ways(tuple(slots[:filled]), apart, high=high)
    )
    assert not any(
        True for more in range(filled + 1, len(slots) + 1) for _ in ways(tuple(slots[:more]), apart, high=high)
    )


@pytest.mark.parametrize(
    ("spans", "count", "apart", "low", "high"),
    [
        (((0, 6), (10, 14)), 3, 3, FIRST, LAST),  # every way
        (((0, 6), (10, 14)), 2, 4, 2, 12),  # a neighbour on each side
        (((0, 100), (150, 156)), 2, 3, 98, LAST),  # nearly all ways start too early: those left are counted
        (((0, 60), (100, 112)), 2, 3, 55, 105),  # the same, with an end
    ],
)
def test_each_way_is_as_likely(spans: Spans, count: int, apart: int, low: int, high: int) -> None:
    """Draws spread evenly over all ways there are, and over nothing else."""
    slots = (spans,) * count
    every = list(ways(slots, apart, low, high))
    draws = Counter(drawn(Dice(KEY, "way", run), layout(slots), apart, low, high) for run in range(100 * len(every)))
    assert set(draws) <= set(every)
    assert not unlikely([draws[way] for way in every])


def test_what_cannot_fit_is_left_out() -> None:
    """Of three moments ten minutes apart in fifteen minutes, two are placed; where nothing may be, none."""
    slots = (((0, 15),),) * 3
    assert {len(drawn(Dice(KEY, run), layout(slots), 10)) for run in range(50)} == {2}
    assert drawn(Dice(KEY, "none"), layout(slots), 10, low=15) == ()
    assert drawn(Dice(KEY, "none"), layout(((),) * 3), 10) == ()


def test_counts_beyond_a_machine_word_stay_exact() -> None:
    """Twelve of two thousand minutes: more ways than 64 bits can number, and each within the rule."""
    slots = (((0, 2000),),) * 12
    minutes = drawn(Dice(KEY, "many"), layout(slots), 100)
    assert len(minutes) == 12
    assert all(later - earlier >= 100 for earlier, later in pairwise(minutes))
