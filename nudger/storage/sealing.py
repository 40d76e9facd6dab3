"""Sealed files: encrypted with a passphrase, so that a stolen backup tells nothing.

AES-256-GCM in pieces of 1 MiB, each with a nonce that holds its number and whether it is the last, so that none can be
changed, moved or cut off unseen (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár, 2015). The key comes
from the passphrase by scrypt (RFC 7914) with N = 2^16, r = 8, p = 1: 64 MiB of memory for each guess.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nudger.errors import NudgerError

MAGIC = b"nudger sealed 1\n"
SALT, PREFIX, TAG = 16, 7, 16
PIECE = 1 << 20


def seal(source: Path, target: Path, passphrase: bytes) -> None:
    """Write the sealed form of a file to a new one. OSError where the disk does not take it."""
    salt, prefix = os.urandom(SALT), os.urandom(PREFIX)
    head = MAGIC + salt + prefix
    cipher = _cipher(passphrase, salt)
    with source.open("rb") as plain, target.open("xb") as sealed:
        sealed.write(head)
        for nonce, piece in _numbered(plain, PIECE, prefix):
            sealed.write(cipher.encrypt(nonce, piece, head))


def unseal(source: Path, target: Path, passphrase: bytes) -> None:
    """Write what a sealed file holds to a new one; NudgerError where the passphrase is another, or a byte."""
    with source.open("rb") as sealed, target.open("xb") as plain:
        head = sealed.read(len(MAGIC) + SALT + PREFIX)
        salt, prefix = head[len(MAGIC) : -PREFIX], head[-PREFIX:]
        if not head.startswith(MAGIC) or len(salt) != SALT:
            raise NudgerError(f"{source}: this is not a sealed file")
        cipher = _cipher(passphrase, salt)
        try:
            for nonce, piece in _numbered(sealed, PIECE + TAG, prefix):
                plain.write(cipher.decrypt(nonce, piece, head))
        except InvalidTag:
            raise NudgerError(
                f"{source}: the passphrase is another, or the file was changed", mend="see NUDGER_BACKUP_PASSPHRASE"
            ) from None


def _cipher(passphrase: bytes, salt: bytes) -> AESGCM:
    return AESGCM(Scrypt(salt=salt, length=32, n=1 << 16, r=8, p=1).derive(passphrase))


def _numbered(file: BinaryIO, size: int, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The pieces of a file, each with its nonce; an empty file has one, so that its end is sealed as well."""
    number, piece = 0, file.read(size)
    while True:
        following = file.read(size)
        yield prefix + number.to_bytes(4, "big") + bytes([not following]), piece
        if not following:
            return
        number, piece = number + 1, following
