"""What a provider truly took, held against what the database says: the one judge of simulations, crashes and tests."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from nudger.domain.messages import IN_FLIGHT, MOVES, State
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.sealed import open_address, open_words
from nudger.storage.tables import attempts, contacts, contents, ledger, messages, transitions
from nudger.storage.vault import Vault, vault_of

#: States in which we say that the provider has the message.
SENT = frozenset({State.ACCEPTED, State.DELIVERED, State.UNDELIVERED})
#: States in which something is still to be done.
OPEN = frozenset({State.PLANNED, State.CLAIMED, State.SENDING, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Taken:
    """One message as a provider took it: the attempt's token, the address, the words, and the id it gave."""

    token: str
    to: str
    text: str
    provider_id: str


def read_log(log: Path) -> list[Taken]:
    """What a provider in another process wrote down, in order."""
    entries = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return [Taken(entry["token"], entry["to"], entry["body"], entry["sid"]) for entry in entries]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many messages ended how, and every fault by its kind; in a run that holds there is none."""

    states: Counter[str]
    reasons: Counter[str]
    taken: int
    faults: Mapping[str, Sequence[int]] = field(default_factory=dict)
    integrity: str = "ok"

    @property
    def holds(self) -> bool:
        """Whether nothing at all went wrong."""
        return not any(self.faults.values()) and self.integrity == "ok"

    def lines(self) -> Iterator[tuple[str, str]]:
        """Everything as (name, value)."""
        yield "messages", f"{sum(self.states.values()):,}"
        yield "taken by the provider", f"{self.taken:,}"
        yield "states in the database", _listed(self.states)
        yield "why they got there", _listed(self.reasons)
        for name, numbers in self.faults.items():
            yield name, f"{len(numbers):,}"
        yield "the database's own check", self.integrity


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


def judge(
    database: Database, taken: Sequence[Taken], *, due: Collection[int] | None = None, one_clock: bool = True
) -> Verdict:
    """Compare. `due` are the messages that had to be taken, all of them where none are named.

    A message may be `assumed_sent` and not taken: that is said of it, and nothing else was promised. Without
    `one_clock` for all processes the ledger's times are not held against those of the attempts.
    """
    stored = _stored(database)
    owners = _owners(database)
    known = [one for one in taken if one.token in owners]
    by_message: dict[int, list[Taken]] = defaultdict(list)
    for one in known:
        by_message[owners[one.token]].append(one)
    sent = {number for number, row in stored.items() if row.state in SENT}
    assumed = {number for number, row in stored.items() if row.state == State.ASSUMED_SENT}
    wanted = stored.keys() if due is None else due
    faults = {
        "lost (due, never taken)": [number for number in wanted if number not in by_message.keys() | assumed],
        "doubled (taken twice)": [number for number, some in by_message.items() if len(some) > 1],
        "phantom (ours says taken, theirs does not)": sorted(sent - by_message.keys()),
        "forgotten (theirs says taken, ours does not)": sorted(by_message.keys() - sent - assumed),
        "mixed up (another message's words or id)": _mixed_up(stored, by_message),
        "unknown to us (taken under no name of ours)": [0] * (len(taken) - len(known)),
        "broken chains of transitions": _broken_chains(database),
        "two in flight for one person and channel": _overlaps(database),
        "handed over against the ledger": _against_the_ledger(database) if one_clock else [],
        "handed over too late": _too_late(database),
    }
    return Verdict(
        Counter(row.state for row in stored.values()),
        Counter(row.reason for row in stored.values()),
        len(taken),
        faults,
        database.integrity(),
    )


def unsettled(database: Database) -> int:
    """Messages that still want something done."""
    query = select(func.count()).select_from(messages).where(messages.c.state.in_(OPEN))
    with database.read() as connection:
        return connection.execute(query).scalar_one()


def _stored(database: Database) -> dict[int, Any]:
    query = (
        select(messages.c.id, messages.c.state, messages.c.reason, messages.c.provider_id)
        .add_columns(contacts.c.address, contents.c.text, messages.c.partner_id, messages.c.channel)
        .outerjoin(contacts, contacts.c.id == messages.c.contact_id)
        .outerjoin(contents, contents.c.message_id == messages.c.id)
    )
    with database.read() as connection:
        vault = vault_of(connection)
        return {row.id: _in_clear(vault, row) for row in connection.execute(query)}


def _in_clear(vault: Vault, row: Any) -> SimpleNamespace:  # noqa: ANN401 (a SQLAlchemy row)
    opened = open_words(vault, contents, str(row.id), row, ("text",))
    return SimpleNamespace(**row._asdict() | opened | {"address": row.address and open_address(vault, row)})


def _owners(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return dict(connection.execute(select(attempts.c.token, attempts.c.message_id)).all())


def _mixed_up(stored: Mapping[int, Any], by_message: Mapping[int, Sequence[Taken]]) -> list[int]:
    return [
        number
        for number, some in by_message.items()
        if any((one.to, one.text) != (stored[number].address, stored[number].text) for one in some)
        or (stored[number].provider_id or some[0].provider_id) not in {one.provider_id for one in some}
    ]


def _broken_chains(database: Database) -> list[int]:
    """Messages whose steps do not follow on one another, make a forbidden move, or end elsewhere than the message."""
    query = select(transitions.c.message_id, transitions.c.from_state, transitions.c.to_state)
    planned = {State.PLANNED, State.SKIPPED, State.EXPIRED}
    with database.read() as connection:
        states = dict(connection.execute(select(messages.c.id, messages.c.state)).all())
        chains: dict[int, list[tuple[State, State]]] = defaultdict(list)
        for number, before, after in connection.execute(query.order_by(transitions.c.id)):
            chains[number].append((State(before), State(after)))
    return [
        number
        for number, state in states.items()
        if not (_follows(chains[number], State(state)) if chains[number] else state in planned)
    ]


def _follows(chain: Sequence[tuple[State, State]], end: State) -> bool:
    at = State.PLANNED
    for before, after in chain:
        if before is not at or after not in MOVES[before]:
            return False
        at = after
    return at is end


def _overlaps(database: Database) -> list[int]:
    """Messages taken in hand while another of the same person and channel was; by the order of the commits.

    On PostgreSQL numbers are not given in the order of commits: there the database is only looked at as it ended.
    """
    query = select(transitions.c.message_id, transitions.c.to_state, messages.c.partner_id, messages.c.channel)
    joined = query.join(messages, messages.c.id == transitions.c.message_id).order_by(transitions.c.id)
    held: dict[tuple[int, str], set[int]] = defaultdict(set)
    found = []
    with database.read() as connection:
        for number, state, partner, channel in connection.execute(joined) if database.is_sqlite else ():
            lane = held[partner, channel]
            lane.discard(number)
            if state in IN_FLIGHT:
                found += [number] if lane else []
                lane.add(number)
    return found


def _against_the_ledger(database: Database) -> list[int]:
    """Messages handed over after their contact's no, and before its next yes."""
    query = select(ledger.c.contact_id, ledger.c.event, ledger.c.at).where(ledger.c.contact_id.is_not(None))
    answers: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    with database.read() as connection:
        for contact, event, at in connection.execute(query.order_by(ledger.c.id)):
            if event in {Event.GRANTED, Event.WITHDRAWN}:
                answers[contact].append((at, event == Event.GRANTED))
        begun = connection.execute(
            select(attempts.c.message_id, attempts.c.started_at, messages.c.contact_id).join(
                messages, messages.c.id == attempts.c.message_id
            )
        ).all()
    return [number for number, at, contact in begun if not _allowed(answers[contact], at)]


def _allowed(answers: Sequence[tuple[datetime, bool]], moment: datetime) -> bool:
    """The last answer before the moment; one of the very same millisecond may have come a moment later."""
    before = [yes for at, yes in answers if at < moment]
    same = [yes for at, yes in answers if at == moment]
    return (bool(before) and before[-1]) or True in same


def _too_late(database: Database) -> list[int]:
    query = (
        select(attempts.c.message_id)
        .join(messages, messages.c.id == attempts.c.message_id)
        .where(attempts.c.started_at > messages.c.not_after)
    )
    with database.read() as connection:
        return list(connection.execute(query).scalars())
