"""What is kept of partners, given out and forgotten from the command line."""

import io
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from parts.databases import opened
from parts.desks import COUPLES, Desk
from parts.postgres import Postgres
from sqlalchemy import select

from nudger.storage.tables import metadata


def test_export_and_erase(desk: Desk) -> None:
    """The export is Ana's alone; erased, she is in no export, and no later reading of the files brings her back."""
    desk.furnish()
    assert desk.nudger("once").code == 0
    data = desk.nudger("couples", "export", "ana-and-ben", "ana")
    assert (data.code, data.json["name"]) == (0, "Ana")
    assert {one["address"] for one in data.json["contacts"]} == {"ana@example.com", "+447700900124"}
    assert "Ben" not in data.out
    assert "ben@example.com" not in data.out
    assert desk.nudger("couples", "erase", "ana-and-ben", "ana").code == 2
    assert "take name and addresses out" in desk.nudger("couples", "erase", "ana-and-ben", "ana", "--yes").out
    assert desk.nudger("once").code == 0
    left = desk.nudger("couples", "export", "ana-and-ben", "ana").out
    assert "ana@example.com" not in left
    assert '"Ana"' not in left
    assert '"kind": "erased"' in (desk.folder / "data" / "journal.jsonl").read_text(encoding="utf-8")


def test_a_whole_couple_is_erased(desk: Desk) -> None:
    """Without a partner both are meant; nobody is asked where there is no terminal; doing it again changes nothing."""
    desk.furnish()
    desk.nudger("once")
    assert desk.nudger("couples", "erase", "ana-and-ben").code == 2
    said = desk.nudger("couples", "erase", "ana-and-ben", "--yes", "--json")
    assert (said.code, list(said.json[0])) == (0, ["gone", "left", "kept"])
    for partner in ("ana", "ben"):
        out = desk.nudger("couples", "export", "ana-and-ben", partner).out
        assert "@example.com" not in out
    journal = desk.folder / "data" / "journal.jsonl"
    lines = journal.read_text(encoding="utf-8")
    assert lines.count('"erased"') == 6  # each of the two, and four addresses
    assert desk.nudger("couples", "erase", "ana-and-ben", "--yes").code == 0
    assert journal.read_text(encoding="utf-8") == lines


def test_who_was_taken_out_of_the_files_first_can_still_be_erased(desk: Desk) -> None:
    """A partner whom another one replaced, and then the whole couple: each can be exported as far as known, and erased.

    The command may so be called again for a provider's sake when names were taken out as it says.
    """
    desk.furnish()
    desk.nudger("once")
    desk.write("schedules/couples.yaml", COUPLES.replace("      ben:", "      bob:").replace("ben@", "bob@"))
    assert desk.nudger("once").code == 0
    assert desk.nudger("couples", "erase", "ana-and-ben", "ben", "--yes").code == 0
    desk.write("schedules/couples.yaml", COUPLES.replace("ana-and-ben", "cleo-and-dan").replace("@", "@other."))
    assert desk.nudger("once").code == 0
    assert "ana@example.com" in desk.nudger("couples", "export", "ana-and-ben", "ana").out
    for _ in range(2):
        assert desk.nudger("couples", "erase", "ana-and-ben", "--yes").code == 0
    journal = (desk.folder / "data" / "journal.jsonl").read_text(encoding="utf-8")
    assert journal.count('"erased"') == 9  # three people, with two addresses each
    assert desk.nudger("couples", "erase", "ana-and-ben", "eve", "--yes").code == 1
    assert desk.nudger("couples", "erase", "eve-and-max", "--yes").code == 1


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 1), ("", 1)])
def test_a_terminal_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: str, code: int) -> None:
    """On a terminal a typed yes does, and anything else leaves all as it was."""
    desk.furnish()
    desk.nudger("once")
    typed = io.StringIO(answer)
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    said = desk.nudger("couples", "erase", "ana-and-ben", "ana")
    assert (said.code, "Type yes" in said.err) == (code, True)
    assert ('"Ana"' in desk.nudger("couples", "export", "ana-and-ben", "ana").out) is (code == 1)


FREE = "quiet_hours: none, budget: {sms: {}, email: {}}"
#: Keys that tell nothing, and values that nobody else has.
QUILLONA = ["Quillona", "quillona@garden.example.com", "+447700900177"]
MARWIND = ["Marwind", "marwind@garden.example.com", "+447700900178"]
PAPER = "signed in the blue room"


def written(names: bool) -> str:  # noqa: FBT001 (before and after)
    """The couple in YAML; afterwards the operator has taken Quillona's name and addresses out."""
    of_one = QUILLONA if names else ["gone", "gone@example.com", "+447700900100"]
    lines = (
        f"      {key}: {{name: {name}, email: {email}, phone: '{phone}', timezone: Europe/London, {FREE}}}\n"
        for key, (name, email, phone) in (("one", of_one), ("two", MARWIND))
    )
    return "couples:\n  c-1:\n    partners:\n" + "".join(lines)


def found(plants: list[str], content: bytes) -> list[str]:
    """The plants that stand there in the clear."""
    return [plant for plant in plants if plant.encode() in content]


def dump(url: str) -> bytes:
    """Every row of every table."""
    with opened(url) as database, database.read() as connection:
        rows = (row for table in metadata.sorted_tables for row in connection.execute(select(table)))
        return "\n".join(repr(tuple(row)) for row in rows).encode()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_erasure_leaves_no_trace_but_the_hash(
    desk: Desk, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """No name, address or document in database, journal, outbox or backup; what is the other's is as it was."""
    desk.furnish(couples=written(names=True))
    with postgres.fresh() if engine == "postgresql" else nullcontext() as url:
        if url:
            desk.set(DATABASE_URL=url)
            monkeypatch.setenv("PATH", f"{postgres.tools}:/usr/bin:/bin")
        assert desk.nudger("once").code == 0
        record = ("consent", "record", "c-1", "one", "--channel", "sms", "--evidence", PAPER)
        assert desk.nudger(*record).code == 0
        for partner in ("one", "two"):
            desk.nudger("send", "c-1", "letters", "--to", partner, "--now")
        assert len(desk.outbox) == 2
        before = Path(desk.nudger("backup", "--json", "--to", "before").json[0]["folder"])
        assert [path.name for path in before.iterdir() if found(QUILLONA, path.read_bytes())] == ["files.tar"]

        done = desk.nudger("couples", "erase", "c-1", "one", "--yes")
        assert (done.code, "outbox: 1 of their messages deleted" in done.out) == (0, True)
        assert len(desk.outbox) == 1
        desk.write("schedules/couples.yaml", written(names=False))
        desk.nudger("backup", "--to", "after")

        shown = desk.nudger("consent", "show", "c-1", "--json")
        kept = [one["evidence"] for one in shown.json if one["partner"] == "one" and one["how"] == "evidence"]
        assert [one.startswith("hmac-sha256:") for one in kept] == [True]
        assert desk.nudger("consent", "show", "c-1", "--words", PAPER).code == 0
        assert desk.nudger("consent", "show", "c-1", "--words", f"not {PAPER}").code == 1
        assert found([*QUILLONA, PAPER], dump(url or f"sqlite:///{desk.folder / 'data' / 'nudger.db'}")) == []
        assert found([*QUILLONA, PAPER], desk.nudger("couples", "export", "c-1", "one").out.encode()) == []
        assert "Marwind" in desk.nudger("couples", "export", "c-1", "two").out
        trees = [desk.folder / name for name in ("data", "after")]
        files = [path for tree in trees for path in tree.rglob("*") if path.is_file()]
        assert {path.name for path in files} >= {"journal.jsonl", "manifest.json"}
        # A letter is its reader's own: the one to Marwind says who the surprise was for.
        assert [path for path in files if found([*QUILLONA, PAPER], path.read_bytes())] == desk.outbox
        assert found([*QUILLONA[1:], PAPER], desk.outbox[0].read_bytes()) == []
