"""What Twilio answers by itself when somebody texts it."""

from nudger.channels.events import Inbound

#: Each as the whole text, in any case (https://www.twilio.com/docs/api/errors/30004). Twilio confirms them itself, and
#: then carries nothing more to that number, our own confirmation included (error 21610).
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})


def confirms_stop(inbound: Inbound) -> bool:
    """Whether the provider has confirmed this stop already, so that a word from us would be one too many."""
    return inbound.provider == "twilio" and inbound.text.strip().lower() in STOP_WORDS
