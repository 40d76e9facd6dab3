"""The call that a dead man's switch waits for (healthchecks.io, Uptime Kuma, or any address that takes a GET)."""

from urllib.parse import urlsplit, urlunsplit

from nudger.channels.account_questions import ask

#: Seconds for one call, the connection included.
PATIENCE = 10.0
FIRST_GOOD, AFTER_GOOD = 200, 300


async def call(url: str, *, well: bool, within: float = PATIENCE) -> str | None:
    """Tell that all is well, or that it is not.

    For the latter `/fail` is added to the path (healthchecks.io, "Signaling failures"). An address with a query is
    of another kind (Uptime Kuma's push): there nothing is called, and the silence tells.
    None where it was taken, else a word of why not: an HTTP status, `timeout`, `not_connected`.
    """
    parts = urlsplit(url)
    if not well and parts.query:
        return None
    if not well:
        url = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/fail"))
    told = await ask(url, within=within)
    return None if FIRST_GOOD <= told.status < AFTER_GOOD else told.fault or str(told.status)
