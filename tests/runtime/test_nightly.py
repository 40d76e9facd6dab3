"""The daily backup."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from parts.cast import KEY
from parts.loops import in_loop

from nudger.actions.backup import backups_in
from nudger.runtime.nightly import Nightly
from nudger.settings import read_settings
from nudger.storage.database import Database

#: Ten minutes before the daily backup.
EVENING = datetime(2026, 3, 2, 3, 20, tzinfo=UTC)


@pytest.fixture
def service(sqlite_database: Database, tmp_path: Path) -> Any:  # noqa: ANN401 (as much of a service as a backup looks at)
    """A service that makes its backup at half past three and keeps two."""
    settings = read_settings(
        _env_file=None,
        DATABASE_URL=f"sqlite:///{sqlite_database.path}",
        NUDGER_DATA=tmp_path,
        NUDGER_BACKUP_AT="03:30",
        NUDGER_BACKUP_KEEP=2,
    )
    service = SimpleNamespace(settings=settings, database=sqlite_database, key=KEY, now=EVENING)
    service.around = SimpleNamespace(now=lambda: service.now)
    return service


async def look(nightly: Nightly, service: Any, later: timedelta) -> int:  # noqa: ANN401 (the same)
    """Look that much later; how many backups there are."""
    service.now += later
    await nightly.work()
    return len(backups_in(service.settings.backups))


@in_loop
async def test_one_a_day(service: Any) -> None:  # noqa: ANN401 (the same)
    """The first at once, since yesterday's is missing; then one when its moment has passed, and two are kept."""
    nightly = Nightly(service)
    assert await look(nightly, service, timedelta(0)) == 1
    assert await look(nightly, service, timedelta(minutes=9)) == 1
    assert await look(nightly, service, timedelta(minutes=1)) == 2
    assert await look(nightly, service, timedelta(hours=23)) == 2
    newest = backups_in(service.settings.backups)[-1]
    assert await look(nightly, service, timedelta(days=3)) == 2
    assert backups_in(service.settings.backups)[0] == newest


@in_loop
async def test_a_failed_backup_is_tried_again_after_an_hour(service: Any) -> None:  # noqa: ANN401 (the same)
    """It stops nothing, and is not tried each minute."""
    service.settings.backups.write_text("in the way", encoding="utf-8")
    nightly = Nightly(service)
    await nightly.work()
    service.settings.backups.unlink()
    assert await look(nightly, service, timedelta(minutes=59)) == 0
    assert await look(nightly, service, timedelta(minutes=1)) == 1


@in_loop
async def test_nor_does_an_odd_failure_come_back_each_minute(service: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 (the same)
    """Each try copies the whole database: one that fails as nobody thought it could waits its hour like the others."""
    environment = service.settings.data / ".env"
    environment.write_bytes(b"NUDGER_OPERATOR=J\xf6rg")
    monkeypatch.chdir(service.settings.data)
    nightly = Nightly(service)
    with pytest.raises(UnicodeDecodeError):
        await nightly.work()
    environment.unlink()
    assert await look(nightly, service, timedelta(minutes=59)) == 0
    assert await look(nightly, service, timedelta(minutes=1)) == 1
