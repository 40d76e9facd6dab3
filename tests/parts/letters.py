"""Messages on their way, as the channel tests send them."""

from datetime import UTC, datetime, timedelta

from nudger.channels.contract import Outgoing, Question
from nudger.domain.messages import Content, EmailContent, SmsContent

FIRST_ATTEMPT = "t0ken-of-attempt-1"
ANAS_PHONE = "+447700900123"
ANAS_EMAIL = "ana@example.com"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADERS = {
    "Message-ID": "<0123456789abcdef@nudger.example.com>",
    "List-Unsubscribe": "<https://nudger.example.com/unsubscribe/" + "q7" * 40 + ">",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "Auto-Submitted": "auto-generated",
}


def noon() -> datetime:
    """A clock that stands at noon."""
    return NOON


def a_text(words: str = "Slip a note into Ben's coat pocket tonight.") -> SmsContent:
    """A text of one segment."""
    return SmsContent(text=words, encoding="GSM-7", segments=1)


def an_email(words: str = "Three words are enough for Ben … schön!", subject: str = "Three words ✨") -> EmailContent:
    """An email with letters beyond ASCII and every header Nudger sets."""
    return EmailContent(subject=subject, text=words, html=f"<p>{words}</p>", headers=HEADERS)


def outgoing(content: Content, token: str = FIRST_ATTEMPT, to: str | None = None) -> Outgoing:
    """A message to Ana, useful for an hour."""
    address = ANAS_PHONE if isinstance(content, SmsContent) else ANAS_EMAIL
    return Outgoing(token=token, to=to or address, content=content, useful_for=timedelta(hours=1))


def question(about: Outgoing, started_at: datetime = NOON) -> Question:
    """What one asks about an attempt in doubt."""
    return Question(token=about.token, to=about.to, content=about.content, started_at=started_at)
