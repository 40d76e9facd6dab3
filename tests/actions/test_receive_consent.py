"""STOP, START, YES and NO by text."""

from dataclasses import replace
from datetime import timedelta

import pytest
from parts.couples import EACH, ana_and_ben, cleo_and_dan
from parts.texting import ANA, BEN, DAN, SHOWN, Texting
from parts.vaults import is_at
from sqlalchemy import select

from nudger.actions.consent import show_consent
from nudger.actions.sync import sync
from nudger.storage.consent import Event, How
from nudger.storage.database import Database
from nudger.storage.tables import contacts

OFTEN = "never more than 3 a week"


@pytest.fixture
def texting(database: Database) -> Texting:
    """Ana & Ben get texts; Cleo & Dan have yet to be asked."""
    return Texting(database)


@pytest.mark.parametrize("words", ["STOP", "please stop texting me", "ARRÊT", "hör auf", "basta", "S.T.O.P.", "🛑"])
def test_stop_ends_the_texts_at_once(texting: Texting, words: str) -> None:
    """Whoever says stop is out, in the ledger, by their own reply; the other partner is as before."""
    assert texting.text(BEN, words) == texting.says("stopped")
    assert (texting.consent_of(BEN), texting.consent_of(ANA)) == (["withdrawn"], ["granted"])
    last = show_consent(texting.database, "ana-and-ben", "ben")[-1]
    assert (last.happening.event, last.happening.how, last.address) == (Event.WITHDRAWN, How.REPLY, BEN)


def test_stop_is_confirmed_once(texting: Texting) -> None:
    """After the one confirmation nothing more is said, to whatever comes, but for a HELP and a START."""
    texting.text(BEN, "STOP")
    said = ["STOP", "stop!!!", "hello", "YES", "NO", "PAUSE", "LESS", "POOL", "WHY", "DONE", "HARD", "ENDED", "RESUME"]
    before = texting.everything()
    assert [texting.text(BEN, words) for words in said] == [None] * len(said)
    assert texting.everything() == before
    assert texting.text(BEN, "HELP") is not None


@pytest.mark.parametrize(
    ("words", "answered"), [("STOP", False), (" stop\n", False), ("End", False), ("stop please", True), ("ARRET", True)]
)
def test_what_the_provider_confirms_is_not_confirmed_again(texting: Texting, words: str, *, answered: bool) -> None:
    """Twilio answers its own words itself; the stop is ours all the same."""
    assert (texting.text(BEN, words, by="twilio") is not None) is answered
    assert texting.consent_of(BEN) == ["withdrawn"]


def test_start_brings_back_that_contact_alone(texting: Texting) -> None:
    """START after STOP is a yes of that number; the email address that said no stays out."""
    for number in (ANA, BEN):
        texting.text(number, "STOP")
    assert texting.text(BEN, "Start") == texting.says("started", often=OFTEN)
    assert (texting.consent_of(BEN), texting.consent_of(ANA)) == (["granted"], ["withdrawn"])
    assert texting.consent_of("ben@example.com") == ["none"]


def test_start_ends_a_pause(texting: Texting) -> None:
    """Who writes START in a pause wants it over."""
    texting.text(BEN, "PAUSE")
    assert texting.text(BEN, "START") == texting.says("resumed")
    assert texting.partner("ben").paused_until is None
    assert texting.text(BEN, "START") == texting.says("started", often=OFTEN)


@pytest.mark.parametrize("words", ["YES", "yes please", "Ja gerne", "oui", "START"])
def test_yes_to_an_invitation_is_consent_to_its_words(texting: Texting, words: str) -> None:
    """An invited number that says yes is in, and the ledger keeps the exact words it said yes to."""
    texting.is_invited(DAN)
    texting.later(timedelta(days=3))
    assert texting.text(DAN, words) == texting.says("started", often=OFTEN)
    (line,) = show_consent(texting.database, "cleo-and-dan", "dan")
    assert (line.happening.event, line.happening.how, line.happening.shown) == (Event.GRANTED, How.REPLY, SHOWN)
    assert line.happening.at == texting.now


@pytest.mark.parametrize("words", ["ok", "👍", "yes but not now", "y u texting me", "yesterday", "maybe"])
def test_nothing_less_than_a_yes_is_one(texting: Texting, words: str) -> None:
    """Only a clear yes that stands alone is consent."""
    texting.is_invited(DAN)
    assert texting.text(DAN, words) == texting.says("unknown")
    assert texting.consent_of(DAN) == ["none"]


@pytest.mark.parametrize("words", ["YES", "START"])
def test_an_invitation_runs_out(texting: Texting, words: str) -> None:
    """After its fourteen days a yes comes too late, and is told so."""
    texting.is_invited(DAN)
    texting.later(timedelta(days=14))
    assert texting.text(DAN, words) == texting.says("expired")
    assert texting.consent_of(DAN) == ["none"]


@pytest.mark.parametrize("words", ["NO", "no thanks", "STOP", "Nein danke"])
def test_a_no_to_an_invitation_is_final(texting: Texting, words: str) -> None:
    """A no stops before anything began: it is confirmed once, and a later YES does not turn it round."""
    texting.is_invited(DAN)
    assert texting.text(DAN, words) == texting.says("stopped")
    assert texting.consent_of(DAN) == ["withdrawn"]
    assert texting.text(DAN, "YES") is None
    assert texting.consent_of(DAN) == ["withdrawn"]


def test_texts_may_arrive_out_of_order(texting: Texting) -> None:
    """A START or YES written before a STOP, and delivered after it, brings nothing back."""
    written = texting.now
    texting.later(timedelta(minutes=5))
    texting.text(BEN, "STOP")
    assert [texting.text(BEN, words, at=written) for words in ("START", "YES")] == [None, None]
    assert texting.consent_of(BEN) == ["withdrawn"]
    texting.text(BEN, "START", at=texting.now + timedelta(seconds=1))
    assert texting.consent_of(BEN) == ["granted"]


def test_end_stops_first_and_asks_then(texting: Texting) -> None:
    """END is a stop word by law; what else it may mean is asked with the confirmation, and needs a YES."""
    assert texting.text(BEN, "END") == texting.says("stopped_or_parted")
    assert texting.consent_of(BEN) == ["withdrawn"]
    assert texting.couple_state("ana-and-ben") == "active"
    assert texting.text(BEN, "YES") == texting.says("ended")
    assert texting.couple_state("ana-and-ben") == "ended"
    assert texting.consent_of(BEN) == ["withdrawn"]


def test_nobody_answers_a_question_they_did_not_see(texting: Texting) -> None:
    """Where the provider's own confirmation took the place of ours, a YES ends nobody's couple."""
    texting.text(BEN, "END", by="twilio")
    assert texting.text(BEN, "YES") is None
    assert texting.couple_state("ana-and-ben") == "active"


def test_stop_from_an_old_number_counts_for_it(texting: Texting) -> None:
    """A number no longer in the files can still say stop, and nothing else."""
    couple = ana_and_ben()
    ana, ben = couple.partners
    moved = replace(couple, partners=(ana, replace(ben, phone="+447700900199")))
    sync(texting.database, [moved, cleo_and_dan()], [EACH], texting.now)
    said = ["HELP", "PAUSE", "LESS", "POOL", "hello"]
    assert [texting.text(BEN, words) for words in said] == [None] * len(said)
    assert texting.text(BEN, "STOP") == texting.says("stopped")
    assert texting.text(BEN, "START") is None
    with texting.database.read() as connection:
        query = select(contacts.c.consent).where(is_at(BEN, "+447700900199")).order_by(contacts.c.id)
        assert list(connection.execute(query).scalars()) == ["withdrawn", "none"]


def test_who_left_is_left_in_peace(texting: Texting) -> None:
    """A partner who left gets no answer to any wish but START, HELP and STOP."""
    texting.choosing.leave(texting.partner("ben").id, texting.now)
    assert [texting.text(BEN, words) for words in ("PAUSE", "YES", "hello", "DONE")] == [None] * 4
    assert texting.text(BEN, "START") == texting.says("started", often=OFTEN)
    assert texting.partner("ben").left_at is None
