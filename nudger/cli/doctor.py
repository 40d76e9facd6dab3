"""`nudger doctor`: trouble found before it finds you, each with its mend."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.metadata import version
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin, wait_for
from nudger.cli.terminal import say, write_json
from nudger.domain.people import Couple
from nudger.errors import NudgerError
from nudger.files.loaded import Loaded
from nudger.runtime.clock import now, surroundings
from nudger.runtime.identity import installation_key
from nudger.runtime.lock import running
from nudger.settings import Settings, SmsProvider
from nudger.storage.database import Database
from nudger.wiring import build_channels, database_exists, read_files

GOOD, WARNING, BAD = "ok", "warning", "bad"
SIGNS = {GOOD: "ok ", WARNING: " ! ", BAD: "BAD"}
#: Zone rules change several times a year; data older than this is behind some country's clocks (IANA tz announcements).
OLD_ZONES = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    about: str
    level: str
    detail: str
    mend: str | None = None


def doctor(
    *,
    offline: Annotated[bool, Parameter(help="Make no call to any provider.", negative="")] = False,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Look at settings, key, folders, database, zones, files and providers. 1 where something is bad."""
    settings = begin(quiet=True)
    findings = list(_examine(settings, offline=offline))
    if json:
        write_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{SIGNS[finding.level]}  {finding.about}: {finding.detail}")
            if finding.mend:
                say(f"     mend: {finding.mend}")
    return 1 if any(finding.level == BAD for finding in findings) else 0


def _examine(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    yield Finding("settings", GOOD, f"texts by {settings.sms}, emails by {settings.email}")
    yield _key(settings)
    yield from _database(settings)
    yield _zones(now().date())
    loaded = read_files(settings)
    yield _files(loaded)
    yield from _american_texts(settings, loaded.couples)
    if not offline:
        yield from _providers(settings)


def _key(settings: Settings) -> Finding:
    try:
        installation_key(settings)
    except NudgerError as error:
        return Finding("key", BAD, str(error), error.mend)
    where = "from NUDGER_KEY" if settings.key else f"in {settings.data}; keep a copy with your backups"
    return Finding("key", GOOD, where)


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        if not database_exists(settings):
            yield Finding("database", GOOD, "not made yet; the daemon makes it")
            return
        database = Database(settings.url)
        try:
            current, head = database.current(), database.head()
            database.ensure_current()
            fault = database.integrity()
            yield Finding("database", GOOD if fault == "ok" else BAD, f"revision {current} of {head}, {fault}")
            if database.path is not None:
                at_work = running(database.path)
                yield Finding("daemon", GOOD, f"process {at_work}" if at_work else "not running here")
        finally:
            database.close()
    except NudgerError as error:
        yield Finding("database", BAD, str(error), error.mend)


def _zones(today: date) -> Finding:
    """The age of the zone data, read off its version: 2026.6 is the sixth release of 2026."""
    release = version("tzdata")
    year = int(release.split(".", maxsplit=1)[0])
    old = today > date(year + 1, 1, 1) + OLD_ZONES
    mend = "pip install --upgrade tzdata" if old else None
    return Finding("time zones", WARNING if old else GOOD, f"tzdata {release}", mend)


def _files(loaded: Loaded) -> Finding:
    if loaded.faults:
        return Finding("files", BAD, f"{len(loaded.faults)} faults", "nudger check names each")
    return Finding("files", GOOD, f"{len(loaded.couples)} couples, {len(loaded.schedules)} schedules")


def _american_texts(settings: Settings, couples: tuple[Couple, ...]) -> Iterator[Finding]:
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


def _providers(settings: Settings) -> list[Finding]:
    try:
        return wait_for(_ask(settings))
    except NudgerError as error:
        return [Finding("providers", BAD, str(error), error.mend)]


async def _ask(settings: Settings) -> list[Finding]:
    findings = []
    channels = build_channels(settings, surroundings())
    for kind, channel in channels.items():
        health = await channel.check()
        mend = None if health.ok else "see the provider's settings in .env"
        findings.append(Finding(f"{kind} by {channel.name}", GOOD if health.ok else BAD, health.detail, mend))
        await channel.aclose()
    return findings
