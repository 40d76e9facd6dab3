"""Doors: from a service to all that the web app opens to. It stands beside wiring, for processes that serve pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nudger.actions.choose import Choosing
from nudger.actions.receive import Receiving
from nudger.channels.sendgrid_webhooks import SendGridWebhooks
from nudger.channels.twilio_webhooks import TwilioWebhooks
from nudger.settings import EmailProvider, Settings, SmsProvider
from nudger.storage.database import Database
from nudger.wires import outbox_kinds
from nudger.wiring import Service, shipped


@dataclass(frozen=True, slots=True)
class Doors:
    """What the web app opens to. `hosts` and `trusted_proxies` are as written in the settings.

    `twilio` and `sendgrid` are None where that provider does not report to us; `outbox` is the folder to show.
    """

    database: Database
    choosing: Choosing
    receiving: Receiving
    twilio: TwilioWebhooks | None
    sendgrid: SendGridWebhooks | None
    key: bytes = field(repr=False)
    base_url: str | None
    operator: str
    locales: tuple[str, ...]
    tags: Mapping[str, str]
    pages: Path
    outbox: Path | None
    hosts: Sequence[str]
    trusted_proxies: Sequence[str]
    metrics_token: str | None = field(repr=False)
    now: Callable[[], datetime]
    uptime: Callable[[], float]
    tokens: Callable[[], str]


def build_doors(service: Service, tokens: Callable[[], str]) -> Doors:
    """The doors of a service. Raises ConfigurationError where a webhook's key is no key."""
    settings, around = service.settings, service.around
    return Doors(
        database=service.database,
        choosing=service.choosing,
        receiving=service.receiving,
        twilio=_twilio_webhooks(settings),
        sendgrid=_sendgrid_webhooks(settings),
        key=service.key,
        base_url=settings.base_url,
        operator=settings.operator,
        locales=tuple(sorted(service.loaded.pools)),
        tags=service.loaded.tags,
        pages=pages_folder(settings),
        outbox=settings.data / "outbox" if outbox_kinds(settings) else None,
        hosts=_listed(settings.allowed_hosts),
        trusted_proxies=_listed(settings.trusted_proxies),
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        now=around.now,
        uptime=around.uptime,
        tokens=tokens,
    )


def pages_folder(settings: Settings) -> Path:
    """The operator's pages; the shipped ones where they have none."""
    own = settings.templates / "pages"
    return own if (own / "layout.html").is_file() else shipped("templates") / "pages"


def _twilio_webhooks(settings: Settings) -> TwilioWebhooks | None:
    """Twilio signs the address it calls: without a public one there is nothing to check."""
    if settings.sms is not SmsProvider.TWILIO or settings.base_url is None or settings.twilio_auth_token is None:
        return None
    return TwilioWebhooks(settings.twilio_auth_token.get_secret_value(), settings.base_url)


def _sendgrid_webhooks(settings: Settings) -> SendGridWebhooks | None:
    if settings.email is not EmailProvider.SENDGRID or not settings.sendgrid_webhook_key:
        return None
    return SendGridWebhooks(settings.sendgrid_webhook_key)


def _listed(written: str | None) -> list[str]:
    """The items of a list, written with commas or blanks between them."""
    return (written or "").replace(",", " ").split()
