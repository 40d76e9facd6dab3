"""People's names, addresses and words, sealed for the database: AES-256-GCM, each value bound to its row and column.

A sealed value is `~` and base64 of: a version byte, the key's name (5 bytes), a nonce (12), the ciphertext and its tag
(16). The first eight letters after the `~` therefore name the key. Nonces are random, which NIST SP 800-38D (section
8.3) allows for 2^32 values under one key: rotate well before.
"""

import binascii
from base64 import b64encode
from collections.abc import Callable
from hmac import digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection

from nudger.errors import ConfigurationError, StorageError
from nudger.storage.keyring import NAME_LENGTH, Dice, Ring, name_of

#: Where a connection carries its vault.
CARRIED = "nudger_vault"
MARK = "~"
VERSION = b"\x01"
NONCE, TAG = 12, 16
HEAD = len(VERSION) + NAME_LENGTH
MISSING = "The key that people's data was sealed with is not here."
MEND = "Put back the file of keys (nudger.keys beside the installation key) or NUDGER_DATA_KEYS as it was."

#: The ring as it is by now; asked before each transaction that writes, so it is cheap where nothing has changed.
Source = Callable[[], Ring]


class Vault:
    """Seals and opens; may be shared between threads."""

    def __init__(self, source: Source, dice: Dice) -> None:
        """`source` gives the ring, the same object while it is unchanged; `dice` random bytes, never the same twice."""
        self._source, self._dice = source, dice
        self._use(source())

    def _use(self, ring: Ring) -> None:
        ciphers = {name_of(key): AESGCM(key) for key in ring.data}
        first = name_of(ring.data[0])
        # One assignment, so that another thread never sees a key with another one's name.
        self._seals, self._opens, self.ring = (VERSION + first, ciphers[first]), ciphers, ring

    def refresh(self) -> None:
        """Take up a ring that was changed meanwhile."""
        ring = self._source()
        if ring is not self.ring:
            self._use(ring)

    def seal(self, column: str, row: str, text: str | None) -> str | None:
        """A text sealed for `table.column` and that row, by a name that never changes; None and "" stay as they are."""
        if not text:
            return text
        head, cipher = self._seals
        nonce = self._dice(NONCE)
        sealed = cipher.encrypt(nonce, text.encode(), f"{column}\0{row}".encode())
        return MARK + b64encode(head + nonce + sealed).decode("ascii")

    def open(self, column: str, row: str, sealed: str | None) -> str | None:
        """The text back. ConfigurationError where its key is missing, StorageError where it is not what was sealed."""
        if not sealed:
            return sealed
        raw = _raw(sealed)
        if raw is None:
            raise StorageError(f"A value of {column} is not sealed, and should be.", mend="See `nudger doctor`.")
        cipher = self._cipher(raw[len(VERSION) : HEAD])
        nonce, body = raw[HEAD : HEAD + NONCE], raw[HEAD + NONCE :]
        try:
            return cipher.decrypt(nonce, body, f"{column}\0{row}".encode()).decode()
        except InvalidTag:
            message = f"A value of {column} is not what was sealed for its row: it was changed or moved."
            raise StorageError(message, mend="Restore a backup, and find out who writes to the database.") from None

    def _cipher(self, name: bytes) -> AESGCM:
        if name not in self._opens:
            self.refresh()  # another process may have rotated the keys
        found = self._opens.get(name)
        if found is None:
            raise ConfigurationError(f"{MISSING} Its name is {name.hex()}.", mend=MEND)
        return found

    def blind(self, column: str, value: str) -> str:
        """What a value is looked up by without being told: HMAC-SHA-256 in hexadecimal; for one column alone."""
        return digest(self.ring.index, f"{column}\0{value}".encode(), "sha256").hex()

    def is_current(self, stored: str | None) -> bool:
        """Whether a stored value is empty, or sealed with the key that seals now."""
        return not stored or stored.startswith(self.current_prefix)

    @property
    def current_prefix(self) -> str:
        """What every value begins with that the newest key has sealed."""
        return prefix_of(self.ring.data[0])


def prefix_of(key: bytes) -> str:
    """What every value begins with that this key has sealed."""
    return MARK + b64encode(VERSION + name_of(key)).decode("ascii")


def looks_sealed(stored: str) -> bool:
    """Whether a value has the form of a sealed one."""
    return _raw(stored) is not None


def _raw(stored: str) -> bytes | None:
    if not stored.startswith(MARK):
        return None
    try:
        raw = binascii.a2b_base64(stored[1:], strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    return raw if raw[:1] == VERSION and len(raw) > HEAD + NONCE + TAG else None


def vault_of(connection: Connection) -> Vault:
    """The vault of the database this connection belongs to."""
    found: Vault = connection.get_execution_options()[CARRIED]
    return found
