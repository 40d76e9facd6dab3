"""Messages as lines: the stable JSON keys and the table that preview, demo and outbox share."""

from collections.abc import Sequence
from typing import Any

from nudger.cli.terminal import write_table
from nudger.domain.messages import SPENT
from nudger.domain.people import Couple
from nudger.domain.wall_clock import zone
from nudger.storage.reports import Line

Zones = dict[tuple[str, str], str]


def zones_of(couples: Sequence[Couple]) -> Zones:
    """The IANA zone of each (couple, partner)."""
    return {(couple.key, partner.key): partner.timezone for couple in couples for partner in couple.partners}


def as_json(line: Line, zones: Zones) -> dict[str, Any]:
    """One message with documented keys; `local` is in the recipient's own zone."""
    name = zones.get((line.couple, line.partner), "UTC")
    return {
        "at": line.due_at.isoformat(),
        "local": line.due_at.astimezone(zone(name)).isoformat(),
        "timezone": name,
        "couple": line.couple,
        "partner": line.partner,
        "channel": line.channel,
        "schedule": line.schedule,
        "period": line.period.isoformat(),
        "slot": line.slot,
        "theme": line.theme,
        "entries": list(line.entries),
        "subject": line.subject,
        "text": line.text or None,
        "encoding": line.encoding,
        "segments": line.segments,
        "state": line.state,
        "reason": line.reason,
        "why": line.why,
    }


def write_lines(title: str, lines: Sequence[Line], zones: Zones) -> None:
    """The same as a table; local times, the words cut to one line."""
    rows = [
        (
            line.due_at.astimezone(zone(zones.get((line.couple, line.partner), "UTC"))).strftime("%a %d %b %H:%M"),
            line.partner,
            line.channel,
            line.schedule,
            _outcome(line),
            line.subject or line.text or "",
        )
        for line in lines
    ]
    columns = ("local time", "partner", "by", "schedule", "theme, or why not", "words")
    write_table(title, columns, rows, empty="nothing", cut_last=True)


def _outcome(line: Line) -> str:
    """The theme of what leaves; for everything else its state and the reason."""
    if line.state in SPENT:
        return line.theme or line.state
    return line.state if line.reason is None else f"{line.state}: {line.reason}"
