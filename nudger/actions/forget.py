"""Forget: let go of what has been kept long enough, a few hundred rows at a time."""

from collections.abc import Callable
from datetime import datetime, timedelta

from nudger.storage.database import Database
from nudger.storage.keeping import forget_names, forget_words

#: Providers repeat themselves for days, and a link that ended tells nobody anything after a month or three.
NAMES_KEPT = timedelta(days=90)


def forget(database: Database, words_kept: timedelta, now: datetime, stop: Callable[[], bool] = lambda: False) -> int:
    """Blank words older than `words_kept` before `now` (aware), delete old names; how many rows. StorageError."""
    forgotten = 0
    while not stop():
        with database.write() as connection:
            done = forget_words(connection, now - words_kept, now) + forget_names(connection, now - NAMES_KEPT)
        if not done:
            break
        forgotten += done
    return forgotten
