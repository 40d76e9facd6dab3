"""Addresses and names that can be worked out again from the installation key, and by nobody without it."""

import re
from hashlib import blake2b
from hmac import compare_digest

#: The ids of a 64-bit column, written one way alone.
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def fingerprint(key: bytes, purpose: str, *parts: str | int) -> str:
    """32 hexadecimal digits fixed by key, purpose and parts (keyed BLAKE2b, RFC 7693); it tells nothing about them."""
    digest = blake2b(key=key[:64], digest_size=16)
    for part in (purpose, *parts):
        encoded = str(part).encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)
    return digest.hexdigest()


def message_id(key: bytes, domain: str, *occurrence: str | int) -> str:
    """The Message-ID of an occurrence's email: the same whenever it is sent again (RFC 5322, section 3.6.4)."""
    return f"<{fingerprint(key, 'message-id', *occurrence)}@{domain}>"


def unsubscribe_token(key: bytes, contact_id: int) -> str:
    """A contact's token for one-click unsubscribe (RFC 8058): never kept, never expires, made by the key alone."""
    return f"{contact_id}-{fingerprint(key, 'unsubscribe', contact_id)}"


def contact_of_unsubscribe_token(key: bytes, token: str) -> int | None:
    """The contact a token was made for; None for any other text. Takes as long for a near miss as for a far one."""
    number = token.partition("-")[0]
    if not _NUMBER.fullmatch(number):
        return None
    contact_id = int(number)
    genuine = compare_digest(unsubscribe_token(key, contact_id).encode(), token.encode())
    return contact_id if genuine else None


def unsubscribe_url(base_url: str, key: bytes, contact_id: int) -> str:
    """Where a contact's one-click unsubscribe points (RFC 8058)."""
    return f"{base_url.rstrip('/')}/u/{unsubscribe_token(key, contact_id)}"


def page_url(base_url: str, page: str, token: str) -> str:
    """Where a partner's page is: `i` an invitation, `p` preferences, `n` a discreet note."""
    return f"{base_url.rstrip('/')}/{page}/{token}"
