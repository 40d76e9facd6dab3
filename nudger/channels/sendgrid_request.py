"""The bodies of SendGrid's mail/send: one message, or up to a thousand in one request.

Source: twilio.com/docs/sendgrid/api-reference/mail-send (limits: 1,000 personalizations, 10,000 bytes of
substitutions in each, 30 MB in all).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sendgrid.helpers.mail import ValidateApiKey
from sendgrid.helpers.mail.exceptions import ApiKeyIncludedException

from nudger.channels.contents import email_of
from nudger.channels.contract import Outgoing
from nudger.channels.mime import Sender
from nudger.domain.messages import EmailContent

#: The only thing SendGrid learns about a message beside the message: it keeps these for years and cannot forget them.
ATTEMPT = "nudger_attempt"
#: A batch has one text and one HTML, and these are all there is in them: each message puts its own in their place.
TEXT_TAG, HTML_TAG = "-nudger-text-", "-nudger-html-"

MOST_PERSONALIZATIONS = 1000
MOST_SUBSTITUTION_BYTES = 10_000
#: SendGrid takes 30 MB; the rest is left for the body around the personalizations and for what differs in counting.
MOST_PARCEL_BYTES = 20_000_000
#: Bytes that join the substitutions to the rest of a personalization.
JOINING = len(', "substitutions": ')

#: Its pattern is made once and never changes.
VALIDATOR = ValidateApiKey()

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Packed:
    """A batch, sorted: parcels are sent as one request each, singles one by one."""

    parcels: Sequence[Sequence[Outgoing]]
    singles: Sequence[Outgoing]


def single_body(sender: Sender, outgoing: Outgoing) -> Json:
    """The request for one message. ApiKeyIncludedException where it looks like an API key of SendGrid's."""
    content = email_of(outgoing.content)
    refuse_api_keys(content)
    return _body(sender, content.text, content.html, [_personalization(outgoing, content)])


def parcel_body(sender: Sender, parcel: Iterable[Outgoing]) -> Json:
    """The request for many messages, each with a text, an HTML, a subject and headers of its own."""
    return _body(sender, TEXT_TAG, HTML_TAG, [_place_in_parcel(outgoing) for outgoing in parcel])


def pack(batch: Iterable[Outgoing], most: int = MOST_PERSONALIZATIONS, most_bytes: int = MOST_PARCEL_BYTES) -> Packed:
    """Sort a batch into as few parcels as the limits allow; what cannot share a request goes alone."""
    parcels: list[list[Outgoing]] = []
    singles: list[Outgoing] = []
    size = most_bytes  # as if a full parcel stood before the first
    for outgoing in batch:
        content = email_of(outgoing.content)
        substitutions = _weight(_substitutions(content))
        if not can_share(content, substitutions):
            singles.append(outgoing)
            continue
        weight = substitutions + _weight(_personalization(outgoing, content)) + JOINING
        if size + weight > most_bytes or len(parcels[-1]) == most:
            parcels.append([])
            size = 0
        parcels[-1].append(outgoing)
        size += weight
    singles += [parcel[0] for parcel in parcels if len(parcel) == 1]
    return Packed([parcel for parcel in parcels if len(parcel) > 1], singles)


def can_share(content: EmailContent, substitutions: int) -> bool:
    """Whether a message with so many bytes of substitutions may travel in a parcel: free of our tags and API keys."""
    if substitutions >= MOST_SUBSTITUTION_BYTES:
        return False
    words = (content.subject, content.text, content.html, *content.headers.values())
    if any(TEXT_TAG in word or HTML_TAG in word for word in words):
        return False
    try:
        refuse_api_keys(content)
    except ApiKeyIncludedException:
        return False
    return True


def refuse_api_keys(content: EmailContent) -> None:
    """The SDK's own check of what is about to leave; it raises ApiKeyIncludedException."""
    VALIDATOR.validate_message_text(content.text)
    VALIDATOR.validate_message_text(content.html)


def _body(sender: Sender, text: str, html: str, personalizations: Sequence[Json]) -> Json:
    off = {"enable": False}
    body: Json = {
        "personalizations": personalizations,
        "from": {"email": sender.address, "name": sender.name},
        "content": [{"type": "text/plain", "value": text}, {"type": "text/html", "value": html}],
        # Private links must arrive as they are, and nobody is watched opening a mail.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": off,
            "subscription_tracking": off,
        },
    }
    if sender.reply_to:
        body["reply_to"] = {"email": sender.reply_to}
    return body


def _personalization(outgoing: Outgoing, content: EmailContent) -> Json:
    place: Json = {
        "to": [{"email": outgoing.to}],
        "subject": content.subject,
        "custom_args": {ATTEMPT: outgoing.token},
    }
    if content.headers:
        place["headers"] = dict(content.headers)
    return place


def _place_in_parcel(outgoing: Outgoing) -> Json:
    content = email_of(outgoing.content)
    return _personalization(outgoing, content) | {"substitutions": _substitutions(content)}


def _substitutions(content: EmailContent) -> Json:
    return {TEXT_TAG: content.text, HTML_TAG: content.html}


def _weight(part: Mapping[str, object]) -> int:
    """Bytes on the wire, where the SDK writes every letter beyond ASCII as an escape."""
    return len(json.dumps(part))
