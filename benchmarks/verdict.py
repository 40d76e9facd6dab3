"""The provider's own log against the database: what was lost, doubled, or claimed to be sent when it was not."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select

from nudger.domain.messages import MOVES, State
from nudger.storage.database import Database
from nudger.storage.sealed import open_address, open_words
from nudger.storage.tables import attempts, contacts, contents, messages, transitions
from nudger.storage.vault import Vault, vault_of

#: States in which we say that the provider has the message.
SENT = frozenset({State.ACCEPTED, State.DELIVERED, State.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many messages ended how, and every kind of fault as a count; all faults are 0 in a run that holds.

    `lost` were due and never reached the provider, `doubled` reached it twice, `phantom` we say were taken and were
    not, `forgotten` were taken and we say they were not, `mixed_up` bear the id of another message.
    """

    expected: int
    states: Counter[str]
    reasons: Counter[str]
    accepted_by_provider: int
    lost: int
    doubled: int
    phantom: int
    forgotten: int
    mixed_up: int
    broken_chains: int
    integrity: str

    @property
    def holds(self) -> bool:
        """Whether nothing at all went wrong."""
        faults = (self.lost, self.doubled, self.phantom, self.forgotten, self.mixed_up, self.broken_chains)
        return not any(faults) and self.integrity == "ok" and self.accepted_by_provider == self.expected

    def lines(self) -> Iterator[tuple[str, str]]:
        """Everything as (name, value)."""
        yield "messages due", f"{self.expected:,}"
        yield "taken by the provider", f"{self.accepted_by_provider:,}"
        yield "states in the database", _listed(self.states)
        yield "why they got there", _listed(self.reasons)
        yield "lost (due, never taken)", str(self.lost)
        yield "doubled (taken twice)", str(self.doubled)
        yield "phantom (ours says taken, theirs does not)", str(self.phantom)
        yield "forgotten (theirs says taken, ours does not)", str(self.forgotten)
        yield "mixed up (another message's id)", str(self.mixed_up)
        yield "broken chains of transitions", str(self.broken_chains)
        yield "the database's own check", self.integrity


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())


def read_log(log: Path) -> list[dict[str, Any]]:
    """What the provider took, in order."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def judge(database: Database, log: Path, expected: int) -> Verdict:
    """Compare. Messages are matched by the attempt's token, and once more by number and text."""
    taken = read_log(log)
    stored = _stored(database)
    by_token = _messages_by_token(database)
    sids: dict[int, set[str]] = defaultdict(set)
    for entry in taken:
        sids[by_token[entry["token"]]].add(entry["sid"])
    same_text = Counter((entry["to"], entry["body"]) for entry in taken)
    twice_by_token = sum(len(some) - 1 for some in sids.values())
    twice_by_text = sum(count - 1 for count in same_text.values())
    sent = {number for number, row in stored.items() if row.state in SENT}
    return Verdict(
        expected=expected,
        states=Counter(row.state for row in stored.values()),
        reasons=Counter(row.reason for row in stored.values()),
        accepted_by_provider=len(taken),
        lost=expected - len(sids),
        doubled=max(twice_by_token, twice_by_text),
        phantom=len(sent - sids.keys()),
        forgotten=len(sids.keys() - sent),
        mixed_up=sum(stored[number].provider_id not in sids[number] for number in sent & sids.keys())
        + sum((row.address, row.text) not in same_text for number, row in stored.items() if number in sids),
        broken_chains=_broken_chains(database),
        integrity=database.integrity(),
    )


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


def _messages_by_token(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return dict(connection.execute(select(attempts.c.token, attempts.c.message_id)).all())


def _broken_chains(database: Database) -> int:
    """Messages whose steps do not follow on one another, make a forbidden move, or end elsewhere than the message."""
    query = select(transitions.c.message_id, transitions.c.from_state, transitions.c.to_state)
    with database.read() as connection:
        states = dict(connection.execute(select(messages.c.id, messages.c.state)).all())
        chains: dict[int, list[tuple[State, State]]] = defaultdict(list)
        for number, before, after in connection.execute(query.order_by(transitions.c.id)):
            chains[number].append((State(before), State(after)))
    return sum(not _holds(chains[number], State(state)) for number, state in states.items())


def _holds(chain: list[tuple[State, State]], end: State) -> bool:
    at = State.PLANNED
    for before, after in chain:
        if before is not at or after not in MOVES[before]:
            return False
        at = after
    return at is end


def unsettled(database: Database) -> int:
    """Messages that still want something done."""
    open_states = [State.PLANNED, State.CLAIMED, State.SENDING, State.UNKNOWN]
    query = select(func.count()).select_from(messages).where(messages.c.state.in_(open_states))
    with database.read() as connection:
        return connection.execute(query).scalar_one()
