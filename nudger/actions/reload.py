"""Reload: what the last reading of the operator's files came to, kept where every command can see it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection

from nudger.files.salvage import Trouble
from nudger.storage import reports

NAME = "reload"


@dataclass(frozen=True, slots=True)
class LastReload:
    """When the files were read last (aware), how many faults they had, and where the first of these are."""

    at: datetime
    faults: int
    troubles: Sequence[Trouble]


def note_reload(connection: Connection, faults: int, troubles: Sequence[Trouble], now: datetime) -> None:
    """Remember a reading; `now` is aware."""
    value = json.dumps({"faults": faults, "troubles": [asdict(trouble) for trouble in troubles]})
    reports.note(connection, NAME, value, now)
    reports.note(connection, reports.FAULTS_IN_FILES, str(faults), now)


def last_reload(connection: Connection) -> LastReload | None:
    """The last reading of a daemon or scheduler; None where there was none yet."""
    noted = reports.noted(connection, NAME)
    if noted is None:
        return None
    said = json.loads(noted[0])
    return LastReload(noted[1], said["faults"], [Trouble(**trouble) for trouble in said["troubles"]])
