import pytest
from parts.yaml_folders import Folders

from nudger.domain.people import Partner

FILE = """\
couples:
  ana-and-ben:
    partners:
      ana: {name: Ana, phone: "%s", timezone: Europe/Berlin}
      ben: {name: "${BEN:-Ben}", email: "${USER_PART}@example.com", timezone: Europe/London}
"""
NUMBER = "+447700900124"


def partners(folders: Folders, phone: str, **environment: str) -> tuple[Partner, Partner]:
    """The two partners, with this text for the first one's phone."""
    folders.write("a.yaml", FILE % phone)
    loaded = folders.load({"USER_PART": "ben", **environment})
    assert loaded.faults == ()
    return loaded.couples[0].partners


def test_a_variable_is_filled_in(folders: Folders) -> None:
    """${VAR} becomes the value of the variable, also in the middle of a text."""
    ana, ben = partners(folders, "${PHONE}", PHONE=NUMBER)
    assert ana.phone == NUMBER
    assert ben.email == "ben@example.com"


@pytest.mark.parametrize("environment", [{}, {"PHONE": ""}])
def test_a_default_stands_in(folders: Folders, environment: dict[str, str]) -> None:
    """${VAR:-default} takes the default where the variable is not set or empty."""
    ana, ben = partners(folders, f"${{PHONE:-{NUMBER}}}", **environment)
    assert ana.phone == NUMBER
    assert ben.name == "Ben"


def test_a_file_is_filled_in(folders: Folders) -> None:
    """${file:path} becomes the content of the file without its last line end; relative to the folder."""
    (folders.schedules / "phone.txt").write_text(NUMBER + "\n")
    assert partners(folders, "${file:phone.txt}")[0].phone == NUMBER
    assert partners(folders, f"${{file:{folders.schedules / 'phone.txt'}}}")[0].phone == NUMBER


def test_what_was_filled_in_is_not_filled_again(folders: Folders) -> None:
    """A secret may hold ${; it is data."""
    _, ben = partners(folders, NUMBER, BEN="${USER_PART}")
    assert ben.name == "${USER_PART}"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("${PHONE}", "the variable PHONE is not set"),
        ("${1st}", "this ${...} is not understood"),
        ("${}", "this ${...} is not understood"),
        ("${file:.}", "the file named here is not there"),
        ("${file:latin.txt}", "the file named here cannot be read"),
    ],
)
def test_what_cannot_be_filled_is_one_fault(folders: Folders, written: str, message: str) -> None:
    """An unset variable, an unreadable file and a broken ${ are a fault at the value, and the only one there."""
    (folders.schedules / "latin.txt").write_bytes(b"\xe9")
    folders.write("a.yaml", FILE % written)
    (fault,) = folders.load({"USER_PART": "ben"}).faults
    assert (fault.place.line, fault.place.column, fault.message) == (4, 31, message)


def test_a_filled_value_is_not_repeated_in_a_fault(folders: Folders) -> None:
    """Where a filled value is wrong the message shows what the file says, not the secret."""
    folders.write("a.yaml", (FILE % NUMBER).replace("Europe/Berlin", '"${SECRET}"'))
    (fault,) = folders.load({"USER_PART": "ben", "SECRET": "hunter2"}).faults
    assert fault.message == "'${SECRET}' is not a time zone"
    assert "hunter2" not in (fault.mend or "")


def test_pools_are_not_filled(folders: Folders) -> None:
    """A pool is words for partners: ${...} in it is left as it is."""
    folders.pool("en/a.yaml", "theme: growth\nentries: [{id: one, sms: 'Pay ${HOME} less rent.'}]\n")
    assert folders.load({"HOME": "x"}).pools["en"].entries[0].sms == "Pay ${HOME} less rent."
