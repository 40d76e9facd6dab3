"""The life of a message: its states, the moves between them, and what ends it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from nudger.domain.words import Word


class State(Word):
    """Where a message stands."""

    PLANNED = "planned"
    """It has its moment, and waits for it."""
    CLAIMED = "claimed"
    """A worker has it in hand; nothing has been sent."""
    SENDING = "sending"
    """Committed before the first byte leaves: from here on it may have arrived."""
    UNKNOWN = "unknown"
    """No clear answer came; the provider is asked before anything else happens."""
    ACCEPTED = "accepted"
    """The provider has taken it."""
    DELIVERED = "delivered"
    """The provider says that it arrived."""
    UNDELIVERED = "undelivered"
    """The provider took it, and could not deliver it."""
    ASSUMED_SENT = "assumed_sent"
    """In doubt with a provider that cannot be asked; it is not sent again."""
    SKIPPED = "skipped"
    """Left out on purpose; the reason tells."""
    CANCELLED = "cancelled"
    """Taken back before it left."""
    EXPIRED = "expired"
    """Its time went by; late is worse than never."""
    FAILED = "failed"
    """It could not be sent; an operator may retry it."""


class Reason(Word):
    """Why a message moved; every move has one."""

    DUE = "due"
    """Its moment has come."""
    GATE_PASSED = "gate_passed"
    """Consent, pauses, quiet hours and budgets all let it through."""
    HANDED_OVER = "handed_over"
    """The provider said yes."""
    FOUND_AT_PROVIDER = "found_at_provider"
    """It was in doubt, and the provider turned out to have it."""
    RECEIPT = "receipt"
    """The provider told later what became of it."""
    NO_CONSENT = "no_consent"
    """The contact has not said yes, or has said no since."""
    NO_CONTACT = "no_contact"
    """The partner has no number or address for this channel."""
    SUPPRESSED = "suppressed"
    """The provider refuses to write to this contact: it opted out there, or does not exist."""
    PAUSED = "paused"
    """The couple or the partner is on a pause."""
    LEFT = "left"
    """The partner has left the couple."""
    DAY_OFF = "day_off"
    """Not one of the partner's own days."""
    LIFE_STATE = "life_state"
    """What the couple is going through leaves no room for it."""
    QUIET_HOURS = "quiet_hours"
    """It waits for the end of quiet hours, or would have had to wait too long."""
    CAP_DAY = "cap_day"
    """The day's budget of this channel is spent."""
    CAP_WEEK = "cap_week"
    """The week's budget of this channel is spent."""
    WITHHELD = "withheld"
    """The schedule's `chance` left this moment empty."""
    NOTHING_FITS = "nothing_fits"
    """No entry of the pools suits this couple at this moment."""
    TOO_LONG = "too_long"
    """The text would need more segments than `NUDGER_SMS_SEGMENTS` allows."""
    CANNOT_RENDER = "cannot_render"
    """The entry's template does not work."""
    CHANNEL_OFF = "channel_off"
    """No provider is set for this channel."""
    LATE = "late"
    """It is older than the schedule's `late`."""
    ONE_CATCH_UP = "one_catch_up"
    """After an outage one message is enough."""
    RETIRED = "retired"
    """Its schedule or couple is gone from the files, or has been edited."""
    WITHDRAWN = "withdrawn"
    """Consent was taken back while it waited."""
    REFUSED = "refused"
    """The provider refused it for now."""
    REFUSED_FOR_GOOD = "refused_for_good"
    """The provider refused it, and would again."""
    MISCONFIGURED = "misconfigured"
    """The provider refused our account, sender or credentials."""
    NO_CLEAR_ANSWER = "no_clear_answer"
    """The connection ended before the provider's answer."""
    NOT_BEGUN = "not_begun"
    """It was committed as sending, and not one byte had left in time."""
    LEASE_RAN_OUT = "lease_ran_out"
    """Its worker has died or hung."""
    NOT_AT_PROVIDER = "not_at_provider"
    """It was in doubt, and the provider says twice that it never got it."""
    CANNOT_BE_ASKED = "cannot_be_asked"
    """It was in doubt, and this provider cannot be asked."""
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    """Refused as often as is sensible."""
    TOO_MANY_DEATHS = "too_many_deaths"
    """Three workers have died with it alone in hand."""
    RESTORED = "restored"
    """It fell due between a backup and its restore, so it may have been sent already."""
    SHUTDOWN = "shutdown"
    """The worker was stopped before sending it."""
    OPERATOR_RETRY = "operator_retry"
    """An operator gave it another try."""


#: Which move is possible from which state. Terminal states absorb, but for a late receipt and an operator's retry.
MOVES: Mapping[State, frozenset[State]] = {
    # A late receipt may tell that an earlier attempt arrived after all.
    State.PLANNED: frozenset({State.CLAIMED, State.SKIPPED, State.CANCELLED, State.EXPIRED, State.ACCEPTED}),
    State.CLAIMED: frozenset(
        {State.SENDING, State.PLANNED, State.SKIPPED, State.CANCELLED, State.EXPIRED, State.FAILED, State.ACCEPTED}
    ),
    State.SENDING: frozenset({State.ACCEPTED, State.PLANNED, State.UNKNOWN, State.FAILED, State.EXPIRED}),
    State.UNKNOWN: frozenset({State.ACCEPTED, State.PLANNED, State.ASSUMED_SENT, State.EXPIRED, State.FAILED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.UNDELIVERED}),
    State.ASSUMED_SENT: frozenset({State.ACCEPTED, State.DELIVERED, State.UNDELIVERED}),
    State.UNDELIVERED: frozenset({State.DELIVERED}),
    State.FAILED: frozenset({State.PLANNED, State.ACCEPTED}),
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
