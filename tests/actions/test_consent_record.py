from dataclasses import replace
from datetime import timedelta

import pytest
from parts.cast import ANA_AND_BEN, CLEO_AND_DAN, DAILY, KEY, NOON
from parts.stored import contact_id, put_message, stored_contacts, stored_messages
from sqlalchemy import select

from nudger.actions.consent import record_consent, show_consent
from nudger.actions.plan import plan
from nudger.actions.sync import sync
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.errors import NotThere, NudgerError
from nudger.storage.consent import Event, Happening, How, record, record_theme
from nudger.storage.database import Database
from nudger.storage.people import find_couple
from nudger.storage.tables import transitions

LATER = NOON + timedelta(hours=1)
SIGNED = "Form of 2 February, signed at the practice"


def start(database: Database) -> None:
    """Both couples, with two days planned."""
    sync(database, [ANA_AND_BEN, CLEO_AND_DAN], [DAILY], NOON)
    plan(database, KEY, NOON)


def test_written_evidence_grants_consent(database: Database) -> None:
    """An operator's record grants the one contact it is about, and keeps the evidence word for word."""
    start(database)
    record_consent(database, "ana-and-ben", "ben", ChannelKind.SMS, event=Event.GRANTED, evidence=SIGNED, now=LATER)
    granted = [(one.partner, one.channel) for one in stored_contacts(database) if one.consent == "granted"]
    assert granted == [("ben", "sms")]
    (line,) = show_consent(database, "ana-and-ben", "ben")
    assert line.happening == Happening(Event.GRANTED, How.EVIDENCE, LATER, SIGNED)
    assert (line.channel, line.theme) == (ChannelKind.SMS, None)


def test_withdrawal_cancels_what_is_planned_and_claimed(database: Database) -> None:
    """A no takes back everything not yet on its way to that contact, and nothing else."""
    start(database)
    to_dan = [one.id for one in stored_messages(database) if one.partner == "dan"]
    put_message(database, to_dan[0], State.CLAIMED, Reason.DUE)
    dan = contact_id(database, "+447700900201")
    with database.write() as connection:
        record(connection, dan, Happening(Event.WITHDRAWN, How.REPLY, LATER))
    found = {one.id: (one.state, one.reason, one.wake_at) for one in stored_messages(database)}
    assert {found[one] for one in to_dan} == {("cancelled", "withdrawn", None)}
    assert {state for one, (state, _, _) in found.items() if one not in to_dan} == {"planned"}
    with database.read() as connection:
        rows = connection.execute(select(transitions).order_by(transitions.c.message_id))
        moves = [(row.message_id, row.from_state, row.to_state, row.reason, row.at) for row in rows]
    assert moves[0] == (to_dan[0], "claimed", "cancelled", "withdrawn", LATER)
    assert moves[1] == (to_dan[1], "planned", "cancelled", "withdrawn", LATER)


def test_withdrawal_leaves_the_other_channel_alone(database: Database) -> None:
    """STOP by text does not take back the consent to email, nor what is planned by email."""
    start(database)
    record_consent(
        database, "cleo-and-dan", "dan", ChannelKind.EMAIL, event=Event.WITHDRAWN, evidence="By letter", now=LATER
    )
    assert {one.state for one in stored_messages(database) if one.partner == "dan"} == {"planned"}


def test_withdrawal_from_an_address_no_longer_used_cancels_nothing(database: Database) -> None:
    """A late STOP from an old number is kept for that number, and the new one is as it was."""
    start(database)
    old = contact_id(database, "+447700900201")
    cleo, dan = CLEO_AND_DAN.partners
    couple = replace(CLEO_AND_DAN, partners=(cleo, replace(dan, phone="+447700900202")))
    sync(database, [ANA_AND_BEN, couple], [DAILY], NOON)
    plan(database, KEY, NOON)
    with database.write() as connection:
        record(connection, old, Happening(Event.WITHDRAWN, How.REPLY, LATER))
    assert {one.state for one in stored_messages(database) if one.partner == "dan"} == {"planned"}
    assert ("dan", "sms", "+447700900201", "withdrawn", True) in stored_contacts(database)


def test_operator_cannot_overrule_a_no(database: Database) -> None:
    """Who said STOP is not brought back by a piece of paper, only by themselves."""
    start(database)
    dan = contact_id(database, "+447700900201")
    with database.write() as connection:
        record(connection, dan, Happening(Event.WITHDRAWN, How.REPLY, NOON))
    with pytest.raises(NudgerError, match="said no"):
        record_consent(
            database, "cleo-and-dan", "dan", ChannelKind.SMS, event=Event.GRANTED, evidence=SIGNED, now=LATER
        )
    with database.write() as connection:
        record(connection, dan, Happening(Event.GRANTED, How.REPLY, LATER))
    assert ("dan", "sms", "+447700900201", "granted", False) in stored_contacts(database)


def test_suppression_and_release_leave_consent_as_it_is(database: Database) -> None:
    """What the provider refuses to carry is cancelled and marked; a release takes the mark away."""
    start(database)
    dan = contact_id(database, "+447700900201")
    with database.write() as connection:
        record(connection, dan, Happening(Event.SUPPRESSED, How.PROVIDER, LATER, "21610"))
        found = find_couple(connection, "cleo-and-dan").partner("dan").contacts[0]
    assert (found.suppressed, found.consent) == ("21610", "none")
    assert {one.reason for one in stored_messages(database) if one.partner == "dan"} == {"suppressed"}
    with database.write() as connection:
        record(connection, dan, Happening(Event.RELEASED, How.PROVIDER, LATER))
        assert find_couple(connection, "cleo-and-dan").partner("dan").contacts[0].suppressed is None


def test_intimacy_is_each_partners_own(database: Database) -> None:
    """A yes or no to the theme changes that partner's answer alone, and cancels nothing."""
    start(database)
    record_consent(database, "ana-and-ben", "ana", Theme.INTIMACY, event=Event.GRANTED, evidence=SIGNED, now=NOON)
    with database.read() as connection:
        couple = find_couple(connection, "ana-and-ben")
    assert [(partner.key, partner.intimacy) for partner in couple.partners] == [("ana", True), ("ben", False)]
    with database.write() as connection:
        no = Happening(Event.WITHDRAWN, How.PAGE, LATER)
        record_theme(connection, couple.partner("ana").id, Theme.INTIMACY, no)
        assert find_couple(connection, "ana-and-ben").partner("ana").intimacy is False
    assert {one.state for one in stored_messages(database)} == {"planned"}
    with pytest.raises(NudgerError, match="said no"):
        record_consent(database, "ana-and-ben", "ana", Theme.INTIMACY, event=Event.GRANTED, evidence=SIGNED, now=LATER)


@pytest.mark.parametrize(
    ("couple", "partner", "channel"),
    [
        ("eve-and-nobody", "eve", ChannelKind.SMS),
        ("ana-and-ben", "eve", ChannelKind.SMS),
        ("ana-and-ben", "ana", ChannelKind.SMS),
    ],
)
def test_record_about_nobody_is_refused(database: Database, couple: str, partner: str, channel: ChannelKind) -> None:
    """Without such a couple, partner or contact nothing is written."""
    start(database)
    with pytest.raises(NotThere):
        record_consent(database, couple, partner, channel, event=Event.GRANTED, evidence=SIGNED, now=LATER)


def test_record_without_evidence_is_refused(database: Database) -> None:
    """An operator's word alone is no consent."""
    start(database)
    with pytest.raises(NudgerError, match="evidence"):
        record_consent(database, "ana-and-ben", "ben", ChannelKind.SMS, event=Event.GRANTED, evidence=" ", now=LATER)
    assert show_consent(database, "ana-and-ben", "ben") == []
