"""doctor: trouble told before it strikes, with its mend."""

from parts.desks import COUPLES, Desk
from parts.fake_sendgrid import API_KEY, running_fake_sendgrid
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SENDER, running_fake_twilio

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
