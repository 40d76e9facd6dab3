"""The service's own words: read, checked, and good in every language."""

import re
from datetime import date
from pathlib import Path

import pytest
from parts.yaml_folders import spot

from nudger.domain.people import Allowance
from nudger.files.faults import Fault, InvalidFiles, Place
from nudger.files.notices import VARIABLES, Notices, load_notices
from nudger.rendering.gsm import measure
from nudger.rendering.lints.phrases import phrases

SHIPPED = Path(__file__).parents[2] / "templates" / "notices"
LOCALES = ["de", "en", "es", "fr"]
#: Not sent by text: for email, or pieces of other texts.
NOT_TEXTS = {name for name in VARIABLES if name.endswith(("_email", "_subject")) or name.startswith("theme_")}
TEXTS = sorted(VARIABLES.keys() - NOT_TEXTS)
#: Longer than most: a name, an operator, an address with its token of 43 characters.
LONG = {
    "name": "Maximiliane",
    "inviter": "Maximiliane",
    "operator": "Practice at the Green Lane",
    "link": f"https://nudger.example.com/p/{'x' * 43}",
    "count": 14,
    "day": 30,
}


@pytest.fixture(scope="module")
def shipped() -> Notices:
    """The texts that come with Nudger."""
    return load_notices(SHIPPED)


def written(shipped: Notices, name: str, locale: str) -> str:
    """A text with long but likely values."""
    often = shipped.text("often_at_most", locale, count=14)
    longest = max((shipped.day(date(2026, month, 30 if month != 2 else 28), locale) for month in range(1, 13)), key=len)
    themes = [shipped.text(one, locale) for one in VARIABLES if one.startswith("theme_")]
    month = longest.split()[-1]
    return shipped.text(name, locale, **LONG, often=often, date=longest, theme=max(themes, key=len), month=month)


def test_every_language_is_there(shipped: Notices) -> None:
    """English, German, Spanish and French."""
    assert sorted(shipped.written) == LOCALES


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_cheap(shipped: Notices, name: str, locale: str) -> None:
    """Whatever goes by text stays in the GSM alphabet and within two segments."""
    encoding, segments = measure(written(shipped, name, locale))
    assert encoding == "GSM-7"
    assert segments <= 2


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", ["invitation_sms", "reminder_sms", "invitation_email", "reminder_email"])
def test_an_invitation_says_all_it_has_to(shipped: Notices, name: str, locale: str) -> None:
    """Who invited, how often, who runs it and can read it, how to say yes, how to stop, and what it costs."""
    text = written(shipped, name, locale)
    said = {
        "en": ("could read|can technically read", "rates|costs nothing"),
        "de": ("lesen", "Preise|kostet nichts"),
        "es": ("leer", "tarifa|No cuesta nada"),
        "fr": ("lire", "Prix|ne coûte rien"),
    }
    reads, costs = said[locale]
    assert re.search(reads, text)
    assert re.search(costs, text)
    assert str(LONG["inviter"]) in text
    assert str(LONG["operator"]) in text
    assert shipped.text("often_at_most", locale, count=14) in text
    if name.endswith("_sms"):
        assert re.search(r"\b(YES|JA|SI|OUI)\b", text)
        assert "STOP" in text
    else:
        assert f"\n{LONG['link']}\n" in text


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", ["help", "unknown", "started"])
def test_stop_is_always_offered(shipped: Notices, name: str, locale: str) -> None:
    """Help, and the answer to what is not understood, offer STOP; so does the welcome."""
    assert "STOP" in written(shipped, name, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_lock_screen_shows_nothing_private(shipped: Notices, locale: str) -> None:
    """The first 40 characters of a text or subject name nobody, and say nothing a colleague had better not read."""
    for name in [*TEXTS, "invitation_subject", "reminder_subject"]:
        start = written(shipped, name, locale)[:40]
        assert str(LONG["inviter"]) not in start, name
        assert list(phrases()["W201"].hits(start)) == [], name


def test_english_keeps_the_voice(shipped: Notices) -> None:
    """No orders, no guilt, no reproach, in the words of the lints for ideas; no exclamation marks, no emoji."""
    for name in VARIABLES:
        text = written(shipped, name, "en")
        for code in ("W301", "W302", "W303"):
            assert list(phrases()[code].hits(text)) == [], (name, code)
    everything = "".join(path.read_text(encoding="utf-8") for path in SHIPPED.iterdir())
    assert "!" not in everything
    assert max(everything) < "\u2100"


@pytest.mark.parametrize(
    ("locale", "found"), [("fr", "fr"), ("fr-CA", "fr"), ("de-AT", "de"), ("pt-BR", "en"), ("fry", "en"), ("en", "en")]
)
def test_languages_fall_back(shipped: Notices, locale: str, found: str) -> None:
    """A regional language falls back to its own, and one that is not there to English."""
    assert shipped.text("resumed", locale) == shipped.text("resumed", found)
    assert shipped.day(date(2026, 12, 5), locale) == shipped.day(date(2026, 12, 5), found)


@pytest.mark.parametrize(
    ("locale", "day"), [("en", "5 December"), ("de", "5. Dezember"), ("es", "5 de diciembre"), ("fr", "5 décembre")]
)
def test_a_day_is_said_as_people_say_it(shipped: Notices, locale: str, day: str) -> None:
    """Day and month, in each language's own order."""
    assert shipped.day(date(2026, 12, 5), locale) == day


@pytest.mark.parametrize(
    ("allowance", "often"),
    [
        (Allowance(day=1, week=3), "never more than 3 a week"),
        (Allowance(day=2), "never more than 14 a week"),
        (Allowance(day=1, week=9), "never more than 7 a week"),
        (Allowance(week=0), "never more than 0 a week"),
        (Allowance(), "some weeks more and some fewer"),
        (None, "some weeks more and some fewer"),
    ],
)
def test_how_often_is_never_understated(shipped: Notices, allowance: Allowance | None, often: str) -> None:
    """The stricter of day and week, counted by the week; no number is promised where none holds."""
    assert shipped.often(allowance, "en") == often


def test_values_are_filled_in_as_they_are(shipped: Notices) -> None:
    """A value with braces is not filled again, one without a place is passed over, a missing one is an error."""
    assert shipped.text("fewer", "en", count="{count}", other=1).startswith(
        "Fewer it is: never more than {count} a week"
    )
    with pytest.raises(KeyError):
        shipped.text("fewer", "en")
    with pytest.raises(KeyError):
        shipped.text("farewell", "en")


ENGLISH = (SHIPPED / "en.yaml").read_text(encoding="utf-8")


def faults_of(folder: Path) -> tuple[Fault, ...]:
    """What is wrong in a folder of notices."""
    with pytest.raises(InvalidFiles) as caught:
        load_notices(folder)
    return caught.value.faults


@pytest.mark.parametrize(
    ("before", "after", "message", "mend"),
    [
        ("  resumed:", "  §resumd:", "there is no text 'resumd'", "did you mean resumed? "),
        ('  snoozed: "Quiet until tomorrow morning."\n', "", "the text snoozed is missing", "add snoozed"),
        ("to {count} a week. LESS", "§to {cuont} a week. LESS", "{cuont} means nothing in more", "more has {count}"),
        (
            "to {count} a week. LESS",
            "to some a week. LESS",
            "more does not say {count}",
            "put {count} where it belongs",
        ),
        ("stays as it was.", "stays as {it was.", "there is a brace that belongs to no variable", "take it out"),
        ("[January, ", "§[", "months", ""),
        ("version: 1", "version: §2", "'2' is not a choice for version", "write 1"),
        ("texts:", "§words:", "'words' is not a key here", ""),
    ],
)
def test_a_faulty_file_says_where(tmp_path: Path, before: str, after: str, message: str, mend: str) -> None:
    """A text too many, too few or with other variables is a fault at its place, with the way out."""
    assert ENGLISH.count(before) == 1
    text, line, _ = spot(ENGLISH.replace(before, after))
    path = tmp_path / "en.yaml"
    path.write_text(text, encoding="utf-8")
    found = [fault for fault in faults_of(tmp_path) if message in fault.message]
    assert found
    assert mend in (found[0].mend or "")
    if "§" in after:
        assert found[0].place.line == line


def test_all_faults_of_all_languages_come_at_once(tmp_path: Path) -> None:
    """Two languages with a fault each are two faults."""
    for locale in ("en", "de"):
        path = tmp_path / f"{locale}.yaml"
        path.write_text(ENGLISH.replace("  resumed:", "  resumd:"), encoding="utf-8")
    assert [fault.place.path.name for fault in faults_of(tmp_path)] == ["de.yaml", "de.yaml", "en.yaml", "en.yaml"]


@pytest.mark.parametrize(
    ("name", "message"), [("de.yaml", "there is no en.yaml"), ("English.yaml", "'English' is not a language")]
)
def test_a_folder_is_named_by_language(tmp_path: Path, name: str, message: str) -> None:
    """English must be there, for every other falls back to it; a file is named for its language."""
    (tmp_path / name).write_text(ENGLISH, encoding="utf-8")
    assert message in [fault.message for fault in faults_of(tmp_path)]


def test_without_a_folder_there_are_no_words(tmp_path: Path) -> None:
    """A folder that is not there is a fault of its own."""
    (fault,) = faults_of(tmp_path / "nowhere")
    assert fault.place == Place(tmp_path / "nowhere", 1, 1)
