"""What Twilio's answers mean: for the send itself and for the status callbacks that follow.

Source: twilio.com/docs/api/errors. Twilio adds and splits codes (changelog of 2024-07-10), so a code we do not
know is never sent again and is left for the operator to see.
"""

from dataclasses import dataclass
from datetime import timedelta

from nudger.channels.contract import Refusal, Refused, SendResult, Unclear
from nudger.channels.events import ReceiptStatus

LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error code asks of us; `wait` is how long trying again would be in vain.

    `suppress` says that the recipient opted out, `bad_number` that no text will ever arrive there.
    """

    kind: Refusal
    wait: timedelta | None = None
    suppress: bool = False
    bad_number: bool = False


PERMANENT = Verdict(Refusal.PERMANENT)
CONFIGURATION = Verdict(Refusal.CONFIGURATION)
TRANSIENT = Verdict(Refusal.TRANSIENT)
BUSY = Verdict(Refusal.BUSY)
HALF_AN_HOUR_LATER = Verdict(Refusal.TRANSIENT, wait=timedelta(minutes=30))
AN_HOUR_LATER = Verdict(Refusal.TRANSIENT, wait=LONGEST_WAIT)
OPTED_OUT = Verdict(Refusal.PERMANENT, suppress=True)
BAD_NUMBER = Verdict(Refusal.PERMANENT, bad_number=True)

VERDICTS = {
    20003: CONFIGURATION,  # credentials
    20429: BUSY,  # too many requests at once; surely not processed
    21211: BAD_NUMBER,  # not a phone number
    21212: CONFIGURATION,  # not a sender
    21217: BAD_NUMBER,  # not a phone number
    21408: CONFIGURATION,  # country not permitted by the account
    21601: CONFIGURATION,  # sender cannot text
    21603: CONFIGURATION,  # no sender given
    21606: CONFIGURATION,  # sender is not ours
    21610: OPTED_OUT,  # the recipient said STOP
    21611: HALF_AN_HOUR_LATER,  # the sender's queue is full
    21612: CONFIGURATION,  # this sender does not reach this country
    21614: BAD_NUMBER,  # not a mobile number
    21617: PERMANENT,  # longer than 1,600 characters
    21635: BAD_NUMBER,  # a landline
    30001: HALF_AN_HOUR_LATER,  # the service's queue is full
    30003: HALF_AN_HOUR_LATER,  # handset off or out of reach
    30004: BAD_NUMBER,  # blocked
    30005: BAD_NUMBER,  # unknown or inactive number
    30006: BAD_NUMBER,  # landline or carrier out of reach
    30007: PERMANENT,  # filtered as unwanted
    30008: HALF_AN_HOUR_LATER,  # the carrier does not say
    30024: AN_HOUR_LATER,  # the sender is not yet known at the carrier
    30032: CONFIGURATION,  # toll-free sender not verified
    30034: CONFIGURATION,  # US sender not registered
    30047: AN_HOUR_LATER,  # no permitted hour found; not queued
    30450: HALF_AN_HOUR_LATER,  # held back against SMS pumping
    63003: BAD_NUMBER,  # recipient unknown on this channel
    63014: OPTED_OUT,  # the recipient blocked us
    63016: CONFIGURATION,  # WhatsApp wants a template
    63017: TRANSIENT,  # rate limit
    63018: AN_HOUR_LATER,  # rate limit, up to a day
    63024: BAD_NUMBER,  # invalid recipient
    63038: AN_HOUR_LATER,  # the account's daily cap
    63119: TRANSIENT,  # rate limit
}

#: Where the code is missing or unknown. 404 and 405 mean that the account or the address of the API is wrong.
BY_STATUS = {
    401: CONFIGURATION,
    403: CONFIGURATION,
    404: CONFIGURATION,
    405: CONFIGURATION,
    407: CONFIGURATION,
    408: TRANSIENT,
    429: BUSY,
}
FIRST_REFUSAL, FIRST_SERVER_FAULT = 400, 500

#: The words that end a message's way: twilio.com/docs/messaging/api/message-resource#message-status-values.
ARRIVED = frozenset({"delivered", "read"})
NOT_ARRIVED = frozenset({"undelivered", "failed", "canceled"})


def result_of_answer(status: int, code: int | None, retry_after: timedelta | None) -> SendResult:
    """What an HTTP answer other than 2xx says about the message: refused, or after a server's fault, unclear."""
    if status >= FIRST_SERVER_FAULT:
        return Unclear(str(code or status))
    verdict = VERDICTS.get(code or 0) or verdict_on_status(status)
    wait = retry_after if retry_after is not None else verdict.wait
    return Refused(verdict.kind, str(code or status), retry_after=wait, suppress=verdict.suppress)


def verdict_on_status(status: int) -> Verdict:
    """What the HTTP status alone says: an unknown 4xx is final, a redirect is a wrong address."""
    if status < FIRST_REFUSAL:
        return CONFIGURATION
    return BY_STATUS.get(status, PERMANENT)


def wait_named_by(header: str | None) -> timedelta | None:
    """The wait in a Retry-After header given in seconds (RFC 9110 section 10.2.3), an hour at most."""
    if header is None or not header.isdecimal():
        return None
    return min(LONGEST_WAIT, timedelta(seconds=min(int(header), 3600)))


def receipt_status(word: str, code: int | None) -> ReceiptStatus:
    """What Twilio's word for a message's state, with its error code, says became of it.

    Every other word, one that Twilio may add tomorrow too, says at least that Twilio has the message.
    """
    if word in ARRIVED:
        return ReceiptStatus.DELIVERED
    if word not in NOT_ARRIVED:
        return ReceiptStatus.ACCEPTED
    verdict = VERDICTS.get(code or 0)
    if verdict is not None and verdict.suppress:
        return ReceiptStatus.UNSUBSCRIBED
    return ReceiptStatus.BOUNCED if verdict is not None and verdict.bad_number else ReceiptStatus.UNDELIVERED


def event_id(provider_id: str, word: str, code: int | None) -> str:
    """The name of one step of a message: the same whether Twilio tells of it or is asked, and however often."""
    return f"{provider_id}:{word}:{code or ''}"
