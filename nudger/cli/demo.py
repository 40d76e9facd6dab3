"""`nudger demo`: some weeks of the couples at hand, played in seconds into the outbox."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from nudger.actions.simulate import VirtualClock, play
from nudger.actions.sync import sync
from nudger.cli.listing import Zones, write_lines, zones_of
from nudger.cli.moments import read_moment
from nudger.cli.session import begin, wait_for
from nudger.cli.terminal import progress, say, write_table
from nudger.domain.people import ChannelKind
from nudger.runtime.clock import now, token
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.settings import Settings
from nudger.storage import reports
from nudger.storage.database import Database
from nudger.storage.reports import Line
from nudger.wires import outbox_channels
from nudger.wiring import build_service, shipped, stage, virtual_surroundings

DATABASE = "demo.db"


def demo(
    *,
    days: Annotated[int, Parameter(help="How many days.", validator=Number(gte=1, lte=400))] = 28,
    at: Annotated[str | None, Parameter(help="Begin at this moment (ISO 8601) instead of now.")] = None,
) -> int:
    """Play some weeks through the real sync, plan, compose and dispatch. Nobody is reached: messages become files."""
    settings = _with_files(begin(quiet=True))
    start = read_moment(at) if at else now()
    key = installation_key(settings)
    clock = VirtualClock(start)
    around = virtual_surroundings(clock, key)
    end = start + timedelta(days=days)
    outbox = settings.data / "outbox"

    async def all_of_it() -> tuple[Zones, Sequence[Line]]:
        channels = outbox_channels(outbox, around, settings)
        whole = build_service(
            settings, key, around, token, _fresh_database(settings, settings.data / DATABASE), channels=channels
        )
        try:
            sync(whole.database, whole.loaded.couples, whole.loaded.schedules, start, frozenset(ChannelKind))
            with progress() as bar:
                task = bar.add_task(f"Playing {days} days", total=(end - start).total_seconds())
                await play(
                    stage(whole, clock), end, lambda at: bar.update(task, completed=(at - start).total_seconds())
                )
            with whole.database.read() as connection:
                return zones_of(whole.loaded.couples), reports.lines(connection, reports.between(start, end))
        finally:
            await whole.aclose()

    zones, lines = wait_for(all_of_it())
    _tell(lines, zones, days, outbox)
    return 0


def _with_files(settings: Settings) -> Settings:
    """Play the operator's couples where there are any, else the sample ones."""
    if settings.schedules.is_dir():
        return settings
    return settings.model_copy(update={"schedules": shipped("schedules")})


def _fresh_database(settings: Settings, path: Path) -> Database:
    """A demo begins anew each time, on a database of its own."""
    for stale in (path, path.with_name(path.name + "-journal"), path.with_name(path.name + "-wal")):
        stale.unlink(missing_ok=True)
    database = Database(f"sqlite:///{path}", vault=open_vault(settings))
    database.upgrade()
    return database


def _tell(lines: Sequence[Line], zones: Zones, days: int, outbox: Path) -> None:
    for couple in sorted({line.couple for line in lines}):
        write_lines(couple, [line for line in lines if line.couple == couple], zones)
        say()
    sent = [line for line in lines if line.state == "accepted"]
    per_theme = Counter((line.theme or "", line.channel) for line in sent)
    write_table("Sent", ("theme", "by", "messages"), [(*key, count) for key, count in sorted(per_theme.items())])
    say()
    kept_back = Counter(line.reason for line in lines if line.state != "accepted")
    write_table("Not sent, and why", ("why", "moments"), kept_back.most_common())
    say()
    say(f"{len(sent)} messages of {days} days are files under {outbox}/ now.")
    say("Next: nudger preview --days 7, and nudger run")
