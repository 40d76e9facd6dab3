"""`nudger health`: an exit code for container engines and supervisors."""

from nudger.actions.watch import feel_pulse
from nudger.cli.session import begin
from nudger.runtime.clock import now
from nudger.storage.database import Database
from nudger.stores import database_exists


def health() -> int:
    """0 where the database answers and a daemon left a sign of life within the last three minutes, else 1."""
    settings = begin(quiet=True)
    if not database_exists(settings):
        return 1
    database = Database(settings.url)
    try:
        moment = now()
        return 0 if feel_pulse(database, moment).beats(moment) else 1
    finally:
        database.close()
