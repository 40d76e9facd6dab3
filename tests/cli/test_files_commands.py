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
    assert {tuple(fault) for fault in said.json} == {("path", "line", "column", "message", "mend", "code", "severity")}


def test_check_shows_the_line(desk: Desk) -> None:
    """A fault is shown with its place, its line, a caret and its mend; the last line counts."""
    desk.furnish().write("schedules/schedules.yaml", spots(FAULTY_SCHEDULES)[0])
    said = desk.nudger("check")
    assert "schedules/schedules.yaml:4:14: " in said.out
    assert " 4 |     channel: pigeon\n   |              ^" in said.out
    assert said.out.splitlines()[-1].startswith("4 faults; good: 1 couples")


TAGGED = "theme: growth\nentries: [{id: one, sms: A walk., tags: [words, karaoke]}]\n"


def test_templates_without_a_vocabulary_use_the_shipped_one(desk: Desk) -> None:
    """An operator's templates need no tags.yaml; what the shipped one lacks is a fault all the same."""
    desk.furnish().write("templates/pools/en/growth.yaml", TAGGED)
    (desk.folder / "templates/tags.yaml").unlink()
    said = desk.nudger("check", "--json")
    assert said.code == 3
    missing = [fault["message"] for fault in said.json if fault["message"].startswith("there is no tag")]
    assert missing == ["there is no tag 'karaoke'"]


def test_a_copied_vocabulary_may_be_added_to(desk: Desk) -> None:
    """`init --templates` copies the tags, and a word added there is known from then on."""
    desk.nudger("init", "--templates")
    path = desk.folder / "templates/tags.yaml"
    path.write_text(path.read_text() + '  karaoke: "Singing before others."\n')
    desk.write("templates/pools/en/growth.yaml", TAGGED)
    assert "there is no tag" not in desk.nudger("check").out


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


def test_schema_takes_nobodys_pools_away(desk: Desk) -> None:
    """Where the shipped pools are used no folder is made, which would take their place; nor does any without pools."""
    desk.nudger("init")
    assert desk.nudger("schema", "--write").out == "written: schedules/nudger.schema.json\n"
    desk.write("templates/tags.yaml", (CHECKOUT / "templates/tags.yaml").read_text(encoding="utf-8"))
    assert desk.nudger("check").code == 0


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


def test_advice_is_shown_and_does_not_fail(desk: Desk) -> None:
    """A remark that is advice is shown with its code, and counted, and the files are good all the same."""
    desk.furnish().write("templates/pools/en/growth.yaml", "theme: growth\nentries: [{id: one, sms: You must walk.}]\n")
    said = desk.nudger("check")
    assert said.code == 0
    assert "growth.yaml:2:26: W301 advice: 'must' gives an order" in said.out
    assert said.out.splitlines()[-1].endswith(" pieces of advice)")
    found = [fault for fault in desk.nudger("check", "--json").json if fault["path"].endswith("growth.yaml")]
    assert [(fault["code"], fault["severity"]) for fault in found] == [("W301", "advice")]


def test_a_remark_that_is_an_error_fails(desk: Desk) -> None:
    """What can hurt ends with 3."""
    desk.furnish().write(
        "templates/pools/en/growth.yaml", "theme: growth\nentries: [{id: one, sms: You owe a walk.}]\n"
    )
    said = desk.nudger("check")
    assert said.code == 3
    advice = sum(fault["severity"] == "advice" for fault in desk.nudger("check", "--json").json)
    assert advice > 1
    assert said.out.splitlines()[-1].startswith("1 fault; good: ")
    assert said.out.splitlines()[-1].endswith(f" ({advice} pieces of advice)")


def test_an_operators_words_are_no_mistakes(desk: Desk) -> None:
    """What stands in templates/words.txt is spelt right, and so are the shipped words beside it."""
    desk.write("templates/words.txt", "svickova\n")
    desk.furnish()
    said = "A bowl of svickova, the acrosses and knedliky."
    desk.write("templates/pools/en/growth.yaml", f"theme: growth\nentries: [{{id: one, sms: '{said}'}}]\n")
    found = [fault["message"] for fault in desk.nudger("check", "--json").json if fault["code"] == "W801"]
    assert found == ["'knedliky' is in no dictionary"]


def test_check_reads_the_services_own_words(desk: Desk) -> None:
    """A notice that lacks its variable is a fault at its line, as in any other file; mended, all is good."""
    desk.furnish()
    shipped = (CHECKOUT / "templates" / "notices" / "en.yaml").read_text(encoding="utf-8")
    (desk.folder / "templates" / "notices").unlink()
    desk.write("templates/notices/en.yaml", shipped.replace("{count} a week. LESS turns it down further", "some"))
    said = desk.nudger("check", "--json")
    assert said.code == 3
    (fault,) = (one for one in said.json if one["severity"] == "error")
    assert fault["path"].endswith("notices/en.yaml")
    assert fault["line"] == 1 + next(n for n, line in enumerate(shipped.splitlines()) if line.startswith("  fewer:"))
    assert "{count}" in fault["message"]
    desk.write("templates/notices/en.yaml", shipped)
    assert desk.nudger("check").code == 0
