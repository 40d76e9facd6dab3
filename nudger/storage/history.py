"""What was picked for whom, and the words that came of it."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_

from nudger.domain.messages import Content, EmailContent, SmsContent
from nudger.domain.themes import Theme
from nudger.storage.tables import contents, picks

Occurrence = tuple[int, date, int]  # enrollment, period, slot


@dataclass(frozen=True, slots=True)
class Picked:
    """One entry picked for an occurrence; `partner_id` is None where both partners receive the same."""

    couple_id: int
    enrollment_id: int
    period: date
    slot: int
    partner_id: int | None
    entry: str
    theme: Theme
    kind: str
    why: Mapping[str, Any]
    at: datetime

    @property
    def occurrence(self) -> Occurrence:
        """What it was picked for."""
        return (self.enrollment_id, self.period, self.slot)


def _picked(row: Any) -> Picked:  # noqa: ANN401 (a SQLAlchemy row)
    return Picked(
        row.couple_id,
        row.enrollment_id,
        row.period,
        row.slot,
        row.partner_id,
        row.entry,
        Theme(row.theme),
        row.kind,
        json.loads(row.why),
        row.at,
    )


def recent(
    connection: Connection, couple_ids: Collection[int], since: datetime
) -> dict[int, list[tuple[str, str, Theme, datetime]]]:
    """Per couple, what was picked since then, oldest first, as (entry, kind, theme, at)."""
    query = (
        select(picks.c.couple_id, picks.c.entry, picks.c.kind, picks.c.theme, picks.c.at)
        .where(picks.c.couple_id.in_(couple_ids), picks.c.at >= since)
        .order_by(picks.c.at, picks.c.id)
    )
    found: dict[int, list[tuple[str, str, Theme, datetime]]] = defaultdict(list)
    for couple_id, entry, kind, theme, at in connection.execute(query):
        found[couple_id].append((entry, kind, Theme(theme), at))
    return found


def of_occurrences(connection: Connection, occurrences: Collection[Occurrence]) -> dict[Occurrence, list[Picked]]:
    """What has been picked already for these occurrences, in the order picked."""
    key = tuple_(picks.c.enrollment_id, picks.c.period, picks.c.slot)
    query = select(picks).where(key.in_(list(occurrences))).order_by(picks.c.id)
    found: dict[Occurrence, list[Picked]] = defaultdict(list)
    for row in connection.execute(query):
        pick = _picked(row)
        found[pick.occurrence].append(pick)
    return found


def remember(connection: Connection, picked: Sequence[Picked]) -> None:
    """Write down what was picked."""
    if not picked:
        return
    rows = [
        {
            "couple_id": pick.couple_id,
            "enrollment_id": pick.enrollment_id,
            "period": pick.period,
            "slot": pick.slot,
            "partner_id": pick.partner_id,
            "entry": pick.entry,
            "theme": pick.theme,
            "kind": pick.kind,
            "why": json.dumps(pick.why),
            "at": pick.at,
        }
        for pick in picked
    ]
    connection.execute(insert(picks), rows)


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of one message, and how they came about; `content` is None where nothing could be said."""

    message_id: int
    theme: Theme | None
    entries: tuple[str, ...]
    content: Content | None
    why: Mapping[str, Any]


def keep(connection: Connection, composed: Sequence[Composed]) -> None:
    """Write down the words of messages that have none yet."""
    if composed:
        connection.execute(insert(contents), [_content_row(words) for words in composed])


def _content_row(words: Composed) -> dict[str, Any]:
    row: dict[str, Any] = {
        "message_id": words.message_id,
        "theme": words.theme,
        "entries": json.dumps(words.entries),
        "why": json.dumps(words.why),
        "subject": None,
        "text": "",
        "html": None,
        "headers": None,
        "encoding": None,
        "segments": None,
    }
    match words.content:
        case SmsContent(text, encoding, segments):
            row |= {"text": text, "encoding": encoding, "segments": segments}
        case EmailContent(subject, text, html, headers):
            row |= {"subject": subject, "text": text, "html": html, "headers": json.dumps(dict(headers))}
    return row


def words_of(connection: Connection, ids: Collection[int]) -> dict[int, Composed]:
    """The words already written for these messages."""
    query = select(contents).where(contents.c.message_id.in_(ids))
    return {row.message_id: _composed(row) for row in connection.execute(query)}


def _composed(row: Any) -> Composed:  # noqa: ANN401 (a SQLAlchemy row)
    return Composed(
        row.message_id,
        Theme(row.theme) if row.theme else None,
        tuple(json.loads(row.entries)),
        _content(row),
        json.loads(row.why),
    )


def _content(row: Any) -> Content | None:  # noqa: ANN401 (a SQLAlchemy row)
    if row.html is not None:
        return EmailContent(row.subject, row.text, row.html, json.loads(row.headers))
    if row.encoding is not None:
        return SmsContent(row.text, row.encoding, row.segments)
    return None
