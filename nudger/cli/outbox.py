"""`nudger outbox`: messages, their words and their lives."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from sqlalchemy import Connection

from nudger.cli.session import begin, database
from nudger.cli.terminal import fields, say, stamp, write_json, write_table
from nudger.domain import life
from nudger.domain.messages import State
from nudger.errors import NotThere, NudgerError
from nudger.runtime.clock import now
from nudger.storage import messages, reports
from nudger.storage.reports import Line
from nudger.storage.tables import messages as table

Id = Annotated[int, Parameter(help="The message's number, as in `outbox list`.")]
Json = Annotated[bool, Parameter(help="Write JSON.")]


def list_messages(
    *,
    state: Annotated[State | None, Parameter(help="Only messages in this state.")] = None,
    days: Annotated[
        int, Parameter(help="How many days back, and as many ahead.", validator=Number(gte=1, lte=4000))
    ] = 7,
    limit: Annotated[int, Parameter(help="At most this many.", validator=Number(gte=1))] = 200,
    json: Json = False,
) -> int:
    """List messages by their moment; words are shown by `outbox show` alone."""
    settings, moment = begin(quiet=True), now()
    span = reports.between(moment - timedelta(days=days), moment + timedelta(days=days))
    conditions = (span,) if state is None else (span, table.c.state == state)
    with database(settings) as opened, opened.read() as connection:
        found = reports.lines(connection, *conditions, limit=limit)
        codes = reports.last_codes(connection, [line.id for line in found])
    if json:
        write_json([_summary(line, codes.get(line.id)) for line in found])
    else:
        columns = ("id", "at", "couple", "partner", "by", "schedule", "state", "reason", "code")
        empty = f"none within {days} days; `nudger run` and `nudger once` plan them"
        write_table("Messages", columns, [_row(line, codes.get(line.id)) for line in found], empty=empty)
    return 0


def _summary(line: Line, code: str | None) -> dict[str, object]:
    hidden = {"subject", "text", "why"}
    return {name: value for name, value in asdict(line).items() if name not in hidden} | {"code": code}


def _row(line: Line, code: str | None) -> tuple[object, ...]:
    at = stamp(line.due_at)
    return (line.id, at, line.couple, line.partner, line.channel, line.schedule, line.state, line.reason, code)


def show(number: Id, /, *, json: Json = False) -> int:
    """Show one message by its number: its words, why they were picked, and each step of its life."""
    settings = begin(quiet=True)
    with database(settings) as opened, opened.read() as connection:
        line = _find(connection, number)
        steps = reports.steps(connection, number)
        code = reports.last_codes(connection, [number]).get(number)
    if json:
        write_json([asdict(line) | {"code": code, "steps": [asdict(step) for step in steps]}])
        return 0
    fields({name: value for name, value in asdict(line).items() if name not in {"text", "why"}} | {"code": code})
    say(f"\n{line.text or '(no words)'}\n")
    fields(_why(line))
    rows = [(stamp(step.at), step.from_state, step.to_state, step.reason) for step in steps]
    say()
    write_table("Life", ("at", "from", "to", "why"), rows, empty="nothing has happened to it yet")
    return 0


def _why(line: Line) -> dict[str, object]:
    """Why it was picked, in the order of the keys stored."""
    return {f"picked by {name}" if name == "seed" else name: fact for name, fact in (line.why or {}).items()}


def _find(connection: Connection, number: int) -> Line:
    found = reports.lines(connection, table.c.id == number)
    if not found:
        raise NotThere(f"there is no message {number}", mend="see `nudger outbox list`")
    return found[0]


def retry(number: Id, /) -> int:
    """Give a failed message another try; the daemon sends it, if everything that counts still allows it."""
    settings, moment = begin(quiet=True), now()
    with database(settings) as opened, opened.write() as connection:
        line = _find(connection, number)
        if line.state != State.FAILED:
            raise NudgerError(
                f"message {number} has not failed, it is {line.state}", mend="only failed ones are retried"
            )
        (message,) = messages.with_ids(connection, [number])
        messages.save(connection, [(message, life.retry(message, moment))], moment)
    say(f"message {number} is planned again")
    return 0
