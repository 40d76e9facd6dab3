"""The life of a message: its states, the moves between them, and what ends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a message stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    ASSUMED_SENT = "assumed_sent"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


class Reason(StrEnum):
    """Why a message moved; every move has one."""

    DUE = "due"
    GATE_PASSED = "gate_passed"
    HANDED_OVER = "handed_over"
    FOUND_AT_PROVIDER = "found_at_provider"
    RECEIPT = "receipt"
    NO_CONSENT = "no_consent"
    NO_CONTACT = "no_contact"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    LIFE_STATE = "life_state"
    QUIET_HOURS = "quiet_hours"
    CAP_DAY = "cap_day"
    CAP_WEEK = "cap_week"
    WITHHELD = "withheld"
    NOTHING_FITS = "nothing_fits"
    TOO_LONG = "too_long"
    CANNOT_RENDER = "cannot_render"
    CHANNEL_OFF = "channel_off"
    LATE = "late"
    ONE_CATCH_UP = "one_catch_up"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    REFUSED_FOR_GOOD = "refused_for_good"
    MISCONFIGURED = "misconfigured"
    NO_CLEAR_ANSWER = "no_clear_answer"
    NOT_BEGUN = "not_begun"
    LEASE_RAN_OUT = "lease_ran_out"
    NOT_AT_PROVIDER = "not_at_provider"
    CANNOT_BE_ASKED = "cannot_be_asked"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    TOO_MANY_DEATHS = "too_many_deaths"
    SHUTDOWN = "shutdown"
    OPERATOR_RETRY = "operator_retry"


#: Which move is possible from which state. Terminal states absorb, but for a late receipt and an operator's retry.
MOVES: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.CLAIMED, State.SKIPPED, State.CANCELLED, State.EXPIRED}),
    State.CLAIMED: frozenset(
        {State.SENDING, State.PLANNED, State.SKIPPED, State.CANCELLED, State.EXPIRED, State.FAILED}
    ),
    State.SENDING: frozenset({State.ACCEPTED, State.PLANNED, State.UNKNOWN, State.FAILED, State.EXPIRED}),
    State.UNKNOWN: frozenset({State.ACCEPTED, State.PLANNED, State.ASSUMED_SENT, State.EXPIRED, State.FAILED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.UNDELIVERED}),
    State.ASSUMED_SENT: frozenset({State.ACCEPTED, State.DELIVERED, State.UNDELIVERED}),
    State.UNDELIVERED: frozenset({State.DELIVERED}),
    State.FAILED: frozenset({State.PLANNED}),
    State.DELIVERED: frozenset(),
    State.SKIPPED: frozenset(),
    State.CANCELLED: frozenset(),
    State.EXPIRED: frozenset(),
}

#: States in which the provider has, or may have, the message: they count against a partner's budget.
SPENT = frozenset(
    {State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.ASSUMED_SENT}
)
#: States in which a worker or the provider may still be busy with the message: one at a time per contact.
IN_FLIGHT = frozenset({State.CLAIMED, State.SENDING, State.UNKNOWN})
#: States nobody needs to look at again.
ENDED = frozenset(state for state in State if not MOVES[state]) | {State.FAILED}

MOST_ATTEMPTS = 8
MOST_RESENDS = 2
#: A worker that dies holds many messages; one that was among them this often is from then on taken in hand alone,
#: so that a death while it is alone is its own: three of those, and it has failed.
ALONE_AFTER = 2
MOST_DEATHS = ALONE_AFTER + 3
FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)


def back_off(attempts: int, luck: float) -> timedelta:
    """How long to wait after the n-th definite refusal: full jitter over 30 s doubled each time, an hour at most.

    `luck` is a draw from [0, 1). Never less than a second, so that a retry is never a hot loop.
    Source: "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
    """
    ceiling = min(LONGEST_BACK_OFF, FIRST_BACK_OFF * (1 << min(20, max(0, attempts - 1))))
    return max(timedelta(seconds=1), ceiling * luck)


@dataclass(frozen=True, slots=True)
class SmsContent:
    """A text as it will be sent, with what it costs: `encoding` is GSM-7 or UCS-2."""

    text: str
    encoding: str
    segments: int


@dataclass(frozen=True, slots=True)
class EmailContent:
    """An email as it will be sent. `headers` holds only those beyond From, To, Subject and MIME."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


Content = SmsContent | EmailContent
