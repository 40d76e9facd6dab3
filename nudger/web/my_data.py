"""`/p/<token>/data` and what can be done there: take one's data along, leave, be erased, end it for both.

What cannot be taken back is asked for once more, on a page of its own, with a tick to set.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from nudger.domain.people import LifeState
from nudger.doors import Doors
from nudger.web.bodies import Form, form_of
from nudger.web.choices_form import Mistake
from nudger.web.pages import Pages
from nudger.web.preferences import owner
from nudger.web.settings_page import UNPROCESSABLE

#: What each deed takes for an answer, and what is said where there is none.
ANSWERS: Mapping[str, tuple[frozenset[str], str]] = {
    "leave": (frozenset({"yes"}), "Set the tick if you want to leave"),
    "erase": (frozenset({"yes"}), "Set the tick if you want everything erased"),
    "ended": (frozenset({"ended", "bereaved"}), "Choose what has happened"),
}
Answer = Callable[[str, Form, datetime], Response]


class MyData:
    """A partner's own data, and the ways out."""

    def __init__(self, doors: Doors, pages: Pages) -> None:
        """Nothing is kept between two requests."""
        self._doors = doors
        self._pages = pages

    def routes(self) -> list[Route]:
        """The page, the download, and two doors for each deed: one asks, one does."""
        asks = [Route(f"/p/{{token}}/{deed}", self._open(self._asked(deed))) for deed in ANSWERS]
        does = [Route(f"/p/{{token}}/{deed}", self._open(self._done(deed)), methods=["POST"]) for deed in ANSWERS]
        return [
            Route("/p/{token}/data", self._open(self._show)),
            # By POST, so that no scanner that follows links carries anybody's data away.
            Route("/p/{token}/data", self._open(self._download), methods=["POST"]),
            *asks,
            *does,
        ]

    def _open(self, answer: Answer) -> Callable[[Request], object]:
        async def opened(request: Request) -> Response:
            form = await form_of(request) if request.method == "POST" else Form()
            return await run_in_threadpool(answer, request.path_params["token"], form, self._doors.now())

        return opened

    def _show(self, token: str, _form: Form, now: datetime) -> Response:
        found = owner(self._doors, token, now)
        if found is None:
            return self._pages.no_such_link()
        return self._pages.page("data", {"token": token, "partner": found[0].other})

    def _download(self, token: str, _form: Form, now: datetime) -> Response:
        found = owner(self._doors, token, now)
        if found is None:
            return self._pages.no_such_link()
        settings, link = found
        shared = link.contact_id if settings.shared(link.contact_id) else None
        data = self._doors.choosing.own_data(settings.partner_id, shared)
        text = json.dumps(data, indent=2, ensure_ascii=False, default=_plain)
        named = {"Content-Disposition": 'attachment; filename="data.json"'}
        return Response(text, media_type="application/json", headers=named)

    def _asked(self, deed: str) -> Answer:
        def ask(token: str, _form: Form, now: datetime) -> Response:
            return self._confirm(deed, token) if owner(self._doors, token, now) else self._pages.no_such_link()

        return ask

    def _confirm(self, deed: str, token: str, mistake: Mistake | None = None) -> Response:
        mistakes = [mistake] if mistake else []
        errors = {one.field: one.words for one in mistakes}
        values = {"deed": deed, "token": token, "mistakes": mistakes, "errors": errors}
        return self._pages.page("confirm", values, UNPROCESSABLE if mistakes else 200)

    def _done(self, deed: str) -> Answer:
        def do(token: str, form: Form, now: datetime) -> Response:
            found = owner(self._doors, token, now)
            if found is None:
                return self._pages.no_such_link()
            answers, otherwise = ANSWERS[deed]
            answer = form.get("sure", "")
            if answer not in answers:
                return self._confirm(deed, token, Mistake("sure", otherwise))
            self._do(deed, answer, found[0].partner_id, now)
            return self._pages.page("farewell", {"deed": answer if deed == "ended" else deed})

        return do

    def _do(self, deed: str, answer: str, partner_id: int, now: datetime) -> None:
        choosing = self._doors.choosing
        if deed == "leave":
            choosing.leave(partner_id, now)
        elif deed == "erase":
            choosing.erase(partner_id, now)
        else:
            choosing.life_state(partner_id, LifeState(answer), now)


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    return value.isoformat() if isinstance(value, date) else str(value)
