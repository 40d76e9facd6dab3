"""Look at what is on this machine: zones, disk, backups, daemons, the clock, and who is to be reached how."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from nudger.actions.watch import feel_pulse
from nudger.domain.people import Couple
from nudger.settings import EmailProvider, Settings, SmsProvider
from nudger.storage.database import Database
from nudger.storage.holding import held

GOOD, WARNING, BAD = "ok", "warning", "bad"

#: Zone rules change several times a year; data older than this is behind some country's clocks (IANA tz announcements).
OLD_ZONES = timedelta(days=365)
#: Bytes free on the disk: below the first a nightly backup may not fit, below the second SQLite may soon not write.
LITTLE_ROOM, NO_ROOM = 500_000_000, 100_000_000
#: Backups are nightly; one that was missed is no accident yet, two are.
OLD_BACKUP = timedelta(hours=50)
#: A provider's clock names full seconds, and its answer travels; what is beyond this is our clock, or theirs.
CLOCK_OFF, CLOCK_WRONG = timedelta(seconds=10), timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    about: str
    level: str
    detail: str
    mend: str | None = None


def zones(release: str, today: date) -> Finding:
    """The age of the zone data, read off its version: 2026.6 is the sixth release of 2026."""
    year = int(release.split(".", maxsplit=1)[0])
    old = today > date(year + 1, 1, 1) + OLD_ZONES
    mend = "pip install --upgrade tzdata" if old else None
    return Finding("time zones", WARNING if old else GOOD, f"tzdata {release}", mend)


def disk(folder: Path) -> Finding:
    """How much room is left where the database is, or will be."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    detail = f"{free / 1e9:.1f} GB free in {there}"
    if free >= LITTLE_ROOM:
        return Finding("disk", GOOD, detail)
    mend = "make room there, or choose another place with NUDGER_DATA"
    return Finding("disk", BAD if free < NO_ROOM else WARNING, detail, mend)


def backups(folder: Path, now: datetime) -> Finding:
    """The age of the newest backup, as its manifest tells it."""
    if not folder.is_dir():
        return Finding("backup", WARNING, "none yet", "nudger backup")
    made = [moment for path in folder.glob("*/manifest.json") if (moment := _made_at(path))]
    if not made:
        return Finding("backup", WARNING, f"none that can be read in {folder}", "nudger backup")
    age = now - max(made)
    detail = f"the newest is {_in_words(age)} old"
    return Finding("backup", WARNING, detail, "nudger backup") if age > OLD_BACKUP else Finding("backup", GOOD, detail)


def hold(database: Database) -> Iterator[Finding]:
    """Whether all sending is held, as after a restore."""
    with database.read() as connection:
        why = held(connection)
    if why is not None:
        yield Finding("sending", BAD, f"nothing is sent: {why}", "look at nudger preview, then nudger resume-sending")


def _made_at(manifest: Path) -> datetime | None:
    """When a backup was made; None where its manifest does not say so, aware."""
    try:
        made = datetime.fromisoformat(json.loads(manifest.read_text(encoding="utf-8"))["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return made if made.tzinfo else None


def daemons(database: Database, holder: str | None, now: datetime) -> Finding:
    """Whether one daemon is at work, and only one; `holder` is the process that has the lock on this machine."""
    pulse = feel_pulse(database, now)
    sign = f"last sign of life {_in_words(now - pulse.last_tick)} ago" if pulse.last_tick else "no sign of life yet"
    if holder and pulse.last_tick and not pulse.beats(now):
        return Finding("daemon", BAD, f"process {holder}, {sign}: it hangs", "stop it and start it anew: nudger run")
    if holder:
        return Finding("daemon", GOOD, f"process {holder}, {sign}")
    if database.is_sqlite and pulse.beats(now):
        return Finding(
            "daemon",
            WARNING,
            f"{sign}, and none at work on this machine",
            "if it was not stopped just now, a second machine or container works on this file: stop one of them",
        )
    return Finding("daemon", GOOD, f"at work, {sign}" if pulse.beats(now) else f"not running here, {sign}")


def clock(theirs: datetime | None, now: datetime) -> Finding:
    """Our clock beside a provider's, both aware; None where none was asked."""
    if theirs is None:
        return Finding("clock", GOOD, "no provider to compare it with")
    off = abs(now - theirs)
    if off <= CLOCK_OFF:
        return Finding("clock", GOOD, "agrees with the provider's")
    level = BAD if off > CLOCK_WRONG else WARNING
    return Finding("clock", level, f"{_in_words(off)} away from the provider's", "timedatectl set-ntp true")


def american_texts(settings: Settings, couples: Iterable[Couple]) -> Iterator[Finding]:
    """US and Canadian carriers refuse personal reminders, however described (Twilio errors 30532 and 30533)."""
    numbers = [partner.phone or "" for couple in couples for partner in couple.partners]
    if settings.sms is SmsProvider.TWILIO and any(number.startswith("+1") for number in numbers):
        yield Finding(
            "texts to +1 numbers",
            WARNING,
            "US and Canadian carriers do not register senders for reminders to partners, friends or family, "
            "and block what is not registered",
            "use email for these partners (prefers: email), or register as a business that serves its clients",
        )


def watched(settings: Settings) -> Finding:
    """Whether somebody is told when the service fails; one that sends little fails quietly."""
    by_email = bool(settings.alert_email) and settings.email is not EmailProvider.OUTBOX
    if settings.alert_email and not by_email and not settings.alert_url:
        mend = "choose a provider with NUDGER_EMAIL, or set NUDGER_ALERT_URL"
        return Finding("watching", WARNING, "word of trouble goes to the outbox, where nobody reads it", mend)
    if settings.heartbeat_url and (by_email or settings.alert_url):
        return Finding("watching", GOOD, "a heartbeat is sent, and you are told of trouble")
    missing = [] if settings.heartbeat_url else ["NUDGER_HEARTBEAT_URL"]
    missing += [] if by_email or settings.alert_url else ["NUDGER_ALERT_EMAIL or NUDGER_ALERT_URL"]
    detail = "you are not told of trouble" if len(missing) > 1 or settings.heartbeat_url else "no heartbeat is sent"
    return Finding("watching", WARNING, detail, f"set {', and '.join(missing)}")


def push_addresses(settings: Settings, couples: Iterable[Couple]) -> Iterator[Finding]:
    """Push addresses are used only where their hosts are allowed."""
    count = sum(partner.push is not None for couple in couples for partner in couple.partners)
    if count and not settings.allowed_push_hosts:
        mend = "set NUDGER_PUSH_HOSTS to their hosts, like ntfy.sh"
        yield Finding("push messages", BAD, f"{count} push addresses, and no host is allowed", mend)


def _in_words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
