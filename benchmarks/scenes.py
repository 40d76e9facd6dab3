"""Scenes to measure on: couples who have all said yes, and texts that are due at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from benchmarks.invented import write_couples, write_schedules
from benchmarks.keys import vault_in
from nudger.actions.sync import sync
from nudger.files.loading import load
from nudger.storage.consent import Event, Happening, How, record
from nudger.storage.database import Database
from nudger.storage.tables import contacts
from nudger.wiring import shipped

#: Each couple brings four texts: two schedules, each with a text for both partners.
PER_COUPLE = 4
#: The stand-in's account.
ACCOUNT: Mapping[str, str] = {
    "NUDGER_SMS": "twilio",
    "NUDGER_EMAIL": "none",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
    "TWILIO_AUTH_TOKEN": "a-token-of-the-fake",
    "TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 31 + "2",
    "NUDGER_BASE_URL": "http://127.0.0.1:9",  # shows each attempt's token to the provider; nobody calls back
}
GENEROUS = ", quiet_hours: none, budget: {sms: {day: 9, week: 9}}"


@contextmanager
def texts_due(folder: Path, count: int, url: str | None = None) -> Iterator[Database]:
    """A database in `folder`, or at `url`, for `count` texts whose daily moment has come, and which nobody planned.

    It is synced as of an hour ago, so that a planner finds the moments due.
    """
    written = folder / "schedules"
    written.mkdir()
    now = datetime.now(UTC)
    shared = f'channel: sms, audience: each, late: 12h, when: {{daily: true, at: "{now - timedelta(minutes=2):%H:%M}"}}'
    write_couples(written, count // PER_COUPLE, ["Etc/UTC"], phones=True, partner=GENEROUS)
    themes = (("first", "appreciation"), ("second", "curiosity"))
    write_schedules(written, [(key, f"themes: [{theme}], {shared}") for key, theme in themes])
    loaded = load(written, shipped("templates"))
    assert not loaded.faults, loaded.faults
    database = Database(url or f"sqlite:///{folder}/data/nudger.db", vault=vault_in(folder / "data"))
    database.upgrade()
    try:
        sync(database, loaded.couples, loaded.schedules, now - timedelta(hours=1))
        everyone_agrees(database, now)
        yield database
    finally:
        database.close()


def everyone_agrees(database: Database, now: datetime) -> None:
    """Write down a yes for every contact, in the ledger and by its own rules."""
    said = Happening(Event.GRANTED, How.EVIDENCE, now, "an invented couple's yes")
    with database.write() as connection:
        for number in connection.execute(select(contacts.c.id)).scalars().all():
            record(connection, number, said)
