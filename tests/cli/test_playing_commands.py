"""preview, forecast, demo and once: the true machinery on a clock of its own."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from parts.desks import CHECKOUT, NUDGER, Desk

from nudger.domain.themes import Theme
from nudger.runtime.keys import open_vault
from nudger.settings import read_settings
from nudger.storage import reports
from nudger.storage.database import Database

OUTLOOK = ["couple", "theme", "sent", "different", "days", "left", "thin", "fitting", "short"]
MONDAY = "2026-11-23T08:00:00+00:00"
KEYS = [
    *("at", "local", "timezone", "couple", "partner", "channel", "schedule", "period", "slot", "theme", "entries"),
    *("subject", "text", "encoding", "segments", "state", "reason", "why"),
]


def sent_by_demo(folder: Path) -> set[tuple[object, ...]]:
    """What the last demo sent: moment, partner, channel, schedule and entries."""
    database = Database(f"sqlite:///{folder / 'data' / 'demo.db'}", vault=open_vault(read_settings()))
    with database.read() as connection:
        lines = reports.lines(connection)
    database.close()
    sent = [line for line in lines if line.state == "accepted"]
    return {(line.due_at, line.couple, line.partner, line.channel, line.schedule, line.entries) for line in sent}


@pytest.mark.long
def test_the_sample_demo(desk: Desk) -> None:
    """Four weeks of the sample send at least 40 messages on both channels and in all themes, as preview foretold."""
    desk.use_sample()
    said = desk.nudger("preview", "--days", 28, "--at", MONDAY, "--json")
    again = desk.nudger("preview", "--days", 28, "--at", MONDAY, "--json")
    demo = desk.nudger("demo", "--at", MONDAY)

    assert said.out == again.out
    foretold = [line for line in said.json if line["state"] == "accepted"]
    assert {line["theme"] for line in foretold} == set(Theme)
    assert {line["channel"] for line in foretold} == {"sms", "email"}
    assert len(foretold) >= 40
    assert sent_by_demo(desk.folder) == {
        (
            datetime.fromisoformat(line["at"]),
            *(line[name] for name in ("couple", "partner", "channel", "schedule")),
            tuple(line["entries"]),
        )
        for line in foretold
    }

    assert demo.code == 0
    assert len(desk.outbox) == len(foretold)
    assert f"{len(foretold)} messages of 28 days are files under data/outbox/ now." in demo.out
    assert "withheld" in demo.out.partition("Not sent, and why")[2]
    assert demo.out.splitlines()[-1].startswith("Next: ")
    for path in desk.outbox:
        assert_well_formed(path)


def assert_well_formed(path: Path) -> None:
    """A file of the outbox is an email with both parts, or a text with its head."""
    page = path.read_bytes()
    if path.suffix == ".txt":
        head, _, words = page.decode().partition("\n\n")
        assert [line.split(":")[0] for line in head.splitlines()] == ["To", "When", "Encoding", "Segments"]
        assert words.strip()
        return
    email = message_from_bytes(page, policy=default)
    assert email.defects == []
    assert [part.get_content_type() for part in email.iter_parts()] == ["text/plain", "text/html"]
    assert {"From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "Auto-Submitted"} <= set(email.keys())


def test_links_are_the_same_in_preview_and_demo(desk: Desk) -> None:
    """Every email leads to its reader's settings, each by an address of its own, foretold to the byte."""
    desk.furnish().set(NUDGER_BASE_URL="https://nudger.example.com")
    first, second = (desk.nudger("preview", "--days", 3, "--at", MONDAY, "--json") for _ in range(2))
    assert first.out == second.out
    desk.nudger("demo", "--days", 3, "--at", MONDAY)
    foretold = [line["text"] for line in first.json if line["channel"] == "email"]
    links = [re.findall(r"https://nudger\.example\.com/p/[0-9a-f]{32}\n", words) for words in foretold]
    assert [len(found) for found in links] == [1] * len(foretold)
    assert len({found[0] for found in links}) == len(foretold) > 0
    sent = "".join(path.read_text("utf-8") for path in desk.outbox if path.suffix == ".eml")
    assert all(found[0].strip() in sent for found in links)


def test_a_demo_begins_anew(desk: Desk) -> None:
    """A second demo replays the same days; it does not go on where the first one stopped."""
    desk.furnish()
    first = desk.nudger("demo", "--days", 3, "--at", MONDAY)
    second = desk.nudger("demo", "--days", 3, "--at", MONDAY)
    assert (first.code, first.out) == (second.code, second.out) == (0, first.out)
    assert len(desk.outbox) == 2 * len(sent_by_demo(desk.folder))


def test_a_demo_leaves_the_real_state_alone(desk: Desk) -> None:
    """After a demo the real database is not there yet, and the couples' moments are not used up."""
    desk.furnish().nudger("demo", "--days", 3, "--at", MONDAY)
    assert not (desk.folder / "data" / "nudger.db").exists()


def test_preview_has_its_documented_keys(desk: Desk) -> None:
    """Each moment of preview has exactly the documented keys, its local time that of the recipient."""
    said = desk.furnish().nudger("preview", "--days", 2, "--at", MONDAY, "--json")
    assert [list(line) for line in said.json] == [KEYS] * len(said.json)
    (first, *_) = said.json
    assert first["local"] == "2026-11-23T12:00:00+01:00"
    assert (first["timezone"], first["at"]) == ("Europe/Berlin", "2026-11-23T11:00:00+00:00")


def test_preview_of_one_couple(desk: Desk) -> None:
    """--couple shows that couple's moments alone, the same as among all."""
    desk.furnish().set(NUDGER_SCHEDULES=CHECKOUT / "schedules")
    everyone = desk.nudger("preview", "--days", 3, "--at", MONDAY, "--json").json
    ours = desk.nudger("preview", "--days", 3, "--at", MONDAY, "--couple", "mia-and-noor", "--json").json
    assert ours == [line for line in everyone if line["couple"] == "mia-and-noor"]
    assert 0 < len(ours) < len(everyone)


def test_preview_of_a_couple_that_is_not_there(desk: Desk) -> None:
    """A couple that is in no file is an error, not an empty list."""
    said = desk.furnish().nudger("preview", "--couple", "eve", "--days", 1)
    assert (said.code, said.out) == (1, "")
    assert "no such couple" in said.err


def test_preview_writes_nothing(desk: Desk) -> None:
    """Preview leaves no database and no message behind."""
    desk.furnish().nudger("preview", "--days", 2)
    assert desk.outbox == []
    assert not (desk.folder / "data" / "nudger.db").exists()


def test_preview_knows_what_was_sent(desk: Desk) -> None:
    """What the daemon has used up already does not come again in a preview."""
    desk.furnish().nudger("once", "--at", "2026-11-23T12:30:00+00:00")
    used = {entry for line in desk.nudger("outbox", "list", "--json").json for entry in line["entries"]}
    coming = desk.nudger("preview", "--days", 3, "--at", "2026-11-23T13:00:00+00:00", "--json").json
    assert coming
    assert used.isdisjoint(entry for line in coming for entry in line["entries"])


@pytest.mark.long
@pytest.mark.parametrize("columns", [80, 100])
def test_tables_keep_to_the_terminal(desk: Desk, columns: int) -> None:
    """On a terminal each moment of a preview is one line within its width, with as much of its words as has room."""
    desk.furnish().set(NUDGER_SCHEDULES=CHECKOUT / "schedules")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    command = [*NUDGER, "preview", "--days", "4", "--at", MONDAY]
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(theirs)
        page = read_all(ours)
    assert process.returncode == 0
    title, head, *lines, last = page.splitlines()
    assert (title.strip(), head.split()[0]) == ("The next 4 days", "local")
    assert ("words" in head) is (columns == 100)
    assert last.endswith("More: --json")
    assert all(len(line) <= columns for line in lines)
    assert all(line.split()[0] in {"Mon", "Tue", "Wed", "Thu", "Fri"} for line in lines)


def read_all(descriptor: int) -> str:
    """What a terminal was shown, up to its end."""
    page = b""
    try:
        while piece := os.read(descriptor, 65536):
            page += piece
    except OSError:  # Linux's way to say that nobody writes here any more
        os.close(descriptor)
    return re.sub(r"\x1b\[[0-9;]*m", "", page.decode().replace("\r\n", "\n"))


def test_forecast_tells_what_is_scarce(desk: Desk) -> None:
    """With two ideas a theme the forecast tells when one comes again and what leaves nothing to choose from."""
    desk.furnish()
    said = desk.nudger("forecast", "--days", 30, "--couple", "ana-and-ben", "--json")
    outlooks = [one for one in said.json if "theme" in one]
    shortages = [one for one in said.json if "moments" in one]
    assert {one["theme"] for one in outlooks} == {"appreciation", "growth"}
    assert [list(one) for one in outlooks] == [OUTLOOK] * 2
    assert shortages
    assert {one["couple"] for one in said.json} == {"ana-and-ben"}
    assert {one["emptied_by"] for one in shortages} == {"cool_down"}
    assert "leaves nothing" in desk.nudger("forecast", "--days", 30).out


def test_once_does_a_whole_pass(desk: Desk) -> None:
    """Once syncs, plans and sends what is due, and tells what it did."""
    said = desk.furnish().nudger("once", "--at", "2026-11-23T10:00:00+00:00", "--json")
    assert said.json == [
        {
            "at": "2026-11-23T10:00:00+00:00",
            "planned": {"enrollments": 2, "planned": 21, "withheld": 0, "expired": 0},
            "dispatched": {},
            "reconciled": {},
        }
    ]
    desk.nudger("once", "--at", "2026-11-23T11:05:00+00:00")
    said = desk.nudger("once", "--at", "2026-11-23T12:05:00+00:00")
    assert "dispatched  accepted" in said.out
    assert len(desk.outbox) == 3


def test_time_moves_back_and_forth(desk: Desk) -> None:
    """However the clock is moved, no moment is sent twice."""
    desk.furnish()
    for hour in (13, 9, 13, 4, 15, 13):
        assert desk.nudger("once", "--at", f"2026-11-24T{hour:02}:00:00+00:00").code == 0
    sent = [
        line for line in desk.nudger("outbox", "list", "--days", 4000, "--json").json if line["state"] == "accepted"
    ]
    moments = [(line["schedule"], line["partner"], line["period"], line["slot"]) for line in sent]
    assert len(moments) == len(set(moments)) == len(desk.outbox)


@pytest.mark.parametrize(
    ("channel", "settings"),
    [
        (
            "twilio",
            {"NUDGER_SMS": "twilio", "TWILIO_ACCOUNT_SID": "ACx", "TWILIO_AUTH_TOKEN": "x", "TWILIO_FROM": "+1"},
        ),
        ("sendgrid", {"NUDGER_EMAIL": "sendgrid", "SENDGRID_API_KEY": "SG.x"}),
        ("smtp", {"NUDGER_EMAIL": "smtp", "SMTP_URL": "smtp://127.0.0.1:9"}),
    ],
)
def test_pretending_is_for_the_outbox(desk: Desk, channel: str, settings: dict[str, str]) -> None:
    """Where a provider would reach people, once --at refuses with 3 and names it."""
    desk.furnish().set(**settings)
    said = desk.nudger("once", "--at", "2026-11-23T12:30:00+00:00")
    assert (said.code, said.out) == (3, "")
    assert f"{channel} would write to people" in said.err


def test_a_moment_without_a_zone_is_utc(desk: Desk) -> None:
    """--at without a zone is taken as UTC."""
    said = desk.furnish().nudger("once", "--at", "2026-11-23T12:30:00", "--json")
    assert datetime.fromisoformat(said.json[0]["at"]) == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
