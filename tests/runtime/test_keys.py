"""The file of keys: made once, and never made anew over what was sealed with the old one."""

import os
import stat
from typing import Any

import pytest
from parts.desks import Desk
from parts.vaults import AS_SETTING, RING

from nudger.errors import ConfigurationError
from nudger.runtime.identity import FILE_NAME as KEY_FILE
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import FILE_NAME, KeyFile, open_vault, write_ring
from nudger.settings import read_settings
from nudger.storage import rotating
from nudger.stores import open_database

KEY = b"a key that only the tests know"


def test_keys_are_made_once_for_their_owner_alone(desk: Desk) -> None:
    """Nobody else may read the file, and the second time the same keys are found."""
    first, second = (open_vault(read_settings()).ring for _ in range(2))
    assert first == second
    assert stat.S_IMODE((desk.folder / "data" / FILE_NAME).stat().st_mode) == 0o600
    assert [one.name for one in (desk.folder / "data").iterdir()] == [FILE_NAME]


def test_lost_keys_are_not_made_anew(desk: Desk) -> None:
    """Over a database that was sealed, every command says so with 3; nothing is written in place of the file."""
    desk.furnish()
    assert desk.nudger("once").code == 0
    file = desk.folder / "data" / FILE_NAME
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    for command in ("once", "status", "run", "couples list", "db upgrade", "keys list", "keys rotate"):
        said = desk.nudger(*command.split())
        assert (said.code, "Put the file back" in said.err) == (3, True), command
        assert not file.exists()
    assert desk.nudger("doctor", "--offline").code == 1
    file.write_text(kept, encoding="utf-8")
    assert desk.nudger("couples", "list").code == 0


def test_keys_of_another_installation_are_refused(desk: Desk) -> None:
    """A setting that holds other keys than the database's: 3, and the mend."""
    desk.furnish()
    assert desk.nudger("once").code == 0
    desk.set(NUDGER_DATA_KEYS=AS_SETTING)
    said = desk.nudger("couples", "list")
    assert said.code == 3
    assert "those of another database" in said.err


def test_keys_may_be_a_setting(desk: Desk) -> None:
    """Then no file is made."""
    desk.furnish().set(NUDGER_DATA_KEYS=AS_SETTING)
    assert desk.nudger("once").code == 0
    assert not (desk.folder / "data" / FILE_NAME).exists()
    assert open_vault(read_settings()).ring == RING


def test_rotation_and_dropping(desk: Desk) -> None:
    """A new key seals everything, what ran before goes on, and the old key can be dropped only then."""
    desk.furnish()
    assert desk.nudger("once").code == 0
    settings = read_settings()
    running = open_database(settings, KEY, open_vault(settings))
    (old,) = desk.nudger("keys", "list", "--json").json
    assert old["values"] == 5  # a couple and four contacts
    assert desk.nudger("keys", "drop", old["key"]).code == 2
    assert "everything is sealed with" in desk.nudger("keys", "rotate").out
    new, before = desk.nudger("keys", "list", "--json").json
    assert (new["values"], new["seals"], before) == (old["values"], True, old | {"seals": False, "values": 0})
    with running.write():
        assert running.vault is not None
        assert running.vault.ring.names[0] == new["key"]
    running.close()
    assert desk.nudger("keys", "drop", old["key"]).code == 0
    assert desk.nudger("keys", "drop", old["key"]).code == 1
    assert desk.nudger("keys", "drop", new["key"]).code == 2
    assert desk.nudger("couples", "show", "ana-and-ben").code == 0
    assert "Europe/Berlin" in desk.nudger("couples", "show", "ana-and-ben").out


def test_keys_that_others_can_read_are_found_out(desk: Desk) -> None:
    """The doctor names the file and the command that mends it."""
    desk.furnish()
    desk.nudger("once")
    file = desk.folder / "data" / FILE_NAME
    file.chmod(0o644)
    (found,) = [one for one in desk.nudger("doctor", "--offline", "--json").json if one["about"] == "data keys"]
    assert found["mend"].startswith("chmod 600")


def test_a_file_that_is_no_ring_is_named(desk: Desk) -> None:
    """The error names the file, and nothing of what is in it."""
    desk.write(f"data/{FILE_NAME}", "secret:stuff")
    with pytest.raises(ConfigurationError, match=FILE_NAME) as raised:
        open_vault(read_settings())
    assert "stuff" not in str(raised.value)


@pytest.mark.parametrize(("command", "last_look"), [("rotate", "unfinished"), ("drop", "counts")])
def test_two_who_change_the_keys_at_once_lose_none(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, last_look: str
) -> None:
    """While one command makes up its mind another one rotates: the key made by that, by which others seal, stays."""
    desk.furnish().nudger("once")
    desk.nudger("keys", "rotate")
    old = desk.nudger("keys", "list", "--json").json[1]["key"]
    path = desk.folder / "data" / FILE_NAME
    look, made = getattr(rotating, last_look), []

    def look_while_another_rotates(*arguments: Any) -> Any:  # noqa: ANN401 (whatever is looked at)
        if not made:
            made.append(KeyFile(path)().rotated(os.urandom))
            write_ring(path, made[0])
        return look(*arguments)

    monkeypatch.setattr(rotating, last_look, look_while_another_rotates)
    assert desk.nudger("keys", command, *([old] if command == "drop" else [])).code == 0
    assert made[0].names[0] in KeyFile(path)().names


def test_a_key_that_an_unfinished_rotation_asks_for_is_not_dropped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off when all is sealed and not yet noted: without the key no command would start; going on first helps."""
    desk.furnish().nudger("once")
    old = desk.nudger("keys", "list", "--json").json[0]["key"]
    with monkeypatch.context() as cut_off:
        cut_off.setattr(rotating, "counts", lambda *_: {"?": 1})
        assert desk.nudger("keys", "rotate").code == 0
    assert desk.nudger("keys", "drop", old).code == 2
    assert desk.nudger("couples", "list").code == 0
    assert desk.nudger("keys", "rotate").code == 0
    assert desk.nudger("keys", "drop", old).code == 0
    assert desk.nudger("couples", "list").code == 0


def test_an_empty_installation_key_is_no_key(desk: Desk) -> None:
    """What a full disk or a crash left of the file is refused: links signed with nothing could be made by anybody."""
    path = desk.write(f"data/{KEY_FILE}", "")
    with pytest.raises(ConfigurationError, match="empty"):
        installation_key(read_settings())
    path.unlink()
    assert len(installation_key(read_settings())) == 64


def test_an_installation_key_has_its_name_when_it_is_whole(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the disk full nothing is left behind, so that the next start makes one."""

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as crowded:
        crowded.setattr(os, "fsync", full)
        with pytest.raises(ConfigurationError, match="No space"):
            installation_key(read_settings())
    assert list((desk.folder / "data").iterdir()) == []
    key = installation_key(read_settings())
    assert (len(key), installation_key(read_settings())) == (64, key)
    assert stat.S_IMODE((desk.folder / "data" / KEY_FILE).stat().st_mode) == 0o600
