"""`nudger restore` and `nudger resume-sending`: a backup brought back, and the operator's word that all is well."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.actions import restore as restoring
from nudger.actions.backup import Manifest, read_manifest
from nudger.actions.restore import Unpacked
from nudger.actions.settle import Settled, Settling
from nudger.cli.session import begin, database
from nudger.cli.terminal import say
from nudger.errors import NudgerError, StorageError
from nudger.links import fingerprint
from nudger.runtime.clock import now
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.runtime.lock import only_daemon
from nudger.settings import Settings
from nudger.storage import journal
from nudger.storage.database import Database
from nudger.storage.holding import lift
from nudger.storage.journal import Entry
from nudger.stores import sqlite_file

Journals = Annotated[
    list[Path] | None,
    Parameter(help="Further journals: of other machines, or saved from a lost one. The one here is always read."),
]


def restore(
    backup: Annotated[Path, Parameter(help="A folder that `nudger backup` made.")],
    /,
    *,
    verify: Annotated[bool, Parameter(help="Only try it out, in a place that goes away.")] = False,
    journal: Journals = None,
    move_aside: Annotated[bool, Parameter(help="Put the database that is there aside instead of refusing.")] = False,
    another_key: Annotated[bool, Parameter(help="Restore although the installation key is not the backup's.")] = False,
) -> int:
    """Bring a backup back, without what people have taken back since; nothing is sent until `nudger resume-sending`."""
    settings = begin(quiet=True)
    key = installation_key(settings)
    manifest = read_manifest(backup)
    _check(settings, manifest, key, another_key=another_key)
    secret = settings.backup_passphrase
    passphrase = secret.get_secret_value().encode() if secret else None
    file = sqlite_file(settings)
    beside = None if verify else file.parent if file else settings.data
    try:
        with restoring.unpacked(backup, passphrase, beside) as found:
            entries = _entries(settings, found, journal or [])
            if verify:
                _verify(settings, found, entries, key)
            else:
                _restore(settings, found, entries, key, move_aside=move_aside)
    except OSError as fault:
        message = f"the restore was cut off: {fault.strerror} ({fault.filename})"
        raise StorageError(message, mend="make room, or see whose the folders are; then restore once more") from fault
    return 0


def resume_sending() -> int:
    """End the hold that a restore has put on all sending."""
    with database(begin(quiet=True)) as opened, opened.write() as connection:
        lifted = lift(connection)
    say("sending goes on" if lifted else "nothing was held")
    return 0


def _check(settings: Settings, manifest: Manifest, key: bytes, *, another_key: bool) -> None:
    engine = "sqlite" if sqlite_file(settings) else "postgresql"
    if manifest.engine != engine:
        raise NudgerError(
            f"the backup is of {manifest.engine}, and DATABASE_URL is {engine}", mend="set DATABASE_URL accordingly"
        )
    if manifest.key != fingerprint(key, "installation") and not another_key:
        raise NudgerError(
            "the installation key here is not the backup's: no line of a journal could be told to be about anybody",
            mend="put the old nudger.key into the data folder, or set NUDGER_KEY; --another-key does without",
        )


def _entries(settings: Settings, found: Unpacked, others: Sequence[Path]) -> list[Entry]:
    """What the journals say, oldest first: the one here, the one in the backup, and those named."""
    for path in others:
        if not path.is_file():
            raise NudgerError(f"{path}: there is no journal here", mend="name the journal.jsonl of a data folder")
    paths = [settings.data / journal.FILE_NAME, found.journal, *others]
    return sorted({entry for path in paths for entry in journal.read(path)}, key=lambda entry: entry.at)


def _verify(settings: Settings, found: Unpacked, entries: Sequence[Entry], key: bytes) -> None:
    settled: list[Settled] = []

    def settle(opened: Database) -> None:
        settled.append(Settling(opened, key).settle(found.manifest.moment, entries, now()))

    restoring.drill(found, settings.url, open_vault(settings), settle, f"nudger_drill_{now():%Y%m%d%H%M%S}")
    rows = sum(found.manifest.rows.values())
    say(f"the backup of {found.manifest.made_at} is whole: {rows} rows in {len(found.manifest.rows)} tables")
    say(
        f"restored now, it would skip {settled[0].skipped} messages and apply {settled[0].applied} lines of the journal"
    )


def _restore(settings: Settings, found: Unpacked, entries: Sequence[Entry], key: bytes, *, move_aside: bool) -> None:
    moment, vault = now(), open_vault(settings)
    settled: list[Settled] = []

    def settle(opened: Database) -> None:
        settled.append(Settling(opened, key).settle(found.manifest.moment, entries, moment))

    file, aside = sqlite_file(settings), f"before_restore_{moment:%Y%m%d%H%M%S}"
    with only_daemon(file):
        if file is not None:
            restoring.restore_sqlite(found, file, vault, settle, file.parent / aside if move_aside else None)
        else:
            restoring.restore_postgresql(found, settings.url, vault, settle, aside if move_aside else None)
    had_journal = (settings.data / journal.FILE_NAME).exists()
    brought = restoring.restore_files(found, settings)
    restoring.keep_entries(settings.data / journal.FILE_NAME, key, entries)
    _tell(found, settled[0], brought, had_journal=had_journal, aside=aside if move_aside else None)


def _tell(found: Unpacked, settled: Settled, brought: Sequence[str], *, had_journal: bool, aside: str | None) -> None:
    say(f"restored the backup of {found.manifest.made_at}")
    for name in brought:
        say(f"  brought back {name}")
    if aside:
        say(f"  what was there is now {aside}")
    say(f"  {settled.skipped} messages that fell due since are skipped, for they may have been sent")
    say(f"  {settled.applied} withdrawals, pauses, leavings and erasures applied again, {settled.unknown} kept in mind")
    if not had_journal:
        say("  ! there was no journal here: what people have taken back since the backup is not known")
    say("Nothing is sent yet. Look at `nudger status` and `nudger preview`; then: nudger resume-sending")
