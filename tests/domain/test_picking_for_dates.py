"""Some entries are made for a date and come then, and only then."""

from typing import Any

import pytest
from parts.pool_entries import KEY, compiled, conversation, idea, prompt, situated

from nudger.domain.chance import Dice
from nudger.domain.coming_dates import Ahead, ComingDate, DateKind
from nudger.domain.picking import CompiledPool, NothingFits, Pick, pick_check_in, pick_idea
from nudger.domain.pools import Role
from nudger.domain.preferences import Cost
from nudger.domain.themes import Theme

BIRTHDAY = ComingDate("ana-birthday", 3)
ORDINARY = idea("ordinary")


def made_for(entry_id: str, dates: str, ahead: str, **traits: Any) -> Any:  # noqa: ANN401 (the entry's own traits)
    """An idea for some kinds of date, some way ahead."""
    kinds, leads = map(DateKind, dates.split()), map(Ahead, ahead.split())
    return idea(entry_id, dates=frozenset(kinds), ahead=frozenset(leads), **traits)


def ever_picked(pool: CompiledPool, **changes: object) -> set[str]:
    """All that comes in 40 draws."""
    outcomes = [pick_idea(pool, situated(**changes), 0, Dice(KEY, n)) for n in range(40)]
    return {outcome.entry.id for outcome in outcomes if isinstance(outcome, Pick)}


OCCASIONS = compiled(
    ORDINARY,
    made_for("cake", "birthday", "days"),
    made_for("card", "birthday anniversary", "weeks days"),
    made_for("toast", "anniversary first_met", "today"),
)


@pytest.mark.parametrize(
    ("coming", "expected"),
    [
        (ComingDate("ana-birthday", 3), {"cake", "card"}),
        (ComingDate("ana-birthday", 14), {"card"}),
        (ComingDate("wedding", 14), {"card"}),
        (ComingDate("anniversary", 0), {"toast"}),
        (ComingDate("first-letter", 0), {"toast"}),
        (None, {"ordinary"}),
    ],
)
def test_what_is_made_for_a_date_comes_for_it(coming: ComingDate | None, expected: set[str]) -> None:
    """Ahead of a date only what is made for its kind and its distance; for all other messages none of these."""
    assert ever_picked(OCCASIONS, coming=coming) == expected


@pytest.mark.parametrize("coming", [ComingDate("ana-birthday", 0), ComingDate("first-letter", 3)])
def test_where_nothing_is_made_for_a_date_ordinary_ideas_come(coming: ComingDate) -> None:
    """Right kind but wrong distance, or the other way round, is nothing for it: then come the entries for any day."""
    assert ever_picked(OCCASIONS, coming=coming) == {"ordinary"}


def test_an_entry_switched_off_is_not_made_for_anything() -> None:
    """Who gives all birthday ideas the weight 0 gets ordinary ones."""
    assert ever_picked(compiled(ORDINARY, made_for("cake", "birthday", "days", weight=0.0)), coming=BIRTHDAY) == {
        "ordinary"
    }


@pytest.mark.parametrize(
    ("traits", "emptied_by"), [({"theme": Theme.GROWTH}, "themes"), ({"cost": Cost.LARGE}, "cost")]
)
def test_ordinary_ideas_do_not_stand_in_for_unfitting_ones(traits: dict[str, Any], emptied_by: str) -> None:
    """Where the pool has something for the date, another filter that takes it away leaves nothing."""
    pool = compiled(ORDINARY, made_for("cake", "birthday", "days", **traits))
    outcome = pick_idea(pool, situated(coming=BIRTHDAY, themes=(Theme.CURIOSITY,)), 0, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert (outcome.emptied_by, dict(outcome.left)["occasion"]) == (emptied_by, 1)


def test_the_filter_is_named_in_the_record() -> None:
    """How many entries the occasion left stands second, after the kind of entry."""
    outcome = pick_idea(OCCASIONS, situated(coming=BIRTHDAY), 0, Dice(KEY))
    assert isinstance(outcome, Pick)
    assert outcome.why.left[:2] == (("kind", 4), ("occasion", 2))


def test_a_check_in_before_a_date_asks_ordinary_questions() -> None:
    """Ideas for a date are no reason to leave a check-in empty; prompts for it come where there are some."""
    prompts = conversation().entries
    plain = compiled(*prompts, made_for("cake", "birthday", "days"))
    assert not isinstance(pick_check_in(plain, situated(coming=BIRTHDAY), 0, 4, Dice(KEY)), NothingFits)
    about = {"dates": frozenset({DateKind.BIRTHDAY}), "ahead": frozenset({Ahead.DAYS})}
    own = compiled(*prompts, prompt("o", Role.OPENER, **about), prompt("w", Role.WISH, **about))
    picks = pick_check_in(own, situated(coming=BIRTHDAY), 0, 4, Dice(KEY))
    assert not isinstance(picks, NothingFits)
    assert [pick.entry.id for pick in picks] == ["o", "w"]
