"""The web app: every door in one place, with the guards around them."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from nudger.doors import Doors
from nudger.web.guards import Guards, Rules
from nudger.web.headers import Headers
from nudger.web.health import Health
from nudger.web.invitation import Invitation
from nudger.web.my_data import MyData
from nudger.web.note import Note
from nudger.web.open_pages import OpenPages
from nudger.web.outbox_page import OutboxPage
from nudger.web.pages import Pages
from nudger.web.preferences import Preferences
from nudger.web.unsubscribe import Unsubscribe
from nudger.web.visitors import networks
from nudger.web.webhooks import Webhooks


def build_app(doors: Doors) -> Starlette:
    """The app that opens these doors. Raises ConfigurationError for a trusted proxy that is no address."""
    pages = Pages(doors.pages)
    subjects: list[Any] = [
        pages.assets,
        OpenPages(pages),
        Invitation(doors, pages),
        Preferences(doors, pages),
        MyData(doors, pages),
        Unsubscribe(doors, pages),
        Note(doors, pages),
        Webhooks(doors),
        Health(doors),
        *([OutboxPage(doors.outbox, pages)] if doors.outbox is not None else []),
    ]
    rules = Rules.made_of(doors.base_url, doors.hosts, networks(doors.trusted_proxies))
    secure = (doors.base_url or "").startswith("https://")
    app = Starlette(
        routes=[route for subject in subjects for route in subject.routes()],
        middleware=[
            Middleware(Headers, secure=secure),
            Middleware(Guards, rules=rules, pages=pages, uptime=doors.uptime),
        ],
        exception_handlers={HTTPException: _fault(pages)},
    )
    app.router.redirect_slashes = False  # an address is right or it is not; a redirect would carry its token along
    return app


def _fault(pages: Pages) -> Any:  # noqa: ANN401 (Starlette's own handler type)
    def answer(_request: Request, fault: Exception) -> Response:
        status = fault.status_code if isinstance(fault, HTTPException) else 500
        page = pages.fault(status)
        for name, value in (getattr(fault, "headers", None) or {}).items():
            page.headers[name] = value
        return page

    return answer
