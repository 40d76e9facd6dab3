"""Addresses and names that can be worked out again from the installation key, and by nobody without it."""

from hashlib import blake2b


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


def unsubscribe_url(base_url: str, key: bytes, *contact: str | int) -> str:
    """Where a contact's one-click unsubscribe points (RFC 8058)."""
    return f"{base_url.rstrip('/')}/u/{fingerprint(key, 'unsubscribe', *contact)}"
