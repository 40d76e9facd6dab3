"""The settings page put together: what stands there now, what was just changed, and what needs another look."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from starlette.responses import Response

from nudger.actions.look import OwnSettings
from nudger.domain.schedules import MessageKind
from nudger.storage.links import LinkRow
from nudger.web import choices_form, wording
from nudger.web.bodies import Form
from nudger.web.choices_form import EVERY_DAY, SWITCHES, Mistake, Offer
from nudger.web.pages import Pages
from nudger.web.pauses import local_zone

UNPROCESSABLE = 422


class SettingsPage:
    """Fills in the page `preferences`."""

    def __init__(self, offer: Offer, pages: Pages) -> None:
        """`offer` is what can be chosen."""
        self._offer = offer
        self._pages = pages

    def show(
        self,
        token: str,
        settings: OwnSettings,
        link: LinkRow,
        now: datetime,
        *,
        done: Sequence[str] = (),
        mistakes: Sequence[Mistake] = (),
        form: Form | None = None,
    ) -> Response:
        """The page; after mistakes with what was sent still in its fields."""
        values = {
            "token": token,
            "you": settings.partner.name,
            "partner": settings.other,
            "done": list(done),
            "mistakes": mistakes,
            "errors": {mistake.field: mistake.words for mistake in mistakes},
            "field": _fields(settings, form if mistakes else None),
            "contacts": settings.contacts,
            "here": here.id if (here := settings.restartable(link.contact_id)) else None,
            "life": str(settings.row.life_state),
            "tenderness": settings.row.intimacy and not settings.shared(link.contact_id),
            "consent": {"yes": wording.TENDERNESS_YES, "no": wording.TENDERNESS_NO},
            **self._offers(settings),
            **_times(settings, now),
        }
        return self._pages.page("preferences", values, UNPROCESSABLE if mistakes else 200)

    def _offers(self, settings: OwnSettings) -> dict[str, object]:
        locales = {locale: wording.language(locale) for locale in self._offer.locales}
        return {
            "themes": [str(theme) for theme in SWITCHES],
            "names": {str(theme): words for theme, words in wording.THEMES.items()},
            "limits": choices_form.limits(settings.partner),
            "arranged": choices_form.arranged(settings.partner),
            "channels": {
                str(kind): wording.THINGS[kind][1] for kind in wording.THINGS if settings.partner.address(kind)
            },
            "kinds": {str(kind): words for kind, words in wording.KINDS.items()},
            "open": {str(kind): wording.THINGS[kind][1] for kind in settings.channels},
            "zones": choices_form.zones(),
            "locales": locales if len(locales) > 1 else {},
            "tags": self._offer.tags,
            "weekdays": list(enumerate(wording.DAYS)),
            "written": {
                "quiet": wording.hours(settings.partner.quiet_hours),
                "timezone": settings.partner.timezone,
                "locale": wording.language(settings.partner.locale),
            },
        }


def _times(settings: OwnSettings, now: datetime) -> dict[str, object]:
    zone = local_zone(settings)
    today = now.astimezone(zone).date()
    until = settings.row.paused_until
    current = settings.row.effective
    return {
        "paused": wording.moment(until, zone) if until and until > now else None,
        "tomorrow": (today + timedelta(days=1)).isoformat(),
        "in_a_year": (today + timedelta(days=366)).isoformat(),
        "timezone": current.timezone,
        "own_quiet": wording.hours(settings.row.own.quiet_hours),
        "own_days": wording.days(settings.row.own.days),
        "own_often": [text for channel, limit in current.budget.items() if (text := wording.often(channel, limit))],
        "own_language": wording.language(current.locale),
        "own_channels": wording.channels(settings.row.own.channels),
        "discreet": settings.row.own.discreet,
    }


def _fields(settings: OwnSettings, form: Form | None) -> dict[str, object]:
    """What the fields hold: what was sent in the form at fault, and what stands in all others."""
    if form is None:
        return _standing(settings)
    if "quiet_from" in form:
        return _sent(form)
    return {**_standing(settings), "until": form.get("until", "")}


def _standing(settings: OwnSettings) -> dict[str, object]:
    """What the fields hold as things stand."""
    own = settings.row.own
    limits = {f"weekly_{kind}": str(number) for kind, number in own.weekly.items()}
    limits |= {f"daily_{kind}": str(number) for kind, number in own.daily.items()}
    return {
        "theme": [str(theme) for theme in SWITCHES if theme not in own.themes_off],
        "channel": {str(kind): str(channel) for kind, channel in own.channels.items()},
        "limit": limits,
        "day": [str(day) for day in own.days or EVERY_DAY],
        "quiet_from": wording.clock(own.quiet_hours.start) if own.quiet_hours else "",
        "quiet_to": wording.clock(own.quiet_hours.end) if own.quiet_hours else "",
        "timezone": own.timezone or "",
        "locale": own.locale or "",
        "avoid": sorted(own.avoid),
        "discreet": own.discreet,
        "until": "",
    }


def _sent(form: Form) -> dict[str, object]:
    """What the fields held when they were sent."""
    one = {name: form.get(name, "") for name in ("quiet_from", "quiet_to", "timezone", "locale", "until")}
    several = {name: form.getlist(name) for name in ("theme", "day", "avoid")}
    limits = {name: form.get(name, "") for name in form if name.startswith(("weekly_", "daily_"))}
    channel = {str(kind): form.get(f"channel_{kind}", "") for kind in MessageKind}
    return {**one, **several, "channel": channel, "limit": limits, "discreet": form.get("discreet") == "yes"}
