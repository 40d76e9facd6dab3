"""An installation whose two channels lead to fakes on this machine."""

import pytest
from parts.desks import Desk
from parts.fake_sendgrid import API_KEY
from parts.fake_twilio import ACCOUNT_SID, AUTH_TOKEN, SERVICE_SID


@pytest.fixture
def house(desk: Desk) -> Desk:
    """A desk with accounts at the fake Twilio and SendGrid; each test lays out its schedules."""
    desk.set(
        NUDGER_SMS="none",
        NUDGER_EMAIL="none",
        NUDGER_LOG_LEVEL="error",
        TWILIO_ACCOUNT_SID=ACCOUNT_SID,
        TWILIO_AUTH_TOKEN=AUTH_TOKEN,
        TWILIO_MESSAGING_SERVICE_SID=SERVICE_SID,
        SENDGRID_API_KEY=API_KEY,
    )
    return desk
