"""`nudger reload`: have the running daemon read the files again, now."""

import os
import signal

from nudger.cli.session import begin
from nudger.cli.terminal import say
from nudger.errors import NotThere
from nudger.runtime.lock import running
from nudger.stores import sqlite_file


def reload() -> int:
    """Tell the daemon on this machine; 1 where none is at work."""
    file = sqlite_file(begin(quiet=True))
    if file is None:
        raise NotThere(
            "on PostgreSQL there may be many processes, on many machines, and this command knows none of them",
            mend="each reads what is edited by itself; `kill -HUP` or `systemctl reload` makes one read at once",
        )
    process = running(file)
    if process is None or not process.isdecimal():
        raise NotThere("no daemon is at work here, so there is nothing to reload", mend="nudger run")
    try:
        os.kill(int(process), signal.SIGHUP)
    except OSError as fault:
        raise NotThere(
            f"process {process} has the database, and cannot be told ({fault.strerror})",
            mend="run this as the user that it runs as, and inside the container where it runs in one",
        ) from fault
    say(f"told process {process}; `nudger status` says what it found")
    return 0
