"""Consent by text: STOP, START, YES and NO, each from whoever holds the number and for that number alone."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from nudger.actions.choose import Choosing
from nudger.domain.people import ChannelKind, LifeState
from nudger.domain.reply_words import Command
from nudger.files.notices import Notices
from nudger.storage import inbox
from nudger.storage.consent import How, Standing
from nudger.storage.database import Database
from nudger.storage.inbox import Correspondent

#: How long a question that changes a life waits for its yes.
WAITS = timedelta(hours=1)
#: What a yes to such a question does.
CONFIRMED = {Command.END: (LifeState.ENDED, "ended"), Command.LOSS: (LifeState.LOSS, "loss")}


class NotUnderstood(Exception):
    """A text asks for nothing that can be done for whoever sent it."""


class ConsentByText:
    """Who may be texted, as told by text. Whoever shares a number speaks for all who do."""

    def __init__(self, database: Database, choosing: Choosing, texts: Notices) -> None:
        """Work on this database with these words."""
        self._database = database
        self._choosing = choosing
        self._texts = texts

    def stop(
        self, people: Collection[Correspondent], now: datetime, *, perhaps: Command | None, confirmed: bool
    ) -> str | None:
        """Stop all texts to these contacts, and confirm it once; nothing is said where the provider confirmed it.

        With `perhaps` END the confirmation asks whether the two have parted; the texts have stopped whatever follows.
        """
        self.withdraw(people, now)
        asking = [one for one in people if one.listens] if perhaps is Command.END and not confirmed else []
        asking = asking if inbox.of_one_couple(asking) else []
        with self._database.write() as connection:
            inbox.forget(connection, [one.partner_id for one in people])
            for one in asking:
                inbox.ask(connection, one.partner_id, Command.END, now + WAITS)
        fresh = [one for one in people if one.consent is not Standing.WITHDRAWN]
        if confirmed or not fresh:
            return None
        return self._texts.text("stopped_or_parted" if asking else "stopped", fresh[0].locale)

    def withdraw(self, people: Collection[Correspondent], now: datetime) -> None:
        """Stop all texts to these contacts, and say nothing."""
        for one in people:
            self._choosing.withdraw(one.contact_id, How.REPLY, now)

    def answer(self, command: Command, here: Sequence[Correspondent], now: datetime) -> str | None:
        """START, YES or NO; NotUnderstood for a yes or no to nothing."""
        if command is Command.START:
            return self._start(here, now)
        with self._database.read() as connection:
            waiting = inbox.asked(connection, [one.partner_id for one in here], now)
        if waiting:
            return self._settle(command, here, waiting, now)
        return self._accept(here, now) if command is Command.YES else self._refuse(here, now)

    def _start(self, here: Sequence[Correspondent], now: datetime) -> str | None:
        """Bring back who stopped, take the yes of who was invited, and end the pause of who is here already."""
        with self._database.write() as connection:
            inbox.forget(connection, [one.partner_id for one in here])
        for one in here:
            if one.consent is Standing.WITHDRAWN or (one.consent is Standing.GRANTED and (one.left or one.suppressed)):
                self._choosing.restart(one.contact_id, now)
        known = [one for one in here if one.consent is not Standing.NONE]
        if not known:
            return self._accept(here, now)
        self._take_yes(here, now)
        paused = [one for one in known if one.paused_until is not None and one.paused_until > now]
        for one in paused:
            self._choosing.resume(one.partner_id, now)
        resumed = paused and all(one.listens for one in here)
        return self._texts.text("resumed", here[0].locale) if resumed else self._welcome(known[0])

    def _settle(
        self, command: Command, here: Sequence[Correspondent], waiting: dict[int, Command], now: datetime
    ) -> str | None:
        """Do what was asked about on a yes, and let it be on a no."""
        if command is Command.YES:
            for partner_id, about in waiting.items():
                self._choosing.life_state(partner_id, CONFIRMED[about][0], now)
        with self._database.write() as connection:
            inbox.forget(connection, waiting)
        told = Command.END if Command.END in waiting.values() else Command.LOSS
        return self._texts.text(CONFIRMED[told][1] if command is Command.YES else "unchanged", here[0].locale)

    def _accept(self, here: Sequence[Correspondent], now: datetime) -> str:
        """A yes to an invitation. One who stopped is brought back by START alone, so there a yes does nothing."""
        taken, late = self._take_yes(here, now)
        if taken:
            return self._welcome(taken[0])
        if late:
            return self._texts.text("expired", late[0].locale)
        raise NotUnderstood

    def _take_yes(
        self, here: Sequence[Correspondent], now: datetime
    ) -> tuple[list[Correspondent], list[Correspondent]]:
        """Those whose invitation held, and said yes to it by now; and those whose invitation had run out."""
        invited = [one for one in here if one.consent is Standing.NONE and not one.left]
        with self._database.read() as connection:
            offers = [(one, inbox.offer_to(connection, one.contact_id, now)) for one in invited]
        taken = [(one, offer) for one, offer in offers if offer is not None and offer.holds]
        for one, offer in taken:
            self._choosing.consent(one.contact_id, offer.shown, now)
        return [one for one, _ in taken], [one for one, offer in offers if offer is not None and not offer.holds]

    def _refuse(self, here: Sequence[Correspondent], now: datetime) -> str | None:
        """A no to an invitation is a stop before anything began."""
        with self._database.read() as connection:
            invited = [one for one in here if one.consent is Standing.NONE]
            refused = [one for one in invited if inbox.offer_to(connection, one.contact_id, now) is not None]
        if not refused:
            raise NotUnderstood
        return self.stop(refused, now, perhaps=None, confirmed=False)

    def _welcome(self, one: Correspondent) -> str:
        often = self._texts.often(one.partner.budget.get(ChannelKind.SMS), one.locale)
        return self._texts.text("started", one.locale, often=often)
