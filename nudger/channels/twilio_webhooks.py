"""What Twilio posts to us: texts that people write, and what became of ours.

Source: twilio.com/docs/usage/webhooks/webhooks-security and twilio.com/docs/messaging/guides/webhook-request.
Twilio signs the address it was given and the form's names and values run together, sorted by name. Nothing in a
signature tells where a name ends and its value begins, so a signed form could be cut up anew. That needs a form caught
on its way here; what we read of one is held to the shape that Twilio's have, so that such a cut is mostly refused.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from hmac import compare_digest
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.sax.saxutils import escape

from twilio.request_validator import SIGNATURE_SETTINGS_HEADER, RequestValidator, add_port, remove_port

from nudger.channels.events import Forged, Inbound, Receipt
from nudger.channels.posted import refuse_oversize, sole_header, values_of
from nudger.channels.twilio_codes import event_id, receipt_status

TWILIO = "twilio"
FORM = "application/x-www-form-urlencoded"
#: About thirty are usual; ten pictures bring twenty more.
MOST_FIELDS = 200
#: Of texts and of those with pictures.
MESSAGE_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}")
WORD = re.compile(r"[a-z_]{1,30}")
ERROR_CODE = re.compile(r"[0-9]{1,6}")
#: What is written about an attempt is never longer; see callback_url.
TOKEN = re.compile(r"[\x21-\x7e]{1,100}")


class TwilioWebhooks:
    """Reads what Twilio posts, and only what Twilio posts.

    The address that was signed is worked out from `base_url` alone: what a request says of its own host is a stranger's
    word. Shared keys, which Twilio names in a header of their own, are not set up here, and refused.
    """

    def __init__(self, auth_token: str, base_url: str) -> None:
        """`base_url` is our public address as Twilio knows it; ValueError for a port that is none."""
        self._validator = RequestValidator(auth_token)
        base = urlsplit(base_url.rstrip("/"))
        # Twilio signs some addresses with their port and some without, so both are right.
        self._bases = (remove_port(base), add_port(base))

    def inbound(self, path_and_query: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """A text that somebody wrote. `path_and_query` as they stood in the request; `now` is aware. Raises Forged."""
        form = self._genuine(path_and_query, headers, body)
        sid = _shaped(form, "MessageSid", MESSAGE_SID)
        if not form.get("From") or "Body" not in form:
            raise Forged("No text.")
        return Inbound(TWILIO, sid, form["From"], form["Body"], now)

    def status(self, path_and_query: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Receipt:
        """What became of a text. `path_and_query` as they stood in the request; `now` is aware. Raises Forged."""
        form = self._genuine(path_and_query, headers, body)
        sid, word = _shaped(form, "MessageSid", MESSAGE_SID), _shaped(form, "MessageStatus", WORD)
        code = _error_code(form)
        status = receipt_status(word, code)
        reason = str(code) if code else None
        return Receipt(TWILIO, event_id(sid, word, code), _attempt(path_and_query), sid, status, reason, now)

    def _genuine(self, path_and_query: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        signature = sole_header(headers, "x-twilio-signature")
        if values_of(headers, SIGNATURE_SETTINGS_HEADER.lower()):
            raise Forged("Signed with a key that is not set up here.")
        if not path_and_query.isascii():
            raise Forged("No address of ours.")
        form = _form(headers, body)
        expected = [self._validator.compute_signature(base + path_and_query, form) for base in self._bases]
        # Each is compared to its end, so that the time tells nothing.
        right = [compare_digest(one.encode(), signature.encode()) for one in expected]
        if not any(right):
            raise Forged("The signature is wrong.")
        return form


def _form(headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    """The fields of a form, blank ones too; Forged for anything but a form in which each name stands once.

    Twilio's signature leaves out a repeated pair and a field with neither name nor value, so these would pass.
    """
    refuse_oversize(body)
    if sole_header(headers, "content-type").partition(";")[0].strip().lower() != FORM:
        raise Forged("Not a form.")
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as fault:
        raise Forged("Not a form.") from fault
    form = dict(pairs)
    if len(form) != len(pairs) or "" in form:
        raise Forged("A name that is missing or repeated.")
    return form


def _shaped(form: Mapping[str, str], name: str, shape: re.Pattern[str]) -> str:
    value = form.get(name, "")
    if not shape.fullmatch(value):
        raise Forged(f"{name} is not what Twilio sends.")
    return value


def _error_code(form: Mapping[str, str]) -> int | None:
    """Twilio's reason; None where it gives none. Where its name's letters stand elsewhere, it was cut up and hidden."""
    if form.get("ErrorCode"):
        return int(_shaped(form, "ErrorCode", ERROR_CODE))
    if "ErrorCode" not in form and "ErrorCode" in "".join(name + form[name] for name in sorted(form)):
        raise Forged("A reason that is hidden.")
    return None


def _attempt(path_and_query: str) -> str | None:
    """The attempt's token, as `callback_url` wrote it; None where Twilio calls back for another reason."""
    told = parse_qs(urlsplit(path_and_query).query).get("attempt", [])
    return told[0] if len(told) == 1 and TOKEN.fullmatch(told[0]) else None


def twiml(text: str | None) -> str:
    """The answer to a text, in Twilio's markup; None says nothing."""
    said = f"<Message>{escape(text)}</Message>" if text else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>'
