"""`/i/<token>`: a question to somebody who has not said yes yet, and a real click as the answer."""

from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from nudger.actions.look import OwnContact, OwnSettings, own_settings
from nudger.domain.people import Allowance
from nudger.doors import Doors
from nudger.storage.consent import Standing
from nudger.storage.links import Purpose, find_link, new_link
from nudger.web import wording
from nudger.web.bodies import body_of
from nudger.web.pages import Pages

#: How long a link to the settings holds.
LASTS = timedelta(days=30)
Invited = tuple[OwnSettings, OwnContact]
Answer = Callable[[str, Invited, datetime], Response]


class Invitation:
    """Asks, and takes the answer. The words shown are the words the ledger keeps."""

    def __init__(self, doors: Doors, pages: Pages) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors
        self._pages = pages

    def routes(self) -> list[Route]:
        """The page, and one door for each answer."""
        answers: dict[str, Answer] = {"yes": self._yes, "never": self._never, "settings": self._settings}
        doors = [
            Route(f"/i/{{token}}/{name}", self._door(answer), methods=["POST"]) for name, answer in answers.items()
        ]
        return [Route("/i/{token}", self._door(self._show)), *doors]

    def _door(self, answer: Answer) -> Callable[[Request], object]:
        async def opened(request: Request) -> Response:
            if request.method == "POST":
                await body_of(request)
            return await run_in_threadpool(self._answered, answer, request.path_params["token"], self._doors.now())

        return opened

    def _answered(self, answer: Answer, token: str, now: datetime) -> Response:
        invited = self._invited(token, now)
        return answer(token, invited, now) if invited else self._pages.no_such_link()

    def _invited(self, token: str, now: datetime) -> Invited | None:
        with self._doors.database.read() as connection:
            link = find_link(connection, token, Purpose.INVITATION, now)
        settings = own_settings(self._doors.database, link.partner_id) if link else None
        contact = settings.contact(link.contact_id) if settings and link else None
        return (settings, contact) if settings and contact else None

    def _show(self, token: str, invited: Invited, _now: datetime) -> Response:
        settings, contact = invited
        values = {
            "token": token,
            "you": settings.partner.name,
            "granted": contact.consent == Standing.GRANTED,
            "terms": self._terms(settings, contact).splitlines(),
        }
        return self._pages.page("invitation", values)

    def _yes(self, _token: str, invited: Invited, now: datetime) -> Response:
        settings, contact = invited
        self._doors.choosing.consent(contact.id, self._terms(settings, contact), now)
        values = {
            "partner": settings.other,
            "preferences": f"/p/{self._new_link(settings, contact, now)}",
            "days": LASTS.days,
        }
        return self._pages.page("accepted", values)

    def _never(self, _token: str, invited: Invited, now: datetime) -> Response:
        settings, contact = invited
        self._doors.choosing.decline_for_ever(contact.id, now)
        return self._pages.page("declined", {"partner": settings.other, "address": contact.masked})

    def _settings(self, _token: str, invited: Invited, now: datetime) -> Response:
        """For one who has said yes already: a fresh link to their settings."""
        settings, contact = invited
        if contact.consent != Standing.GRANTED:
            return self._pages.fault(403)
        return RedirectResponse(f"/p/{self._new_link(settings, contact, now)}", 303)

    def _new_link(self, settings: OwnSettings, contact: OwnContact, now: datetime) -> str:
        with self._doors.database.write() as connection:
            return new_link(
                connection,
                self._doors.tokens,
                Purpose.PREFERENCES,
                settings.partner_id,
                contact_id=contact.id,
                now=now,
                lasts=LASTS,
            )

    def _terms(self, settings: OwnSettings, contact: OwnContact) -> str:
        limit = settings.partner.budget.get(contact.channel, Allowance())
        values = {
            "you": settings.partner.name,
            "partner": settings.other,
            "channel": str(contact.channel),
            "address": contact.masked,
            "often": wording.often(contact.channel, limit),
            "quiet": wording.hours(settings.partner.quiet_hours),
            "operator": self._doors.operator,
        }
        return self._pages.words("terms", values)
