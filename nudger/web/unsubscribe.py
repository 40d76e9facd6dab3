"""`/u/<token>`: stop what comes to one address. A press of a button, or one click in a mail reader (RFC 8058).

The token never expires, needs no sign-in and tells nothing about anybody; all it can do is reduce. It answers alike
for who is here, who stopped and who left: whoever finds it in somebody else's mail learns nothing by trying it.
"""

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nudger.doors import Doors
from nudger.links import contact_of_unsubscribe_token
from nudger.storage.consent import How
from nudger.storage.contacts import others_at
from nudger.storage.tables import contacts
from nudger.web.bodies import body_of
from nudger.web.pages import Pages


class Unsubscribe:
    """GET shows a button; POST stops, without a cookie, with any body, and answers without a redirect."""

    def __init__(self, doors: Doors, pages: Pages) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors
        self._pages = pages

    def routes(self) -> list[Route]:
        """One address, two methods."""
        return [Route("/u/{token}", self._ask), Route("/u/{token}", self._stop, methods=["POST"])]

    async def _ask(self, request: Request) -> Response:
        contact = await run_in_threadpool(self._contact, request.path_params["token"])
        return self._pages.page("unsubscribe") if contact else self._pages.no_such_link()

    async def _stop(self, request: Request) -> Response:
        """The body is read and not looked at: whatever a mail reader sends along, its person wants out."""
        await body_of(request)
        return await run_in_threadpool(self._stopped, request.path_params["token"])

    def _stopped(self, token: str) -> Response:
        contact = self._contact(token)
        if contact is None:
            return self._pages.no_such_link()
        with self._doors.database.read() as connection:
            there = [contact, *others_at(connection, contact)]  # to this address, the page says
        for one in there:
            self._doors.choosing.withdraw(one, How.PAGE, self._doors.now())
        return self._pages.page("unsubscribed")

    def _contact(self, token: str) -> int | None:
        contact = contact_of_unsubscribe_token(self._doors.key, token)
        if contact is None:
            return None
        with self._doors.database.read() as connection:
            found: int | None = connection.execute(
                select(contacts.c.id).where(contacts.c.id == contact)
            ).scalar_one_or_none()
        return found
