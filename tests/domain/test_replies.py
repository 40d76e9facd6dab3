"""Commands by text, in four languages."""

import re
import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nudger.domain.replies import Reply, parse
from nudger.domain.reply_pauses import Days, Until, UntilWeekday
from nudger.domain.reply_words import EMOJI, PAUSE, SAID, STOP, Command

SAID_HERE = [
    (Command.START, ["START", "unstop", "Start again please", "Starten", "COMMENCER", "empezar", "alta"]),
    (Command.YES, ["YES", "y", "Yes please!", "yeah", "JA", "Ja, gerne", "Oui", "oui merci", "SI", "sí, por favor"]),
    (Command.NO, ["no", "No thanks", "NEIN danke", "non merci", "no gracias"]),
    (Command.HELP, ["HELP", "info", "Help me please", "Who is this?", "Hilfe", "AIDE", "Ayuda", "¿Quién eres?"]),
    (Command.RESUME, ["RESUME", "continue", "WEITER", "Weiter bitte", "REPRENDRE", "seguir"]),
    (Command.LESS, ["LESS", "fewer texts please", "too many messages", "weniger", "MOINS", "moins souvent", "menos"]),
    (Command.MORE, ["MORE", "more please", "MEHR", "öfter", "OEFTER", "PLUS", "plus souvent", "más", "MAS"]),
    (Command.SNOOZE, ["SNOOZE", "snooze till tomorrow", "not now", "Later", "MORGEN", "später", "DEMAIN", "plus tard"]),
    (Command.SNOOZE, ["mañana", "manana", "MAÑANA", "ahora no"]),
    (Command.DONE, ["DONE", "Done ✅", "we did it!", "✅", "GEMACHT", "erledigt", "FAIT", "c'est fait", "hecho"]),
    (Command.LOVE, ["LOVE", "Loved it!", "Loved “a bench in the sun”", "❤️", "SCHÖN", "schoen", "J'adore", "me gusta"]),
    (Command.SKIP, ["SKIP", "skip this one", "not for us", "LIEBER NICHT", "passer", "saltar", "Disliked “a walk”"]),
    (Command.WHY, ["WHY", "why this one?", "warum", "Warum das?", "pourquoi", "¿Por qué?", "por que"]),
    (Command.POOL, ["POOL", "pool please", "AUSWAHL", "choix", "opciones"]),
    (Command.HARD, ["HARD", "hard week", "SCHWER", "dur", "semana difícil"]),
    (Command.APART, ["APART", "we're apart", "FERN", "loin", "lejos"]),
    (Command.LOSS, ["LOSS", "verlust", "DEUIL", "duelo"]),
    (Command.END, ["ENDED", "we broke up", "It's over", "VORBEI", "wir haben uns getrennt", "rupture", "se acabó"]),
]
#: Anything else a phone may send.
UNKNOWN = [
    "",
    " ",
    "?",
    "👍",
    "👍🏽",
    "lol",
    "Love you",
    "We did the bench thing",
    "12",
    "...",
    "\0",
    "yes but later",
    "ok",
]


@pytest.mark.parametrize(("command", "text"), [(command, text) for command, texts in SAID_HERE for text in texts])
def test_commands_in_four_languages(command: Command, text: str) -> None:
    """Each command is understood in its usual forms, with a please and a little more around it."""
    assert parse(text) == Reply(command)


@pytest.mark.parametrize("text", UNKNOWN)
def test_anything_else_is_unknown(text: str) -> None:
    """What is no command is unknown; a thumb up is no yes, and neither is a yes with a but."""
    assert parse(text) == Reply(Command.UNKNOWN)


@pytest.mark.parametrize("text", ["yes stop", "start or stop", "yes more", "no start", "help yes", "start tomorrow"])
def test_a_yes_stands_alone(text: str) -> None:
    """No consent is read out of a text that says anything beside it."""
    assert parse(text).command not in {Command.YES, Command.START}


@pytest.mark.parametrize(
    ("text", "pause"),
    [
        ("PAUSE", None),
        ("Pause please", None),
        ("take a break", None),
        ("mach eine Pause", None),
        ("pause the movie", None),
        ("PAUSE 3 days", Days(3)),
        ("pause 3", Days(3)),
        ("Pause 3d", Days(3)),
        ("pause for two weeks please", Days(14)),
        ("Can you pause for a week?", Days(7)),
        ("pause next month", Days(30)),
        ("pause 5 hours", Days(1)),
        ("pause 49h", Days(3)),
        ("PAUSE 3 Tage", Days(3)),
        ("pause zwei wochen", Days(14)),
        ("PAUSE 3 jours", Days(3)),
        ("fais une pause d'une semaine, s'il te plaît", Days(7)),
        ("PAUSA 2 semanas", Days(14)),
        ("pausa tres días", Days(3)),
        ("pause for a year", Days(365)),
        ("PAUSE 1 Jahr", Days(365)),
        ("pause d'un an", Days(365)),
        ("pausa 1 año", Days(365)),
        ("pause until next year", None),
        ("pause 2 years", None),
        ("pause twelve days", Days(12)),
        ("pause quinze jours", Days(15)),
        ("pause 2-3 weeks", Days(21)),
        ("pause 1/2 day", Days(1)),
        ("pause 1.5 weeks", Days(11)),
        ("Pause 1,5 Wochen", Days(11)),
        ("pause 2.5 days", Days(3)),
        ("pause 6 mo", Days(180)),
        ("pause 6mo", Days(180)),
        ("pause 1yr", Days(365)),
        ("Pause bis Mo", None),
        ("pause 1000 days", None),
        ("pause 0 days", None),
        ("pause 367 days", None),
        ("PAUSE until 5 Dec", Until(5, 12)),
        ("pause until December 5th", Until(5, 12)),
        ("pause till the 5th of december 2026", Until(5, 12, 2026)),
        ("PAUSE bis 5.12.", Until(5, 12)),
        ("Pause bis zum 5. Dezember", Until(5, 12)),
        ("Pause bis 1. März", Until(1, 3)),
        ("PAUSE jusqu'au 5/12", Until(5, 12)),
        ("pause jusqu'au 1er août", Until(1, 8)),
        ("PAUSA hasta el 5 dic", Until(5, 12)),
        ("pausa hasta el 5 de diciembre", Until(5, 12)),
        ("pause until 2026-12-05", Until(5, 12, 2026)),
        ("pause until 12/25", Until(25, 12)),
        ("pause until 5.12.26", Until(5, 12, 2026)),
        ("pause until Friday", UntilWeekday(4)),
        ("Pause bis Montag", UntilWeekday(0)),
        ("pause until Monday 9.30", UntilWeekday(0)),
        ("Pause bis Montag 9.30 Uhr", UntilWeekday(0)),
        ("pause jusqu'à mardi 9h30", UntilWeekday(1)),
        ("pause until Friday at 17:15", UntilWeekday(4)),
        ("Pause bis Montag, 9.3.", Until(9, 3)),
        ("Pause bis Montag, 23.11.", Until(23, 11)),
        ("pause jusqu'à mardi", UntilWeekday(1)),
        ("pausa hasta el sábado", UntilWeekday(5)),
        ("pause until tomorrow", Days(1)),
    ],
)
def test_pauses_have_a_length_or_none(text: str, pause: object) -> None:
    """Days, weeks, dates and days of the week are read; what cannot be read is a pause of no stated length."""
    assert parse(text) == Reply(Command.PAUSE, pause)  # type: ignore[arg-type]


def test_a_long_sentence_about_a_pause_is_none() -> None:
    """Who begins with pause and goes on about something else has not asked for one."""
    assert parse("pause the movie and come over here, look") == Reply(Command.UNKNOWN)


def test_numbers_may_come_month_first() -> None:
    """5/12 is 12 May where months are written first; with dots, or with no such month, the day is first."""
    assert parse("PAUSE until 5/12", month_first=True).pause == Until(12, 5)
    assert parse("PAUSE until 5.12.", month_first=True).pause == Until(5, 12)
    assert parse("PAUSE until 25/12", month_first=True).pause == Until(25, 12)


NOTICES = Path(__file__).parents[2] / "templates" / "notices"
OFFERED = re.compile(
    r"\b[A-ZÄÖÜÑÉ]{2,}(?: (?:[A-ZÄÖÜÑÉ]{2,}|\d+ \w+|(?:until|bis|jusqu'au|hasta el) [\d./]+(?: Dec)?))*"
)


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es"])
def test_what_the_texts_offer_is_understood(locale: str) -> None:
    """Every word in capitals in a language's texts is a command, so nobody is sent into the void."""
    source = "\n".join(line for line in (NOTICES / f"{locale}.yaml").read_text("utf-8").splitlines() if "#" not in line)
    offered = set(OFFERED.findall(source)) - {"SMS", "GSM"}
    assert len(offered) > 18
    assert {text for text in offered if parse(text).command is Command.UNKNOWN} == set()


COMMANDS = [" ".join(one) for one in (*SAID, *STOP, *PAUSE)]
ADORNMENT = st.text(st.sampled_from(string.punctuation.replace("'", "").replace("`", "") + " 🎉🙏"), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(COMMANDS), st.randoms(use_true_random=False), ADORNMENT, ADORNMENT)
def test_case_and_punctuation_do_not_matter(text: str, chance: object, before: str, after: str) -> None:
    """However a command is capitalised and adorned, it is the same command."""
    shaken = "".join(chance.choice((one.upper(), one.lower())) for one in text)  # type: ignore[attr-defined]
    assert parse(f"{before}{shaken}{after}") == parse(text)
    assert parse(text).command is not Command.UNKNOWN


@settings(max_examples=300, deadline=None)
@given(st.text() | st.lists(st.sampled_from([*COMMANDS, *EMOJI, "\n", "5.12.", "99/99", "3", "until"])).map(" ".join))
def test_any_text_parses(text: str) -> None:
    """Nothing a phone can send raises; only a PAUSE has a length, and only a STOP may mean more."""
    reply = parse(text)
    assert reply.pause is None or reply.command is Command.PAUSE
    assert reply.perhaps is None or reply.command is Command.STOP


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_every_day_of_the_year_can_be_named(day: date) -> None:
    """A date is read in full, by numbers, and in ISO form alike."""
    whole = Until(day.day, day.month, day.year)
    assert parse(f"pause until {day:%d %B %Y}").pause == whole
    assert parse(f"pause bis {day.day}.{day.month}.{day.year}").pause == whole
    assert parse(f"PAUSE UNTIL {day}").pause == whole
