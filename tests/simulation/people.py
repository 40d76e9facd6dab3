"""The people of one seed's world: they stop, start and pause, by the true actions, at moments drawn from the seed."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from parts.cast import KEY
from parts.texting import shipped_notices
from parts.vaults import VAULT
from simulation.faults import HOUR
from simulation.process import Door

from nudger.actions.choose import Choosing
from nudger.actions.receive import Receiving
from nudger.channels.events import Inbound
from nudger.domain.people import Partner
from nudger.storage.consent import How
from nudger.storage.sealed import index_of

if TYPE_CHECKING:
    from simulation.world import World

MOST_DEEDS = 6
#: Most of what happens happens around these hours of the play; that is when it is worth while to interfere.
BUSY = ((0.3, 2.5), (0.3, 2.5), (6, 8.5), (20, 22.5))


class People:
    """What they do by text and on their pages."""

    def __init__(self, world: "World", partners: Mapping[str, Partner]) -> None:
        """Nobody has done anything yet."""
        self._world = world
        self._partners = partners
        self._ids = count(1)
        door: Any = Door(world)
        tokens = (f"web-{number:026}" for number in count(1))
        self._choosing = Choosing(door, KEY)
        self._receiving = Receiving(
            door, self._choosing, shipped_notices(), "https://n.example.com", lambda: next(tokens)
        )
        self._hasty = world.chance.one_of((*sorted(partners), *(None,) * len(partners)), "hasty")
        self._taken: set[int] = set()  # texts to whoever is hasty that were taken in hand
        self._deeds: tuple[Callable[[str], None], ...] = (
            lambda key: self._text(key, "STOP"),
            lambda key: self._text(key, "START"),
            self._pause,
            self._resume,
            self._unsubscribe,
        )

    def make_plans(self) -> None:
        """Decide who will do what, and when."""
        chance = self._world.chance
        for number in range(int(chance.between(0, MOST_DEEDS + 1, "deeds"))):
            first, last = chance.one_of(BUSY, "hour", number)
            deed = chance.one_of(self._deeds, "deed", number)
            who = chance.one_of(sorted(self._partners), "who", number)
            moment = chance.between(first * HOUR, last * HOUR, "moment", number)
            if moment < self._world.faults_end:
                self._world.loop.call_later(moment, self._do, deed, who)

    def see_taken(self, numbers: Collection[int]) -> None:
        """A process has taken these in hand: at the second text to whoever is hasty they say STOP, before it is let go.

        There is no worse moment: what was known of them the first time is no longer true.
        """
        if self._hasty is None or self._world.loop.time() >= self._world.faults_end:
            return
        query = "SELECT id FROM messages WHERE channel = 'sms' AND partner_id = ?"
        theirs = {number for (number,) in self._world.raw.execute(query, (self._id(self._hasty),))}
        if theirs.isdisjoint(numbers):
            return
        self._taken |= theirs.intersection(numbers)
        if len(self._taken) > 1:
            self._world.loop.call_soon(self._do, self._deeds[0], self._hasty)
            self._hasty = None

    def _do(self, deed: Callable[[str], None], key: str) -> None:
        self._world.witness.note_people()
        deed(key)
        self._world.witness.note_people()
        self._world.wake("plan")

    def _text(self, key: str, text: str) -> None:
        self._world.note(key, f"texts {text}")
        number, wall = self._partners[key].phone, self._world.wall
        assert number is not None
        self._receiving.receive(Inbound("phone", f"SM{next(self._ids)}", number, text, wall), wall)
        wanted = "granted" if text == "START" else "withdrawn"
        query = "SELECT consent FROM contacts WHERE address_index = ?"
        said = self._world.raw.execute(query, (index_of(VAULT, number),)).fetchall()
        if said != [(wanted,)]:
            self._world.broken(f"{key} says {text} and the ledger has it otherwise")

    def _pause(self, key: str) -> None:
        hours = self._world.chance.scaled(0.2, 20, key, "pause")
        self._world.note(key, f"pauses for {hours:.1f} hours")
        self._choosing.pause(self._id(key), self._world.wall + timedelta(hours=hours), self._world.wall)

    def _resume(self, key: str) -> None:
        self._world.note(key, "ends the pause")
        self._choosing.resume(self._id(key), self._world.wall)

    def _unsubscribe(self, key: str) -> None:
        self._world.note(key, "unsubscribes from emails")
        query = "SELECT c.id FROM contacts c JOIN partners p ON p.id = c.partner_id WHERE p.key = ? AND c.channel = ?"
        for (contact,) in self._world.raw.execute(query, (key, "email")).fetchall():
            self._choosing.withdraw(contact, How.PAGE, self._world.wall)

    def _id(self, key: str) -> int:
        found: int = self._world.raw.execute("SELECT id FROM partners WHERE key = ?", (key,)).fetchone()[0]
        return found
