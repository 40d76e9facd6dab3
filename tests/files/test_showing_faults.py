from pathlib import Path

import pytest

from nudger.files.faults import Fault, InvalidFiles, Place, guess, show

PATH = Path("schedules/home.yaml")


def test_a_fault_shows_its_line_with_a_caret() -> None:
    """First place and message, then the line with the spot underlined, then how to mend it."""
    fault = Fault(Place(PATH, 3, 9), "'saturday' is not a day of the week", "did you mean sat?", 8)
    assert show(fault, "when:\n  weekly:\n      - saturday\n") == (
        "schedules/home.yaml:3:9: 'saturday' is not a day of the week\n"
        "   |\n"
        " 3 |       - saturday\n"
        "   |         ^^^^^^^^\n"
        "  = did you mean sat?"
    )


def test_wide_characters_keep_the_caret_in_place() -> None:
    """A character two cells wide moves the caret by two, a combining one by none."""
    fault = Fault(Place(PATH, 1, 7), "wrong", None, 2)
    assert show(fault, "日本e\u0301: XY").splitlines()[-1] == "   |        ^^"


def test_a_long_line_is_shown_around_the_spot() -> None:
    """Only so much of a long line is shown as fits a terminal, and the caret is under the spot."""
    lines = show(Fault(Place(PATH, 1, 501), "wrong", None, 4), "a" * 500 + "HERE" + "b" * 500).splitlines()
    assert max(map(len, lines)) < 120
    assert lines[2].index("HERE") == lines[3].index("^^^^")


def test_what_is_shown_cannot_steer_the_terminal() -> None:
    """Escape sequences from a file or its name are shown as blanks."""
    shown = show(Fault(Place(PATH, 1, 1), "bad \x1b[31m", "out \x07"), "a: \x1b[2J\u202e")
    assert not any(sign in shown for sign in "\x1b\x07\u202e")


def test_the_file_is_read_where_no_text_is_given(tmp_path: Path) -> None:
    """Without the text the file is read; where there is none the fault is shown without an excerpt."""
    path = tmp_path / "a.yaml"
    fault = Fault(Place(path, 1, 1), "wrong")
    assert show(fault) == f"{path}:1:1: wrong"
    path.write_text("couples: 3\n")
    assert show(fault).splitlines()[2] == " 1 | couples: 3"


def test_faults_come_in_the_order_of_files_and_lines() -> None:
    """Faults sort by path, then line, then column, as numbers."""
    places = [Place(Path("b"), 1, 1), Place(Path("a"), 10, 2), Place(Path("a"), 9, 3), Place(Path("a"), 9, 1)]
    faults = sorted(Fault(place, "wrong", mend) for place, mend in zip(places, [None, "x", None, "y"], strict=True))
    assert [str(fault.place) for fault in faults] == ["a:9:1", "a:9:3", "a:10:2", "b:1:1"]


def test_invalid_files_hold_their_faults() -> None:
    """The error counts its faults, ends the command with 3 and says how to see them."""
    faults = [Fault(Place(Path("a"), 1, 1), "wrong"), Fault(Place(Path("b"), 1, 1), "wrong")]
    error = InvalidFiles(faults)
    assert (str(error), error.exit_code, error.faults) == ("2 faults in 2 files", 3, tuple(faults))
    assert str(InvalidFiles(faults[:1])) == "1 fault in 1 file"
    assert "nudger check" in (error.mend or "")


@pytest.mark.parametrize(
    ("word", "meant"),
    [("emial", "email"), ("TimeZone", "timezone"), ("quiethours", "quiet_hours"), ("zzz", None), ("", None)],
)
def test_a_near_word_is_guessed(word: str, meant: str | None) -> None:
    """A misspelt word finds the one that was meant, whatever its case; a strange one finds none."""
    assert guess(word, ["name", "email", "phone", "timezone", "quiet_hours"]) == meant
