"""Turns between two partners: fair, unpredictable, and remembered by nobody."""

from collections.abc import Iterable, Iterator

from nudger.domain.calendars import Calendar
from nudger.domain.chance import Dice
from nudger.domain.occasions import Occasion

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

    def receiver(self, number: int) -> str:
        """The key of the partner whose turn occurrence `number` is."""
        pair, second = divmod(number, 2)
        page, place = divmod(pair, COINS)
        if page != self._page:
            key, couple, schedule = self._purpose
            self._page, self._coins = page, Dice(key, "turn", couple, schedule, page).below(1 << COINS)
        return self._keys[(self._coins >> place & 1) ^ second]

    def kept_for(self, partner: str, occasions: Iterable[Occasion]) -> Iterator[Occasion]:
        """Only those whose turn is that partner's."""
        return (occasion for occasion in occasions if self.receiver(occasion.number) == partner)
