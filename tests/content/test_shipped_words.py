from collections import Counter
from typing import Any

import pytest
from parts.shipped_words import (
    CONSENT,
    GSM_BASIC,
    NAME,
    NOT_OUR_VOICE,
    PARTNER,
    POOLS,
    SCHEDULES,
    Entry,
    read,
    spoken,
    words_of,
)

from nudger.domain.coming_dates import Ahead, DateKind
from nudger.domain.people import LifeState
from nudger.domain.pools import Daypart, KidsFit, Role, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Novelty, Place, Together
from nudger.domain.themes import Theme

SCALES = {
    "effort": Effort,
    "cost": Cost,
    "energy": Energy,
    "depth": Depth,
    "place": Place,
    "together": Together,
    "kids": KidsFit,
    "novelty": Novelty,
    "role": Role,
    "theme": Theme,
}
SETS = {"season": Season, "daypart": Daypart, "avoid_when": LifeState, "dates": DateKind, "ahead": Ahead}
FIELDS = {"id", "sms", "email", "ask", "tags", *SCALES, *SETS}
QUICK = {Effort.MINUTES_5, Effort.MINUTES_15}
EVERY_THEME = pytest.mark.parametrize("theme", list(Theme))


def of(theme: Theme, ideas: list[Entry]) -> list[Entry]:
    """The ideas of one theme."""
    return [idea for idea in ideas if idea["theme"] == theme]


def test_ids_are_unique_over_all_pools(entries: list[Entry]) -> None:
    """An id names one entry, whichever file it stands in."""
    assert [key for key, times in Counter(entry["id"] for entry in entries).items() if times > 1] == []


def test_a_pool_is_named_for_its_theme() -> None:
    """A theme's ideas are found in the file of its name."""
    for theme in Theme:
        assert read(POOLS / f"{theme}.yaml")["theme"] == theme


def test_fields_and_values_are_known(entries: list[Entry]) -> None:
    """Every field exists, and every value is one that the domain knows."""
    for entry in entries:
        assert set(entry) <= FIELDS, entry["id"]
        for field, scale in SCALES.items():
            assert entry.get(field) in {None, *scale}, (entry["id"], field)
        for field, scale in SETS.items():
            assert set(entry.get(field, [])) <= set(scale), (entry["id"], field)


@EVERY_THEME
def test_each_theme_works_at_a_distance(theme: Theme, ideas: list[Entry]) -> None:
    """A couple in two cities has eight ideas or more of each theme."""
    apart = [idea for idea in of(theme, ideas) if idea.get("together", "any") != Together.CO_LOCATED]
    assert len(apart) >= 8


@EVERY_THEME
def test_each_theme_is_kind_to_a_full_week(theme: Theme, ideas: list[Entry]) -> None:
    """Ten ideas or more of each theme cost nothing and take a quarter of an hour at most."""
    light = [i for i in of(theme, ideas) if i.get("cost", "none") == Cost.NONE and i.get("effort", "15m") in QUICK]
    assert len(light) >= 10


@EVERY_THEME
def test_many_ideas_have_a_letter_of_their_own(theme: Theme, ideas: list[Entry]) -> None:
    """Two ideas in five or more are also written as an email, which may breathe."""
    of_theme = of(theme, ideas)
    assert sum("email" in idea for idea in of_theme) / len(of_theme) >= 0.4


def test_tenderness_never_goes_by_text(ideas: list[Entry]) -> None:
    """An idea of that theme is an email and nothing else."""
    assert all("sms" not in idea and "email" in idea for idea in of(Theme.INTIMACY, ideas))


def test_tenderness_asks_first(ideas: list[Entry]) -> None:
    """Each idea of that theme carries a question or a way out."""
    assert [i["id"] for i in of(Theme.INTIMACY, ideas) if not CONSENT.search(i["email"]["body"])] == []


def test_tenderness_is_discreet_at_first_sight(ideas: list[Entry]) -> None:
    """Subject and first forty characters name nobody, as a colleague may be looking."""
    for idea in of(Theme.INTIMACY, ideas):
        assert not NAME.search(idea["email"]["subject"] + idea["email"]["body"][:40]), idea["id"]


def test_the_words_are_in_our_voice(entries: list[Entry]) -> None:
    """No command, guilt, jargon, pet name, guessed pronoun, faith or drink."""
    found = {
        (entry["id"], hit[0])
        for entry in entries
        for said in words_of(entry)
        for hit in NOT_OUR_VOICE.finditer(spoken(said))
    }
    assert found == set()


def test_exclamation_marks_are_the_rare_one(entries: list[Entry]) -> None:
    """Nobody is shouted at."""
    assert sum(said.count("!") for entry in entries for said in words_of(entry)) <= 2


def test_a_name_is_said_once(entries: list[Entry]) -> None:
    """Twice in one message sounds like a form letter; an idea says it exactly once."""
    for entry in entries:
        for said in [entry.get("sms"), entry.get("email", {}).get("body")]:
            assert said is None or len(PARTNER.findall(said)) == 1, entry["id"]


def test_prompts_and_subjects_name_nobody(entries: list[Entry]) -> None:
    """A prompt is read by both, and a subject by whoever looks over a shoulder."""
    for entry in entries:
        assert not NAME.search(entry.get("ask", "") + entry.get("email", {}).get("subject", "")), entry["id"]


def test_texts_are_written_in_the_gsm_alphabet(texts: dict[str, str]) -> None:
    """A curly quote or an emoji would halve what fits and double the price."""
    assert {key: set(spoken(said)) - GSM_BASIC for key, said in texts.items() if set(spoken(said)) - GSM_BASIC} == {}


def test_subjects_are_like_a_note_on_a_table(ideas: list[Entry]) -> None:
    """Short, on one line, without a full stop, and no two alike."""
    subjects = [idea["email"]["subject"] for idea in ideas if "email" in idea]
    assert len(set(subjects)) == len(subjects)
    assert all(len(subject) <= 45 and "\n" not in subject and subject[-1] not in ".!" for subject in subjects)


def test_letters_have_two_or_three_short_paragraphs(ideas: list[Entry]) -> None:
    """One idea, room to breathe, and an end."""
    for idea in ideas:
        if "email" in idea:
            paragraphs = idea["email"]["body"].strip().split("\n\n")
            assert 2 <= len(paragraphs) <= 3, idea["id"]
            assert len(spoken(idea["email"]["body"])) <= 800, idea["id"]


@pytest.mark.parametrize(("role", "least"), [(role, 8 if role is Role.OPENER else 4) for role in Role])
def test_a_check_in_has_prompts_of_every_role(role: Role, least: int, prompts: list[Entry]) -> None:
    """A conversation can be mixed afresh for weeks."""
    assert sum(prompt["role"] == role for prompt in prompts) >= least


def test_prompts_are_one_or_two_short_sentences(prompts: list[Entry]) -> None:
    """A question that is longer than its answer is a form."""
    assert [prompt["id"] for prompt in prompts if len(prompt["ask"]) > 170] == []


def shipped(name: str) -> dict[str, Any]:
    """The couples or schedules that come with Nudger."""
    found: dict[str, Any] = read(SCHEDULES / f"{name}.yaml")[name]
    return found


def test_the_sample_reaches_nobody() -> None:
    """Numbers reserved for fiction and addresses that lead nowhere."""
    partners = [partner for couple in shipped("couples").values() for partner in couple["partners"].values()]
    assert len(partners) == 4
    assert all(partner["phone"].startswith("+447700900") for partner in partners)
    assert all(partner["email"].endswith("@example.com") for partner in partners)
    assert len({partner["phone"] for partner in partners}) == 4


def test_the_sample_shows_every_kind_of_rule() -> None:
    """All seven ways to say when, all audiences, both channels and all themes are there to be copied."""
    schedules = list(shipped("schedules").values())
    kinds = {key for schedule in schedules for key in schedule["when"]}
    assert {"random", "daily", "weekly", "monthly", "every", "before", "cron"} <= kinds
    assert {schedule["audience"] for schedule in schedules} == {"one", "each", "both"}
    assert {"sms", "email"} <= {schedule["channel"] for schedule in schedules}
    assert {theme for schedule in schedules for theme in schedule.get("themes", [])} == set(Theme)


def test_the_sample_sends_tenderness_by_email_alone() -> None:
    """A schedule that may pick that theme never asks for a text."""
    tender = [s for s in shipped("schedules").values() if Theme.INTIMACY in s.get("themes", [])]
    assert tender
    assert {schedule["channel"] for schedule in tender} == {"email"}


def test_the_sample_dates_exist_for_both_couples() -> None:
    """A schedule before a date finds that date with everybody it is for."""
    before = {s["when"]["before"] for s in shipped("schedules").values() if "before" in s["when"]}
    assert all(before <= set(couple["dates"]) for couple in shipped("couples").values())


def test_a_month_of_the_sample_is_worth_having() -> None:
    """The steady rules alone come to well over sixty messages in any four weeks for the two couples together."""
    schedules = shipped("schedules")
    by_chance = 2 * 4 * schedules["surprises"]["when"]["random"]
    by_week = 2 * 2 * 4 * sum("weekly" in schedule["when"] for schedule in schedules.values())
    new = 2 * 2 * (28 // int(schedules["something-new"]["when"]["every"].removesuffix("d")))
    tender = 2 * (28 // int(schedules["just-us"]["when"]["every"].removesuffix("d")))
    assert by_chance + by_week + new + tender >= 66


def test_the_sample_keeps_to_everyones_budget() -> None:
    """An ordinary week asks for no more messages than each budget lets through."""
    schedules = shipped("schedules")
    texts = schedules["surprises"]["when"]["random"] / 2
    emails = sum(s["channel"] == "email" and "before" not in s["when"] for s in schedules.values())
    for couple in shipped("couples").values():
        for partner in couple["partners"].values():
            budget = partner.get("budget", {"sms": {"week": 3}, "email": {"week": 4}})
            assert texts <= budget["sms"]["week"]
            assert emails <= budget["email"]["week"]
