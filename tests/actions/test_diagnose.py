"""Trouble on this machine and in the names of our sender: told with its level, and with what mends it."""

import json
import socket
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import dns.message
import dns.rrset
import pytest
from dns.asyncresolver import Resolver
from parts.couples import ana_and_ben
from parts.house import House
from parts.loops import in_loop

from nudger.actions import diagnose, diagnose_mail
from nudger.channels.dns_lookup import Names
from nudger.settings import read_settings
from nudger.storage import reports
from nudger.storage.database import Database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
KEY = "v=DKIM1; k=rsa; p=MIGfMA0"


def zone(records: dict[str, list[str] | None]) -> Callable[[str], Awaitable[Sequence[str] | None]]:
    """Names and their texts; a name that is None is one that nobody answers for."""

    async def texts(name: str) -> Sequence[str] | None:
        return records.get(name, [])

    return texts


# The sender's names


@pytest.mark.parametrize(
    ("records", "level", "detail"),
    [
        (["v=spf1 include:mail.nudger.dev ~all"], "ok", "names who may send"),
        (["some-site-verification=1", "v=spf1 -all"], "ok", "names who may send"),
        (["v=spf1 +all"], "warning", "lets everybody send"),
        (["v=spf1 a -all", "v=spf1 mx -all"], "bad", "2 records"),
        (["v=spf10 -all"], "warning", "has none"),
        ([], "warning", "has none"),
        (None, "warning", "nobody answers"),
    ],
)
@in_loop
async def test_spf(records: list[str] | None, level: str, detail: str) -> None:
    """There is one record of senders, and it is not for everybody."""
    found = await diagnose_mail.spf("nudger.dev", zone({"nudger.dev": records}))
    assert (found.level, detail in found.detail) == (level, True)
    assert (found.mend is None) == (level == "ok")


@in_loop
async def test_spf_by_sendgrid_is_on_its_own_address() -> None:
    """An authenticated domain needs no record of its own: SendGrid's return address has it."""
    assert (await diagnose_mail.spf("nudger.dev", zone({}), by_sendgrid=True)).level == "ok"


@pytest.mark.parametrize(
    ("records", "by_sendgrid", "level"),
    [
        ({"s1._domainkey.nudger.dev": [KEY]}, True, "ok"),
        ({"default._domainkey.nudger.dev": [KEY]}, False, "ok"),
        ({"default._domainkey.nudger.dev": [KEY]}, True, "warning"),
        ({"s1._domainkey.nudger.dev": ["v=DKIM1; p="]}, True, "warning"),
        ({"s2._domainkey.nudger.dev": None}, True, "warning"),
        ({}, False, "warning"),
    ],
)
@in_loop
async def test_dkim(records: dict[str, list[str] | None], by_sendgrid: bool, level: str) -> None:  # noqa: FBT001
    """A key counts where our emails will be signed with it, and a key taken back is none."""
    assert (await diagnose_mail.dkim("nudger.dev", zone(records), by_sendgrid=by_sendgrid)).level == level


@pytest.mark.parametrize(
    ("records", "level"),
    [
        ({"_dmarc.mail.nudger.dev": ["v=DMARC1; p=none"]}, "ok"),
        ({"_dmarc.nudger.dev": ["v=DMARC1;p=reject;"]}, "ok"),
        ({"_dmarc.dev": ["v=DMARC1; p=reject"]}, "warning"),
        ({"_dmarc.mail.nudger.dev": None}, "warning"),
        ({}, "warning"),
    ],
)
@in_loop
async def test_dmarc(records: dict[str, list[str] | None], level: str) -> None:
    """The policy may be the domain's own or that of the domain above it, but not a whole country's."""
    found = await diagnose_mail.dmarc("mail.nudger.dev", zone(records))
    assert found.level == level


@in_loop
async def test_an_example_sends_nothing() -> None:
    """The address of the shipped settings is bad for a real provider, and no name server is asked to know it."""

    async def nobody_asks(name: str) -> Sequence[str] | None:
        raise AssertionError(name)

    [found] = await diagnose_mail.sender("nudger@example.com", nobody_asks, by_sendgrid=False)
    assert (found.about, found.level) == ("sender", "bad")
    assert "NUDGER_SENDER" in str(found.mend)


def answer_one(wire: socket.socket, texts: list[str]) -> None:
    """Answer one question as a name server does."""
    asked, where = wire.recvfrom(2000)
    question = dns.message.from_wire(asked)
    answer = dns.message.make_response(question)
    if texts:
        name = question.question[0].name
        answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *(f'"{text}"' for text in texts)))
    wire.sendto(answer.to_wire(), where)


@pytest.mark.parametrize("texts", [["v=spf1 -all", 'one" "two'], []])
def test_names_are_looked_up(texts: list[str]) -> None:
    """A real question to a real name server brings the texts, their pieces joined, or none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        wire.settimeout(10)
        server = Thread(target=answer_one, args=(wire, texts), daemon=True)
        server.start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], wire.getsockname()[1]

        @in_loop
        async def look_up() -> None:
            expected = [text.replace('" "', "") for text in texts]
            assert sorted(await Names(resolver).texts("nudger.dev") or []) == sorted(expected)

        look_up()
        server.join(5)


@in_loop
async def test_a_silent_name_server_is_no_answer() -> None:
    """Where nobody answers, that is what is told, and not that there is no record."""
    resolver = Resolver(configure=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("127.0.0.1", 0))
        resolver.nameservers, resolver.port = ["127.0.0.1"], wire.getsockname()[1]
        assert await Names(resolver, patience=0.2).texts("nudger.dev") is None


# This machine


@pytest.mark.parametrize(("release", "level"), [("2026.2", "ok"), ("2025.9", "ok"), ("2024.1", "warning")])
def test_old_zones(release: str, level: str) -> None:
    """Zone data more than a year behind is a warning."""
    assert diagnose.zones(release, date(2026, 11, 23)).level == level


@pytest.mark.parametrize(
    ("made", "level", "detail"),
    [
        (["2026-11-23T03:00:00+00:00", "2026-11-01T03:00:00+00:00"], "ok", "6 hours old"),
        (["2026-11-20T03:00:00+00:00"], "warning", "3 days old"),
        (["2026-11-23T03:00:00"], "warning", "none that can be read"),
        (["yesterday"], "warning", "none that can be read"),
        ([], "warning", "none that can be read"),
    ],
)
def test_the_age_of_backups(tmp_path: Path, made: list[str], level: str, detail: str) -> None:
    """The newest manifest that says when it was made, with its zone, counts."""
    for number, moment in enumerate(made):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"made_at": moment}))
    found = diagnose.backups(tmp_path, NOW)
    assert (found.level, detail in found.detail) == (level, True)


def test_no_backup_yet(tmp_path: Path) -> None:
    """Without any the way to make one is told."""
    assert diagnose.backups(tmp_path / "backups", NOW) == diagnose.Finding(
        "backup", "warning", "none yet", "nudger backup"
    )


def test_room_on_the_disk(tmp_path: Path) -> None:
    """A folder that is not there yet is where its parent is."""
    found = diagnose.disk(tmp_path / "data" / "deeper")
    assert str(tmp_path) in found.detail
    assert "deeper" not in found.detail


@pytest.mark.parametrize(
    ("theirs", "level"),
    [
        (None, "ok"),
        (NOW - timedelta(seconds=3), "ok"),
        (NOW + timedelta(seconds=45), "warning"),
        (NOW - timedelta(minutes=20), "bad"),
    ],
)
def test_the_clock(theirs: datetime | None, level: str) -> None:
    """A clock that is off is told before it sends at a wrong hour."""
    assert diagnose.clock(theirs, NOW).level == level


@pytest.mark.parametrize(
    ("holder", "ago", "level"),
    [
        ("4711", timedelta(seconds=20), "ok"),
        ("4711", timedelta(minutes=20), "bad"),
        ("4711", None, "ok"),
        (None, timedelta(minutes=20), "ok"),
        (None, None, "ok"),
    ],
)
def test_one_daemon(database: Database, holder: str | None, ago: timedelta | None, level: str) -> None:
    """A daemon that holds the lock and gives no sign of life hangs."""
    house = House(database)
    if ago is not None:
        with house.database.write() as connection:
            reports.note(connection, "heartbeat", "daemon", NOW - ago)
    assert diagnose.daemons(database, holder, NOW).level == level


def test_a_second_machine_on_one_file(database: Database) -> None:
    """Signs of life without a daemon here are another machine's: on SQLite that is a warning, on PostgreSQL usual."""
    with database.write() as connection:
        reports.note(connection, "heartbeat", "daemon", NOW - timedelta(seconds=20))
    found = diagnose.daemons(database, None, NOW)
    assert found.level == ("warning" if database.is_sqlite else "ok")


@pytest.mark.parametrize(
    ("given", "level", "told"),
    [
        ({}, "warning", "not told of trouble"),
        ({"heartbeat_url": "https://hc.example.com/x"}, "warning", "not told of trouble"),
        ({"alert_url": "ntfys://ntfy.sh/topic"}, "warning", "no heartbeat"),
        ({"alert_email": "olga@example.com"}, "warning", "goes to the outbox"),
        ({"heartbeat_url": "https://hc.example.com/x", "alert_url": "ntfys://ntfy.sh/topic"}, "ok", "heartbeat"),
    ],
)
def test_somebody_watches(given: dict[str, str], level: str, told: str) -> None:
    """A heartbeat and a way to the operator; what is missing is named."""
    found = diagnose.watched(read_settings(_env_file=None, **given))
    assert (found.level, told in found.detail, found.mend is None) == (level, True, level == "ok")


def test_push_addresses_need_hosts() -> None:
    """Addresses that would never be used are bad; with hosts allowed there is nothing to say."""
    couples = [ana_and_ben(phone=None, push="ntfys://ntfy.sh/topic")]
    (found,) = diagnose.push_addresses(read_settings(_env_file=None), couples)
    assert (found.level, found.detail) == ("bad", "2 push addresses, and no host is allowed")
    assert list(diagnose.push_addresses(read_settings(_env_file=None, push_hosts="ntfy.sh"), couples)) == []
