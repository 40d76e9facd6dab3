"""Notices leave at most once, whatever happens on the way, and not at all where nobody wants them."""

from datetime import timedelta
from itertools import count

import pytest
from parts.cast import KEY, NOON
from parts.couples import EACH, ana_and_ben
from parts.fake_channel import Crash
from parts.house import SMS, House
from parts.loops import in_loop
from sqlalchemy import select, update

from nudger.actions.choose import Choosing
from nudger.actions.notify import Notifying
from nudger.domain.messages import EmailContent, SmsContent
from nudger.domain.people import ChannelKind, LifeState
from nudger.storage.consent import Event
from nudger.storage.database import Database
from nudger.storage.notices import plan_notice
from nudger.storage.tables import contacts, notices

TOKENS = count()
HOUR = timedelta(hours=1)


class Desk:
    """A house, and the hand that sends its notices."""

    def __init__(self, database: Database) -> None:
        """Nothing is planned."""
        self.house = House(database, [ana_and_ben()], [EACH])
        self.notifying = Notifying(database, self.house.channels, self.house.around)

    def plan(self, kind: str = "help", channel: ChannelKind = SMS, text: str = "Here is help.") -> int:
        """A notice to Ben, due now."""
        mine = (contacts.c.partner_id == self.house.partner_id("ben")) & (contacts.c.channel == channel)
        with self.house.database.write() as connection:
            contact = connection.execute(select(contacts.c.id).where(mine)).scalar_one()
            return plan_notice(
                connection,
                contact,
                kind,
                text,
                token=f"notice-{next(TOKENS)}",
                due_at=self.house.now,
                subject="Help" if channel is ChannelKind.EMAIL else None,
            )

    def unanswered(self) -> None:
        """Nobody has said yes or no yet."""
        with self.house.database.write() as connection:
            connection.execute(update(contacts).values(consent="none"))

    async def drain(self) -> None:
        """Send what is due."""
        await self.notifying.drain(self.house.now)

    def state(self, notice_id: int) -> str:
        """Where a notice stands."""
        with self.house.database.read() as connection:
            return connection.execute(select(notices.c.state).where(notices.c.id == notice_id)).scalar_one()


@in_loop
async def test_a_notice_leaves_once(database: Database) -> None:
    """However often one looks, one text arrives, and the provider's name for it is kept."""
    desk = Desk(database)
    notice = desk.plan()
    await desk.drain()
    await desk.drain()
    assert [outgoing.content for outgoing in desk.house.sms.arrived] == [SmsContent("Here is help.", "GSM-7", 1)]
    assert desk.state(notice) == "sent"
    with database.read() as connection:
        assert connection.execute(select(notices.c.provider_id)).scalar_one().startswith("id-of-notice-")


@in_loop
async def test_an_email_shows_its_link_both_ways(database: Database) -> None:
    """The HTML part has the same words, a link that can be clicked, and no markup from the words themselves."""
    desk = Desk(database)
    desk.plan(channel=ChannelKind.EMAIL, text="Hello <Ben>,\n\nopen https://nudger.example.com/i/abc\n\nBye & thanks")
    await desk.drain()
    content = desk.house.email.arrived[0].content
    assert isinstance(content, EmailContent)
    assert '<a href="https://nudger.example.com/i/abc">https://nudger.example.com/i/abc</a>' in content.html
    assert "Hello &lt;Ben&gt;," in content.html
    assert content.headers == {"Auto-Submitted": "auto-generated"}


@in_loop
async def test_a_crash_loses_a_notice_and_never_doubles_it(database: Database) -> None:
    """The process dies with the notice in hand: afterwards it counts as sent, and is not sent again."""
    desk = Desk(database)
    notice = desk.plan()
    desk.house.sms.crash_after()
    with pytest.raises(Crash):
        await desk.drain()
    desk.house.sms.recover()
    await desk.drain()
    assert (desk.state(notice), len(desk.house.sms.arrived)) == ("sent", 1)


@in_loop
async def test_a_refused_notice_has_failed(database: Database) -> None:
    """It is not tried again; where the provider says that the person opted out, that is kept."""
    desk = Desk(database)
    first = desk.plan()
    desk.house.sms.refuse()
    await desk.drain()
    second = desk.plan()
    desk.house.sms.opt_out()
    await desk.drain()
    assert (desk.state(first), desk.state(second)) == ("failed", "failed")
    third = desk.plan()
    await desk.drain()
    assert (desk.state(third), desk.house.sms.arrived) == ("dropped", [])


@pytest.mark.parametrize("kind", ["invitation", "reminder"])
@in_loop
async def test_an_invitation_that_was_answered_is_dropped(database: Database, kind: str) -> None:
    """Ben said yes, or no, while the invitation lay waiting; a help text would still reach him."""
    desk = Desk(database)
    invitation, help_text = desk.plan(kind), desk.plan()
    desk.house.says("ben", Event.WITHDRAWN)
    await desk.drain()
    assert (desk.state(invitation), desk.state(help_text)) == ("dropped", "sent")


@in_loop
async def test_an_invitation_waits_for_the_day_and_for_the_end_of_a_pause(database: Database) -> None:
    """Planned at noon and held up into the night, it waits for the day, and then for Ben's pause to end."""
    desk = Desk(database)
    desk.unanswered()
    invitation = desk.plan("invitation")
    desk.house.later(9 * HOUR)  # nine in the evening in London
    await desk.drain()
    Choosing(database, KEY).pause(desk.house.partner_id("ben"), NOON + 40 * HOUR, desk.house.now)
    desk.house.later(15 * HOUR)  # noon, in the pause
    await desk.drain()
    assert (desk.state(invitation), desk.house.sms.arrived) == ("planned", [])
    desk.house.later(24 * HOUR)  # noon, after it
    await desk.drain()
    assert (desk.state(invitation), len(desk.house.sms.arrived)) == ("sent", 1)


@in_loop
async def test_an_invitation_that_life_has_overtaken_is_dropped(database: Database) -> None:
    """The two have parted since it was planned: nobody is invited to what is over."""
    desk = Desk(database)
    desk.unanswered()
    invitation = desk.plan("invitation")
    Choosing(database, KEY).life_state(desk.house.partner_id("ana"), LifeState.ENDED, desk.house.now)
    await desk.drain()
    assert (desk.state(invitation), desk.house.sms.arrived) == ("dropped", [])


@in_loop
async def test_a_stale_notice_is_dropped(database: Database) -> None:
    """After an outage of hours nobody gets an answer to what they have forgotten writing."""
    desk = Desk(database)
    notice = desk.plan()
    desk.house.later(HOUR + timedelta(seconds=1))
    await desk.drain()
    assert (desk.state(notice), desk.house.sms.arrived) == ("dropped", [])


@in_loop
async def test_what_waits_is_replaced_by_its_like(database: Database) -> None:
    """Of two help texts for one phone the newer goes."""
    desk = Desk(database)
    older, newer = desk.plan(), desk.plan(text="Newer help.")
    await desk.drain()
    assert (desk.state(older), desk.state(newer)) == ("dropped", "sent")


@in_loop
async def test_nothing_goes_to_a_number_no_longer_in_use(database: Database) -> None:
    """A number that left the files gets no answer either."""
    desk = Desk(database)
    notice = desk.plan()
    with database.write() as connection:
        connection.execute(update(contacts).values(retired_at=desk.house.now))
    await desk.drain()
    assert desk.state(notice) == "dropped"
