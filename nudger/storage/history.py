"""What was picked for whom, and the words that came of it."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, bindparam, select

from nudger.domain.messages import Content, EmailContent, SmsContent
from nudger.domain.themes import Theme
from nudger.storage.gathering import Gathered
from nudger.storage.sealed import CONTENTS, open_words, seal_words
from nudger.storage.statements import inserting, unsearched
from nudger.storage.tables import contents, picks
from nudger.storage.vault import Vault, vault_of

#: By what is stored: quicker than asking the enumeration, once for each pick of a year.
THEMES = {str(theme): theme for theme in Theme}
Occurrence = tuple[int, date, int]  # enrollment, period, slot


@dataclass(frozen=True, slots=True)
class Picked:
    """One entry picked for an occurrence; `partner_id` is None where both partners receive the same.

    With `own` it stands in for another because of what that partner chose alone, and counts for nobody else.
    """

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
    own: bool = False

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
        row.own,
    )


#: Made once: making a statement for hundreds of ids takes longer than many a database does to run it.
_OF_COUPLES = picks.c.couple_id.in_(bindparam("couple_ids"))
#: A year of them for each couple: as many rows would take most of the time that letting a message leave takes.
_RECENT = (
    select(picks.c.couple_id, *map(Gathered, (picks.c.at, picks.c.id, picks.c.entry, picks.c.kind, picks.c.theme)))
    .where(_OF_COUPLES, picks.c.at >= bindparam("since"), picks.c.own.is_(False))
    .group_by(picks.c.couple_id)
)
_REPLACED = (
    select(picks)
    .where(_OF_COUPLES, unsearched(picks.c.at) >= bindparam("since"), picks.c.own.is_(True))
    .order_by(picks.c.id)
)
#: By periods rather than by occurrence: hundreds of triples take ten times as long to write into a statement.
_OF_PERIODS = (
    select(picks)
    .where(
        picks.c.enrollment_id.in_(bindparam("enrollment_ids")),
        picks.c.period.between(bindparam("first"), bindparam("last")),
    )
    .order_by(picks.c.id)
)
_WORDS = select(contents).where(contents.c.message_id.in_(bindparam("ids")))


def recent(
    connection: Connection, couple_ids: Collection[int], since: datetime
) -> dict[int, list[tuple[str, str, Theme, datetime]]]:
    """Per couple, what was picked for it since then, oldest first, as (entry, kind, theme, at).

    What stood in for one partner alone is left out.
    """
    rows = connection.execute(_RECENT, {"couple_ids": couple_ids, "since": since}).all()
    return {
        couple_id: [
            (entry, kind, THEMES[theme], at) for at, _, entry, kind, theme in sorted(zip(*columns, strict=True))
        ]
        for couple_id, *columns in rows
    }


def replaced(connection: Connection, couple_ids: Collection[int], since: datetime) -> dict[int, list[Picked]]:
    """Per partner of these couples, what was picked since then for them alone in place of something else."""
    found: dict[int, list[Picked]] = defaultdict(list)
    for row in connection.execute(_REPLACED, {"couple_ids": couple_ids, "since": since}):
        found[row.partner_id].append(_picked(row))
    return found


def of_occurrences(connection: Connection, occurrences: Collection[Occurrence]) -> dict[Occurrence, list[Picked]]:
    """What has been picked already for these occurrences, in the order picked."""
    found: dict[Occurrence, list[Picked]] = defaultdict(list)
    if not occurrences:
        return found
    wanted = set(occurrences)
    periods = [period for _, period, _ in occurrences]
    enrollment_ids = {enrollment_id for enrollment_id, _, _ in occurrences}
    bound = {"enrollment_ids": enrollment_ids, "first": min(periods), "last": max(periods)}
    for row in connection.execute(_OF_PERIODS, bound).all():
        if (row.enrollment_id, row.period, row.slot) in wanted:
            pick = _picked(row)
            found[pick.occurrence].append(pick)
    return found


_PICK_VALUES = ("couple_id", "enrollment_id", "period", "slot", "partner_id", "entry", "theme", "kind", "at", "own")
_pick_values = attrgetter(*_PICK_VALUES)
_PICK = inserting(picks, ("why", *_PICK_VALUES))


def remember(connection: Connection, picked: Sequence[Picked]) -> None:
    """Write down what was picked."""
    _PICK.run(connection, [(_json(pick.why), *_pick_values(pick)) for pick in picked])


@dataclass(frozen=True, slots=True)
class Composed:
    """The words of one message, and how they came about; `content` is None where nothing could be said.

    In discreet mode `content` only says that there is a note, and `note` holds the words.
    """

    message_id: int
    theme: Theme | None
    entries: tuple[str, ...]
    content: Content | None
    why: Mapping[str, Any]
    note: str | None = None


_HOW = ("message_id", "theme", "entries", "why")
_WHAT = ("subject", "text", "html", "headers", "encoding", "segments", "note")
_CONTENT = inserting(contents, (*_HOW, *_WHAT))


def keep(connection: Connection, composed: Sequence[Composed]) -> None:
    """Write down the words of messages that have none yet."""
    vault = vault_of(connection)
    _CONTENT.run(connection, [(*_how(words), *_sealed(vault, words)) for words in composed])


def _json(value: object) -> str:
    """As JSON, in a third of the time that Python's own takes: there are three for each message."""
    return to_json(value).decode()


def _how(words: Composed) -> tuple[Any, ...]:
    return (words.message_id, words.theme, _json(words.entries), _json(words.why))


def _sealed(vault: Vault, words: Composed) -> Iterable[Any]:
    said = dict(zip(_WHAT, (*_what(words.content), words.note), strict=True))
    clear = {name: said[name] for name in CONTENTS if said[name]}
    return (said | seal_words(vault, contents, str(words.message_id), **clear)).values()


def _what(content: Content | None) -> tuple[Any, ...]:
    match content:
        case SmsContent(text, encoding, segments):
            return (None, text, None, None, encoding, segments)
        case EmailContent(subject, text, html, headers):
            return (subject, text, html, json.dumps(dict(headers)), None, None)
        case _:
            return (None, "", None, None, None, None)


def words_of(connection: Connection, ids: Collection[int]) -> dict[int, Composed]:
    """The words already written for these messages."""
    vault = vault_of(connection)
    return {row.message_id: _composed(vault, row) for row in connection.execute(_WORDS, {"ids": ids})}


def _composed(vault: Vault, row: Any) -> Composed:  # noqa: ANN401 (a SQLAlchemy row)
    opened = open_words(vault, contents, str(row.message_id), row, CONTENTS)
    return Composed(
        row.message_id,
        Theme(row.theme) if row.theme else None,
        tuple(json.loads(row.entries)),
        _content(row, opened),
        json.loads(row.why),
        opened["note"],
    )


def _content(row: Any, opened: Mapping[str, Any]) -> Content | None:  # noqa: ANN401 (a SQLAlchemy row)
    if opened["html"] is not None:
        return EmailContent(opened["subject"], opened["text"], opened["html"], json.loads(opened["headers"]))
    if row.encoding is not None:
        return SmsContent(opened["text"], row.encoding, row.segments)
    return None
