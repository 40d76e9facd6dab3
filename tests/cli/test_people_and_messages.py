"""couples, consent, send, outbox, status, db: what an operator asks and orders while the service lives."""

import pytest
from parts.desks import COUPLES, LETTERS, TEXTS, Desk
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, running_fake_twilio

NOON = "2026-11-24T12:05:00+00:00"
EVENING_BEFORE = "2026-11-23T20:00:00+00:00"


def reasons(desk: Desk) -> set[tuple[str, str | None]]:
    """State and reason of every message that is no longer planned."""
    listed = desk.nudger("outbox", "list", "--days", 4000, "--json").json
    return {(line["state"], line["reason"]) for line in listed if line["state"] != "planned"}


def test_couples_tells_keys_alone(desk: Desk) -> None:
    """The list of couples shows keys, tags and pauses, and nobody's name or address."""
    desk.furnish()
    assert "`nudger once`" in desk.nudger("couples", "list").out
    desk.nudger("once")
    said = desk.nudger("couples", "list")
    assert "ana-and-ben  ana, ben  home" in said.out
    assert not any(secret in said.out for secret in ("Ana", "@", "+44"))
    assert desk.nudger("couples", "list", "--json").json == [
        {
            "couple": "ana-and-ben",
            "tags": ["home"],
            "paused_until": None,
            "partners": [
                {"partner": "ana", "timezone": "Europe/Berlin", "contacts": {"sms": "granted", "email": "granted"}},
                {"partner": "ben", "timezone": "Europe/London", "contacts": {"sms": "granted", "email": "granted"}},
            ],
        }
    ]


def test_a_couple_and_its_plans(desk: Desk) -> None:
    """Couples show tells consent and planned moments, but not which idea it will be."""
    desk.furnish().nudger("once")
    (couple,) = desk.nudger("couples", "show", "ana-and-ben", "--json").json
    assert {plan["schedule"] for plan in couple["planned"]} == {"texts", "letters"}
    assert {tuple(plan) for plan in couple["planned"]} == {("at", "schedule")}
    assert "ana      Europe/Berlin  granted  granted" in desk.nudger("couples", "show", "ana-and-ben").out


def test_a_paused_couple_gets_nothing(desk: Desk) -> None:
    """During a pause every moment is skipped; after resume the next ones come again, and none of the old."""
    desk.furnish().nudger("once", "--at", EVENING_BEFORE)
    assert desk.nudger("couples", "pause", "ana-and-ben").out == "ana-and-ben is paused until it is resumed\n"
    assert "paused until  it is resumed" in desk.nudger("couples", "show", "ana-and-ben").out
    desk.nudger("once", "--at", NOON)
    assert reasons(desk) == {("skipped", "paused")}
    assert desk.nudger("couples", "resume", "ana-and-ben").out == "ana-and-ben is no longer paused\n"
    desk.nudger("once", "--at", "2026-11-25T12:05:00+00:00")
    assert ("accepted", "handed_over") in reasons(desk)
    assert {path.name[:10] for path in desk.outbox} == {"2026-11-25"}


def test_a_pause_with_an_end(desk: Desk) -> None:
    """A pause may be given as a moment or as how long from now."""
    desk.furnish().nudger("once")
    said = desk.nudger("couples", "pause", "ana-and-ben", "--until", "2031-12-24")
    assert said.out == "ana-and-ben is paused until 2031-12-24 00:00Z\n"
    assert desk.nudger("couples", "list", "--json").json[0]["paused_until"] == "2031-12-24T00:00:00+00:00"
    assert desk.nudger("couples", "pause", "ana-and-ben", "--until", "2w").code == 0


def test_consent_needs_evidence(desk: Desk) -> None:
    """A yes is recorded with its evidence only, and then shown with it."""
    desk.furnish().nudger("once")
    line = ("consent", "record", "ana-and-ben", "ana", "--channel", "sms")
    assert desk.nudger(*line).code == 2
    empty = desk.nudger(*line, "--evidence", "  ")
    assert (empty.code, "evidence" in empty.err) == (1, True)
    said = desk.nudger(*line, "--evidence", "signed form of 2026-11-20")
    assert said.out == "recorded: ana-and-ben ana sms granted\n"
    entry = desk.nudger("consent", "show", "ana-and-ben", "--json").json[-1]
    assert list(entry) == ["at", "partner", "channel", "address", "theme", "event", "how", "evidence", "shown"]
    assert (entry["partner"], entry["channel"], entry["how"]) == ("ana", "sms", "evidence")
    assert "signed form of 2026-11-20" in desk.nudger("consent", "show", "ana-and-ben").out


def test_withdrawal_stops_what_is_planned(desk: Desk) -> None:
    """A recorded withdrawal cancels what was planned for that contact, and only a START takes it back."""
    desk.furnish(LETTERS).nudger("once", "--at", EVENING_BEFORE)
    line = ("consent", "record", "ana-and-ben", "ana", "--channel", "email", "--evidence", "a call")
    assert desk.nudger(*line, "--withdraw").code == 0
    desk.nudger("once", "--at", NOON)
    assert reasons(desk) == {("cancelled", "withdrawn"), ("accepted", "handed_over")}
    again = desk.nudger(*line)
    assert (again.code, "only they can take that back" in again.err) == (1, True)


def test_without_consent_nothing_is_sent(desk: Desk) -> None:
    """With a real provider nobody has said yes yet: send --now reaches nobody, and says so."""
    with running_fake_twilio() as twilio:
        desk.furnish(TEXTS).set(
            NUDGER_SMS="twilio",
            NUDGER_EMAIL="none",
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_FROM=SENDER,
            TWILIO_API_BASE=twilio.url,
        )
        desk.nudger("once")
        assert desk.nudger("send", "ana-and-ben", "texts", "--now").out.endswith("dispatched: 1 skipped\n")
        assert reasons(desk) == {("skipped", "no_consent")}
        for partner in ("ana", "ben"):
            desk.nudger("consent", "record", "ana-and-ben", partner, "--channel", "sms", "--evidence", "a form")
        assert desk.nudger("send", "ana-and-ben", "texts", "--now").out.endswith("dispatched: 1 accepted\n")
    assert twilio.requests == 1


def test_send_plans_one_more(desk: Desk) -> None:
    """Send plans for the right partner and leaves the sending to the daemon."""
    desk.furnish().nudger("once")
    assert desk.nudger("send", "ana-and-ben", "texts", "--to", "ben").out.startswith("planned for ben; ")
    assert desk.nudger("send", "ana-and-ben", "letters").out.startswith("planned for ana and ben; ")
    assert desk.outbox == []
    desk.nudger("once")
    assert len(desk.outbox) == 3


def test_quiet_hours_hold_for_send(desk: Desk) -> None:
    """A nudge ordered in quiet hours waits for their end, or expires where that is too late; it does not go out."""
    for late, outcome in (("12h", "planned"), ("30m", "expired")):
        quiet = COUPLES.replace("quiet_hours: none", "quiet_hours: 20:00-11:30")
        desk.furnish(TEXTS.replace("12h", late), couples=quiet).nudger("once")
        said = desk.nudger("send", "ana-and-ben", "texts", "--to", "ben", "--now")
        assert (said.code, said.out.splitlines()[-1]) == (0, f"dispatched: 1 {outcome}")
    assert desk.outbox == []


def test_a_message_and_its_life(desk: Desk) -> None:
    """Outbox list shows each message without its words; outbox show has the words, the reasons and each step."""
    desk.furnish(TEXTS).nudger("once", "--at", EVENING_BEFORE)
    desk.nudger("once", "--at", NOON)
    listed = desk.nudger("outbox", "list", "--state", "accepted", "--days", 4000, "--json").json
    (line,) = listed
    assert "text" not in line
    (full,) = desk.nudger("outbox", "show", line["id"], "--json").json
    assert full["text"].startswith("Idea ")
    assert [(step["from_state"], step["to_state"]) for step in full["steps"]] == [
        ("planned", "claimed"),
        ("claimed", "sending"),
        ("sending", "accepted"),
    ]
    shown = desk.nudger("outbox", "show", line["id"]).out
    assert full["text"] in shown
    assert "sending  accepted  handed_over" in shown
    assert f"entries      {full['entries'][0]}" in shown


def test_retry_is_for_failed_messages(desk: Desk) -> None:
    """A failed message gets another try at the operator's word; others do not."""
    with running_fake_twilio() as twilio:
        twilio.refuse(21211)
        desk.furnish(TEXTS).set(
            NUDGER_SMS="twilio",
            NUDGER_EMAIL="none",
            TWILIO_ACCOUNT_SID=ACCOUNT_SID,
            TWILIO_AUTH_TOKEN=AUTH_TOKEN,
            TWILIO_FROM=SENDER,
            TWILIO_API_BASE=twilio.url,
        )
        desk.nudger("once")
        desk.nudger("consent", "record", "ana-and-ben", "ben", "--channel", "sms", "--evidence", "a form")
        desk.nudger("send", "ana-and-ben", "texts", "--to", "ben", "--now")
        (failed,) = desk.nudger("outbox", "list", "--state", "failed", "--json").json
        assert failed["code"] == "21211"
        twilio.relent()
        assert desk.nudger("outbox", "retry", failed["id"]).out == f"message {failed['id']} is planned again\n"
        desk.nudger("once")
        again = desk.nudger("outbox", "retry", failed["id"])
    assert (again.code, "has not failed, it is accepted" in again.err) == (1, True)
    assert len(twilio.accepted) == 1


def test_status_tells_how_things_stand(desk: Desk) -> None:
    """Status tells daemon, heartbeat, database, backlog, the next moment and the week's messages."""
    desk.furnish().nudger("once")
    desk.nudger("send", "ana-and-ben", "texts", "--now")
    (facts,) = desk.nudger("status", "--json").json
    named = ["daemon", "heartbeat", "database", "backlog", "next", "troubles", "held", "backup", "files", "week"]
    assert list(facts) == named
    assert facts["daemon"] is None
    assert (facts["backlog"], facts["troubles"]) == (0, {})
    assert facts["next"] == "2026-11-23T11:00:00+00:00"
    assert facts["week"]["sms.accepted"] == 1
    assert "daemon     not running here" in desk.nudger("status").out


def test_the_database_upgrades(desk: Desk) -> None:
    """Db upgrade makes the tables, the second time it has nothing to do; db current is 1 before and 0 after."""
    before = desk.nudger("db", "current", "--json")
    assert (before.code, before.json[0]["database"]) == (1, None)
    first = desk.nudger("db", "upgrade")
    assert (first.code, first.out.startswith("upgraded from nothing to ")) == (0, True)
    assert desk.nudger("db", "upgrade").out.startswith("already at ")
    after = desk.nudger("db", "current", "--json")
    assert (after.code, after.json[0]["database"]) == (0, after.json[0]["program"])


@pytest.mark.parametrize("order", [("pause", "resume"), ("resume", "resume")])
def test_pauses_may_be_repeated(desk: Desk, order: tuple[str, str]) -> None:
    """Pausing or resuming twice is no error."""
    desk.furnish().nudger("once")
    assert [desk.nudger("couples", verb, "ana-and-ben").code for verb in order] == [0, 0]
