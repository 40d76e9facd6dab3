"""`nudger send`: one extra nudge, at an operator's word."""

from typing import Annotated

from cyclopts import Parameter

from nudger.actions.send import send as plan_extra
from nudger.cli.session import begin, database, service, wait_for
from nudger.cli.terminal import say
from nudger.runtime.clock import now as current_moment
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.stores import open_database


def send(
    couple: Annotated[str, Parameter(help="The couple's key.")],
    schedule: Annotated[str, Parameter(help="The schedule's key.")],
    /,
    *,
    to: Annotated[str | None, Parameter(help="Only this partner.")] = None,
    now: Annotated[
        bool, Parameter(help="Hand it over from here, without waiting for the daemon.", negative="")
    ] = False,
) -> int:
    """Send one more nudge of a schedule. Consent, pauses, quiet hours and budgets hold as ever."""
    settings = begin(quiet=True)
    with database(settings) as opened:
        partners = plan_extra(opened, couple, schedule, to, current_moment())
    say(f"planned for {' and '.join(partners)}; what becomes of it: nudger outbox list")
    if now:
        say(f"dispatched: {wait_for(_dispatch()) or 'nothing'}")
    return 0


async def _dispatch() -> str:
    settings = begin(quiet=True)
    whole = service(settings, open_database(settings, installation_key(settings), open_vault(settings)))
    try:
        outcomes = await whole.dispatcher.drain()
    finally:
        await whole.aclose()
    return ", ".join(f"{count} {state}" for state, count in sorted(outcomes.items()))
