"""`nudger couples`: who there is, and their pauses."""

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter

from nudger.cli.listing import write_lines, zones_of
from nudger.cli.moments import read_until
from nudger.cli.session import begin, database
from nudger.cli.terminal import fields, say, stamp, write_json, write_table
from nudger.domain.messages import State
from nudger.domain.people import ChannelKind
from nudger.errors import WrongUsage
from nudger.runtime.clock import now
from nudger.storage import people, reports
from nudger.storage.people import CoupleRow
from nudger.storage.tables import couples, messages

#: What to tell of couples that are in the files and not in the database.
UNREAD = "none yet; `nudger run` and `nudger once` read them from the schedules folder"
Couple = Annotated[str, Parameter(help="The couple's key.")]
Json = Annotated[bool, Parameter(help="Write JSON.")]


def list_couples(*, json: Json = False) -> int:
    """List all couples of the last sync: keys and pauses, no names and no addresses."""
    settings, moment = begin(quiet=True), now()
    with database(settings) as opened, opened.read() as connection:
        rows = people.list_couples(connection)
    if json:
        write_json([_summary(row, moment) for row in rows])
    else:
        columns = ("couple", "partners", "tags", "paused until")
        write_table("Couples", columns, [_row(row, moment) for row in rows], empty=UNREAD)
    return 0


def _paused_until(row: CoupleRow, moment: datetime) -> datetime | None:
    return row.paused_until if row.paused_until and row.paused_until > moment else None


def _summary(row: CoupleRow, moment: datetime) -> dict[str, Any]:
    return {
        "couple": row.couple.key,
        "tags": row.couple.tags,
        "paused_until": _paused_until(row, moment),
        "partners": [
            {
                "partner": partner.key,
                "timezone": row.couple.partner(partner.key).timezone,
                "contacts": {str(contact.channel): str(contact.consent) for contact in partner.contacts},
            }
            for partner in row.partners
        ],
    }


def _row(row: CoupleRow, moment: datetime) -> tuple[object, ...]:
    partners = ", ".join(partner.key for partner in row.partners)
    return (row.couple.key, partners, " ".join(sorted(row.couple.tags)), _pause_in_words(_paused_until(row, moment)))


def _pause_in_words(paused: datetime | None) -> str:
    if paused is None:
        return ""
    return "it is resumed" if paused >= people.FOREVER else stamp(paused)


def show(couple: Couple, /, *, json: Json = False) -> int:
    """Show one couple, and what is planned for it. Which surprise it will be is not known before it leaves."""
    settings, moment = begin(quiet=True), now()
    with database(settings) as opened, opened.read() as connection:
        row = people.find_couple(connection, couple)
        planned = reports.lines(connection, couples.c.key == couple, messages.c.state == State.PLANNED)
    summary = _summary(row, moment)
    if json:
        write_json([summary | {"planned": [{"at": line.due_at, "schedule": line.schedule} for line in planned]}])
        return 0
    partners = summary.pop("partners")
    paused = _pause_in_words(summary["paused_until"])
    fields(summary | {"tags": sorted(row.couple.tags), "paused_until": paused})
    rows = [(one["partner"], one["timezone"], *(one["contacts"].get(kind) for kind in ChannelKind)) for one in partners]
    say()
    write_table("Consent", ("partner", "zone", *(str(kind) for kind in ChannelKind)), rows)
    say()
    write_lines("Planned", planned, zones_of([row.couple]))
    return 0


def pause(
    couple: Couple,
    /,
    *,
    until: Annotated[
        str | None, Parameter(help="A moment (2026-12-24), or how long (3d, 2w). Default: for good.")
    ] = None,
) -> int:
    """Send a couple nothing, until a moment or until it is resumed. Nobody is told."""
    settings = begin(quiet=True)
    end = read_until(until, now()) if until else people.FOREVER
    if end <= now():
        raise WrongUsage("a pause cannot end in the past", mend="to end one: nudger couples resume")
    with database(settings) as opened, opened.write() as connection:
        people.pause(connection, couple, end)
    say(f"{couple} is paused until {_pause_in_words(end)}")
    return 0


def resume(couple: Couple, /) -> int:
    """End a couple's pause; what fell into it is not sent after the fact."""
    settings = begin(quiet=True)
    with database(settings) as opened, opened.write() as connection:
        people.resume(connection, couple)
    say(f"{couple} is no longer paused")
    return 0
