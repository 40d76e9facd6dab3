"""`nudger couples export` and `erase`: what is kept of a partner, for that partner, and its end."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from nudger.actions.choose import Choosing
from nudger.actions.efface import Effaced, efface
from nudger.cli.session import begin, database, wait_for
from nudger.cli.terminal import counting, say, write_json
from nudger.errors import NudgerError, WrongUsage
from nudger.runtime.clock import now
from nudger.runtime.identity import installation_key
from nudger.settings import Settings
from nudger.storage.database import Database
from nudger.storage.people import find_partners
from nudger.wires import build_shredders

#: Why a provider's messages are not deleted from here.
WHY = {
    "sendgrid": "SendGrid cannot delete one by one; its activity feed forgets by itself",
    "smtp": "only the mail server's own keeper can delete",
    "twilio": "can be deleted when TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are set again",
}

Couple = Annotated[str, Parameter(help="The couple's key.")]
Partner = Annotated[str, Parameter(help="The partner's key.")]
OneOfThem = Annotated[str | None, Parameter(help="The partner's key; left out, both are meant.")]
Json = Annotated[bool, Parameter(help="Write JSON.")]
Sure = Annotated[bool, Parameter(help="You are sure: there is no way back.")]


def export(couple: Couple, partner: Partner, /) -> int:
    """Write everything kept of one partner as JSON, for that partner alone: nothing of the other, nothing planned."""
    settings = begin(quiet=True)
    with database(settings) as opened:
        data = Choosing(opened, installation_key(settings)).own_data(_ids(opened, couple, partner)[0])
    write_json(data)
    return 0


def erase(couple: Couple, partner: OneOfThem = None, /, *, yes: Sure = False, json: Json = False) -> int:
    """Forget one partner, or both, for good: name, addresses, words and answers; then their messages at providers.

    Hashes keep the files from bringing them back, and the journal beside the database keeps restored backups from it.
    What a provider could not delete is told; the service tries again each hour, and so does this command.
    """
    settings = begin(quiet=True)
    with database(settings) as opened:
        ids = _ids(opened, couple, partner)
        if not yes:
            _ask("this one partner" if partner else "both partners of this couple")
        Choosing(opened, installation_key(settings)).erase_all(ids, now())
        found = wait_for(_efface(settings, opened, ids))
    if json:
        write_json([asdict(found)])
    else:
        _tell(found)
    return 1 if found.left else 0


async def _efface(settings: Settings, opened: Database, ids: Sequence[int]) -> Effaced:
    shredders = build_shredders(settings)
    try:
        with counting("deleting at") as tell:
            return await efface(opened, shredders, ids, tell)
    finally:
        for shredder in shredders.values():
            await shredder.aclose()


def _ask(whom: str) -> None:
    """Ask on a terminal; elsewhere nobody could answer."""
    if not sys.stdin.isatty():
        raise WrongUsage("this cannot be undone", mend="add --yes if you are sure")
    sys.stderr.write(f"This forgets {whom} for good, and cannot be undone. Type yes to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() != "yes":
        raise NudgerError("nothing was erased")


def _tell(found: Effaced) -> None:
    say("erased, and nothing will be sent to them again, whatever the files say")
    for provider, count in found.gone.items():
        say(f"{provider}: {count} of their messages deleted")
    for provider, count in found.left.items():
        say(f"{provider}: {count} could not be deleted; the service tries again each hour, or call the command again")
    for provider, count in found.kept.items():
        say(f"{provider}: {count} sent, which {WHY.get(provider, 'its API cannot delete one by one')}")
    say("Your files still name them: take name and addresses out there. Older backups forget them when restored.")


def _ids(opened: Database, couple: str, partner: str | None) -> list[int]:
    with opened.read() as connection:
        return list(find_partners(connection, couple, partner))
