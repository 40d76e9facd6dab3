"""What SendGrid posts to us: what became of emails.

Source: twilio.com/docs/sendgrid/for-developers/tracking-events, its pages `event` and
`getting-started-event-webhook-security-features`.
SendGrid signs the moment of posting and the body's bytes with ECDSA. There is no limit to how old a posting may be:
it is tried again for a day, and each event has an id by which a second telling is known.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

from nudger.channels.events import Forged, Receipt, ReceiptStatus
from nudger.channels.posted import refuse_oversize, sole_header
from nudger.channels.sendgrid_request import ATTEMPT
from nudger.errors import ConfigurationError

SENDGRID = "sendgrid"
CURVE = "secp256r1"
MOMENT = re.compile(r"[0-9]{1,12}")
#: An enhanced status code, RFC 3463 section 2: the one part of a mail server's answer that names nobody.
ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")
ID = re.compile(r"[\x21-\x7e]{1,100}")

#: Why SendGrid itself let a message fall, in its own words, lower case; others are about us or about the message.
DROPPED = {
    "bounced address": ReceiptStatus.BOUNCED,
    "invalid": ReceiptStatus.BOUNCED,
    "spam reporting address": ReceiptStatus.COMPLAINED,
    "unsubscribed address": ReceiptStatus.UNSUBSCRIBED,
}

Event = Mapping[str, Any]


class SendGridWebhooks:
    """Reads what SendGrid posts, and only what SendGrid posts."""

    def __init__(self, public_key: str) -> None:
        """`public_key` as the account shows it: base64, without PEM lines. ConfigurationError where it is none."""
        try:
            self._webhook = EventWebhook("".join(public_key.split()))
            curve = self._webhook.public_key.curve.name
        except (ValueError, AttributeError):
            curve = None
        if curve != CURVE:
            raise ConfigurationError(
                "SENDGRID_WEBHOOK_KEY is not a verification key.",
                mend="copy it from SendGrid's settings, Mail Settings, Signed Event Webhook",
            )

    def events(self, headers: Mapping[str, str], body: bytes) -> list[Receipt]:
        """The events of one posting that say what became of an email, in its order; others are passed over.

        Raises Forged.
        """
        text, posted = self._genuine(headers, body)
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as fault:
            raise Forged("No events.") from fault
        if not isinstance(told, list):
            raise Forged("No events.")
        receipts = (receipt_of(event, posted) for event in told if isinstance(event, dict))
        return [receipt for receipt in receipts if receipt is not None]

    def _genuine(self, headers: Mapping[str, str], body: bytes) -> tuple[str, datetime]:
        """What was posted and when: both are signed."""
        refuse_oversize(body)
        signature = sole_header(headers, EventWebhookHeader.SIGNATURE.lower())
        moment = sole_header(headers, EventWebhookHeader.TIMESTAMP.lower())
        if not MOMENT.fullmatch(moment) or not is_plain_base64(signature):
            raise Forged("Headers that SendGrid does not send.")
        try:
            text = body.decode()
            genuine = self._webhook.verify_signature(text, signature, moment)
        except ValueError as fault:  # a body or a signature that cannot be read
            raise Forged("No signature, or no text.") from fault
        if not genuine:
            raise Forged("The signature is wrong.")
        at = moment_of(int(moment))
        if at is None:
            raise Forged("No moment.")
        return text, at


def receipt_of(event: Event, posted: datetime) -> Receipt | None:
    """What one event says of an email; None for those that say nothing of it, or cannot be told from another.

    The id given to the message in the answer to a request is shared by all that went in the same request, so the
    event's own, longer one is passed on, and the token is what binds.
    """
    name, read = event.get("event"), READERS.get(str(event.get("event")))
    id_ = text_in(event, "sg_event_id")
    if read is None or id_ is None:
        return None
    status = read(event)
    at = moment_of(event.get("timestamp")) or posted
    token, message_id = text_in(event, ATTEMPT), text_in(event, "sg_message_id")
    return Receipt(SENDGRID, id_, token, message_id, status, code_of(event, str(name)), at)


def bounced(event: Event) -> ReceiptStatus:
    """SendGrid calls a passing refusal a bounce too, of the type `blocked`."""
    return ReceiptStatus.UNDELIVERED if event.get("type") == "blocked" else ReceiptStatus.BOUNCED


def dropped(event: Event) -> ReceiptStatus:
    """SendGrid did not even try; its reason says why."""
    return DROPPED.get(reason_of(event), ReceiptStatus.UNDELIVERED)


def always(status: ReceiptStatus) -> Callable[[Event], ReceiptStatus]:
    """The same for every event of a name."""
    return lambda _event: status


READERS: Mapping[str, Callable[[Event], ReceiptStatus]] = {
    "processed": always(ReceiptStatus.ACCEPTED),
    "deferred": always(ReceiptStatus.DEFERRED),
    "delivered": always(ReceiptStatus.DELIVERED),
    "bounce": bounced,
    "dropped": dropped,
    "spamreport": always(ReceiptStatus.COMPLAINED),
    "unsubscribe": always(ReceiptStatus.UNSUBSCRIBED),
    "group_unsubscribe": always(ReceiptStatus.UNSUBSCRIBED),
}


def code_of(event: Event, name: str) -> str | None:
    """Why, in a word without names: a mail server's code or a reason we know, else what happened; None for good news.

    Reasons are free text and hold addresses.
    """
    if name in {"processed", "delivered"}:
        return None
    if name == "dropped" and reason_of(event) in DROPPED:
        return reason_of(event).replace(" ", "_")
    status = str(event.get("status"))
    return status if ENHANCED.fullmatch(status) else name


def reason_of(event: Event) -> str:
    """SendGrid's reason in lower case."""
    return str(event.get("reason", "")).strip().lower()


def text_in(event: Event, name: str) -> str | None:
    """A field that may serve as an id: visible ASCII of sensible length; None for any other."""
    value = event.get(name)
    return value if isinstance(value, str) and ID.fullmatch(value) else None


def moment_of(seconds: object) -> datetime | None:
    """A moment from Unix time; None for what is none."""
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def is_plain_base64(text: str) -> bool:
    """Whether a text is base64 in its one proper form; the SDK's reader would skip over whatever else stands in it."""
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except ValueError:
        return False
