"""What a couple writes under `preferences`, followed from the YAML to the pick."""

from dataclasses import fields

import pytest
from parts.pool_entries import KEY, situated
from parts.yaml_folders import COUPLE, Folders

from nudger.domain.chance import Dice
from nudger.domain.picking import NothingFits, Pick, compile_pool, pick_idea
from nudger.domain.pools import Entry
from nudger.domain.preferences import Novelty, Preferences
from nudger.files.couples import WrittenPreferences

#: A wish -> an idea it leaves out, on a spring evening in the north, and the filter that does.
WISHES = {
    "themes: {growth: 0}": ("", "theme_weight"),
    "cost: none": ("cost: small", "cost"),
    "effort: 15m": ("effort: 1h", "effort"),
    "energy: low": ("energy: medium", "energy"),
    "depth: light": ("depth: warm", "depth"),
    "novelty: fresh": ("novelty: stretch", "novelty"),
    "together: long_distance": ("together: co_located", "together"),
    "place: home": ("place: out", "place"),
    "kids: true": ("kids: without_kids", "kids"),
    "hemisphere: south": ("season: spring", "season"),
    "avoid: alcohol": ("tags: [alcohol, food]", "avoid"),
}


def preferences(folders: Folders, written: str) -> Preferences:
    """A couple's preferences as read."""
    folders.write("a.yaml", COUPLE.replace("    dates:", f"    preferences: {{{written}}}\n    dates:"))
    loaded = folders.load()
    assert loaded.faults == ()
    return loaded.couples[0].preferences


@pytest.mark.parametrize("wish", WISHES)
def test_every_wish_is_filtered_on(wish: str, folders: Folders) -> None:
    """An idea against a wish fits couples without that wish and is left out for those with it, by that filter."""
    traits, filter_name = WISHES[wish]
    folders.pool("en/growth.yaml", f"theme: growth\nentries: [{{id: one, sms: A walk., {traits}}}]\n")
    theirs = preferences(folders, wish)
    pool = compile_pool(folders.load().pools["en"])
    assert isinstance(pick_idea(pool, situated(), 0, Dice(KEY)), Pick)
    outcome = pick_idea(pool, situated(preferences=theirs), 0, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert outcome.emptied_by == filter_name


def test_no_wish_is_forgotten() -> None:
    """Every preference of the domain can be written and is tried above; `cooldown` is tried where messages are made."""
    tried = {wish.split(":")[0] for wish in WISHES} | {"cooldown"}
    assert set(WrittenPreferences.written_keys()) == tried
    assert {field.name for field in fields(Preferences)} == tried - {"cooldown"} | {"cooldown_days"}


@pytest.mark.parametrize(("written", "days"), [("cooldown: 2y", 730), ("cooldown: 90d", 90), ("kids: false", 0)])
def test_a_couple_may_wish_for_a_longer_rest(written: str, days: int, folders: Folders) -> None:
    """A year is 365 days; left out, each idea rests as long as it says."""
    assert preferences(folders, written).cooldown_days == days


def test_left_out_everything_new_is_welcome(folders: Folders) -> None:
    """The default ceiling of novelty leaves nothing out."""
    assert preferences(folders, "kids: false").novelty is Novelty.STRETCH


def test_seasons_and_hours_come_from_the_moment(folders: Folders) -> None:
    """No wish is needed for an idea of another season or hour to stay away."""
    ideas = "{id: one, sms: A., season: winter}, {id: two, sms: B., daypart: morning}"
    folders.pool("en/growth.yaml", f"theme: growth\nentries: [{ideas}]\n")
    outcome = pick_idea(compile_pool(folders.load().pools["en"]), situated(), 0, Dice(KEY))
    assert isinstance(outcome, NothingFits)
    assert (dict(outcome.left)["avoid"], dict(outcome.left)["season"], dict(outcome.left)["daypart"]) == (2, 1, 0)


def test_an_entry_may_be_made_for_dates(folders: Folders) -> None:
    """`dates` and `ahead` may be one word or a list; left out, the entry is for ordinary days."""
    made = "{id: one, sms: A., dates: birthday, ahead: [weeks, days]}, {id: two, sms: B.}"
    folders.pool("en/growth.yaml", f"theme: growth\nentries: [{made}]\n")
    one, two = folders.load().pools["en"].entries
    assert (one.dates, one.ahead) == ({"birthday"}, {"weeks", "days"})
    assert (two.dates, two.ahead) == (Entry("", two.theme).dates, Entry("", two.theme).ahead) == (set(), set())
