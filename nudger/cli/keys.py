"""`nudger keys`: the keys that seal people's data."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.session import begin, database
from nudger.cli.terminal import counting, say, write_json, write_table
from nudger.errors import NotThere, StorageError, WrongUsage
from nudger.runtime.keys import change_ring, key_file
from nudger.settings import Settings
from nudger.storage import rotating
from nudger.storage.database import Database
from nudger.storage.keyring import Ring, new_ring
from nudger.storage.vault import Vault


def list_keys(*, json: Annotated[bool, Parameter(help="Write JSON.")] = False) -> int:
    """List the keys by name, newest first, with how many values each has sealed; a key itself is never shown."""
    settings = begin(quiet=True)
    with database(settings) as opened:
        vault = _vault(opened)
        with opened.read() as connection:
            counts = rotating.counts(connection, vault)
    names = [*vault.ring.names, *(name for name in counts if name not in vault.ring.names)]
    rows = [{"key": name, "seals": name == vault.ring.names[0], "values": counts[name]} for name in names]
    if json:
        write_json(rows)
        return 0
    write_table("Keys", ("key", "seals", "values"), [(one["key"], one["seals"] or "", one["values"]) for one in rows])
    say(f"kept in {key_file(settings) or 'NUDGER_DATA_KEYS'}")
    return 0


def rotate() -> int:
    """Seal everything with a new key, while the daemon runs; cut off, run it again, and it goes on where it was.

    Where the keys are given as a setting, put the new one (`nudger keys new`) first yourself, and then run this.
    """
    settings = begin(quiet=True)
    with database(settings) as opened:
        vault = _vault(opened)
        with opened.read() as connection:
            resumed = rotating.unfinished(connection)
        path = key_file(settings)
        if path is not None and not resumed:
            _change(path, lambda ring: ring.rotated(os.urandom))
            vault.refresh()
            opened.upgrade()  # notes which key seals from now on
        with counting("sealing") as told:
            rotating.reseal(opened.write, vault, told)
    say(f"everything is sealed with {vault.ring.names[0]}" + (", going on with an unfinished rotation" * resumed))
    if len(vault.ring.names) > 1:
        say("Older keys still open older backups: see `nudger keys drop --help`.")
    return 0


def drop(name: Annotated[str, Parameter(help="The key's name, as `nudger keys list` tells it.")], /) -> int:
    """Throw away a key with which nothing is sealed any more; backups from its time cannot be read without it."""
    settings = begin(quiet=True)
    with database(settings) as opened:
        vault = _vault(opened)
        path = _file_of_ours(settings)
        if name not in vault.ring.names:
            raise NotThere("There is no such key.", mend="`nudger keys list` names them all.")
        with opened.read() as connection:
            in_use, noted = rotating.counts(connection, vault)[name], rotating.needs(connection, name)
        if in_use or noted or name == vault.ring.names[0]:
            raise WrongUsage(
                f"that key is in use: it has sealed {in_use} values", mend="run `nudger keys rotate` first"
            )
        _change(path, lambda ring: ring.without(name))
    say(f"dropped {name}")
    return 0


def new() -> int:
    """Write new keys to standard output, for NUDGER_DATA_KEYS or the file that NUDGER_DATA_KEYS_FILE names.

    They are for a new database. To rotate, put the new `data:` key alone before the others, and keep `index:`.
    """
    say(new_ring(os.urandom).text().rstrip())
    return 0


def _vault(opened: Database) -> Vault:
    if opened.vault is None:
        raise TypeError("a session's database has its keys")
    return opened.vault


def _file_of_ours(settings: Settings) -> Path:
    path = key_file(settings)
    if path is None:
        raise WrongUsage("the keys are given as a setting", mend="change NUDGER_DATA_KEYS where you keep it")
    return path


def _change(path: Path, change: Callable[[Ring], Ring]) -> None:
    try:
        change_ring(path, change)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written ({error.strerror}).", mend="Nothing was changed.") from error
