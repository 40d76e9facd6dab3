"""The shipped library as a whole: clean, large enough for a year, and varied."""

from collections import Counter

import pytest
from parts.shipped_words import POOLS, ROOT, Entry, opening, read, spoken

from nudger.actions.check import check
from nudger.domain.coming_dates import Ahead, DateKind
from nudger.domain.preferences import Cost, Novelty, Together
from nudger.domain.themes import Theme
from nudger.files.faults import show
from nudger.files.loading import load
from nudger.rendering.gsm import measure, normalise
from nudger.rendering.renderer import Renderer

FILES = sorted(path.stem for path in POOLS.glob("*.yaml"))
#: Two surprises a week and something new now and then are some 150 picks a year; a couple far apart, with little
#: money and little time, is left with four ideas in ten, and still sees nothing twice within the year.
IDEAS_PER_THEME = 60
#: A check-in a week for a year, each with an opener and four prompts.
OPENERS, PROMPTS = 52, 220
ONE_IN_TWENTY, ONE_IN_TEN = 0.05, 0.1


@pytest.fixture(scope="session")
def everyday(ideas: list[Entry]) -> list[Entry]:
    """The ideas for any day; those made for a birthday or an anniversary stand aside."""
    return [idea for idea in ideas if not idea.get("dates")]


def test_nothing_is_to_be_said_about_the_library() -> None:
    """Neither fault nor advice, of any kind, in any file that ships."""
    templates = ROOT / "templates"
    renderer = Renderer(templates, words=[templates / "words.txt"])
    findings = check(load(ROOT / "schedules", templates, {}, vocabulary=templates / "tags.yaml"), renderer)
    assert [show(finding) for finding in findings] == []


@pytest.mark.parametrize("theme", list(Theme))
def test_each_theme_lasts_a_year(theme: Theme, everyday: list[Entry]) -> None:
    """Sixty ideas for each theme, so that the worst served couple meets none twice within a year."""
    assert sum(idea["theme"] == theme for idea in everyday) >= IDEAS_PER_THEME


def test_there_are_ideas_for_a_year(everyday: list[Entry]) -> None:
    """Seven themes of sixty."""
    assert len(everyday) >= IDEAS_PER_THEME * len(Theme)


@pytest.mark.parametrize("ahead", list(Ahead))
@pytest.mark.parametrize("kind", list(DateKind))
def test_every_date_is_thought_of_in_time(kind: DateKind, ahead: Ahead, ideas: list[Entry]) -> None:
    """Weeks ahead, days ahead and on the day: ten ideas for no money, eight of them from afar, and more for more."""
    made = [i for i in ideas if kind in i.get("dates", ()) and ahead in i.get("ahead", list(Ahead))]
    free = [idea for idea in made if idea.get("cost", "none") == Cost.NONE]
    assert len(free) >= 10
    assert sum(idea.get("together") != Together.CO_LOCATED for idea in free) >= 8
    assert len(made) > len(free)


def test_there_are_check_ins_for_a_year(prompts: list[Entry]) -> None:
    """An opener for every week of the year, and four prompts and a few more for each."""
    openers = sum(prompt["role"] == "opener" for prompt in prompts)
    assert openers >= OPENERS
    assert len(prompts) - openers >= PROMPTS


def test_texts_cost_one_segment(texts: dict[str, str]) -> None:
    """With names of twelve letters 95 texts in 100 take one segment of GSM-7, and none more than two."""
    costs = Counter(measure(normalise(spoken(said))) for said in texts.values())
    assert {alphabet for alphabet, _ in costs} == {"GSM-7"}
    assert {segments for _, segments in costs} <= {1, 2}
    assert costs["GSM-7", 2] <= ONE_IN_TWENTY * len(texts)


def test_one_idea_in_four_is_a_stretch(everyday: list[Entry]) -> None:
    """What is new to both does more than what is pleasant: about a quarter over all."""
    share = sum(idea.get("novelty") == Novelty.STRETCH for idea in everyday) / len(everyday)
    assert 0.2 <= share <= 0.33


@pytest.mark.parametrize("theme", list(Theme))
def test_each_theme_has_its_stretches(theme: Theme, everyday: list[Entry]) -> None:
    """No theme is all brave or all tame."""
    of_theme = [idea for idea in everyday if idea["theme"] == theme]
    share = sum(idea.get("novelty") == Novelty.STRETCH for idea in of_theme) / len(of_theme)
    assert 0.18 <= share <= 0.4


@pytest.mark.parametrize("file", FILES)
def test_openings_vary(file: str) -> None:
    """Not one in ten entries of a file begins with the same word."""
    first_words = Counter(opening(entry) for entry in read(POOLS / f"{file}.yaml")["entries"])
    limit = max(1, ONE_IN_TEN * first_words.total())
    assert {word: times for word, times in first_words.items() if times > limit} == {}
