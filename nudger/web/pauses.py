"""Until when a pause lasts, as chosen on the page: in the partner's own time."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from nudger.actions.look import OwnSettings
from nudger.domain.wall_clock import instant, zone
from nudger.web.bodies import Form
from nudger.web.choices_form import Mistake

#: How many nights each button covers; a pause ends in the morning, never at night.
NIGHTS = {"tonight": 1, "3d": 3, "1w": 7, "4w": 28}
MORNING = time(6, 0)
LONGEST = timedelta(days=366)


def until(form: Form, settings: OwnSettings, now: datetime) -> datetime | Mistake:
    """The moment a pause ends: some mornings from now, or the morning of the date given."""
    local = local_zone(settings)
    today = now.astimezone(local).date()
    nights = NIGHTS.get(form.get("for", ""))
    if nights is not None:
        return instant(today + timedelta(days=nights), MORNING, local)
    try:
        day = date.fromisoformat(form.get("until", ""))
    except ValueError:
        return Mistake("until", "Give the day on which it may begin again, or use one of the buttons")
    if not today < day <= today + LONGEST:
        return Mistake("until", "Choose a day from tomorrow on, within a year")
    return instant(day, MORNING, local)


def local_zone(settings: OwnSettings) -> ZoneInfo:
    """The zone a partner lives in, by their own choice or as written."""
    return zone(settings.row.effective.timezone)
