"""What becomes of a message when something happens to it: each function returns the message as it is afterwards.

Nothing here is stored or sent. A change that the table of moves forbids raises ValueError: that is a bug, not an event.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from nudger.domain.messages import (
    MOST_ATTEMPTS,
    MOST_DEATHS,
    MOST_RESENDS,
    MOVES,
    Reason,
    State,
    back_off,
)
from nudger.domain.people import ChannelKind


class Message(NamedTuple):
    """One message as stored; moments are aware. See the table of the same name for each field.

    A tuple, as each message is changed three times on its way: copying 22 fields costs a fifth of what it costs a
    frozen dataclass.
    """

    id: int
    enrollment_id: int
    couple_id: int
    partner_id: int
    channel: ChannelKind
    period: date
    slot: int
    due_at: datetime
    not_after: datetime
    state: State = State.PLANNED
    reason: Reason | None = None
    fence: int = 0
    wake_at: datetime | None = None
    attempts: int = 0
    resends: int = 0
    deaths: int = 0
    negatives: int = 0
    contact_id: int | None = None
    provider: str | None = None
    provider_id: str | None = None
    sent_at: datetime | None = None
    caught_up: bool = False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take. The defaults suit real providers; tests shorten them.

    `lease` is how long a worker may hold a message, `begin` how long after its commit a send may begin, `ask_after` the
    wait before a provider is first asked about a message in doubt, `settle` the age at which its no begins to count,
    `ask_apart` the time between two questions, `assume_after` when a provider that cannot be asked is believed to
    have it, `give_up_after` when one that does not answer is.
    """

    lease: timedelta = timedelta(seconds=60)
    begin: timedelta = timedelta(seconds=5)
    ask_after: timedelta = timedelta(seconds=15)
    settle: timedelta = timedelta(seconds=60)
    ask_apart: timedelta = timedelta(seconds=60)
    assume_after: timedelta = timedelta(minutes=15)
    give_up_after: timedelta = timedelta(hours=24)
    misconfigured: timedelta = timedelta(minutes=5)


def _moved(message: Message, state: State, reason: Reason, **changes: Any) -> Message:  # noqa: ANN401 (any field)
    if state not in MOVES[message.state]:
        raise ValueError(f"a message cannot go from {message.state} to {state}")
    return message._replace(state=state, reason=reason, **{"wake_at": None, **changes})


def claim(message: Message, now: datetime, patience: Patience) -> Message:
    """Take a due message in hand; nothing has been sent yet."""
    return _moved(message, State.CLAIMED, Reason.DUE, fence=message.fence + 1, wake_at=now + patience.lease)


def begin(
    message: Message, now: datetime, patience: Patience, *, contact_id: int, provider: str, caught_up: bool
) -> Message:
    """Let it leave: from here on the provider may have it. The lease starts anew."""
    return _moved(
        message,
        State.SENDING,
        Reason.GATE_PASSED,
        wake_at=now + patience.lease,
        contact_id=contact_id,
        provider=provider,
        sent_at=now,
        caught_up=caught_up,
        negatives=0,
    )


def end(message: Message, state: State, reason: Reason) -> Message:
    """End it without sending; ValueError once the provider may have it."""
    if message.state in {State.SENDING, State.UNKNOWN}:
        raise ValueError(f"a message that is {message.state} cannot be ended unsent")
    return _moved(message, state, reason)


def put_back(message: Message, at: datetime, reason: Reason) -> Message:
    """Return it to the planned ones, to be looked at again at `at`; it is certain that nothing was sent.

    Beyond the time it is useful it expires instead. Only a message in hand can be put back: one in doubt has another
    way back (`not_found`), and so has one that failed (`retry`).
    """
    if message.state not in {State.CLAIMED, State.SENDING}:
        raise ValueError(f"a message that is {message.state} is in nobody's hands; there is no way round asking")
    return _planned_again(message, at, reason)


def _planned_again(message: Message, at: datetime, reason: Reason) -> Message:
    unsent = message._replace(sent_at=None, caught_up=False)
    if at > message.not_after:
        return _moved(unsent, State.EXPIRED, reason)
    return _moved(unsent, State.PLANNED, reason, wake_at=at)


def accepted(message: Message, provider_id: str | None, reason: Reason = Reason.HANDED_OVER) -> Message:
    """Note that the provider has it; ValueError for a message that nobody is known to have handed over."""
    if message.sent_at is None:
        raise ValueError(f"a message that is {message.state} was handed to nobody")
    return _moved(message, State.ACCEPTED, reason, provider_id=provider_id)


#: How far a receipt brings a message; what it has reached already it never loses.
RANKS = {State.ACCEPTED: 1, State.UNDELIVERED: 2, State.DELIVERED: 3}


def reported(message: Message, state: State, started_at: datetime, provider_id: str | None) -> list[Message]:
    """The steps by which a receipt brings a message to `state`: accepted, undelivered or delivered.

    None where it is there already, or ended for a reason of its own. Receipts come in any order and more than once:
    the furthest counts. `started_at` is when the attempt in question began.
    """
    steps = []
    if State.ACCEPTED in MOVES[message.state]:
        taken = message._replace(sent_at=message.sent_at or started_at)
        message = accepted(taken, message.provider_id or provider_id, Reason.RECEIPT)
        steps.append(message)
    if message.state in RANKS and RANKS[state] > RANKS[message.state]:
        steps.append(_moved(message, state, Reason.RECEIPT))
    return steps


def refused_for_good(message: Message) -> Message:
    """End it: this recipient or this text is not taken."""
    return _moved(message, State.FAILED, Reason.REFUSED_FOR_GOOD, sent_at=None)


def refused(message: Message, now: datetime, luck: float, retry_after: timedelta | None) -> Message:
    """Try again later, while it is of use; after too many refusals it has failed."""
    attempts = message.attempts + 1
    if attempts >= MOST_ATTEMPTS:
        return _moved(message, State.FAILED, Reason.TOO_MANY_ATTEMPTS, attempts=attempts, sent_at=None)
    wait = max(retry_after or timedelta(0), back_off(attempts, luck))
    return put_back(message._replace(attempts=attempts), now + wait, Reason.REFUSED)


def held_up(message: Message, now: datetime, luck: float, retry_after: timedelta | None) -> Message:
    """Try again later: the provider was out of reach or too busy to look at it, so no attempt is burnt."""
    return put_back(message, now + max(retry_after or timedelta(0), back_off(1, luck)), Reason.REFUSED)


def misconfigured(message: Message, now: datetime, patience: Patience) -> Message:
    """Wait for the operator: our account, not this message, was refused, so no attempt is burnt."""
    return put_back(message, now + patience.misconfigured, Reason.MISCONFIGURED)


def in_doubt(message: Message, now: datetime, patience: Patience) -> Message:
    """Note that there was no clear answer. It is never sent again without asking."""
    return _moved(message, State.UNKNOWN, Reason.NO_CLEAR_ANSWER, wake_at=now + patience.ask_after)


def lease_ran_out(message: Message, now: datetime, patience: Patience) -> Message:
    """Take it from a worker that died or stalled: harmless while claimed, in doubt once sending had been committed."""
    deaths = message.deaths + 1
    dead = message._replace(deaths=deaths)
    if message.state is State.SENDING:
        return _moved(dead, State.UNKNOWN, Reason.LEASE_RAN_OUT, wake_at=now + patience.ask_after)
    if deaths >= MOST_DEATHS:
        return _moved(dead, State.FAILED, Reason.TOO_MANY_DEATHS, sent_at=None)
    return put_back(dead, now, Reason.LEASE_RAN_OUT)


def not_found(message: Message, now: datetime, started_at: datetime, patience: Patience) -> Message:
    """Count a provider's no. Only one that had time to settle counts, and two of them send the message back."""
    if now < started_at + patience.settle:
        return message._replace(wake_at=max(started_at + patience.settle, now + patience.ask_after))
    negatives = message.negatives + 1
    if negatives < 2:  # noqa: PLR2004 (two, as said)
        return message._replace(negatives=negatives, wake_at=now + patience.ask_apart)
    return _again(message._replace(negatives=negatives), now)


def _again(message: Message, now: datetime) -> Message:
    if message.deaths >= MOST_DEATHS:
        return _moved(message, State.FAILED, Reason.TOO_MANY_DEATHS, sent_at=None)
    # A doubt that our own end left behind says nothing of the provider: deaths bound those, resends the others.
    resends = message.resends + (message.reason is not Reason.LEASE_RAN_OUT)
    if resends > MOST_RESENDS:
        return _moved(message, State.FAILED, Reason.TOO_MANY_ATTEMPTS, sent_at=None)
    return _planned_again(message._replace(resends=resends), now, Reason.NOT_AT_PROVIDER)


def cannot_tell(
    message: Message, now: datetime, started_at: datetime, patience: Patience, *, for_good: bool
) -> Message:
    """Keep asking a provider that did not answer; believe that one which cannot be asked (`for_good`) has it.

    For a nudge the lesser evil is one that may be missing, not one that comes twice.
    """
    limit = patience.assume_after if for_good else patience.give_up_after
    if now >= started_at + limit:
        return _moved(message, State.ASSUMED_SENT, Reason.CANNOT_BE_ASKED)
    wait = patience.assume_after if for_good else patience.ask_apart
    return message._replace(wake_at=min(now + wait, started_at + limit))


def retry(message: Message, now: datetime) -> Message:
    """Give a failed message another life at the operator's word, useful for as long as it was the first time.

    ValueError for any other: the provider may have it, or it ended for a reason that still holds.
    """
    if message.state is not State.FAILED:
        raise ValueError(f"a message that is {message.state} cannot be tried again")
    useful = message.not_after - message.due_at
    fresh = message._replace(attempts=0, resends=0, deaths=0, negatives=0, not_after=now + useful)
    return _moved(fresh, State.PLANNED, Reason.OPERATOR_RETRY, wake_at=now)
