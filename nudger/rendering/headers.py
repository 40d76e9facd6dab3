"""The headers that name an email, say it is a machine's, and let its reader stop it."""

import re

from nudger.rendering.faults import CannotRender
from nudger.rendering.voice import Envelope

MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
#: What may stand between the angle brackets of List-Unsubscribe (RFC 2369 section 2, RFC 3986 section 2); no comma,
#: at which some readers would cut.
URI = re.compile(r"[!#$%&'()*+\-./0-9:;=?@A-Z\[\]_a-z~]+")
WEB = ("https://", "http://")


def headers_for(envelope: Envelope) -> dict[str, str]:
    """The headers beyond From, To, Subject and MIME; CannotRender where a value could break out of its header.

    RFC 3834 section 5 for Auto-Submitted, RFC 2369 section 3.2 for List-Unsubscribe, RFC 8058 section 3.1 for the
    one-click header, which promises an https address.
    """
    if not MESSAGE_ID.fullmatch(envelope.message_id):
        raise CannotRender("The Message-ID is not of the form <id@domain>.")
    headers = {"Message-ID": envelope.message_id, "Auto-Submitted": "auto-generated"}
    ways = [
        *_way(envelope.unsubscribe_url, WEB),
        *_way(envelope.unsubscribe_mailto, ("mailto:",)),
    ]
    if ways:
        headers["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in ways)
    if ways and ways[0].startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _way(uri: str | None, schemes: tuple[str, ...]) -> list[str]:
    if uri is None:
        return []
    if not uri.startswith(schemes) or not URI.fullmatch(uri):
        raise CannotRender(f"An address to stop emails must be a plain URI that starts with {' or '.join(schemes)}")
    return [uri]
