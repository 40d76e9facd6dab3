from parts.yaml_folders import COUPLE, Folders

from nudger.files.salvage import Salvage, salvage

SCHEDULES = """\
schedules:
  thoughts: {themes: [growth], channel: email, audience: each, when: {daily: true, at: "10:00"}}
  notes: {themes: [growth], channel: email, audience: each, when: {daily: true, at: "11:00"}}
"""
GOOD_POOL = "theme: growth\nentries: [{id: one, sms: A walk.}]\n"


def salvaged(folders: Folders) -> Salvage:
    """What is left of the folders."""
    return salvage(folders.load(), folders.templates)


def test_files_without_a_fault_are_used_whole(folders: Folders) -> None:
    """Nothing is doubtful, nothing is hidden, and there is nothing to tell."""
    folders.write("all.yaml", COUPLE + SCHEDULES)
    found = salvaged(folders)
    assert ([one.key for one in found.sound.couples], len(found.sound.schedules)) == (["ana-and-ben"], 2)
    assert (found.doubtful, found.hidden) == ({"couples": frozenset(), "schedules": frozenset()}, False)
    assert (found.troubles, found.faults) == ((), 0)


def test_a_fault_spoils_its_own_item_alone(folders: Folders) -> None:
    """A wrong word in one schedule leaves the couple and the other schedule as they are; place and key are told."""
    path = folders.write("all.yaml", COUPLE + SCHEDULES.replace("channel: email", "channel: smoke", 1))
    found = salvaged(folders)
    assert [one.key for one in found.sound.schedules] == ["notes"]
    assert [one.key for one in found.sound.couples] == ["ana-and-ben"]
    assert found.doubtful["schedules"] == {"thoughts"}
    (trouble,) = found.troubles
    assert (trouble.place, trouble.item) == (f"{path}:9:41", "schedules.thoughts")


def test_a_fault_between_items_belongs_to_the_one_it_stands_in(folders: Folders) -> None:
    """A schedule for a couple that there is not keeps its last good version too."""
    folders.write("all.yaml", COUPLE + SCHEDULES.replace("audience", "for: {couples: [eve]}, audience", 1))
    assert salvaged(folders).doubtful["schedules"] == {"thoughts"}


def test_a_file_that_cannot_be_read_hides_what_is_in_it(folders: Folders) -> None:
    """Half a file, as an editor may leave it for an instant, means that nothing not found may be taken for gone."""
    folders.write("all.yaml", COUPLE + SCHEDULES)
    folders.write("more.yaml", 'couples:\n  cleo-and-dan: {partners: {cleo: {name: "Cl')
    found = salvaged(folders)
    assert found.hidden
    assert [one.key for one in found.sound.couples] == ["ana-and-ben"]
    assert [trouble.item for trouble in found.troubles] == [None]


def test_a_language_with_a_fault_is_left_out_whole(folders: Folders) -> None:
    """A pool is one: with half of it every draw would come out differently. Other languages are not concerned."""
    folders.write("all.yaml", COUPLE + SCHEDULES)
    folders.pool("en/growth.yaml", GOOD_POOL)
    folders.pool("en/curiosity.yaml", "theme: curiosity\nentries: [{id: two, smss: A talk.}]\n")
    folders.pool("de/growth.yaml", GOOD_POOL)
    found = salvaged(folders)
    assert list(found.sound.pools) == ["de"]
    assert (found.hidden, found.troubles[0].item) == (False, "pools.en.two")


def test_what_is_told_names_nobody(folders: Folders) -> None:
    """A wrong number is told by place and key; the number is not."""
    folders.write("all.yaml", COUPLE.replace("+447700900124", "+4477009001x") + SCHEDULES)
    found = salvaged(folders)
    assert found.doubtful["couples"] == {"ana-and-ben"}
    assert "447700" not in str(found.troubles)
