"""The keys that seal people's data, as text: one that seals and any number that still open, and one for look-up."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import digest

from nudger.errors import ConfigurationError

#: Bytes of every key: AES-256, and as much for HMAC-SHA-256 (NIST SP 800-107, section 5.3.4).
LENGTH = 32
#: Bytes of a key's name; with the version before it, six bytes, which are eight letters of base64.
NAME_LENGTH = 5
DATA, INDEX = "data", "index"
MEND = "Restore the file from its copy, or see `nudger keys --help`."

#: So many random bytes from the system's source.
Dice = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    """The keys: the first of `data` seals, all of them open; `index` finds addresses and never changes."""

    index: bytes
    data: tuple[bytes, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys that open, that which seals first."""
        return tuple(name_of(key).hex() for key in self.data)

    def text(self) -> str:
        """The ring as it is written: a line for each key."""
        lines = [(INDEX, self.index), *((DATA, key) for key in self.data)]
        return "".join(f"{kind}:{b64encode(key).decode()}\n" for kind, key in lines)

    def rotated(self, dice: Dice) -> "Ring":
        """The same with a new key that seals from now on."""
        return replace(self, data=(dice(LENGTH), *self.data))

    def without(self, name: str) -> "Ring":
        """The same without the key of that name."""
        return replace(self, data=tuple(key for key in self.data if name_of(key).hex() != name))


def new_ring(dice: Dice) -> Ring:
    """A ring of new keys."""
    return Ring(dice(LENGTH), (dice(LENGTH),))


def name_of(key: bytes) -> bytes:
    """A key's name, read off the key itself so that neither can be taken for another's: five bytes of its SHA-256."""
    return sha256(b"nudger key name\0" + key).digest()[:NAME_LENGTH]


def proof_of(key: bytes) -> str:
    """What the database may know of a key to recognise it by; 64 hexadecimal digits."""
    return digest(key, b"nudger key proof", "sha256").hex()


def read_ring(text: str, where: str) -> Ring:
    """The ring of that text, keys on lines or between commas; ConfigurationError, which tells no key, names `where`.

    What follows a `#` is left out.
    """
    lines = [line.partition("#")[0] for line in text.splitlines()]
    kinds: dict[str, list[bytes]] = {DATA: [], INDEX: []}
    for item in " ".join(lines).replace(",", " ").split():
        kind, _, written = item.partition(":")
        if kind not in kinds:
            raise ConfigurationError(f"{where}: a key begins with `data:` or `index:`.", mend=MEND)
        kinds[kind].append(_key(written, where))
    if not kinds[DATA] or len(kinds[INDEX]) != 1:
        raise ConfigurationError(f"{where}: one `index:` key and at least one `data:` key are needed.", mend=MEND)
    return Ring(kinds[INDEX][0], tuple(kinds[DATA]))


def _key(written: str, where: str) -> bytes:
    try:
        key = b64decode(written, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != LENGTH:
        raise ConfigurationError(f"{where}: a key has to be {LENGTH} bytes in base64.", mend=MEND)
    return key
