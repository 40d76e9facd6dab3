"""Chance that can be repeated: draws fixed by the installation's key and by what they are for."""

from functools import lru_cache
from hashlib import blake2b
from struct import unpack

#: Sets these draws apart from every other use of the installation's key.
STREAM = b"nudger.dice.1"
NAME = b"nudger.name.1"
#: Bits of one draw as it comes from the stream.
WORD = 64


class Dice:
    """A stream of draws fixed by a key (1 to 64 bytes) and a purpose: the same on every machine, after every restart.

    Block i of the stream is keyed BLAKE2b (RFC 7693) over the purpose and the number i: eight draws of 64 bits.
    Texts in the purpose are written with their length and numbers with an end mark, so no two purposes share a stream.
    Raises ValueError when the key is empty or too long.
    """

    __slots__ = ("_blocks", "_key", "_purpose", "_words")

    def __init__(self, key: bytes, *purpose: str | int) -> None:
        """The stream of this key and purpose, from its beginning."""
        if not key:
            raise ValueError("Dice need a key: without one, anybody could work out the draws.")
        self._key = key
        written = ""
        for part in purpose:
            written += f"i{part};" if isinstance(part, int) else f"s{len(part)}:{part}"
        self._purpose = written.encode()
        self._blocks = 0
        self._words: list[int] = []

    @property
    def seed(self) -> str:
        """Names the stream in records; it tells neither the key nor the draws."""
        name = _naming(self._key).copy()
        name.update(self._purpose)
        return name.hexdigest()

    def below(self, limit: int) -> int:
        """A whole number from 0 up to but not including `limit`, each as likely; ValueError when `limit` is below 1."""
        if limit < 1:
            raise ValueError("There is nothing to draw from below 1.")
        bits = (limit - 1).bit_length()
        value = self._bits(bits)
        while value >= limit:  # drawn again rather than wrapped round, which would favour the low numbers
            value = self._bits(bits)
        return value

    def fraction(self) -> float:
        """A number from 0 up to but not including 1, in steps of 2**-53."""
        return self._bits(53) * 2.0**-53

    def _bits(self, bits: int) -> int:
        """The leading bits of as many fresh words as it takes."""
        if 0 < bits <= WORD:  # what nearly every draw asks for
            if not self._words:
                self._throw()
            return self._words.pop() >> (WORD - bits)
        value = have = 0
        while have < bits:
            if not self._words:
                self._throw()
            value, have = value << WORD | self._words.pop(), have + WORD
        return value >> (have - bits)

    def _throw(self) -> None:
        block = _keyed(self._key).copy()
        block.update(self._purpose + self._blocks.to_bytes(8, "little"))
        self._words = [*reversed(unpack("<8Q", block.digest()))]
        self._blocks += 1


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> blake2b:
    """The hash with the key worked in: copying it costs a third of beginning anew."""
    return blake2b(key=key, person=STREAM)


@lru_cache(maxsize=8)
def _naming(key: bytes) -> blake2b:
    return blake2b(key=key, digest_size=6, person=NAME)
