"""`nudger consent`: who said yes to what, when, and how one knows."""

from typing import Annotated, Any

from cyclopts import Parameter

from nudger.actions.consent import record_consent
from nudger.cli.session import begin, database
from nudger.cli.terminal import say, stamp, write_json, write_table
from nudger.domain.people import ChannelKind
from nudger.domain.themes import Theme
from nudger.errors import WrongUsage
from nudger.runtime.clock import now
from nudger.storage import people
from nudger.storage.consent import Event, LedgerEntry, history
from nudger.storage.erasing import proof_of
from nudger.storage.vault import vault_of

Couple = Annotated[str, Parameter(help="The couple's key.")]


def record(
    couple: Couple,
    partner: Annotated[str, Parameter(help="The partner's key.")],
    /,
    *,
    evidence: Annotated[str, Parameter(help="How you know: what was signed, where and when.")],
    channel: Annotated[ChannelKind | None, Parameter(help="The contact it is about.")] = None,
    theme: Annotated[Theme | None, Parameter(help="The theme it is about, in place of a channel.")] = None,
    withdraw: Annotated[bool, Parameter(help="Record a withdrawal instead of a yes.", negative="")] = False,
) -> int:
    """Record what a partner said, with the evidence for it. A yes is only ever theirs to give."""
    about = channel or theme
    if about is None or (channel and theme):
        raise WrongUsage("say what it is about, one thing at a time", mend="give --channel or --theme")
    settings = begin(quiet=True)
    event = Event.WITHDRAWN if withdraw else Event.GRANTED
    with database(settings) as opened:
        record_consent(opened, couple, partner, about, event=event, evidence=evidence, now=now())
    say(f"recorded: {couple} {partner} {about} {event}")
    return 0


def show(
    couple: Couple,
    /,
    *,
    words: Annotated[
        str | None, Parameter(help="Only what has exactly these as evidence or words shown, or a hash of them.")
    ] = None,
    json: Annotated[bool, Parameter(help="Write JSON.")] = False,
) -> int:
    """Show a couple's consent ledger, oldest first. With words nobody agreed to, the exit code is 1."""
    settings = begin(quiet=True)
    with database(settings) as opened, opened.read() as connection:
        partners = people.find_couple(connection, couple).partners
        entries = [(partner.key, entry) for partner in partners for entry in history(connection, partner.id)]
        proof = proof_of(vault_of(connection), words)
    if words is not None:
        entries = [(key, entry) for key, entry in entries if {words, proof} & {*_said(entry)}]
    entries.sort(key=lambda one: one[1].happening.at)
    if json:
        write_json([_entry(partner, entry) for partner, entry in entries])
        return 0 if entries or words is None else 1
    rows = [
        (
            stamp(entry.happening.at),
            partner,
            entry.theme or entry.channel,
            entry.happening.event,
            entry.happening.how,
            entry.happening.evidence,
        )
        for partner, entry in entries
    ]
    empty = "nobody has said anything yet" if words is None else "nobody has said that"
    write_table("Consent", ("at", "partner", "about", "event", "how", "evidence"), rows, empty=empty)
    return 0 if entries or words is None else 1


def _said(entry: LedgerEntry) -> tuple[str | None, str | None]:
    return entry.happening.evidence, entry.happening.shown


def _entry(partner: str, entry: LedgerEntry) -> dict[str, Any]:
    happening = entry.happening
    return {
        "at": happening.at,
        "partner": partner,
        "channel": entry.channel,
        "address": entry.address,
        "theme": entry.theme,
        "event": happening.event,
        "how": happening.how,
        "evidence": happening.evidence,
        "shown": happening.shown,
    }
