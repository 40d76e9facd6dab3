"""One genuine request for each webhook, as a visitor of the web house brings it."""

from parts.postings import Posting, sendgrid_key, sendgrid_posting, shown, twilio_posting
from parts.web_house import BASE_URL

AUTH_TOKEN = "twilio's secret"
KEY = sendgrid_key()
PUBLIC_KEY = shown(KEY)
STATUS = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered", "To": "+447700900122"}
REPLY = {"MessageSid": "SM" + "1" * 32, "From": "+447700900122", "To": "+447700900000", "Body": "pause 3 days"}
EVENTS = [{"event": "delivered", "sg_event_id": "e1", "sg_message_id": "m1", "timestamp": 1770030000}]

#: Path, body and headers.
Request = tuple[str, bytes, dict[str, str]]


def as_brought(posting: Posting) -> Request:
    """The same request without its host, which the visitor knows."""
    return posting.target, posting.body, dict(posting.headers)


def from_twilio(path: str, form: dict[str, str]) -> Request:
    """A form, signed for our address and that path."""
    return as_brought(twilio_posting(AUTH_TOKEN, BASE_URL + path, form))


REQUESTS = {
    "inbound": from_twilio("/webhooks/twilio/inbound", REPLY),
    "status": from_twilio("/webhooks/twilio/status?attempt=abc", STATUS),
    "events": as_brought(sendgrid_posting(KEY, f"{BASE_URL}/webhooks/sendgrid/events", EVENTS, 1770030000)),
}
