from dataclasses import replace
from datetime import time, timedelta

import pytest
from parts.cast import ANA, ANA_AND_BEN, BEN, CHECK_IN, CLEO_AND_DAN, DAILY, KEY, NOON
from parts.planning import plan_no_further as plan
from parts.stored import (
    contact_id,
    cursors,
    ledger_lines,
    put_message,
    row_count,
    stored_contacts,
    stored_messages,
)
from sqlalchemy import select

from nudger.actions.sync import Changes, Doubtful, Moves, SyncReport, sync
from nudger.domain.messages import Reason, State
from nudger.domain.people import ChannelKind, Partner
from nudger.domain.schedules import Daily, Target
from nudger.domain.themes import Theme
from nudger.errors import NotThere
from nudger.storage.consent import Event, Happening, How, record, record_theme
from nudger.storage.database import Database
from nudger.storage.people import FOREVER, find_couple, list_couples, pause, resume
from nudger.storage.tables import ledger, partners, transitions

BOTH = [ANA_AND_BEN, CLEO_AND_DAN]
RULES = [DAILY, CHECK_IN]
EVENING = NOON + timedelta(hours=9)
EVERY_CHANNEL = frozenset(ChannelKind)


def test_first_sync_enrolls_every_couple_everywhere(database: Database) -> None:
    """Each couple joins each schedule that is for it, to be planned from now on."""
    report = sync(database, BOTH, RULES, NOON)
    assert report == SyncReport(
        Changes(added=("ana-and-ben", "cleo-and-dan")),
        Changes(added=("daily-thought", "weekly-check-in")),
        Moves(joined=4),
    )
    assert cursors(database) == {(rule.key, couple.key): NOON for rule in RULES for couple in BOTH}
    with database.read() as connection:
        assert [row.couple for row in list_couples(connection)] == BOTH


def test_sync_again_changes_nothing(database: Database) -> None:
    """The same files, synced again later, leave every row as it was."""
    sync(database, BOTH, RULES, NOON)
    plan(database, KEY, NOON)
    before = cursors(database), stored_messages(database), stored_contacts(database)
    assert sync(database, BOTH, RULES, EVENING) == SyncReport()
    assert (cursors(database), stored_messages(database), stored_contacts(database)) == before


def test_schedule_takes_only_couples_of_its_target(database: Database) -> None:
    """A schedule with tags takes the couples that carry one, and lets go of a couple that loses it."""
    tagged = replace(DAILY, target=Target(tags=frozenset({"pilot"})))
    assert sync(database, BOTH, [tagged], NOON).enrollments == Moves(joined=1)
    plan(database, KEY, NOON)
    untagged = replace(ANA_AND_BEN, tags=frozenset())
    assert sync(database, [untagged, CLEO_AND_DAN], [tagged], NOON).enrollments == Moves(left=1)
    assert cursors(database) == {("daily-thought", "ana-and-ben"): None}
    assert {(found.state, found.reason) for found in stored_messages(database)} == {("cancelled", "retired")}


def test_edited_schedule_moves_what_is_planned(database: Database) -> None:
    """After an edit the messages that lie ahead are those of the new rule alone."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    plan(database, KEY, NOON)
    later = replace(DAILY, when=Daily(time(19, 30)))
    report = sync(database, [ANA_AND_BEN], [later], NOON)
    plan(database, KEY, NOON)
    assert (report.schedules.changed, report.enrollments) == (("daily-thought",), Moves(replanned=1))
    found = [(one.partner, one.due_at) for one in stored_messages(database)]
    day = timedelta(days=1)
    ana, ben = NOON.replace(hour=18, minute=30), NOON.replace(hour=19, minute=30)
    assert found == [("ana", ana), ("ben", ben), ("ana", ana + day), ("ben", ben + day)]


def test_edited_schedule_never_sends_a_slot_twice(database: Database) -> None:
    """A slot that was sent, or is on its way, is not planned again when its rule moves to later the same day."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    to_ana, to_ben = stored_messages(database)
    put_message(database, to_ana.id, State.DELIVERED, Reason.RECEIPT)
    put_message(database, to_ben.id, State.PLANNED, Reason.REFUSED)
    sync(database, [ANA_AND_BEN], [replace(DAILY, when=Daily(time(20, 0)))], NOON)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    assert [(one.id, one.state) for one in stored_messages(database)] == [
        (to_ana.id, "delivered"),
        (to_ben.id, "planned"),
    ]


def test_edited_couple_is_planned_afresh(database: Database) -> None:
    """A partner who moves to another time zone gets the next message by the new clock."""
    sync(database, BOTH, [DAILY], NOON)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    moved = replace(ANA_AND_BEN, partners=(replace(ANA, timezone="Europe/London"), BEN))
    report = sync(database, [moved, CLEO_AND_DAN], [DAILY], NOON)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    due = {one.partner: one.due_at for one in stored_messages(database)}
    assert (report.couples.changed, report.enrollments) == (("ana-and-ben",), Moves(replanned=1))
    assert due["ana"] == due["ben"] == NOON.replace(hour=18)


def test_couple_gone_from_the_files_is_retired(database: Database) -> None:
    """Its messages are cancelled with a transition each, it is planned no more, and nobody finds it."""
    sync(database, BOTH, RULES, NOON)
    plan(database, KEY, NOON)
    theirs = [one.id for one in stored_messages(database) if one.partner in {"cleo", "dan"}]
    report = sync(database, [ANA_AND_BEN], RULES, EVENING)
    assert (report.couples.retired, report.enrollments) == (("cleo-and-dan",), Moves(left=2))
    assert {one.id for one in stored_messages(database) if one.state == "cancelled"} == set(theirs)
    assert cursors(database)["daily-thought", "cleo-and-dan"] is None
    with database.read() as connection:
        moves = connection.execute(select(transitions.c.message_id, transitions.c.from_state, transitions.c.reason))
        assert sorted(map(tuple, moves)) == [(found, "planned", "retired") for found in sorted(theirs)]
        with pytest.raises(NotThere):
            find_couple(connection, "cleo-and-dan")


def test_couple_that_comes_back_is_planned_again(database: Database) -> None:
    """A couple put back into the files gets the very messages that lay ahead when it left."""
    sync(database, BOTH, [DAILY], NOON)
    plan(database, KEY, NOON)
    before = [(one.partner, one.due_at, one.state) for one in stored_messages(database)]
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    report = sync(database, BOTH, [DAILY], NOON)
    plan(database, KEY, NOON)
    assert (report.couples.added, report.enrollments) == (("cleo-and-dan",), Moves(joined=1))
    assert [(one.partner, one.due_at, one.state) for one in stored_messages(database)] == before
    with database.read() as connection:
        assert find_couple(connection, "cleo-and-dan").couple == CLEO_AND_DAN


def test_schedule_gone_from_the_files_is_retired(database: Database) -> None:
    """What it planned is cancelled, and the other schedules go on."""
    sync(database, [ANA_AND_BEN], RULES, NOON)
    plan(database, KEY, NOON, horizon=timedelta(days=8))
    report = sync(database, [ANA_AND_BEN], [CHECK_IN], NOON)
    states = {(one.schedule, one.state) for one in stored_messages(database)}
    assert report.schedules.retired == ("daily-thought",)
    assert states == {("daily-thought", "cancelled"), ("weekly-check-in", "planned")}


def test_claimed_message_of_a_retired_couple_is_cancelled(database: Database) -> None:
    """A worker that has claimed a message, but not begun to send it, loses it."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    claimed, sending = stored_messages(database)
    put_message(database, claimed.id, State.CLAIMED, Reason.DUE)
    put_message(database, sending.id, State.SENDING, Reason.GATE_PASSED)
    sync(database, [], [DAILY], NOON)
    assert [one.state for one in stored_messages(database)] == ["cancelled", "sending"]


def test_new_address_is_a_new_contact_without_consent(database: Database) -> None:
    """Consent belongs to an address: a new one starts without, an old one that returns has its own still."""
    sync(database, [ANA_AND_BEN], [], NOON)
    said_yes = Happening(Event.GRANTED, How.REPLY, NOON)
    old = contact_id(database, "ana@example.com")
    with database.write() as connection:
        record(connection, old, said_yes)
    moved = replace(ANA_AND_BEN, partners=(replace(ANA, email="ana.new@example.com"), BEN))
    sync(database, [moved], [], EVENING)
    assert [tuple(one) for one in stored_contacts(database) if one.partner == "ana"] == [
        ("ana", "email", "ana.new@example.com", "none", False),
        ("ana", "email", "ana@example.com", "granted", True),
    ]
    sync(database, [ANA_AND_BEN], [], EVENING)
    assert [tuple(one) for one in stored_contacts(database) if one.partner == "ana"] == [
        ("ana", "email", "ana.new@example.com", "none", True),
        ("ana", "email", "ana@example.com", "granted", False),
    ]


def test_partners_keep_their_rows_when_the_file_swaps_them(database: Database) -> None:
    """Consent follows the person, not the place in the file."""
    sync(database, [ANA_AND_BEN], [], NOON)
    with database.read() as connection:
        before = {partner.key: partner.id for partner in find_couple(connection, "ana-and-ben").partners}
    sync(database, [replace(ANA_AND_BEN, partners=(BEN, ANA))], [], NOON)
    with database.read() as connection:
        after = find_couple(connection, "ana-and-ben").partners
    assert [(partner.key, partner.id) for partner in after] == [("ben", before["ben"]), ("ana", before["ana"])]


def test_new_partner_has_nothing_of_the_old_one(database: Database) -> None:
    """Someone new under the same couple has a row of their own; the one who left loses even what is claimed."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON, EVERY_CHANNEL)
    plan(database, KEY, NOON, horizon=timedelta(hours=10))
    put_message(database, stored_messages(database)[1].id, State.CLAIMED, Reason.DUE)
    gus = Partner("gus", "Gus", "Europe/London", email="ben@example.com")
    sync(database, [replace(ANA_AND_BEN, partners=(ANA, gus))], [DAILY], NOON)
    plan(database, KEY, NOON)
    assert {(one.partner, one.state) for one in stored_messages(database)} == {
        ("ana", "planned"),
        ("ben", "cancelled"),
        ("gus", "planned"),
    }
    assert ("gus", "email", "ben@example.com", "none", False) in stored_contacts(database)
    assert {one.retired for one in stored_contacts(database) if one.partner == "ben"} == {True}
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    assert {one.retired for one in stored_contacts(database) if one.partner == "ben"} == {False}


def test_demo_channels_consent_by_themselves(database: Database) -> None:
    """On a channel that reaches nobody every contact says yes, and with email both partners agree to intimacy."""
    sync(database, [ANA_AND_BEN], [], NOON, frozenset({ChannelKind.EMAIL}))
    sync(database, [ANA_AND_BEN], [], EVENING, frozenset({ChannelKind.EMAIL}))
    assert {(one.channel, one.consent) for one in stored_contacts(database)} == {("email", "granted"), ("sms", "none")}
    assert sorted(ledger_lines(database)) == [(who, "granted", "demo") for who in ("ana", "ana", "ben", "ben")]
    with database.read() as connection:
        assert connection.execute(select(partners.c.intimacy)).scalars().all() == [True, True]


def test_demo_consent_ends_with_the_demo(database: Database) -> None:
    """When a real provider takes over, a yes given as demo counts no more; a yes given by the person does."""
    sync(database, [ANA_AND_BEN], [], NOON, EVERY_CHANNEL)
    with database.write() as connection:
        ben = find_couple(connection, "ana-and-ben").partner("ben")
        record(connection, ben.contacts[0].id, Happening(Event.GRANTED, How.REPLY, NOON, shown="YES"))
        record_theme(connection, ben.id, Theme.INTIMACY, Happening(Event.GRANTED, How.PAGE, NOON))
    sync(database, [ANA_AND_BEN], [], EVENING)
    assert [(one.address, one.consent) for one in stored_contacts(database)] == [
        ("ana@example.com", "none"),
        ("ben@example.com", "none"),
        ("+447700900123", "granted"),
    ]
    with database.read() as connection:
        assert [one.intimacy for one in find_couple(connection, "ana-and-ben").partners] == [False, True]
    lines = row_count(database, ledger)
    sync(database, [ANA_AND_BEN], [], EVENING)
    assert row_count(database, ledger) == lines
    sync(database, [ANA_AND_BEN], [], EVENING, EVERY_CHANNEL)
    assert {one.consent for one in stored_contacts(database)} == {"granted"}


def test_demo_never_overrules_a_no(database: Database) -> None:
    """Who has said STOP stays out, demo or not."""
    sync(database, [CLEO_AND_DAN], [], NOON, EVERY_CHANNEL)
    with database.write() as connection:
        record(connection, _contact_of_dan(connection), Happening(Event.WITHDRAWN, How.REPLY, NOON))
    for demo in (EVERY_CHANNEL, frozenset[ChannelKind](), EVERY_CHANNEL):
        sync(database, [CLEO_AND_DAN], [], EVENING, demo)
        assert [one.consent for one in stored_contacts(database) if one.address == "+447700900201"] == ["withdrawn"]


def _contact_of_dan(connection: object) -> int:
    contacts = find_couple(connection, "cleo-and-dan").partner("dan").contacts  # type: ignore[arg-type]
    return contacts[0].id


def test_pause_lasts_until_resumed(database: Database) -> None:
    """A pause without an end is one until the year 9999, survives a sync, and ends on request."""
    sync(database, [ANA_AND_BEN], [], NOON)
    with database.write() as connection:
        pause(connection, "ana-and-ben")
    sync(database, [replace(ANA_AND_BEN, tags=frozenset())], [], NOON)
    with database.read() as connection:
        assert find_couple(connection, "ana-and-ben").paused_until == FOREVER
    with database.write() as connection:
        resume(connection, "ana-and-ben")
        assert find_couple(connection, "ana-and-ben").paused_until is None
        with pytest.raises(NotThere):
            pause(connection, "eve-and-nobody")


def test_doubtful_items_stay_as_they_were(database: Database) -> None:
    """What is written and cannot be read keeps its last good version and all that is planned; the rest follows."""
    sync(database, BOTH, RULES, NOON)
    plan(database, KEY, NOON)
    before = stored_messages(database)
    broken = Doubtful(frozenset({"cleo-and-dan"}), frozenset({"daily-thought"}))
    report = sync(database, [ANA_AND_BEN], [CHECK_IN], NOON, doubtful=broken)
    assert report == SyncReport()
    assert stored_messages(database) == before
    moved = replace(ANA_AND_BEN, partners=(replace(ANA, timezone="Europe/London"), BEN))
    report = sync(database, [moved], [CHECK_IN], NOON, doubtful=broken)
    assert (report.couples, report.enrollments.left) == (Changes(changed=("ana-and-ben",)), 0)
    assert report.enrollments.replanned == 2
    theirs = [one for one in before if one.partner in {"cleo", "dan"}]
    assert [one for one in stored_messages(database) if one.partner in {"cleo", "dan"}] == theirs


def test_a_new_couple_joins_a_doubtful_schedule(database: Database) -> None:
    """The last good version of a schedule still says whom it is for."""
    sync(database, [ANA_AND_BEN], [DAILY], NOON)
    report = sync(database, BOTH, [], NOON, doubtful=Doubtful(schedules=frozenset({"daily-thought"})))
    assert (report.couples.added, report.enrollments) == (("cleo-and-dan",), Moves(joined=1))


def test_nothing_is_retired_while_a_file_is_hidden(database: Database) -> None:
    """A file that cannot be read may hold whatever is not found elsewhere."""
    sync(database, BOTH, RULES, NOON)
    assert sync(database, [ANA_AND_BEN], [DAILY], NOON, doubtful=Doubtful(hidden=True)) == SyncReport()
    assert sync(database, [ANA_AND_BEN], [DAILY], NOON).couples.retired == ("cleo-and-dan",)
