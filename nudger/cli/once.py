"""`nudger once`: one full pass, for cron jobs and for trying things out."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from nudger.actions.once import full_pass
from nudger.actions.simulate import VirtualClock
from nudger.actions.surroundings import Surroundings
from nudger.cli.moments import read_moment
from nudger.cli.session import begin, wait_for
from nudger.cli.terminal import fields, write_json
from nudger.errors import ConfigurationError
from nudger.runtime.clock import surroundings, token
from nudger.runtime.identity import installation_key
from nudger.runtime.keys import open_vault
from nudger.settings import EmailProvider, Settings, SmsProvider
from nudger.stores import open_database
from nudger.wires import demo_kinds
from nudger.wiring import build_service, virtual_surroundings


def once(
    *,
    at: Annotated[str | None, Parameter(help="Pretend it is this moment (ISO 8601); outbox channels only.")] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Sync, plan, dispatch and reconcile, once."""
    settings = begin(quiet=True)
    key = installation_key(settings)
    around = _pretend(settings, read_moment(at), key) if at else surroundings()

    async def do_it() -> dict[str, object]:
        database = open_database(settings, key, open_vault(settings))
        whole = build_service(settings, key, around, token, database)
        try:
            done = await full_pass(
                whole.database,
                whole.loaded.couples,
                whole.loaded.schedules,
                whole.dispatcher,
                whole.reconciler,
                key=key,
                now=around.now(),
                horizon=whole.horizon,
                demo=demo_kinds(whole.channels),
            )
        finally:
            await whole.aclose()
        return {
            "at": around.now().isoformat(timespec="seconds"),
            "planned": asdict(done.planned),
            "dispatched": dict(done.dispatched),
            "reconciled": dict(done.reconciled),
        }

    result = wait_for(do_it())
    if json:
        write_json([result])
    else:
        fields(result)
    return 0


def _pretend(settings: Settings, moment: datetime, key: bytes) -> Surroundings:
    reaching = {SmsProvider.TWILIO, EmailProvider.SENDGRID, EmailProvider.SMTP} & {settings.sms, settings.email}
    if reaching:
        raise ConfigurationError(
            f"--at is for the outbox alone; {' and '.join(sorted(reaching))} would write to people at odd times",
            mend="set NUDGER_SMS and NUDGER_EMAIL to outbox or none",
        )
    return virtual_surroundings(VirtualClock(moment), key)
