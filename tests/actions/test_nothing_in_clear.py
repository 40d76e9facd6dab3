"""Names, numbers, addresses and words stand nowhere in the clear: not in the database, the journal, logs or figures."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from parts.cast import KEY, NOON
from parts.couples import EACH, ana_and_ben
from parts.house import EMAIL, SMS, House
from parts.pool_entries import idea
from parts.web_house import WebHouse
from sqlalchemy import select

from nudger.actions.backup import BackingUp
from nudger.actions.choose import Choosing
from nudger.domain.people import Couple
from nudger.domain.pools import EmailText, Pool
from nudger.settings import read_settings
from nudger.storage.consent import Event, Happening, How, record
from nudger.storage.database import Database
from nudger.storage.journal import Journal
from nudger.storage.notices import plan_notice
from nudger.storage.tables import contacts, metadata

HOMES = 33
WORDS = "Whisper of marzipan"
EVIDENCE, SHOWN, NOTICE = "signed in the blue room", "Shall we write to you, dear guest?", "A small hello from us"


def home(number: int) -> Couple:
    """A couple of names, numbers and addresses that nobody else has: six plants."""
    couple = replace(ana_and_ben(), key=f"home-{number}")
    people = []
    for place, one in enumerate(couple.partners):
        own = f"+4477009{number:02}{place}77"
        address = f"post{place}-{number}@garden{number}.example.com"
        people.append(
            replace(one, key=f"who-{number}-{place}", name=f"Quillon{place}x{number}", phone=own, email=address)
        )
    return replace(couple, partners=(people[0], people[1]))


def plants(homes: list[Couple]) -> list[str]:
    """What must not be found: 198 of people, and words of each kind."""
    of_people = [str(part) for one in homes for who in one.partners for part in (who.name, who.phone, who.email)]
    return [*of_people, WORDS, EVIDENCE, SHOWN, NOTICE]


def test_no_plant_is_found(database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """All there is of 33 couples after texts, emails, notices, a withdrawal and an erasure; and a backup of it."""
    caplog.set_level(logging.DEBUG)
    database.journal = Journal(tmp_path / "journal.jsonl", b"a key of the tests")
    homes = [home(number) for number in range(HOMES)]
    planted = plants(homes)
    body = EmailText(WORDS, f"{WORDS}, {{{{ partner.name }}}}.")
    said = {"sms": f"{WORDS}, {{{{ partner.name }}}}.", "email": body}
    entries = [idea("plant", **said), idea("herb", **said)]
    try:
        house = House(database, homes, [EACH], [Pool("en", entries)])
        keys = [one.partners[0].key for one in homes]
        numbers = [house.due(key, channel) for key in keys for channel in (SMS, EMAIL)]
        asyncio.run(house.dispatch())
        assert {house.fate(number)[0] for number in numbers} == {"accepted"}
        _say_things(database, house)
        web = WebHouse(database, homes)
        metrics = web.coming_from("127.0.0.1", "127.0.0.1").get("/metrics").text
    finally:
        database.journal = None
    with database.read() as connection:
        dump = "\n".join(
            repr(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(select(table))
        )
    kept = (tmp_path / "journal.jsonl").read_text(encoding="utf-8")
    backup = _backed_up(database, tmp_path)
    for name, text in {"dump": dump, "journal": kept, "metrics": metrics, "logs": caplog.text, **backup}.items():
        assert [plant for plant in planted if plant in text] == [], name
    assert len(planted) > 200
    assert "~" in dump


def _backed_up(database: Database, folder: Path) -> dict[str, str]:
    """The files of a backup without a passphrase; on PostgreSQL tests/cli/test_people.py looks into one.

    The operator's own YAML is in clear in it, as docs/how-to/backup-and-restore.md says; there is none here.
    """
    if database.path is None:
        return {}
    settings = read_settings(
        _env_file=None, DATABASE_URL=f"sqlite:///{database.path}", NUDGER_DATA=folder, NUDGER_SCHEDULES=folder / "none"
    )
    made = BackingUp(settings, database, "0.1.0", "key").back_up(folder / "backups", NOON)
    found = {path.name: path.read_bytes().decode("latin-1") for path in made.iterdir()}
    assert {"manifest.json", "database", "files.tar"} == set(found)
    return found


def _say_things(database: Database, house: House) -> None:
    """An agreement on paper, one by a click, a notice, a no, and a wish to be forgotten."""
    with database.write() as connection:
        first, second, *_ = connection.execute(select(contacts.c.id).order_by(contacts.c.id)).scalars().all()
        record(connection, first, Happening(Event.GRANTED, How.EVIDENCE, house.now, evidence=EVIDENCE))
        record(connection, second, Happening(Event.GRANTED, How.PAGE, house.now, shown=SHOWN))
        plan_notice(connection, first, "help", NOTICE, token="notice-1", due_at=house.now, subject=NOTICE)
    house.says("who-1-1", Event.WITHDRAWN)
    Choosing(database, KEY).erase(house.partner_id("who-2-0"), house.now + timedelta(hours=1))
