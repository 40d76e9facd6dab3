"""`nudger backup`: everything but the keys, in a folder of its own."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.actions.backup import BackingUp, read_manifest
from nudger.cli.session import begin
from nudger.cli.terminal import say, write_json
from nudger.errors import NotThere
from nudger.links import fingerprint
from nudger.runtime.clock import now
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.stores import database_exists, open_database


def backup(
    *,
    to: Annotated[Path | None, Parameter(help="Folder for the backup; the default is NUDGER_BACKUP_DIR.")] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Make a backup, also while the daemon works."""
    settings = begin(quiet=True)
    if not database_exists(settings):
        raise NotThere("there is no database yet to make a backup of", mend="look at DATABASE_URL and NUDGER_DATA")
    key = installation_key(settings)
    database = open_database(settings, key, open_vault(settings))
    try:
        program = BackingUp(settings, database, version("nudger"), fingerprint(key, "installation"))
        folder = program.back_up(to or settings.backups, now())
    finally:
        database.close()
    manifest = read_manifest(folder)
    size = sum(int(one["bytes"]) for one in manifest.files.values())
    if json:
        write_json([{"folder": str(folder), "bytes": size, "sealed": manifest.sealed, "made_at": manifest.made_at}])
        return 0
    say(f"{folder}: {size / 1e6:.1f} MB, {'encrypted' if manifest.sealed else 'not encrypted'}")
    say("No key is in it: keep nudger.key, and every other key file of the data folder, somewhere else.")
    say(f"Next: nudger restore {folder} --verify")
    return 0
