"""`/p/<token>`: a partner's own settings, in one page; pause comes first, and stopping is never hidden."""

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nudger.actions.look import OwnSettings, own_settings
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import LifeState
from nudger.doors import Doors
from nudger.storage.consent import Standing
from nudger.storage.links import LinkRow, Purpose, find_link
from nudger.web import choices_form, pauses
from nudger.web.bodies import Form, form_of
from nudger.web.choices_form import Mistake, Offer
from nudger.web.pages import Pages
from nudger.web.settings_page import SettingsPage
from nudger.web.wording import TENDERNESS_NO, TENDERNESS_YES

#: The number of a contact, short enough for any database.
NUMBER = re.compile(r"[0-9]{1,18}")
Deed = Callable[[OwnSettings, LinkRow, Form, datetime], list[str] | list[Mistake]]
#: Why no yes to tenderness is taken behind a link that the other one may open as well.
SHARED = "This link came to an address of you both. A yes is taken from an address of your own alone"
#: States a partner can choose for themselves and take back as easily; the two that end all have a page of their own.
OWN_STATES = (LifeState.ACTIVE, LifeState.HARD_WEEK, LifeState.APART, LifeState.LOSS)


class Preferences:
    """Shows the settings, and does what is asked for there: each form has an address of its own."""

    def __init__(self, doors: Doors, pages: Pages) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors
        self._offer = Offer(doors.locales, doors.tags)
        self._page = SettingsPage(self._offer, pages)
        self._pages = pages

    def routes(self) -> list[Route]:
        """The page, and one door for each of its forms."""
        deeds: dict[str, Deed] = {
            "pause": self._pause,
            "resume": self._resume,
            "choices": self._choices,
            "tenderness": self._tenderness,
            "life": self._life,
            "stop": self._stop,
            "start": self._start,
        }
        doors = [Route(f"/p/{{token}}/{name}", self._door(deed), methods=["POST"]) for name, deed in deeds.items()]
        return [Route("/p/{token}", self._show), *doors]

    async def _show(self, request: Request) -> Response:
        token = request.path_params["token"]
        return await run_in_threadpool(self._shown, token, self._doors.now())

    def _shown(self, token: str, now: datetime) -> Response:
        found = owner(self._doors, token, now)
        return self._page.show(token, *found, now) if found else self._pages.no_such_link()

    def _door(self, deed: Deed) -> Callable[[Request], Awaitable[Response]]:
        async def open_(request: Request) -> Response:
            form = await form_of(request)
            token = request.path_params["token"]
            return await run_in_threadpool(self._done, deed, token, form, self._doors.now())

        return open_

    def _done(self, deed: Deed, token: str, form: Form, now: datetime) -> Response:
        found = owner(self._doors, token, now)
        if found is None:
            return self._pages.no_such_link()
        settings, link = found
        told = deed(settings, link, form, now)
        mistakes = [one for one in told if isinstance(one, Mistake)]
        if mistakes:
            return self._page.show(token, settings, link, now, mistakes=mistakes, form=form)
        after = own_settings(self._doors.database, settings.partner_id)
        if after is None:
            return self._pages.no_such_link()
        return self._page.show(token, after, link, now, done=[one for one in told if isinstance(one, str)])

    def _pause(self, settings: OwnSettings, _link: LinkRow, form: Form, now: datetime) -> list[str] | list[Mistake]:
        until = pauses.until(form, settings, now)
        if isinstance(until, Mistake):
            return [until]
        self._doors.choosing.pause(settings.partner_id, until, now)
        return ["paused"]

    def _resume(self, settings: OwnSettings, _link: LinkRow, _form: Form, now: datetime) -> list[str]:
        self._doors.choosing.resume(settings.partner_id, now)
        return ["resumed"]

    def _choices(self, settings: OwnSettings, _link: LinkRow, form: Form, now: datetime) -> list[str] | list[Mistake]:
        own = choices_form.read(form, settings.partner, self._offer, settings.channels)
        if not isinstance(own, OwnChoices):
            return own
        return list(self._doors.choosing.save(settings.partner_id, own, now)) or ["nothing"]

    def _tenderness(self, settings: OwnSettings, link: LinkRow, form: Form, now: datetime) -> list[str] | list[Mistake]:
        """Each says it alone: behind a link to a mailbox of both either could say it for the other."""
        answer = form.get("tenderness")
        if answer not in {"yes", "no"}:
            return [Mistake("tenderness", "Choose yes or no")]
        yes = answer == "yes"
        if yes and settings.shared(link.contact_id):
            return [Mistake("tenderness", SHARED)]
        self._doors.choosing.intimacy(settings.partner_id, yes, TENDERNESS_YES if yes else TENDERNESS_NO, now)
        return ["tenderness"]

    def _life(self, settings: OwnSettings, _link: LinkRow, form: Form, now: datetime) -> list[str] | list[Mistake]:
        chosen = [state for state in OWN_STATES if state == form.get("life")]
        if not chosen:
            return [Mistake("life", "Choose one of these")]
        self._doors.choosing.life_state(settings.partner_id, chosen[0], now)
        return ["life"]

    def _stop(self, settings: OwnSettings, _link: LinkRow, form: Form, now: datetime) -> list[str] | list[Mistake]:
        """One contact where the form names it, else all of them, those too that the files have let go of."""
        named = form.get("contact")
        number = int(named) if named and NUMBER.fullmatch(named) else None
        if (named and number is None) or not self._doors.choosing.stop(settings.partner_id, number, now):
            return [Mistake("contacts", "That is none of yours; these are")]
        return ["stopped_one" if named else "stopped"]

    def _start(self, settings: OwnSettings, link: LinkRow, _form: Form, now: datetime) -> list[str] | list[Mistake]:
        """Bring back the contact this link was sent to, and no other: consent is given from the contact itself."""
        contact = settings.restartable(link.contact_id)
        if contact is None or contact.consent == Standing.NONE:
            return [Mistake("contacts", "This can only be started again from where it was stopped")]
        self._doors.choosing.restart(contact.id, now)
        return ["started"]


def owner(doors: Doors, token: str, now: datetime) -> tuple[OwnSettings, LinkRow] | None:
    """Whose settings a token opens; None where it opens none, for whatever reason."""
    with doors.database.read() as connection:
        link = find_link(connection, token, Purpose.PREFERENCES, now)
    settings = own_settings(doors.database, link.partner_id) if link else None
    return (settings, link) if link and settings else None
