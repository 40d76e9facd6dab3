"""The people and schedules of the tests, as the operator's files would give them."""

from datetime import UTC, datetime, time, timedelta

from nudger.domain.people import Couple, ImportantDate, Partner
from nudger.domain.schedules import Audience, ChannelChoice, CheckIn, Daily, Schedule, Weekly
from nudger.domain.themes import Theme

#: A Monday noon in Berlin, a winter's day on which no clock changes.
NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
KEY = b"a key only the tests know"

ANA = Partner("ana", "Ana", "Europe/Berlin", email="ana@example.com")
BEN = Partner("ben", "Ben", "Europe/London", email="ben@example.com", phone="+447700900123")
ANA_AND_BEN = Couple(
    "ana-and-ben", (ANA, BEN), tags=frozenset({"home", "pilot"}), dates={"anniversary": ImportantDate(6, 14, 2019)}
)

CLEO = Partner("cleo", "Cleo", "Europe/Paris", email="cleo@example.com", phone="+447700900200")
DAN = Partner("dan", "Dan", "America/New_York", email="dan@example.com", phone="+447700900201")
CLEO_AND_DAN = Couple("cleo-and-dan", (CLEO, DAN))

DAILY = Schedule(
    "daily-thought",
    when=Daily(time(18, 0)),
    channel=ChannelChoice.PREFERRED,
    audience=Audience.EACH,
    themes=(Theme.CURIOSITY, Theme.APPRECIATION),
    late=timedelta(minutes=30),
)
CHECK_IN = Schedule(
    "weekly-check-in",
    when=Weekly(frozenset({6}), time(18, 0)),
    channel=ChannelChoice.EMAIL,
    audience=Audience.BOTH,
    check_in=CheckIn(),
    late=timedelta(hours=24),
)
