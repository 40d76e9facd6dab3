"""What providers report by themselves: what became of a message, and what people write back."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ReceiptStatus(StrEnum):
    """What became of a message, in words that hold for every provider."""

    ACCEPTED = "accepted"  # the provider has it
    DEFERRED = "deferred"  # not delivered yet; the provider keeps trying
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"  # not delivered, and nothing is known against the address
    BOUNCED = "bounced"  # the address is bad: nothing sent there will ever arrive
    COMPLAINED = "complained"  # the recipient called it spam
    UNSUBSCRIBED = "unsubscribed"  # the recipient told the provider to stop


@dataclass(frozen=True, slots=True)
class Receipt:
    """One report on one attempt. `event_id` is the same each time the same event is told, `at` is aware.

    `token` is the attempt's own, where the provider gave it back; `code` is the provider's reason, without names.
    """

    provider: str
    event_id: str
    token: str | None
    provider_id: str | None
    status: ReceiptStatus
    code: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from somebody, `sender` being their number as the provider writes it; `at` is aware."""

    provider: str
    provider_id: str
    sender: str = field(repr=False)
    text: str = field(repr=False)
    at: datetime


class Forged(Exception):
    """A report's signature is missing, malformed or wrong, or what was signed is no report at all."""
