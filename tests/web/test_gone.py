"""After one of the two has left, or asked to be forgotten: what links still open, and what the other one can see."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.web_house import WebHouse, pages_of

from nudger.actions.sync import sync
from nudger.domain.people import ChannelKind

#: Opened by everybody alike, whoever has left.
OPEN = {"help", "unsubscribe"}


def opened(house: WebHouse, links: dict[str, str]) -> dict[str, tuple[int, str]]:
    """What each link answers, by name."""
    return {name: (answer.status, answer.text) for name, path in links.items() for answer in [house.visitor.get(path)]}


def go(house: WebHouse, key: str, deed: str) -> None:
    """Leave, or be erased."""
    getattr(house.choosing, deed)(house.partner(key), house.now)


@pytest.mark.parametrize("deed", ["leave", "erase"])
def test_links_of_who_is_gone_answer_as_expired_ones_do(house: WebHouse, deed: str) -> None:
    """Invitation, settings, note: the page of a link that ran out, to the letter, and that of one that never was."""
    links = pages_of(house, "ana")
    go(house, "ana", deed)
    gone = opened(house, links)
    house.now += timedelta(days=100)
    assert {gone[name] for name in gone.keys() - OPEN} == {gone["nothing"]}
    assert opened(house, links) == gone


@pytest.mark.parametrize("deed", ["leave", "erase"])
def test_the_way_to_stop_tells_nothing(house: WebHouse, deed: str) -> None:
    """The link at the foot of an old email answers as it always did, before and after the press."""
    house.says_yes("ana", ChannelKind.EMAIL)
    path = house.unsubscribe_link("ana")
    before = house.visitor.get(path)
    go(house, "ana", deed)
    assert (house.visitor.get(path).status, house.visitor.get(path).text) == (before.status, before.text)
    pressed, usual = house.visitor.send(path), house.visitor.send(house.unsubscribe_link("cleo"))
    assert (pressed.status, pressed.text) == (usual.status, usual.text)


def test_the_other_ones_pages_do_not_change_when_somebody_leaves(house: WebHouse) -> None:
    """Ana leaves; each of Ben's pages is the same to the letter."""
    links = pages_of(house, "ben")
    before = opened(house, links)
    go(house, "ana", "leave")
    assert opened(house, links) == before


def test_after_an_erasure_the_other_ones_pages_lack_the_name_alone(house: WebHouse) -> None:
    """Where Ana's name stood there is "the other one"; not a letter else differs."""
    links = pages_of(house, "ben")
    before = opened(house, links)
    go(house, "ana", "erase")
    after = opened(house, links)
    name = re.compile(r"\bAna\b")
    assert name.search(before["preferences"][1])
    assert after == {page: (status, name.sub("the other one", text)) for page, (status, text) in before.items()}


def test_links_sent_to_an_address_end_with_it(house: WebHouse) -> None:
    """Once Ana has another address, whoever reads the old mailbox finds her pages shut, but for the way to stop."""
    links = pages_of(house, "ana")
    couple = ana_and_ben()
    ana, ben = couple.partners
    moved = replace(couple, partners=(replace(ana, email="ana@elsewhere.example.com"), ben))
    sync(house.database, [moved, cleo_and_dan()], [EACH], house.now)
    found = opened(house, links)
    assert {found[name] for name in found.keys() - OPEN} == {found["nothing"]}
    assert {found[name][0] for name in OPEN} == {200}
    assert {house.visitor.send(f"{links['preferences']}/{deed}").status for deed in ("data", "pause", "stop")} == {404}
