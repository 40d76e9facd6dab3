"""The daily backup, made by the daemon itself, or by one of the schedulers."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from importlib.metadata import version

from nudger.actions.backup import NAME, BackingUp, forget_old
from nudger.errors import NudgerError
from nudger.links import fingerprint
from nudger.observability import logger
from nudger.runtime.ticks import Stopping, Tick, Ticks
from nudger.storage import reports
from nudger.storage.turns import take_turn
from nudger.wiring import Service

log = logger(__name__)

LOOK_EVERY = timedelta(seconds=60)
#: Of several schedulers one makes it; where it fails, or dies in the midst of it, it is tried again after so long.
AGAIN_AFTER = timedelta(hours=1)


def with_backups(ticks: Ticks) -> Ticks:
    """The same ticks, and a daily backup where the settings ask for one."""

    def both(service: Service, stopping: Stopping) -> Sequence[Tick]:
        nightly = [Tick("backup", LOOK_EVERY, Nightly(service).work)] if service.settings.backup_at else []
        return [*ticks(service, stopping), *nightly]

    return both


class Nightly:
    """Looks each minute whether the day's backup is to be made. A day that was missed is made up for at once."""

    def __init__(self, service: Service) -> None:
        """The settings say when."""
        self._service = service
        self._not_before = datetime.min.replace(tzinfo=UTC)
        self._at = time.fromisoformat(service.settings.backup_at or "00:00")

    async def work(self) -> None:
        """Make the backup where it is due, and delete those that are too many; it never stops the daemon."""
        now = self._service.around.now()
        if now < self._not_before or not await asyncio.to_thread(self._is_ours, now):
            return
        before, self._not_before = self._not_before, now + AGAIN_AFTER  # however it fails
        try:
            await asyncio.to_thread(self._make, now)
            self._not_before = before
        except (NudgerError, OSError) as error:
            log.error("backup_failed", error=type(error).__name__)  # noqa: TRY400 (its text may name folders of people)

    def _is_ours(self, now: datetime) -> bool:
        database = self._service.database
        with database.read() as connection:
            last = reports.noted(connection, NAME)
        if last is not None and last[1] >= self._latest_due(now):
            return False
        if database.is_sqlite:
            return True
        with database.write() as connection:
            return take_turn(connection, NAME, AGAIN_AFTER)

    def _latest_due(self, now: datetime) -> datetime:
        today = datetime.combine(now.astimezone(UTC).date(), self._at, UTC)
        return today if today <= now else today - timedelta(days=1)

    def _make(self, now: datetime) -> None:
        service = self._service
        key = fingerprint(service.key, "installation")
        BackingUp(service.settings, service.database, version("nudger"), key).back_up(service.settings.backups, now)
        forgotten = forget_old(service.settings.backups, service.settings.backup_keep)
        log.info("backed_up", deleted=forgotten)
