"""init, check and schema: what an operator writes, and help with writing it."""

import json
import os
import stat

import pytest
from jsonschema import Draft202012Validator
from parts.desks import CHECKOUT, Desk

#: One file with many faults, marked § at each spot; `many` faults in other files follow.
FAULTY_COUPLES = """\
couples:
  ana-and-ben:
    tags: [home, §"two words"]
    partners:
      ana: {name: Ana, email: §ana.example.com, timezone: §Europe/Atlantis}
      ben: {name: Ben, phone: §"07700 900123", §timezon: Europe/London, quiet_hours: §25:00-09:00}
    preferences: {themes: {§spontanity: 3}, cost: §huge}
    dates: {anniversary: §2019-02-31}
"""
FAULTY_SCHEDULES = """\
schedules:
  surprises:
    themes: [spontaneity]
    channel: §pigeon
    audience: one
    when: {random: 3, per: week, between: 09:30-20:00}
  reminders:
    themes: [growth]
    channel: email
    audience: each
    when: {cron: §"61 * * * *"}
  nightly:
    themes: [growth]
    channel: email
    audience: §everybody
    when: {daily: true, at: §"26:00"}
"""
FAULTY_POOL = """\
theme: growth
entries:
  - {id: one, sms: §"Hello {{ partner.nmae }}."}
  - {id: two, sms: Fine., effort: §forever}
  - {id: §two, sms: Again.}
"""


def spots(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without its marks, and the line and column of each."""
    found = []
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        pieces = line.split("§")
        column = 1
        for piece in pieces[:-1]:
            column += len(piece)
            found.append((number, column))
    return text.replace("§", ""), found


def test_init_writes_a_folder_that_works(desk: Desk) -> None:
    """After init in a fresh folder, check finds nothing wrong."""
    said = desk.nudger("init")
    assert said.code == 0
    assert said.out.splitlines()[-1] == "Next: nudger check && nudger demo"
    assert stat.S_IMODE((desk.folder / ".env").stat().st_mode) == 0o600
    checked = desk.nudger("check")
    assert (checked.code, checked.err) == (0, "")
    assert checked.out.startswith("2 couples, 10 schedules, ")


def test_init_names_the_way_into_another_folder(desk: Desk) -> None:
    """Init of a folder elsewhere says how to go on there."""
    said = desk.nudger("init", "new/place", "--templates")
    assert said.out.splitlines()[-1] == "Next: cd new/place && nudger check && nudger demo"
    assert desk.nudger("check", "new/place").code == 0
    assert list((desk.folder / "new/place/templates/pools/en").glob("*.yaml"))


def test_init_keeps_what_is_there(desk: Desk) -> None:
    """A second init changes no file, and says of each that it was kept."""
    desk.write("schedules/couples.yaml", "# mine\n")
    desk.nudger("init")
    again = desk.nudger("init")
    assert (desk.folder / "schedules/couples.yaml").read_text() == "# mine\n"
    assert {line.split()[0] for line in again.out.splitlines()[:-1]} == {"kept:"}


def test_init_where_nothing_can_be_written(desk: Desk) -> None:
    """A folder that cannot be made ends with 1, its path and a way out."""
    desk.write("taken", "a file")
    said = desk.nudger("init", "taken/place")
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "error: taken/place: cannot be written (Not a directory)\n  mend: choose a folder that is yours\n"
    )


def test_check_names_every_fault_at_its_place(desk: Desk) -> None:
    """Many kinds of faults in several files come in one run, each at its line and column, with exit code 3."""
    desk.furnish()
    wanted = set()
    for name, marked in (
        ("schedules/couples.yaml", FAULTY_COUPLES),
        ("schedules/schedules.yaml", FAULTY_SCHEDULES),
        ("templates/pools/en/growth.yaml", FAULTY_POOL),
    ):
        text, places = spots(marked)
        desk.write(name, text)
        wanted |= {(name, *place) for place in places}
    said = desk.nudger("check", "--json")
    found = {(fault["path"], fault["line"], fault["column"]) for fault in said.json}
    assert said.code == 3
    assert len(wanted) >= 15
    assert wanted <= found
    assert {tuple(fault) for fault in said.json} == {("path", "line", "column", "message", "mend")}


def test_check_shows_the_line(desk: Desk) -> None:
    """A fault is shown with its place, its line, a caret and its mend; the last line counts."""
    desk.furnish().write("schedules/schedules.yaml", spots(FAULTY_SCHEDULES)[0])
    said = desk.nudger("check")
    assert "schedules/schedules.yaml:4:14: " in said.out
    assert " 4 |     channel: pigeon\n   |              ^" in said.out
    assert said.out.splitlines()[-1].startswith("4 faults; good: 1 couples")


def test_the_daemon_refuses_what_check_refuses(desk: Desk) -> None:
    """With faults in the files run and once end with 3, the count and the way to see each."""
    desk.furnish().write("schedules/schedules.yaml", spots(FAULTY_SCHEDULES)[0])
    for command in ("run", "once", "preview", "demo"):
        said = desk.nudger(command)
        assert (said.code, said.out) == (3, "")
        assert said.err == "error: 4 faults in 1 file\n  mend: run `nudger check` to see each with its line\n"


@pytest.mark.parametrize("options", [[], ["--pools"]])
def test_schema_prints_a_schema(desk: Desk, options: list[str]) -> None:
    """What schema prints is a JSON Schema of draft 2020-12."""
    said = desk.nudger("schema", *options)
    Draft202012Validator.check_schema(said.json)


def test_schema_writes_where_files_point(desk: Desk) -> None:
    """--write puts each schema where the first line of the sample files looks for it."""
    desk.furnish()
    said = desk.nudger("schema", "--write")
    assert said.out == "written: schedules/nudger.schema.json\nwritten: templates/pools/nudger-pool.schema.json\n"
    Draft202012Validator.check_schema(json.loads((desk.folder / "schedules/nudger.schema.json").read_text()))


def test_schema_where_nothing_can_be_written(desk: Desk) -> None:
    """A schema that cannot be written ends with 1, its path and a way out."""
    desk.write("schedules", "a file")
    said = desk.nudger("schema", "--write")
    assert said.code == 1
    assert "schedules" in said.err
    assert "mend: " in said.err


@pytest.mark.skipif(not os.access(CHECKOUT / ".env.example", os.R_OK), reason="needs the checkout")
def test_init_copies_every_setting(desk: Desk) -> None:
    """The .env of a fresh folder is the example, to the letter."""
    desk.nudger("init")
    assert (desk.folder / ".env").read_text() == (CHECKOUT / ".env.example").read_text()
