"""The first evening: init asks or is told, writes what works, shows the week, and reaches nobody unasked."""

import os
import pty
import stat
import subprocess
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import pytest
from parts.desks import NUDGER, Desk, pool
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, running_fake_twilio

from nudger.cli.wizard import MOST_TRIES, Flags, Questions, asked
from nudger.cli.wizard_answers import Person, keys_of
from nudger.cli.wizard_files import couples_text, schedules_text
from nudger.domain.themes import Theme
from nudger.errors import WrongUsage
from nudger.settings import EmailProvider, SmsProvider, read_settings
from nudger.wiring import read_files

BOTH = ("--names", "Ana,Ben", "--zones", "Europe/Berlin,Europe/London", "--emails", "ana@example.com,")
TOLD = (*BOTH, "--phones", ",+447700900123", "--quiet", "21:00-10:00")


@pytest.fixture
def home(desk: Desk) -> Desk:
    """A desk with small pools, so that checking takes no time."""
    for theme in Theme:
        desk.write(f"templates/pools/en/{theme}.yaml", pool(theme))
    return desk


def answering(*lines: str) -> Callable[[str], str]:
    """Somebody who types these lines, and then ends the input."""
    left = iter(lines)

    def type_one(_question: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    return type_one


def test_every_answer_is_a_flag(home: Desk) -> None:
    """What the flags tell stands in files that have no faults, and the week to come is shown."""
    said = home.nudger("init", *TOLD, "--base-url", "https://nudger.example.com")
    assert said.code == 0
    [couple] = read_files(read_settings()).couples
    told = [(one.name, one.timezone, one.email, one.phone) for one in couple.partners]
    assert told == [
        ("Ana", "Europe/Berlin", "ana@example.com", None),
        ("Ben", "Europe/London", None, "+447700900123"),
    ]
    written = (home.folder / "schedules/couples.yaml").read_text()
    assert written.count("quiet_hours: 21:00-10:00") == 2
    assert "together: long_distance" in written
    assert "NUDGER_BASE_URL=https://nudger.example.com\n" in (home.folder / ".env").read_text()
    assert stat.S_IMODE((home.folder / ".env").stat().st_mode) == 0o600
    assert stat.S_IMODE((home.folder / "data/nudger.key").stat().st_mode) == 0o600
    assert "1 couples, 2 schedules, " in said.out
    assert "The next 7 days" in said.out
    assert said.out.splitlines()[-1] == "Next: nudger check && nudger demo"
    assert home.outbox == []


def test_keys_need_not_tell_names(home: Desk) -> None:
    """With a key of the operator's own no key in the file is made of the names."""
    assert home.nudger("init", *TOLD, "--key", "c-017").code == 0
    [couple] = read_files(read_settings()).couples
    assert (couple.key, [one.key for one in couple.partners]) == ("c-017", ["first", "second"])


@pytest.mark.parametrize(
    ("flags", "wrong", "mend"),
    [
        (("--zones", "Europe/Berln,"), "--zones: 'Europe/Berln' is not a time zone", "Europe/Berlin"),
        (("--emails", "ana,"), "--emails: this is not an email address", "ana@example.com"),
        (("--phones", "07700900123,"), "--phones: this is not a phone number", "+447700900123"),
        (("--key", "Ana & Ben"), "--key: 'Ana & Ben' cannot be a key", "ana-ben"),
        (("--quiet", "late"), "--quiet: 'late' is not a span of the day", "09:30-20:00"),
        (("--names", "Ana"), "--names takes two", "Ana,Ben"),
        (("--names", "Ana,${X}"), "${ stands for a secret", "without it"),
        (("--base-url", "http://nudger.example.com"), "not a public web address", "https://"),
        (("--phones", ","), "Ben cannot be reached", "email address or a phone number"),
        (("--emails", "a@example.com,a@example.com"), "the same address", "one of their own"),
    ],
)
def test_a_wrong_answer_is_told_at_once(home: Desk, flags: tuple[str, str], wrong: str, mend: str) -> None:
    """An answer that cannot be used ends with 2, its flag and a mend, before a single file is written."""
    told = dict(zip(TOLD[::2], TOLD[1::2], strict=True)) | {flags[0]: flags[1]}
    said = home.nudger("init", "new", *(word for pair in told.items() for word in pair))
    assert (said.code, said.out) == (2, "")
    assert wrong in said.err
    assert mend in said.err
    assert not (home.folder / "new").exists()


def test_nothing_is_overwritten(home: Desk) -> None:
    """Files that are there stay as they are, whatever the flags say."""
    home.nudger("init", *TOLD)
    before = (home.folder / "schedules/couples.yaml").read_text(), (home.folder / ".env").read_text()
    said = home.nudger("init", "--names", "Cleo,Dan", "--emails", "cleo@example.com,dan@example.com")
    assert said.code == 0
    assert "kept:    schedules/couples.yaml" in said.out
    assert ((home.folder / "schedules/couples.yaml").read_text(), (home.folder / ".env").read_text()) == before


def test_a_provider_without_credentials_waits(home: Desk) -> None:
    """Texts go to the outbox until the credentials are there, and init says which are missing."""
    said = home.nudger("init", *TOLD, "--sms", "twilio")
    assert said.code == 0
    assert "Until .env has TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM" in said.out
    assert "\n#NUDGER_SMS=twilio\n" in (home.folder / ".env").read_text()
    assert home.nudger("doctor", "--offline", "--json").json[0]["detail"] == "texts by outbox, emails by outbox"


def test_one_test_message_to_the_operator(home: Desk) -> None:
    """With a provider in place the test message goes to the operator alone; the partners get nothing."""
    with running_fake_twilio() as twilio:
        home.set(TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN=AUTH_TOKEN, TWILIO_FROM=SENDER)
        home.set(TWILIO_API_BASE=twilio.url)
        said = home.nudger("init", *TOLD, "--sms", "twilio", "--test-message-to", "+447700900199")
        assert said.code == 0
        assert "The test message is on its way (twilio)." in said.out
        assert [entry["to"] for entry in twilio.accepted] == ["+447700900199"]


def test_a_test_message_that_is_refused(home: Desk) -> None:
    """What the provider refuses ends with 1, its code and the way on; the address is not repeated."""
    with running_fake_twilio() as twilio:
        home.set(TWILIO_ACCOUNT_SID=ACCOUNT_SID, TWILIO_AUTH_TOKEN="wrong", TWILIO_FROM=SENDER)
        home.set(TWILIO_API_BASE=twilio.url)
        said = home.nudger("init", *TOLD, "--sms", "twilio", "--test-message-to", "+447700900199")
    assert said.code == 1
    assert said.err == "error: the test message: twilio refused it: 20003\n  mend: nudger doctor\n"


def test_yes_takes_the_defaults(home: Desk) -> None:
    """--yes alone asks nothing, writes the samples, and shows their week."""
    home.write("schedules/schedules.yaml", "schedules: {}\n")
    said = home.nudger("init", "--yes")
    assert said.code in {0, 3}
    assert (home.folder / "schedules/couples.yaml").read_text().count("mia-and-noor") == 1


def test_a_person_is_asked_and_asked_again(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong answer is told with its mend and asked for again; nothing typed means the usual one."""
    lines = ["Ana", "Europe/Berln", "Europe/Berlin", "ana@example.com", ""]
    lines += ["Ben", "", "", "+447700900123", "", "twilo", "twilio", "", "", ACCOUNT_SID, SENDER]
    answers = asked(Questions(answering(*lines), answering("a#token")), Flags())
    assert answers.people == (
        Person("Ana", "Europe/Berlin", "ana@example.com"),
        Person("Ben", "Europe/Berlin", phone="+447700900123"),
    )
    assert (answers.quiet, answers.sms, answers.email) == ("20:30-09:00", SmsProvider.TWILIO, EmailProvider.OUTBOX)
    expected = {"TWILIO_ACCOUNT_SID": ACCOUNT_SID, "TWILIO_AUTH_TOKEN": "a#token", "TWILIO_FROM": SENDER}
    assert answers.secrets == expected
    told = capsys.readouterr().out
    assert "did you mean Europe/Berlin?" in told
    assert "write outbox, twilio, none" in told
    assert "a#token" not in repr(answers) + told
    del desk


@pytest.mark.parametrize("lines", [[], ["Ana", *["Nowhere"] * MOST_TRIES]])
def test_asking_ends(lines: list[str]) -> None:
    """Who ends the input, or types nothing usable five times, is sent to the flags."""
    with pytest.raises(WrongUsage, match="no answer"):
        asked(Questions(answering(*lines)), Flags())


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (("Ana", "Ben"), ("ana", "ben")),
        (("Zoë", "Łukasz"), ("zoe", "ukasz")),
        (("Sam", "Sam"), ("sam", "sam-2")),
        (("愛", "'; #"), ("first", "second")),
    ],
)
def test_keys_are_made_of_names(names: tuple[str, str], keys: tuple[str, str]) -> None:
    """Any two names give two different keys in plain letters."""
    first, second = (Person(name, "UTC") for name in names)
    assert keys_of((first, second)) == keys


@pytest.mark.parametrize("name", ['Ana "Bee"', "yes", "O'Neil: #1", "Ana \\ {x}", "No\u0085el"])
def test_any_name_comes_through(home: Desk, name: str) -> None:
    """A name with marks that mean something in YAML is read back as it was typed."""
    people = Person(name, "UTC", "ana@example.com"), Person("Ben", "UTC", "ben@example.com")
    home.write("schedules/couples.yaml", couples_text(people, "none"))
    home.write("schedules/schedules.yaml", schedules_text(people))
    loaded = read_files(read_settings())
    assert loaded.faults == ()
    assert loaded.couples[0].partners[0].name == name


def drained(terminal: int) -> Thread:
    """A thread that reads what is shown there, until the other end is closed."""

    def read() -> None:
        with suppress(OSError):
            while os.read(terminal, 4096):
                pass

    thread = Thread(target=read, daemon=True)
    thread.start()
    return thread


@pytest.mark.long
def test_at_a_terminal(home: Desk) -> None:
    """At a real terminal the questions are asked in order, and what is typed ends in the file."""
    screen, keyboard = pty.openpty()
    typed = "Ana\nEurope/Berlin\nana@example.com\n\nBen\n\nben@example.com\n\n\n\n\n\n\n"
    reader = drained(screen)
    os.write(screen, typed.encode())
    streams = {"stdin": keyboard, "stdout": keyboard, "stderr": keyboard}
    command = subprocess.run([*NUDGER, "init"], **streams, timeout=30, check=False)
    os.close(keyboard)
    reader.join(5)
    os.close(screen)
    assert command.returncode == 0
    written = (home.folder / "schedules/couples.yaml").read_text()
    assert 'name: "Ben"' in written
    assert written.count("timezone: Europe/Berlin") == 2
