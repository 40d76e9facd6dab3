"""The vocabulary of tags, and what measures itself against it."""

import pytest
from parts.yaml_folders import COUPLE, TAGS, Folders, spot

from nudger.files.faults import Place
from nudger.files.tags import load_tags

OWN = 'tags:\n  karaoke: "Singing before others."\n  crowds: "Many people."\n'
AVOID = COUPLE.replace("    dates:", "    preferences: {avoid: %s}\n    dates:")
ENTRY = "theme: growth\nentries: [{id: one, sms: A walk., tags: %s}]\n"


def test_the_shipped_vocabulary_is_good() -> None:
    """Every word of it has a sentence of its own, and nothing is wrong with the file."""
    found = load_tags(TAGS)
    assert found.faults == ()
    assert len(found.tags) == len(set(found.tags.values())) == 48
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in found.tags.values())


@pytest.mark.parametrize(
    ("avoid", "tag", "mend"),
    [
        ("[alcohol, §crowd]", "crowd", "did you mean crowds? or add it to templates/tags.yaml"),
        ("§jazz", "jazz", "take it out, or add it to templates/tags.yaml"),
    ],
)
def test_nobody_avoids_what_there_is_no_tag_for(avoid: str, tag: str, mend: str, folders: Folders) -> None:
    """A word under `avoid` that the vocabulary lacks is a fault where it stands, with the way out."""
    text, line, column = spot(AVOID % avoid)
    path = folders.write("a.yaml", text)
    (fault,) = folders.load().faults
    assert fault.place == Place(path, line, column)
    assert (fault.message, fault.mend) == (f"there is no tag '{tag}'", mend)


@pytest.mark.parametrize("tags", ["[words, §secrets]", "§secrets", "[§secrets]"])
def test_no_entry_has_a_tag_that_is_not_there(tags: str, folders: Folders) -> None:
    """A tag of an entry that the vocabulary lacks is a fault at that tag."""
    text, line, column = spot(ENTRY % tags)
    path = folders.pool("en/a.yaml", text)
    (fault,) = folders.load().faults
    assert fault.place == Place(path, line, column)
    assert fault.mend == "did you mean secret? or add it to templates/tags.yaml"


def test_tags_of_couples_are_free(folders: Folders) -> None:
    """What couples are labelled with, and what a schedule chooses them by, is nobody's vocabulary."""
    schedule = (
        "schedules: {a: {themes: growth, channel: email, audience: one, for: {tags: pilot}, when: {daily: true}}}"
    )
    folders.write("a.yaml", COUPLE.replace("tags: [home]", "tags: [home, pilot]"))
    folders.write("b.yaml", schedule)
    assert folders.load().faults == ()


def test_operators_may_have_words_of_their_own(folders: Folders) -> None:
    """A vocabulary among the templates replaces the shipped one, for entries and for what couples avoid."""
    folders.tags(OWN)
    folders.write("a.yaml", AVOID % "[karaoke, alcohol]")
    folders.pool("en/a.yaml", ENTRY % "[karaoke, crowds]")
    (fault,) = folders.load().faults
    assert fault.message == "there is no tag 'alcohol'"


def test_all_faults_of_an_entry_come_at_once(folders: Folders) -> None:
    """An entry with another fault has its tags looked at too; a tag that cannot be one has just that fault."""
    folders.pool("en/a.yaml", "theme: growth\nentries: [{id: one, sms: A., cost: tiny, tags: [crowd]}]\n")
    folders.pool("en/b.yaml", "theme: growth\nentries: [{id: two, sms: A., tags: [Crowd]}]\n")
    messages = [fault.message for fault in folders.load().faults]
    assert messages == ["'tiny' is not a choice for cost", "there is no tag 'crowd'", "'Crowd' cannot be a key"]


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("§tag: {crowds: Many.}\n", "'tag' is not a key here"),
        ("tags: §{}\n", "tags is empty"),
        ("tags: {§Crowds: Many.}\n", "'Crowds' cannot be a key"),
        ("tags: {crowds: §''}\n", "some text is needed here"),
        ("tags: §[crowds]\n", "tags must be a mapping"),
        ("tags: {crowds: Many.\nb§: 3\n", "a mapping in braces is not closed"),
        ("§", "this file is empty"),
    ],
)
def test_a_faulty_vocabulary_is_not_measured_against(marked: str, message: str, folders: Folders) -> None:
    """A fault of the vocabulary stands in it, and the tags used elsewhere are not blamed for it."""
    text, line, column = spot(marked)
    path = folders.tags(text)
    folders.write("a.yaml", AVOID % "[crowds, jazz]")
    faults = folders.load().faults
    assert {fault.place.path for fault in faults} == {path}
    assert any(message in fault.message for fault in faults if fault.place == Place(path, line, column)), faults
