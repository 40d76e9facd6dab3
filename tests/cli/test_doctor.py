"""doctor: trouble told before it strikes, with its mend."""

from datetime import UTC, datetime
from typing import Any

import pytest
from parts.desks import COUPLES, Desk
from parts.fake_accounts import SendGridWithAccount, TwilioWithAccount
from parts.fake_provider import running
from parts.fake_sendgrid import API_KEY, running_fake_sendgrid
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, SERVICE_SID, running_fake_twilio

KEYS = ["about", "level", "detail", "mend"]


def levels(desk: Desk, *options: str) -> dict[str, str]:
    """What doctor says of each thing."""
    return {finding["about"]: finding["level"] for finding in desk.nudger("doctor", *options, "--json").json}


def with_twilio(desk: Desk, url: str, token: str = AUTH_TOKEN) -> None:
    """Settings of the fake's account."""
    desk.set(
        NUDGER_SMS="twilio",
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=token,
        TWILIO_FROM=SENDER,
        TWILIO_API_BASE=url,
    )


def test_all_is_well(desk: Desk) -> None:
    """A sound installation has nothing but ok, and exit code 0."""
    desk.furnish().nudger("once")
    desk.write("data/backups/last/manifest.json", '{"made_at": "2026-11-23T03:00:00+00:00"}')
    desk.set(NUDGER_HEARTBEAT_URL="https://hc.example.com/check", NUDGER_ALERT_URL="ntfys://ntfy.example.com/topic")
    said = desk.nudger("doctor", "--json")
    assert said.code == 0
    assert {finding["level"] for finding in said.json} == {"ok"}
    assert [list(finding) for finding in said.json] == [KEYS] * len(said.json)
    assert all(line.startswith("ok   ") for line in desk.nudger("doctor").out.splitlines())


def test_doctor_makes_no_database(desk: Desk) -> None:
    """Looking at an installation that was never started leaves no database behind."""
    assert levels(desk.furnish(), "--offline")["database"] == "ok"
    assert not (desk.folder / "data" / "nudger.db").exists()


def test_bad_credentials(desk: Desk) -> None:
    """Credentials the provider refuses are bad, with a mend, and exit code 1; no message is sent to find out."""
    with running_fake_twilio() as twilio:
        with_twilio(desk.furnish(), twilio.url, token="not-the-token")
        said = desk.nudger("doctor")
    assert said.code == 1
    assert "BAD  sms by twilio: Twilio did not show the account: 20003\n     mend: " in said.out
    assert "not-the-token" not in said.out
    assert twilio.requests == 0


def test_good_credentials(desk: Desk) -> None:
    """Credentials that work are ok on both channels."""
    with running_fake_twilio() as twilio, running_fake_sendgrid() as sendgrid:
        with_twilio(desk.furnish(), twilio.url)
        desk.set(NUDGER_EMAIL="sendgrid", SENDGRID_API_KEY=API_KEY, SENDGRID_HOST=sendgrid.url)
        found = levels(desk)
    assert (found["sms by twilio"], found["email by sendgrid"]) == ("ok", "ok")


def test_offline_calls_nobody(desk: Desk) -> None:
    """--offline leaves the providers alone."""
    with_twilio(desk.furnish(), "http://127.0.0.1:9")
    assert not any(about.startswith("sms by") for about in levels(desk, "--offline"))


def test_american_numbers_are_warned_of(desk: Desk) -> None:
    """Texts to +1 numbers are a warning with a way out, not a fault: carriers do not register such use."""
    with_twilio(desk, "http://127.0.0.1:9")
    desk.furnish(couples=COUPLES.replace("+447700900123", "+12025550123"))
    said = desk.nudger("doctor", "--offline")
    assert said.code == 0
    assert " !   texts to +1 numbers: " in said.out
    assert "prefers: email" in said.out


def test_faulty_files_are_bad(desk: Desk) -> None:
    """Faults in the files are counted, with the way to see each."""
    desk.furnish().write("schedules/more.yaml", "schedules: {songs: {}}\n")
    said = desk.nudger("doctor", "--offline")
    assert said.code == 1
    assert "BAD  files: " in said.out
    assert "mend: nudger check names each" in said.out


def test_a_mail_server_that_cannot_be_read(desk: Desk) -> None:
    """Even with an address nobody can make sense of, doctor tells about all the rest."""
    desk.furnish().set(NUDGER_EMAIL="smtp", SMTP_URL="banana://mail.example.com")
    said = desk.nudger("doctor")
    assert said.code == 1
    assert "ok   files: " in said.out
    assert "BAD  providers: The address of the mail server cannot be read." in said.out


def findings(desk: Desk, *options: str) -> dict[str, dict[str, Any]]:
    """Each finding by what it is about."""
    return {finding["about"]: finding for finding in desk.nudger("doctor", *options, "--json").json}


@pytest.mark.parametrize(
    ("money", "level"), [("12.3456", "ok"), ("4.99", "warning"), ("0", "bad"), ("-3.1", "bad"), ("lots", "warning")]
)
def test_the_balance(desk: Desk, money: str, level: str) -> None:
    """Little money is a warning, none is bad, each with the way to more."""
    with running(TwilioWithAccount()) as twilio:
        twilio.money = money
        with_twilio(desk.furnish(), twilio.url)
        found = findings(desk)["twilio balance"]
    assert found["level"] == level
    assert (found["mend"] is None) == (level == "ok")


def test_the_number_is_ours(desk: Desk) -> None:
    """The sending number is looked for in the account, for texts; the number itself is not repeated."""
    with running(TwilioWithAccount()) as twilio:
        with_twilio(desk.furnish(), twilio.url)
        assert findings(desk)["twilio sender"]["level"] == "ok"
        twilio.numbers[SENDER]["capabilities"] = {"sms": False}
        assert "cannot send texts" in findings(desk)["twilio sender"]["detail"]
        twilio.numbers.clear()
        said = desk.nudger("doctor")
    assert said.code == 1
    assert "BAD  twilio sender: TWILIO_FROM is not a number of this account" in said.out
    assert SENDER not in said.out
    assert "+4477" not in said.out


def test_the_messaging_service(desk: Desk) -> None:
    """A service that is not there, or has no number, is bad."""
    with running(TwilioWithAccount()) as twilio:
        with_twilio(desk.furnish(), twilio.url)
        desk.set(TWILIO_MESSAGING_SERVICE_SID=SERVICE_SID)
        assert findings(desk)["twilio sender"]["level"] == "ok"
        twilio.pool.clear()
        assert "has no number" in findings(desk)["twilio sender"]["detail"]
        desk.set(TWILIO_MESSAGING_SERVICE_SID="MG-of-somebody-else")
        assert "no such messaging service" in findings(desk)["twilio sender"]["detail"]


def test_replies_have_to_come_here(desk: Desk) -> None:
    """A number whose webhook leads elsewhere loses every STOP, and the mend names the address to set."""
    with running(TwilioWithAccount()) as twilio:
        with_twilio(desk.furnish(), twilio.url)
        desk.set(NUDGER_BASE_URL=twilio.url)  # anything that answers quickly
        found = findings(desk)["twilio replies"]
        assert found["level"] == "warning"
        wanted = f"{twilio.url}/webhooks/twilio/inbound"
        assert wanted in found["mend"]
        twilio.numbers[SENDER]["sms_url"] = wanted
        assert findings(desk)["twilio replies"]["level"] == "ok"


@pytest.mark.parametrize(
    ("domains", "senders", "level"),
    [
        ([{"domain": "nudger.test", "valid": True}], [], "ok"),
        ([{"domain": "nudger.test", "valid": False}], [{"from_email": "Hi@nudger.test", "verified": True}], "warning"),
        ([{"domain": "udger.test", "valid": True}], [{"from_email": "eve@nudger.test", "verified": True}], "bad"),
    ],
)
def test_who_may_send_by_sendgrid(
    desk: Desk, domains: list[dict[str, object]], senders: list[dict[str, object]], level: str
) -> None:
    """An authenticated domain is best, a confirmed address will do, and neither sends nothing."""
    with running(SendGridWithAccount()) as sendgrid:
        sendgrid.domains, sendgrid.senders = domains, senders
        desk.furnish().set(NUDGER_EMAIL="sendgrid", SENDGRID_API_KEY=API_KEY, SENDGRID_HOST=sendgrid.url)
        desk.set(SENDGRID_FROM="hi@nudger.test")
        assert findings(desk)["sendgrid sender"]["level"] == level
        sendgrid.shows_senders = False
        assert findings(desk)["sendgrid sender"]["detail"] == "these credentials may not see it"


def test_a_clock_that_is_off(desk: Desk) -> None:
    """The provider's clock, twenty minutes ahead of ours, tells that ours is wrong."""
    with running(TwilioWithAccount(clock=lambda: datetime(2026, 11, 23, 9, 20, tzinfo=UTC))) as twilio:
        with_twilio(desk.furnish(), twilio.url)
        found = findings(desk)["clock"]
    assert (found["level"], found["mend"]) == ("bad", "timedatectl set-ntp true")


def test_a_public_address_that_leads_elsewhere(desk: Desk) -> None:
    """An address where nobody, or another program, answers is a warning; none at all matters with providers only."""
    desk.furnish()
    assert findings(desk)["public address"]["detail"] == "none, and none needed"
    desk.set(NUDGER_BASE_URL="http://127.0.0.1:9")
    assert findings(desk)["public address"]["detail"] == "does not lead to these pages: not_connected"
    with running_fake_twilio() as other:
        desk.set(NUDGER_BASE_URL=other.url)
        assert findings(desk)["public address"]["detail"] == "does not lead to these pages: 404"


def test_the_shipped_sender_is_an_example(desk: Desk) -> None:
    """A real mail provider with the example's address is bad: no mailbox would believe it."""
    desk.furnish().set(NUDGER_EMAIL="smtp", SMTP_URL="smtp://127.0.0.1:9")
    found = findings(desk)["sender"]
    assert (found["level"], "NUDGER_SENDER" in found["mend"]) == ("bad", True)


def test_every_trouble_has_its_mend(desk: Desk) -> None:
    """Whatever is not ok comes with the command or the line that mends it."""
    with_twilio(desk.furnish(), "http://127.0.0.1:9")
    desk.set(NUDGER_EMAIL="smtp", SMTP_URL="smtp://127.0.0.1:9", NUDGER_BASE_URL="http://127.0.0.1:9")
    desk.nudger("db", "upgrade")
    found = desk.nudger("doctor", "--json").json
    assert {one["level"] for one in found} == {"ok", "warning", "bad"}
    assert [one["about"] for one in found if one["level"] != "ok" and not one["mend"]] == []
