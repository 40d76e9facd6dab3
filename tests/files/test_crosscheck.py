import pytest
from parts.yaml_folders import COUPLE, Folders, spot

LONELY = COUPLE.replace('phone: "+447700900124", ', "")
AMERICAN = COUPLE.replace("+447700900124", "+12025550123")


def schedule(fields: str) -> str:
    """A schedule of these fields beside the rest it needs."""
    rest = {"themes": "growth", "channel": "email", "audience": "one", "when": "{daily: true}"}
    own = {line.split(":")[0].strip("§ ") for line in fields.splitlines()}
    lines = [*fields.splitlines(), *(f"{key}: {value}" for key, value in rest.items() if key not in own)]
    return "schedules:\n  walks:\n" + "".join(f"    {line}\n" for line in lines)


CASES = {
    "unknown couple": (
        COUPLE + schedule("for: {couples: [ana-and-ben, §ana-and-ban]}"),
        "there is no couple 'ana-and-ban'",
        "did you mean ana-and-ben?",
    ),
    "unknown single couple": (COUPLE + schedule("for: {couples: §eve}"), "there is no couple 'eve'", "add that couple"),
    "unused tag": (COUPLE + schedule("§for: {tags: [far]}"), "no couple has any of these tags", "tags in use: home"),
    "no couple at all": (
        schedule("for: all").replace("walks", "§walks"),
        "there is no couple for this schedule",
        "add a couple",
    ),
    "unknown date": (
        COUPLE + schedule("when: {before: §aniversary}"),
        "no couple here has a date 'aniversary'",
        "did you mean anniversary?",
    ),
    "no phone": (LONELY + schedule("channel: §sms"), "ana of ana-and-ben has no phone", "channel: preferred"),
    "intimacy by text to +1": (
        AMERICAN + schedule("channel: sms\n§themes: [growth, intimacy]"),
        "carriers forbid intimacy by text to +1 numbers",
        "channel: email",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_broken_reference_is_found_where_it_stands(case: str, folders: Folders) -> None:
    """What one item says about another is checked, and the fault stands where it is said."""
    marked, message, mend = CASES[case]
    text, line, column = spot(marked)
    folders.write("a.yaml", text)
    (fault,) = folders.load().faults
    assert (fault.place.line, fault.place.column) == (line, column), fault
    assert message in fault.message
    assert mend in (fault.mend or "")


@pytest.mark.parametrize(
    "text",
    [
        AMERICAN + schedule("channel: email\nthemes: [intimacy]"),
        COUPLE + schedule("channel: sms\nthemes: [intimacy]"),
        LONELY + schedule("channel: preferred"),
        COUPLE + schedule("for: {tags: [home], couples: [ana-and-ben]}"),
    ],
)
def test_what_fits_is_no_fault(text: str, folders: Folders) -> None:
    """Intimacy by email or outside +1, a preferred channel, and couples chosen twice are all fine."""
    folders.write("a.yaml", text)
    assert folders.load().faults == ()


@pytest.mark.parametrize("fields", ["for: {couples: ana-and-ben}", "for: {tags: home}", "when: {before: x}"])
def test_a_fault_brings_no_others_with_it(fields: str, folders: Folders) -> None:
    """Where a couple has a fault of its own, schedules that count on it are not blamed."""
    folders.write("a.yaml", COUPLE.replace("tags: [home]", "tags: [HOME]") + schedule(fields))
    (fault,) = folders.load().faults
    assert "'HOME' cannot be a key" in fault.message


def test_many_partners_make_one_fault(folders: Folders) -> None:
    """However many couples lack a phone, a schedule has one fault that names three and counts the rest."""
    couples = "".join(COUPLE.replace("ana-and-ben", f"c{number}").split("\n", 1)[1] for number in range(5))
    folders.write("a.yaml", "couples:\n" + couples.replace('phone: "+447700900124", ', "") + schedule("channel: sms"))
    (fault,) = folders.load().faults
    assert fault.message == "ana of c0, ana of c1, ana of c2 and 2 more have no phone"


def test_two_couples_may_share_an_address(folders: Folders) -> None:
    """One person may be written in two couples, a rehearsal and the real one."""
    folders.write("a.yaml", COUPLE + COUPLE.replace("ana-and-ben", "rehearsal").split("\n", 1)[1])
    loaded = folders.load()
    assert loaded.faults == ()
    assert len(loaded.couples) == 2
