from pathlib import Path

import pytest

from nudger.errors import NudgerError
from nudger.storage import sealing
from nudger.storage.sealing import seal, unseal

SECRET = b"a passphrase of some length"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 16 bytes, so that a few lines have many."""
    monkeypatch.setattr(sealing, "PIECE", 16)


def sealed(folder: Path, content: bytes) -> Path:
    """A sealed file with this content."""
    (folder / "plain").write_bytes(content)
    seal(folder / "plain", folder / "sealed", SECRET)
    return folder / "sealed"


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 32, 100])
def test_what_is_sealed_comes_back(tmp_path: Path, length: int) -> None:
    """Of any length, also where it fills its last piece; and none of it can be read meanwhile."""
    content = b"Kanarienvogel. " * 7
    path = sealed(tmp_path, content[:length])
    assert b"Kanarien" not in path.read_bytes()
    unseal(path, tmp_path / "back", SECRET)
    assert (tmp_path / "back").read_bytes() == content[:length]


def test_nothing_can_be_changed_moved_or_cut_off(tmp_path: Path) -> None:
    """A flipped bit anywhere, two pieces swapped, and a lost end are all refused; so is another passphrase."""
    path = sealed(tmp_path, bytes(range(96)))
    whole, head, piece = path.read_bytes(), len(sealing.MAGIC) + 16 + 7, 32
    first, second, rest = whole[head : head + piece], whole[head + piece : head + 2 * piece], whole[head + 2 * piece :]
    spoiled = {
        "swapped": whole[:head] + second + first + rest,
        "cut": whole[:-piece],
        "salt": whole[: head - 8] + bytes([whole[head - 8] ^ 1]) + whole[head - 7 :],
        "flipped": whole[:-1] + bytes([whole[-1] ^ 1]),
    }
    for name, content in spoiled.items():
        path.write_bytes(content)
        with pytest.raises(NudgerError, match="changed"):
            unseal(path, tmp_path / name, SECRET)
    path.write_bytes(whole)
    with pytest.raises(NudgerError, match="passphrase"):
        unseal(path, tmp_path / "other", b"another passphrase")
