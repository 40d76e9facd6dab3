"""Couples brought in from a spreadsheet: looked at first, each fault at its row and column, written as new YAML."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parts.desks import LETTERS, Desk

from nudger.files.couple_rows import COLUMNS, HEADINGS, read_rows
from nudger.files.couple_texts import couple_texts
from nudger.files.couples import WrittenCouple
from nudger.files.positions import parse
from nudger.files.slips import read
from nudger.files.spreadsheet import read_spreadsheet

HEAD = "couple,tags,first name,first phone,first email,first timezone,second name,second email,second timezone"
ANA_AND_BEN = "c-1,evening,Ana,+447700900131,ana.c@example.com,Europe/Berlin,Ben,ben.c@example.com,Europe/London"
CLEO_AND_DAN = ",,Cleo,,cleo@example.com,Europe/London,Dan,dan@example.com,Europe/London"
#: Cells that are wrong, each in its column, and what is said of them.
WRONG = {
    "first phone": ("0770 0900", "this is not a phone number with its country code"),
    "first email": ("ana at example", "this is not an email address"),
    "first timezone": ("Europe/Berln", "did you mean Europe/Berlin?"),
    "second name": ("", "some text is needed here"),
    "couple": ("Ana & Ben", "for example ana-ben"),
}


def sheet(*rows: str, head: str = HEAD) -> str:
    """A CSV file of these rows."""
    return "\n".join((head, *rows)) + "\n"


def test_first_shown_then_written(desk: Desk) -> None:
    """Nothing is written before --write; what is written is read as ever, with keys that are no names."""
    desk.furnish(LETTERS).write("clients.csv", sheet(ANA_AND_BEN, CLEO_AND_DAN))
    before = sorted(desk.folder.rglob("*.yaml"))
    said = desk.nudger("couples", "import", "clients.csv")
    assert (said.code, said.err) == (0, "")
    assert "c-1" in said.out
    assert "couple-0003" in said.out
    assert not [value for value in ("Ana", "Cleo", "7700900131", "@example") if value in said.out]
    assert sorted(desk.folder.rglob("*.yaml")) == before
    said = desk.nudger("couples", "import", "clients.csv", "--write")
    assert (said.code, "written: schedules/clients.yaml" in said.out) == (0, True)
    assert "3 couples" in desk.nudger("check").out
    assert desk.nudger("once").code == 0
    assert [one["couple"] for one in desk.nudger("couples", "list", "--json").json] == [
        "ana-and-ben",
        "c-1",
        "couple-0003",
    ]


def test_the_example_can_be_imported(desk: Desk) -> None:
    """--example writes a file that passes as it is, and shows both ways to a key."""
    by_either = LETTERS.replace("channel: email", "channel: preferred")
    desk.furnish(by_either).write("example.csv", desk.nudger("couples", "import", "--example").out)
    said = desk.nudger("couples", "import", "example.csv", "--write")
    assert (said.code, said.err) == (0, "")
    assert desk.nudger("check").code == 0


@pytest.mark.long
def test_forty_faulty_rows_of_five_thousand(desk: Desk) -> None:
    """Each of 40 faulty rows is named with row, column and mend; the other 4,960 can be written, and are."""
    desk.furnish(LETTERS)
    rows, wanted = [], []
    for number in range(2, 5002):
        cells = ["", "", f"Nameless{number}", f"+44770{number:07}", f"one{number}@example.com", "Europe/Berlin"]
        cells += [f"Other{number}", f"two{number}@example.com", "Europe/London"]
        if number % 125 == 0:
            heading = list(WRONG)[number // 125 % len(WRONG)]
            cells[HEAD.split(",").index(heading)] = WRONG[heading][0]
            wanted.append((number, heading))
        rows.append(",".join(cells))
    desk.write("big.csv", sheet(*rows))
    said = desk.nudger("couples", "import", "big.csv", "--write")
    assert (said.code, list(desk.folder.glob("schedules/big*"))) == (1, [])
    told = [line.split(":") for line in said.out.splitlines() if line.startswith("big.csv:")]
    assert [(int(row), heading) for _, row, heading, *_ in told] == wanted
    assert len(wanted) == 40
    assert "4,960 couples, 40 faulty rows" in said.out
    written = desk.nudger("couples", "import", "big.csv", "--write", "--skip-faulty", "--limit", 0)
    assert written.code == 0
    texts = [path.read_text(encoding="utf-8") for path in desk.folder.glob("schedules/big*.yaml")]
    assert sum(text.count("partners:") for text in texts) == 4960
    assert all(len(text) < 1_000_000 for text in texts)


@pytest.mark.parametrize("heading", WRONG)
def test_a_fault_has_its_place_and_mend(desk: Desk, heading: str) -> None:
    """The row is the spreadsheet's, also after an empty row and a line break in quotes; the column has its heading."""
    cells = dict(zip(HEAD.split(","), ANA_AND_BEN.split(","), strict=True)) | {heading: WRONG[heading][0]}
    broken = CLEO_AND_DAN.replace("Cleo", '"Cleo\nMaria"')
    desk.furnish(LETTERS).write("clients.csv", sheet(broken, "", ",".join(cells.values())))
    out = desk.nudger("couples", "import", "clients.csv").out
    assert "clients.csv:2:first name: there is a line break in this text" in out
    assert f"clients.csv:4:{heading}: " in out
    assert WRONG[heading][1] in out
    assert "0770 0900" not in out
    assert "ana at example" not in out


def test_duplicates_name_each_other(desk: Desk) -> None:
    """A key twice in the sheet, a key of the YAML, an address twice in one couple; the same people twice is advice."""
    twice = ANA_AND_BEN.replace("ben.c@", "ana.c@").replace("c-1", "c-2").replace("131", "132")
    there = CLEO_AND_DAN.replace(",,Cleo", "ana-and-ben,,Cleo")
    desk.furnish(LETTERS).write("c.csv", sheet(ANA_AND_BEN, ANA_AND_BEN, twice, there, CLEO_AND_DAN, CLEO_AND_DAN))
    said = desk.nudger("couples", "import", "c.csv", "--json")
    faults = {(row["row"], one["column"]): one for row in said.json for one in row["faults"]}
    assert "the first is in row 2" in faults[3, "couple"]["mend"]
    assert "same email" in faults[4, "second email"]["message"]
    assert "couples.yaml:2:3" in faults[5, "couple"]["mend"]
    assert faults[7, "first email"]["message"] == "row 6 has the same email"
    assert faults[7, "first email"]["severity"] == "advice"
    assert [row["state"] for row in said.json] == ["good", "faulty", "faulty", "faulty", "good", "good"]


def test_nothing_is_overwritten(desk: Desk) -> None:
    """A second import under the same name is refused, and the first file stays as it is."""
    desk.furnish(LETTERS).write("clients.csv", sheet(ANA_AND_BEN))
    path = desk.write("schedules/clients.yaml", "couples:\n")
    said = desk.nudger("couples", "import", "clients.csv", "--write")
    assert (said.code, "--as" in said.err) == (1, True)
    assert path.read_text(encoding="utf-8") == "couples:\n"
    assert desk.nudger("couples", "import", "clients.csv", "--write", "--as", "../clients new").code == 0
    assert (desk.folder / "schedules" / "clients-new.yaml").exists()


def test_schedules_that_would_break_are_named(desk: Desk) -> None:
    """A schedule by text for all does not fit couples without a phone: it is said before, and nothing is written."""
    desk.furnish().write("clients.csv", sheet(ANA_AND_BEN))
    said = desk.nudger("couples", "import", "clients.csv", "--write")
    assert said.code == 1
    assert "second of c-1 has no phone" in said.out
    assert not (desk.folder / "schedules" / "clients.yaml").exists()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_as_spreadsheets_write_it(desk: Desk, separator: str, mark: str) -> None:
    """Comma, semicolon or tab; with or without a byte order mark; headings in any case, lines ended as on Windows."""
    text = mark + sheet(ANA_AND_BEN, head=HEAD.title().replace(" ", "_")).replace(",", separator).replace("\n", "\r\n")
    desk.furnish(LETTERS)
    (desk.folder / "clients.csv").write_bytes(text.encode())
    assert desk.nudger("couples", "import", "clients.csv").code == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "this file is empty"),
        (b"\n\n" + HEAD.encode(), "row 1 is empty"),
        ("couple\nAn\u00e9".encode("latin-1"), "line 2 is not UTF-8 text"),
        (HEAD.encode("utf-16"), "line 1 is not UTF-8 text"),
        (b"," * 10_000_001, "larger than 10 MB"),
        (sheet('c-1,"Ana').encode(), "row 2 is not as CSV files are written"),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_none(desk: Desk, content: bytes | None, complaint: str) -> None:
    """One clear error with its mend, and nothing of the content."""
    desk.furnish(LETTERS)
    if content is not None:
        (desk.folder / "clients.csv").write_bytes(content)
    said = desk.nudger("couples", "import", "clients.csv")
    assert (said.code, said.out) == (1, "")
    assert complaint in said.err
    assert "mend: " in said.err
    assert "Ana" not in said.err


@pytest.mark.parametrize(
    ("head", "heading", "complaint"),
    [
        (HEAD.replace("first email", "first mail"), "first mail", "did you mean first email?"),
        (HEAD.replace("tags", "couple"), "couple", "there twice"),
        (HEAD.replace("second name", "tags"), "second name", "this column is missing"),
        (ANA_AND_BEN, "couple", "no heading that is known"),
    ],
)
def test_headings_are_checked_first(desk: Desk, head: str, heading: str, complaint: str) -> None:
    """A heading that is unknown, twice or missing is told alone; data in place of headings is not repeated."""
    desk.furnish(LETTERS).write("clients.csv", sheet(ANA_AND_BEN, head=head))
    said = desk.nudger("couples", "import", "clients.csv")
    assert said.code == 1
    assert f"clients.csv:1:{heading}: " in said.out
    assert complaint in said.out
    assert "Ana" not in said.out


def test_a_cell_cannot_read_secrets(desk: Desk) -> None:
    """A cell that would be filled in when the YAML is read is refused."""
    desk.furnish(LETTERS).write("clients.csv", sheet(ANA_AND_BEN.replace("Ana", "${file:/etc/hostname}")))
    assert "clients.csv:2:first name: ${" in desk.nudger("couples", "import", "clients.csv").out


PRINTED = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
CELLS = st.fixed_dictionaries(
    {
        "first name": PRINTED,
        "second name": PRINTED,
        "first email": st.sampled_from(["ana@example.com", "", "zo\u00eb@example.com"]),
        "second email": st.just("ben@example.com"),
        "first phone": st.sampled_from(["+44 7700 900124", "+447700900124"]),
        "first timezone": st.sampled_from(["Europe/Berlin", "null", "Etc/GMT+3"]),
        "second timezone": st.just("Europe/London"),
        "tags": st.sampled_from(["", "null", "home, far", "no 1e3"]),
        "first quiet hours": st.sampled_from(["", "none", "20:30 - 09:00"]),
        "second birthday": st.sampled_from(["", "--02-29", "1990-01-31"]),
        "kids": st.sampled_from(["", "yes", "false"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(CELLS)
def test_what_passes_is_read_as_it_was_checked(tmp_path_factory: pytest.TempPathFactory, cells: dict[str, str]) -> None:
    """The YAML of a row without faults reads without faults, as the very same couple."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([list(cells), list(cells.values())])
    path = tmp_path_factory.getbasetemp() / "row.csv"
    path.write_bytes(buffer.getvalue().encode())
    for row in read_rows(read_spreadsheet(path), {}):
        if row.couple is not None:
            (text,) = couple_texts([(row.key, row.written)])
            document = parse(Path("row.yaml"), text)
            made = read(WrittenCouple, document, ("couples", row.key))
            assert document.faults == []
            assert made is not None
            assert made.couple(row.key) == row.couple


def test_every_heading_is_documented() -> None:
    """The how-to names every column."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "peoples-data.md").read_text(encoding="utf-8")
    assert [heading for heading in HEADINGS if f"`{heading}`" not in page] == []
    assert len(COLUMNS) == len(set(COLUMNS.values()))
