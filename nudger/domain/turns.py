"""Turns between two partners: fair, unpredictable, and remembered by nobody."""

from collections.abc import Iterable

from nudger.domain.calendars import Calendar
from nudger.domain.chance import Dice

#: Coins drawn at once, so that planning seldom needs to draw again.
COINS = 64


def giver_for(date_name: str, calendar: Calendar) -> str | None:
    """The partner a day is not about, where its name begins with the other's key: Ben prepares `ana-birthday`.

    None where the day is nobody's own, like an anniversary.
    """
    first, second = (recipient.key for recipient in calendar.recipients)
    if date_name.startswith((f"{first}-", f"{first}_")):
        return second
    if date_name.startswith((f"{second}-", f"{second}_")):
        return first
    return None


class Turns:
    """Who receives the n-th occurrence of a schedule whose partners take turns.

    Occurrences go in pairs, 2k and 2k + 1. A coin says who has the first of a pair; the other has the second. So
    nobody is ever more than one ahead, and nobody can tell who is next.
    """

    __slots__ = ("_coins", "_keys", "_page", "_purpose")

    def __init__(self, key: bytes, calendar: Calendar, schedule: str) -> None:
        """The turns of one couple in one schedule, by its key, under the installation's key."""
        self._keys = sorted(recipient.key for recipient in calendar.recipients)  # however the file orders them
        self._purpose = key, calendar.couple, schedule
        self._page = -1
        self._coins = 0

    def receivers(self, numbers: Iterable[int]) -> list[str]:
        """The keys of the partners whose turns these occurrences are."""
        keys, place_of, found = self._keys, 2 * COINS, []
        for number in numbers:
            page, place = divmod(number, place_of)
            if page != self._page:
                self._turn_to(page)
            found.append(keys[(self._coins >> (place >> 1) ^ place) & 1])
        return found

    def _turn_to(self, page: int) -> None:
        key, couple, schedule = self._purpose
        self._page, self._coins = page, Dice(key, "turn", couple, schedule, page).below(1 << COINS)
