"""`nudger doctor`: trouble found before it finds you, each with its mend."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated

from cyclopts import Parameter

from nudger.actions import diagnose, diagnose_accounts, diagnose_mail
from nudger.actions.diagnose import BAD, GOOD, WARNING, Finding
from nudger.channels.dns_lookup import Names
from nudger.cli.session import begin, wait_for
from nudger.cli.terminal import say, write_json
from nudger.errors import NudgerError
from nudger.files.loaded import Loaded
from nudger.runtime.clock import now, surroundings
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import key_file, open_vault
from nudger.runtime.lock import running
from nudger.settings import EmailProvider, Settings
from nudger.storage.database import Database
from nudger.stores import database_exists
from nudger.wires import build_channels
from nudger.wiring import read_files

SIGNS = {GOOD: "ok ", WARNING: " ! ", BAD: "BAD"}


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
    yield _data_keys(settings)
    yield from _database(settings)
    yield diagnose.disk(settings.data)
    yield diagnose.watched(settings)
    yield diagnose.zones(version("tzdata"), now().date())
    loaded = read_files(settings)
    yield _files(loaded)
    yield from diagnose.american_texts(settings, loaded.couples)
    yield from diagnose.push_addresses(settings, loaded.couples)
    if not offline:
        yield from _outside(settings)


def _key(settings: Settings) -> Finding:
    try:
        installation_key(settings)
    except NudgerError as error:
        return Finding("key", BAD, str(error), error.mend)
    where = "from NUDGER_KEY" if settings.key else f"in {settings.data}; no backup holds it, so keep a copy elsewhere"
    return Finding("key", GOOD, where)


def _data_keys(settings: Settings) -> Finding:
    try:
        open_vault(settings)
    except NudgerError as error:
        return Finding("data keys", BAD, str(error), error.mend)
    path = key_file(settings)
    if path is None:
        return Finding("data keys", GOOD, "from NUDGER_DATA_KEYS")
    if path.stat().st_mode & 0o077:
        return Finding("data keys", BAD, f"others on this machine can read {path}", f"chmod 600 {path}")
    return Finding("data keys", GOOD, f"in {path}; keep a copy apart from your backups")


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        if not database_exists(settings):
            yield Finding("database", GOOD, "not made yet; the daemon makes it")
            return
        database = Database(settings.url, vault=open_vault(settings))
        try:
            current, head = database.current(), database.head()
            database.ensure_current()
            fault = database.integrity()
            yield Finding("database", GOOD if fault == "ok" else BAD, f"revision {current} of {head}, {fault}")
            yield diagnose.daemons(database, running(database.path) if database.path else None, now())
            yield diagnose.backups(settings.backups, now())
            yield from diagnose.hold(database)
        finally:
            database.close()
    except NudgerError as error:
        yield Finding("database", BAD, str(error), error.mend)


def _files(loaded: Loaded) -> Finding:
    if loaded.faults:
        return Finding("files", BAD, f"{len(loaded.faults)} faults", "nudger check names each")
    return Finding("files", GOOD, f"{len(loaded.couples)} couples, {len(loaded.schedules)} schedules")


def _outside(settings: Settings) -> Sequence[Finding]:
    """What leaves the process: providers, names, our own public address; each question with its limit of time."""

    async def all_of_it() -> list[Finding]:
        checked, (accounts, theirs), mail, address = await asyncio.gather(
            _channels(settings),
            diagnose_accounts.all_accounts(settings),
            _mail(settings),
            diagnose_accounts.public_address(settings),
        )
        return [*checked, *accounts, *mail, address, diagnose.clock(theirs, now())]

    return wait_for(all_of_it())


async def _mail(settings: Settings) -> Sequence[Finding]:
    by_sendgrid = settings.email is EmailProvider.SENDGRID
    if not by_sendgrid and settings.email is not EmailProvider.SMTP:
        return []
    address = (settings.sendgrid_from if by_sendgrid else None) or settings.sender
    return await diagnose_mail.sender(address, Names().texts, by_sendgrid=by_sendgrid)


async def _channels(settings: Settings) -> Sequence[Finding]:
    findings = []
    try:
        channels = build_channels(settings, surroundings())
    except NudgerError as error:
        return [Finding("providers", BAD, str(error), error.mend)]
    for kind, channel in channels.items():
        health = await channel.check()
        mend = None if health.ok else "see the provider's settings in .env"
        findings.append(Finding(f"{kind} by {channel.name}", GOOD if health.ok else BAD, health.detail, mend))
        await channel.aclose()
    return findings
