"""A backup brought back, without what people have taken back since."""

import os
import shutil
import stat
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from parts.cast import KEY
from parts.couples import EACH, NO_LIMIT, ana_and_ben, cleo_and_dan, eve_and_max
from parts.house import House
from parts.loops import in_loop
from parts.stored import contact_id, stored_contacts
from parts.vaults import VAULT
from sqlalchemy import select

from nudger.actions import backup
from nudger.actions.backup import BackingUp, backups_in, forget_old, read_manifest
from nudger.actions.choose import Choosing
from nudger.actions.plan import plan
from nudger.actions.restore import _extract, restore_files, restore_sqlite, unpacked
from nudger.actions.settle import Settled, Settling
from nudger.domain.people import ChannelKind, LifeState
from nudger.errors import NotThere, NudgerError, StorageError
from nudger.settings import read_settings, without_secrets
from nudger.storage.consent import Event, How
from nudger.storage.database import Database
from nudger.storage.holding import held, lift
from nudger.storage.invitations import never_asked
from nudger.storage.journal import Journal, read
from nudger.storage.restoring import number_contacts_afresh
from nudger.storage.tables import contacts, couples, messages, partners, transitions

DAY = timedelta(days=1)


class Home(House):
    """A house on a SQLite file with a journal, of which backups are made."""

    def __init__(self, database: Database, folder: Path, **wishes: str) -> None:
        """Ana and Ben, with a message each day."""
        self.folder = folder
        database.journal = Journal(folder / "data" / "journal.jsonl", KEY)
        super().__init__(database, [ana_and_ben(budget=NO_LIMIT)], (EACH,))
        values = {"NUDGER_DATA": folder / "data", "NUDGER_SCHEDULES": folder / "schedules"}
        self.settings = read_settings(_env_file=None, DATABASE_URL=f"sqlite:///{database.path}", **values, **wishes)
        self.choosing = Choosing(database, KEY)

    def back_up(self) -> Path:
        """A backup, now."""
        return BackingUp(self.settings, self.database, "0.1.0", "key").back_up(self.folder / "backups", self.now)

    def restore(self, backup: Path) -> Settled:
        """Bring it back, as of now."""
        path = self.database.path
        done: list[Settled] = []
        assert path is not None
        entries = read(self.settings.data / "journal.jsonl")
        self.database.close()

        def settle(opened: Database) -> None:
            done.append(Settling(opened, KEY).settle(read_manifest(backup).moment, entries, self.now))

        secret = self.settings.backup_passphrase
        with unpacked(backup, secret.get_secret_value().encode() if secret else None, path.parent) as found:
            restore_sqlite(found, path, VAULT, settle, self.folder / f"aside-{self.now:%d%H%M%S}")
        return done[0]

    def plan(self) -> None:
        """Plan two days ahead."""
        plan(self.database, KEY, self.now)

    def resume(self) -> None:
        """The operator's word that all is well."""
        with self.database.write() as connection:
            assert lift(connection)


@pytest.fixture
def home(sqlite_database: Database, tmp_path: Path) -> Iterator[Home]:
    """Everybody has said yes, and two days are planned."""
    found = Home(sqlite_database, tmp_path)
    found.plan()
    yield found
    sqlite_database.journal = None


def states(home: Home) -> list[tuple[str, str | None]]:
    """State and reason of every message, by time."""
    query = select(messages.c.state, messages.c.reason).order_by(messages.c.due_at, messages.c.partner_id)
    with home.database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


@in_loop
async def test_what_fell_due_since_is_not_sent_again(home: Home) -> None:
    """Messages sent after the backup was made are skipped in the restored state; tomorrow's come, once."""
    backup = home.back_up()
    home.later(DAY)
    await home.dispatch()
    sent = len(home.sms.arrived)
    assert sent > 0
    assert home.restore(backup).skipped >= sent
    home.resume()
    await home.dispatch()
    assert len(home.sms.arrived) == sent
    assert ("skipped", "restored") in states(home)
    home.later(DAY)
    home.plan()
    await home.dispatch()
    assert len(home.sms.arrived) > sent


@in_loop
async def test_moments_the_backup_had_not_planned_are_skipped_too(home: Home) -> None:
    """Restored a month later, a state that was planned for days sends nothing of the weeks between."""
    backup = home.back_up()
    home.later(30 * DAY)
    home.restore(backup)
    home.resume()
    home.plan()
    await home.dispatch()
    assert home.sms.arrived == []


@in_loop
async def test_nothing_is_sent_before_the_operator_says_so(home: Home) -> None:
    """The hold lasts for messages that fall due after the restore as well."""
    home.restore(home.back_up())
    home.later(DAY)
    home.plan()
    await home.dispatch()
    assert home.sms.arrived == []
    with home.database.read() as connection:
        assert held(connection)
    home.resume()
    await home.dispatch()
    assert len(home.sms.arrived) > 0


@in_loop
async def test_what_was_in_doubt_is_never_sent_again(home: Home) -> None:
    """A message that was on its way when the backup was made counts as sent, with every step written down."""
    home.later(DAY)
    home.sms.accept_then_hang()
    await home.dispatch()
    backup = home.back_up()
    home.restore(backup)
    with home.database.read() as connection:
        steps = connection.execute(select(transitions.c.from_state, transitions.c.to_state, transitions.c.reason))
        assert ("unknown", "assumed_sent", "restored") in [tuple(step) for step in steps]
    assert "unknown" not in {state for state, _ in states(home)}


def test_a_no_said_since_holds(home: Home) -> None:
    """STOP after the backup: the restored contact has said no, by the journal; who said nothing is as before."""
    backup = home.back_up()
    home.later(DAY)
    home.says("ben", Event.WITHDRAWN)
    settled = home.restore(backup)
    consents = {(one.partner, one.channel): one.consent for one in stored_contacts(home.database)}
    assert (settled.applied, consents["ben", "sms"], consents["ana", "sms"]) == (1, "withdrawn", "granted")


def test_a_no_of_before_the_backup_is_not_said_twice(home: Home) -> None:
    """A person who stopped and came back, both long before the backup, stays back."""
    home.says("ben", Event.WITHDRAWN)
    home.says("ben", Event.GRANTED)
    home.later(DAY)
    assert home.restore(home.back_up()).applied == 0
    assert {one.consent for one in stored_contacts(home.database)} == {"granted"}


def test_pauses_leavings_and_ends_hold(home: Home) -> None:
    """A pause, a partner who left, a block by the provider and the end of a couple outlive the restore."""
    backup = home.back_up()
    ana, ben = home.partner_id("ana"), home.partner_id("ben")
    home.later(DAY)
    home.choosing.pause(ana, home.now + 30 * DAY, home.now)
    home.choosing.leave(ben, home.now)
    home.says("ana", Event.SUPPRESSED)
    home.restore(backup)
    rows = {row["key"]: row for row in _partners(home)}
    assert rows["ana"]["paused_until"] == home.now + 30 * DAY
    assert rows["ben"]["left_at"] == home.now
    home.choosing.life_state(ana, LifeState.ENDED, home.now)
    home.later(timedelta(minutes=1))
    home.restore(backup)
    assert not [state for state, _ in states(home) if state == "planned"]


def _partners(home: Home) -> Sequence[dict[str, object]]:
    with home.database.read() as connection:
        return [dict(row) for row in connection.execute(select(partners)).mappings()]


def test_the_erased_stay_erased(home: Home) -> None:
    """Nothing of a person erased after the backup is in the restored file, and YAML cannot bring it back."""
    backup = home.back_up()
    home.later(DAY)
    home.choosing.erase(home.partner_id("ben"), home.now)
    home.restore(backup)
    home.database.journal = Journal(home.settings.data / "journal.jsonl", KEY)
    home.sync()
    found = [one for one in stored_contacts(home.database) if not one.retired]
    assert {one.partner for one in found} == {"ana"}
    ben = ana_and_ben().partner("ben")
    path = home.database.path
    assert path is not None
    home.database.close()
    assert not [word for word in (ben.phone, ben.email) if word and word.encode() in path.read_bytes()]


def test_a_couple_the_backup_does_not_know_stays_ended(home: Home) -> None:
    """Two who came after the backup, and of whom one has died since, are not invited once more by the files."""
    backup = home.back_up()
    home.later(DAY)
    home.homes = [*home.homes, eve_and_max()]
    home.sync()
    home.choosing.life_state(home.partner_id("eve"), LifeState.BEREAVED, home.now)
    assert home.restore(backup).unknown == 1
    home.database.journal = Journal(home.settings.data / "journal.jsonl", KEY)
    for _ in range(2):
        home.sync()
        with home.database.read() as connection:
            states_of = select(couples.c.key, couples.c.life_state)
            assert dict(connection.execute(states_of).all()) == {"ana-and-ben": "active", "eve-and-max": "bereaved"}  # type: ignore[arg-type]
            unasked = never_asked(connection, list(ChannelKind), home.now, 9)
            assert {one.partner.key for one in unasked}.isdisjoint({"eve", "max"})


def test_who_shares_an_address_with_someone_erased_is_not_erased(sqlite_database: Database, tmp_path: Path) -> None:
    """Two with one letter box: only the one who was erased is, whom the journal knows by key."""
    home = Home(sqlite_database, tmp_path)
    home.homes = [ana_and_ben(email="both@example.com")]
    home.sync()
    backup = home.back_up()
    home.later(DAY)
    home.choosing.erase(home.partner_id("ben"), home.now)
    home.restore(backup)
    erased = {row["key"] for row in _partners(home) if row["erased_at"]}
    sqlite_database.journal = None
    assert erased == {"ben"}


def test_an_erased_person_under_another_key_is_found_by_their_address(
    sqlite_database: Database, tmp_path: Path
) -> None:
    """The backup has the couple under its old key: the journal's address still finds the one who is to be erased."""
    home = Home(sqlite_database, tmp_path)
    backup = home.back_up()
    home.homes = [replace(home.homes[0], key="c-17")]
    home.sync()
    home.later(DAY)
    with home.database.read() as connection:
        renamed = connection.execute(select(partners.c.id).order_by(partners.c.id.desc())).scalars().first()
    home.choosing.erase(renamed or 0, home.now)
    home.restore(backup)
    erased = {row["key"] for row in _partners(home) if row["erased_at"]}
    sqlite_database.journal = None
    assert erased == {"ben"}


def test_somebody_the_backup_does_not_know_keeps_their_no(home: Home) -> None:
    """A partner who came, said no and was not in the backup starts with that no, and is not invited once more."""
    backup = home.back_up()
    home.later(DAY)
    before = home.homes
    home.homes = [*before, eve_and_max()]
    home.sync()
    home.choosing.withdraw(contact_id(home.database, "+447700900300"), How.REPLY, home.now)
    assert home.restore(backup).unknown >= 1
    home.sync()
    consents = {one.address: one.consent for one in stored_contacts(home.database)}
    assert (consents["+447700900300"], consents["+447700900301"]) == ("withdrawn", "none")


def test_a_backup_that_was_changed_is_refused(home: Home) -> None:
    """One changed byte in any file, and what is there stays as it is."""
    backup = home.back_up()
    for name in ("database", "files.tar"):
        content = (backup / name).read_bytes()
        (backup / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(StorageError, match="not as it was"):
            home.restore(backup)
        (backup / name).write_bytes(content)
    with pytest.raises(NotThere):
        read_manifest(home.folder)


def test_what_a_killed_restore_left_goes(home: Home) -> None:
    """Everything of a backup, laid out beside the database, is not left there for good; a younger one is at work."""
    backup = home.back_up()
    old, young = (home.folder / f".restoring-{name}" for name in ("old", "young"))
    for left in (old, young):
        left.mkdir()
        (left / "database").write_bytes(b"everything")
    os.utime(old, (old.stat().st_mtime - 2 * DAY.total_seconds(),) * 2)
    with unpacked(backup, None, home.folder):
        assert (old.exists(), young.exists()) == (False, True)


def test_no_contact_gets_the_number_of_one_that_is_lost(home: Home) -> None:
    """The unsubscribe link of an email sent since names its contact by number: it stops nobody who came later."""
    backup, first = home.back_up(), list(home.homes)
    home.homes = [*first, eve_and_max()]
    home.sync()
    lost = _numbers(home.database) - {1, 2, 3, 4}
    home.later(DAY)
    home.restore(backup)
    home.homes = [*first, cleo_and_dan(), eve_and_max()]
    home.sync()
    assert (len(lost), len(_numbers(home.database)), _numbers(home.database) & lost) == (4, 12, set())


def test_numbering_goes_on_from_where_a_restore_has_put_it(database: Database) -> None:
    """The first that come are numbered from there, and those after them as ever, on both kinds of databases."""
    house = House(database)
    with database.write() as connection:
        number_contacts_afresh(connection, house.now)
    start, old = int(house.now.timestamp()), _numbers(database)
    for couple in (cleo_and_dan(), eve_and_max()):
        house.homes = [*house.homes, couple]
        house.sync()
    assert _numbers(database) - old == set(range(start, start + 8))


def _numbers(database: Database) -> set[int]:
    with database.read() as connection:
        return set(connection.execute(select(contacts.c.id)).scalars())


def test_what_is_there_is_not_overwritten(home: Home) -> None:
    """Without a place to put it aside, the database that is there is kept and the restore refused."""
    backup = home.back_up()
    path = home.database.path
    assert path is not None
    with unpacked(backup, None) as found, pytest.raises(StorageError, match="there already"):
        restore_sqlite(found, path, VAULT, lambda _: None, None)


def test_an_encrypted_backup_tells_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    """No name, number or address in any of its files; with its passphrase it comes back, without it is refused."""
    home = Home(sqlite_database, tmp_path, NUDGER_BACKUP_PASSPHRASE="a passphrase for tests")
    (tmp_path / "schedules").mkdir()
    (tmp_path / "schedules" / "ana-and-ben.yaml").write_text("couples: {}\n", encoding="utf-8")
    backup = home.back_up()
    content = b"".join(path.read_bytes() for path in backup.iterdir())
    assert not [word for word in (b"ana-and-ben", b"+447700900", b"example.com") if word in content]
    with pytest.raises(NudgerError, match="encrypted"), unpacked(backup, None):
        pass
    home.restore(backup)
    assert len(stored_contacts(home.database)) > 0
    sqlite_database.journal = None


def test_a_backup_to_be_encrypted_never_lies_in_clear_where_backups_are(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the midst of it, or looked for in freed blocks: the disk for backups may be somebody else's."""
    home = Home(sqlite_database, tmp_path, NUDGER_BACKUP_PASSPHRASE="a passphrase for tests")
    home.settings.schedules.mkdir()
    (home.settings.schedules / "all.yaml").write_text("Quillona", encoding="utf-8")
    seal, seen = backup.seal, []

    def look_and_seal(source: Path, target: Path, passphrase: bytes) -> None:
        seen.extend(path.read_bytes() for path in (tmp_path / "backups").rglob("*") if path.is_file())
        seal(source, target, passphrase)
        seen.append(target.read_bytes())

    monkeypatch.setattr(backup, "seal", look_and_seal)
    home.back_up()
    sqlite_database.journal = None
    assert seen
    assert not [content for content in seen if b"Quillona" in content or b"ana-and-ben" in content]
    assert not list(home.settings.data.glob(".backing-up-*"))


def test_files_come_back_where_none_are(home: Home) -> None:
    """On a new machine the operator's files and the journal are brought back; on the old one they are left alone."""
    home.settings.schedules.mkdir()
    (home.settings.schedules / "all.yaml").write_text("couples: {}\n", encoding="utf-8")
    home.says("ben", Event.WITHDRAWN)
    backup = home.back_up()
    elsewhere = home.settings.model_copy(
        update={"data": home.folder / "new" / "data", "schedules": home.folder / "new" / "schedules"}
    )
    with unpacked(backup, None) as found:
        assert restore_files(found, home.settings) == []
        assert len(restore_files(found, elsewhere)) == 2
    assert (elsewhere.schedules / "all.yaml").read_text(encoding="utf-8") == "couples: {}\n"
    assert len(read(elsewhere.data / "journal.jsonl")) == 1


def test_files_come_back_for_those_alone_who_could_read_them(home: Home) -> None:
    """What only its owner could read is not for everybody's eyes after a restore."""
    home.settings.schedules.mkdir(mode=0o700)
    written = home.settings.schedules / "all.yaml"
    written.write_text("couples: {}\n", encoding="utf-8")
    written.chmod(0o600)
    backup = home.back_up()
    shutil.rmtree(home.settings.schedules)
    with unpacked(backup, None) as found:
        restore_files(found, home.settings)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (written.parent, written)] == [0o700, 0o600]


def test_files_that_came_back_in_part_come_back_whole(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore cut off in the midst of a folder leaves none: half of it would be taken for the whole."""
    home.settings.schedules.mkdir()
    for name in ("one.yaml", "two.yaml"):
        (home.settings.schedules / name).write_text("couples: {}\n", encoding="utf-8")
    backup = home.back_up()
    shutil.rmtree(home.settings.schedules)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with unpacked(backup, None) as found:
        with monkeypatch.context() as crowded:
            crowded.setattr(shutil, "copystat", full)
            with pytest.raises(OSError, match="No space"):
                restore_files(found, home.settings)
        assert restore_files(found, home.settings) == [str(home.settings.schedules)]
    assert len(list(home.settings.schedules.iterdir())) == 2


def test_no_secret_is_in_a_backup(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of .env only what opens nothing is kept: no token, no password, and nothing that is not ours."""
    monkeypatch.chdir(home.folder)
    text = "NUDGER_SMS=twilio\nTWILIO_AUTH_TOKEN=secret\nNUDGER_KEY=secret\nSMTP_URL=secret\nOTHER=secret\n# secret\n"
    (home.folder / ".env").write_text(text + "DATABASE_URL=postgresql://nudger:secret@db/nudger\n", encoding="utf-8")
    assert without_secrets(text) == "NUDGER_SMS=twilio\n"
    (home.settings.data / "nudger.key").parent.mkdir(exist_ok=True)
    (home.settings.data / "nudger.key").write_text("secret", encoding="utf-8")
    backup = home.back_up()
    with tarfile.open(backup / "files.tar") as pack:
        assert "env" in pack.getnames()
    assert not [path for path in backup.iterdir() if b"secret" in path.read_bytes()]


def test_two_backups_of_one_second_do_not_spoil_each_other(home: Home) -> None:
    """The one that comes later is refused, and leaves alone what the earlier one has written so far."""
    unfinished = home.folder / "backups" / f".{home.now:%Y-%m-%dT%H%M%SZ}.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "database").write_bytes(b"so far")
    os.utime(unfinished, (home.now.timestamp(),) * 2)
    with pytest.raises(StorageError):
        home.back_up()
    assert (unfinished / "database").exists()


def test_old_backups_go(home: Home) -> None:
    """Only as many as asked for are kept, the newest."""
    made = []
    for _ in range(4):
        made.append(home.back_up())
        home.later(DAY)
    assert forget_old(home.folder / "backups", 2) == 2
    assert backups_in(home.folder / "backups") == made[2:]


def test_a_pack_writes_nothing_outside_its_folder(tmp_path: Path) -> None:
    """A name that climbs out of the folder, and a link, are passed over."""
    (tmp_path / "plain").write_text("words", encoding="utf-8")
    with tarfile.open(tmp_path / "pack.tar", "w") as pack:
        for name in ("inside/words", "../outside"):
            pack.add(tmp_path / "plain", name)
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        pack.addfile(link)
    (tmp_path / "deep").mkdir()
    with tarfile.open(tmp_path / "pack.tar") as pack:
        _extract(pack, tmp_path / "deep" / "files")
    found = sorted(str(path.relative_to(tmp_path / "deep")) for path in (tmp_path / "deep").rglob("*"))
    assert found == ["files", "files/inside", "files/inside/words"]
