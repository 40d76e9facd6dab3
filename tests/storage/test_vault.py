import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from parts.vaults import RING, VAULT

from nudger.errors import ConfigurationError, StorageError
from nudger.storage.keyring import Ring, new_ring, read_ring
from nudger.storage.vault import Vault, looks_sealed

SPEC, ROW = "couples.spec", "ana-and-ben"


def sealed(text: str) -> str:
    """A text sealed for Ana and Ben."""
    value = VAULT.seal(SPEC, ROW, text)
    assert value is not None
    return value


@given(st.text(min_size=1))
def test_what_was_sealed_opens_and_shows_nothing(text: str) -> None:
    """Every text comes back; sealed twice it looks different, and never as it was."""
    first, second = sealed(text), sealed(text)
    assert VAULT.open(SPEC, ROW, first) == VAULT.open(SPEC, ROW, second) == text
    assert first != second
    assert looks_sealed(first)
    assert len(text) < 9 or text not in first


@pytest.mark.parametrize("nothing", [None, ""])
def test_nothing_stays_nothing(nothing: str | None) -> None:
    """There is nothing to hide in an empty column."""
    assert VAULT.seal(SPEC, ROW, nothing) == VAULT.open(SPEC, ROW, nothing) == nothing


@pytest.mark.parametrize(("column", "row"), [("contacts.address", ROW), (SPEC, "cleo-and-dan")])
def test_a_value_moved_elsewhere_does_not_open(column: str, row: str) -> None:
    """Who can write to the database cannot give one person's number to another."""
    with pytest.raises(StorageError, match="not what was sealed for its row"):
        VAULT.open(column, row, sealed("Ana"))


@given(st.integers(min_value=0, max_value=7))
def test_a_changed_value_does_not_open(bit: int) -> None:
    """One bit of ciphertext or tag, and it is refused."""
    raw = bytearray(base64.b64decode(sealed("Ana")[1:]))
    for place in range(18, len(raw)):
        changed = raw.copy()
        changed[place] ^= 1 << bit
        with pytest.raises(StorageError):
            VAULT.open(SPEC, ROW, "~" + base64.b64encode(changed).decode())


def test_what_is_not_sealed_is_not_taken_for_it() -> None:
    """A value in clear, written behind our back, is refused rather than believed."""
    with pytest.raises(StorageError, match="is not sealed"):
        VAULT.open(SPEC, ROW, '{"key": "ana-and-ben"}')


def test_a_rotated_key_is_taken_up_by_a_running_process() -> None:
    """A process meets a value under a key it does not know yet, reads its keys again, and opens it."""
    rings = [RING]
    running, other = Vault(lambda: rings[-1], os.urandom), Vault(lambda: RING.rotated(os.urandom), os.urandom)
    rings.append(other.ring)
    assert running.open(SPEC, ROW, other.seal(SPEC, ROW, "Ana")) == "Ana"
    assert running.is_current(running.seal(SPEC, ROW, "Ben"))
    assert running.seal(SPEC, ROW, "Ben")[:9] == other.current_prefix  # type: ignore[index]  # it is a text


def test_a_missing_key_is_named() -> None:
    """The error says which key it is, and how to mend it; neither key nor text is told."""
    other = Vault(lambda: Ring(RING.index, (os.urandom(32),)), os.urandom)
    with pytest.raises(ConfigurationError, match=other.ring.names[0]) as raised:
        VAULT.open(SPEC, ROW, other.seal(SPEC, ROW, "Ana"))
    assert "NUDGER_DATA_KEYS" in str(raised.value.mend)


def test_addresses_are_found_blindly() -> None:
    """The same address has one index, another one for another column or under other keys."""
    other = Vault(lambda: new_ring(os.urandom), os.urandom)
    indexes = {VAULT.blind("a.b", "x"), VAULT.blind("a.b", "x"), VAULT.blind("a.c", "x"), other.blind("a.b", "x")}
    assert len(indexes) == 3


def test_a_ring_is_read_as_it_is_written() -> None:
    """With comments, on lines or with commas, as a setting holds it."""
    ring = RING.rotated(os.urandom)
    assert read_ring("# a note\n" + ring.text(), "there") == ring
    assert read_ring(ring.text().strip().replace("\n", ", "), "there") == ring
    assert ring.without(ring.names[0]) == RING


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "at least one `data:`"),
        ("data:aaaa", "32 bytes in base64"),
        (f"data:{base64.b64encode(bytes(31)).decode()}", "32 bytes in base64"),
        (RING.text().replace("index:", "data:"), "one `index:` key"),
        (RING.text() + RING.text(), "one `index:` key"),
        ("key:aaaa", "begins with `data:`"),
    ],
)
def test_a_wrong_ring_is_refused_without_telling_it(text: str, complaint: str) -> None:
    """The error names the place and what is wrong, never what is written there."""
    with pytest.raises(ConfigurationError, match=complaint) as raised:
        read_ring(text, "NUDGER_DATA_KEYS")
    assert "NUDGER_DATA_KEYS" in str(raised.value)
    assert "aaaa" not in str(raised.value)
