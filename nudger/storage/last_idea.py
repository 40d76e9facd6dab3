"""The last idea a partner was sent: what an answer like LOVE or WHY is about."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select

from nudger.domain.messages import SPENT
from nudger.domain.themes import Theme
from nudger.storage.tables import contents, enrollments, feedback, messages, schedules


class Verdict(StrEnum):
    """What a partner made of an idea."""

    DONE = "done"
    LOVE = "love"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class LastIdea:
    """A message that left, what it was made of, and the schedule it came from."""

    message_id: int
    entries: tuple[str, ...]
    theme: Theme | None
    schedule: str


def last_idea(connection: Connection, partner_id: int) -> LastIdea | None:
    """The last message that left, or may have left, to this partner; None where there was none."""
    query = (
        select(messages.c.id, contents.c.entries, contents.c.theme, schedules.c.key)
        .join(contents, contents.c.message_id == messages.c.id)
        .join(enrollments, enrollments.c.id == messages.c.enrollment_id)
        .join(schedules, schedules.c.id == enrollments.c.schedule_id)
        .where(messages.c.partner_id == partner_id, messages.c.state.in_(SPENT), messages.c.sent_at.is_not(None))
        .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return LastIdea(row.id, tuple(json.loads(row.entries)), Theme(row.theme) if row.theme else None, row.key)


def remember_verdict(connection: Connection, partner_id: int, idea: LastIdea, verdict: Verdict, now: datetime) -> None:
    """Keep what a partner made of an idea, in place of what they said of it before."""
    before = (feedback.c.partner_id == partner_id) & (feedback.c.message_id == idea.message_id)
    connection.execute(delete(feedback).where(before))
    rows = [
        {"partner_id": partner_id, "message_id": idea.message_id, "entry": entry, "verdict": verdict, "at": now}
        for entry in idea.entries
    ]
    if rows:
        connection.execute(insert(feedback), rows)
