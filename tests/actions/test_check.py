from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from parts.yaml_folders import COUPLE, Folders

from nudger.actions.check import check
from nudger.domain.pools import Entry, Pool
from nudger.files.faults import Fault, show
from nudger.rendering.faults import Problem
from nudger.rendering.renderer import Renderer

SHIPPED = Path(__file__).parents[2]
SWALLOWED = """\
schedules:
  walks: {themes: growth, channel: email, audience: one, when: {daily: true, at: "23:00"}}
"""
POOL = """\
theme: growth
entries:
  - id: one
    sms: A walk.
  - id: two
    email:
      subject: A walk
      body: |
        First.

        Second.
"""


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Two empty folders to write YAML into."""
    return Folders(tmp_path)


class Pencil:
    """A proofreader that marks what it was told to."""

    def __init__(self, marks: Mapping[str, Problem], advice: Mapping[str, Problem] | None = None) -> None:
        """Know which entry to mark with what, by itself and among the others of its pool."""
        self.marks = marks
        self.advice = advice or {}

    def problems(self, entry: Entry, locale: str) -> list[Problem]:
        """The mark for an entry of the English pool."""
        return [self.marks[entry.id]] if locale == "en" and entry.id in self.marks else []

    def pool_problems(self, pool: Pool) -> Iterator[tuple[str, Problem]]:
        """The advice for an entry of any pool."""
        return ((entry.id, self.advice[entry.id]) for entry in pool.entries if entry.id in self.advice)


def marked(folders: Folders, entry: str, problem: Problem) -> Fault:
    """The one fault after marking an entry of the pool."""
    folders.pool("en/growth.yaml", POOL)
    (fault,) = check(folders.load(), Pencil({entry: problem}))
    return fault


def test_a_good_folder_has_no_faults(folders: Folders) -> None:
    """Where nothing is wrong there is nothing to say."""
    assert check(folders.load(), Pencil({})) == []


def test_a_moment_in_quiet_hours_stands_at_its_rule(folders: Folders) -> None:
    """A moment that quiet hours swallow is a fault at `when`, once, naming one couple and counting the others."""
    folders.write("a.yaml", COUPLE)
    folders.write("b.yaml", COUPLE.replace("ana-and-ben", "cleo-and-dan"))
    path = folders.write("c.yaml", SWALLOWED)
    (fault,) = check(folders.load(), None)
    assert (fault.place.path, fault.place.line, fault.place.column) == (path, 2, 58)
    assert fault.message.startswith("for ana of ana-and-ben (and 1 more): 23:00 lies in the quiet hours")
    assert "quiet hours" in (fault.mend or "")


def test_too_much_chance_for_the_room_is_a_fault(folders: Folders) -> None:
    """Moments that cannot keep their distance are a fault at `when`."""
    rule = "{random: 5, per: day, apart: 24h}"
    folders.write("a.yaml", COUPLE + SWALLOWED.replace('{daily: true, at: "23:00"}', rule))
    (fault,) = check(folders.load(), None)
    assert (fault.place.line, fault.place.column) == (9, 58)
    assert "fewer" in (fault.mend or "")


def test_a_schedule_is_only_tried_with_couples_it_covers(folders: Folders) -> None:
    """Quiet hours of a couple that a schedule does not reach are no obstacle."""
    folders.write("a.yaml", COUPLE)
    night_owls = COUPLE.replace("ana-and-ben", "cleo-and-dan").replace("home", "late")
    folders.write("b.yaml", night_owls.replace("{name", "{quiet_hours: none, name"))
    folders.write("c.yaml", SWALLOWED.replace("when:", "for: {tags: late}, when:"))
    assert check(folders.load(), None) == []


def test_words_in_quotes_are_marked_where_they_start(folders: Folders) -> None:
    """A fault in a text on one line stands at that text."""
    fault = marked(folders, "one", Problem("sms", "too long", "say less", 1))
    assert (fault.place.line, fault.place.column, fault.message, fault.mend) == (4, 10, "too long", "say less")


@pytest.mark.parametrize(("line", "place"), [(1, (9, 9, 6)), (3, (11, 9, 7)), (99, (8, 13, 1))])
def test_words_in_a_block_are_marked_on_their_line(folders: Folders, line: int, place: tuple[int, int, int]) -> None:
    """A fault in a block of text stands on its line of the block; one beyond it where the block starts."""
    fault = marked(folders, "two", Problem("email.body", "unknown variable", None, line))
    assert (fault.place.line, fault.place.column, fault.length) == place


def test_all_faults_come_together_in_order(folders: Folders) -> None:
    """Faults of files, references, moments and words come in one list, by file and line."""
    folders.write("a.yaml", COUPLE + "  eve: {}\n" + SWALLOWED)
    folders.pool("en/growth.yaml", POOL)
    faults = check(folders.load(), Pencil({"one": Problem("sms", "too long", None, 1)}))
    assert [fault.place.line for fault in faults] == [8, 10, 4]


def test_the_renderer_finds_an_unknown_variable(folders: Folders) -> None:
    """The real renderer's complaint stands at the text it is about."""
    folders.pool("en/growth.yaml", "theme: growth\nentries: [{id: one, sms: 'Walk with {{ partnr.name }}.'}]\n")
    faults = check(folders.load(), Renderer(SHIPPED / "templates"))
    assert [(fault.place.line, fault.place.column) for fault in faults] == [(2, 26)]


def test_a_remark_keeps_its_code_and_severity(folders: Folders) -> None:
    """What is found in a pool as a whole stands at its entry, and advice stays advice."""
    folders.pool("en/growth.yaml", POOL)
    (fault,) = check(folders.load(), Pencil({}, {"one": Problem("sms", "again", "cut it", 1, "W601", "advice")}))
    assert (fault.place.line, fault.code, fault.severity, fault.is_error) == (4, "W601", "advice", False)
    assert show(fault).splitlines()[0].endswith("growth.yaml:4:10: W601 advice: again")


def test_the_renderer_reads_the_whole_pool(folders: Folders) -> None:
    """The real renderer's remarks come with the others."""
    folders.pool("en/growth.yaml", "theme: growth\nentries: [{id: one, sms: 'You owe {{ partner.name }} a walk.'}]\n")
    (fault,) = check(folders.load(), Renderer(SHIPPED / "templates"))
    assert (fault.code, fault.severity, fault.place.column) == ("W302", "error", 26)
