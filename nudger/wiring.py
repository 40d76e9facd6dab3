"""Wiring: from settings to a working whole. The only file that knows every class; nothing is built at import time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from nudger.actions.admit import Gatekeeper
from nudger.actions.compose import Composer, Letterhead, Library
from nudger.actions.dispatch import Dispatcher, Limits, Surroundings
from nudger.actions.reconcile import Reconciler
from nudger.actions.simulate import Stage, VirtualClock
from nudger.channels.contract import Channel
from nudger.channels.mime import Sender
from nudger.channels.rehearsal import rehearse
from nudger.domain.chance import Dice
from nudger.domain.life import Patience
from nudger.domain.people import ChannelKind
from nudger.domain.picking import compile_pool
from nudger.errors import ConfigurationError
from nudger.files.faults import InvalidFiles
from nudger.files.loaded import Loaded
from nudger.files.loading import load
from nudger.rendering.renderer import Renderer
from nudger.settings import EmailProvider, Settings, SmsProvider
from nudger.storage.database import Database, parse

#: A mail server may take ten minutes to answer the end of a message (RFC 5321, section 4.5.3.2.6), and a bit more.
SLOWEST_MAIL_SERVER = timedelta(seconds=660)

SHIPPED = Path(__file__).parent / "shipped"
CHECKOUT = Path(__file__).parent.parent

Channels = Mapping[ChannelKind, Channel]


def shipped(folder: str) -> Path:
    """A folder that comes with the program: inside an installed package, or in the checkout it runs from."""
    return SHIPPED / folder if SHIPPED.exists() else CHECKOUT / folder


def templates_folder(settings: Settings) -> Path:
    """The operator's templates where there are any, else the shipped ones."""
    return settings.templates if settings.templates.is_dir() else shipped("templates")


def layouts_folder(settings: Settings) -> Path:
    """The operator's layouts; the shipped ones where their folder holds pools alone."""
    has_layouts = (settings.templates / "email" / "style.css").is_file()
    return settings.templates if has_layouts else shipped("templates")


def open_database(settings: Settings) -> Database:
    """The database, at the newest revision. Raises StorageError or NewerDatabase."""
    database = Database(settings.url)
    database.upgrade()
    return database


def database_exists(settings: Settings) -> bool:
    """Whether there are tables already; asking makes no file. Raises StorageError where the database fails."""
    url = parse(settings.url)
    if url.drivername == "sqlite" and not Path(str(url.database)).exists():
        return False
    database = Database(settings.url)
    try:
        return database.current() is not None
    finally:
        database.close()


def read_files(settings: Settings) -> Loaded:
    """Everything the operator wrote, with its faults."""
    return load(settings.schedules, templates_folder(settings))


def build_channels(settings: Settings, around: Surroundings) -> Channels:
    """The provider chosen for each channel; a channel set to `none` is absent."""
    built = (_sms(settings, around), _email(settings, around))
    return {channel.kind: channel for channel in built if channel is not None}


def outbox_channels(folder: Path, around: Surroundings, settings: Settings) -> Channels:
    """Both channels as files in a folder."""
    return {kind: _outbox(folder, kind, settings, around) for kind in ChannelKind}


def demo_kinds(channels: Channels) -> frozenset[ChannelKind]:
    """The channels that reach nobody, and may therefore consent by themselves."""
    return frozenset(kind for kind, channel in channels.items() if channel.consents_as_demo)


def _sms(settings: Settings, around: Surroundings) -> Channel | None:
    if settings.sms is SmsProvider.OUTBOX:
        return _outbox(settings.data / "outbox", ChannelKind.SMS, settings, around)
    if settings.sms is SmsProvider.TWILIO:
        return _twilio(settings)
    return None


def _email(settings: Settings, around: Surroundings) -> Channel | None:
    if settings.email is EmailProvider.OUTBOX:
        return _outbox(settings.data / "outbox", ChannelKind.EMAIL, settings, around)
    if settings.email is EmailProvider.SENDGRID:
        return _sendgrid(settings, around)
    if settings.email is EmailProvider.SMTP:
        return _smtp(settings, around)
    return None


def build_renderer(settings: Settings) -> Renderer:
    """Puts entries into words, within the limits set."""
    return Renderer(layouts_folder(settings), segment_limit=settings.sms_segments)


def build_composer(settings: Settings, loaded: Loaded, key: bytes) -> Composer:
    """Picks from the pools that were read. Raises ConfigurationError where there are none."""
    if not loaded.pools:
        raise ConfigurationError("there are no pools to pick from", mend="see `nudger check`")
    library = Library({locale: compile_pool(pool) for locale, pool in loaded.pools.items()})
    mailto = f"mailto:{settings.reply_to or settings.sender}?subject=stop"
    domain = settings.sender.rpartition("@")[2]
    letterhead = Letterhead(settings.sender_name, domain, mailto, settings.base_url)
    return Composer(library, build_renderer(settings), key, letterhead)


def build_patience(settings: Settings) -> Patience:
    """How long things may take."""
    mail_server = settings.email is EmailProvider.SMTP
    return replace(
        Patience(),
        lease=max(timedelta(seconds=settings.lease), SLOWEST_MAIL_SERVER if mail_server else timedelta(0)),
        ask_after=timedelta(seconds=settings.ask_after),
        settle=timedelta(seconds=settings.settle),
        ask_apart=timedelta(seconds=settings.settle),
    )


@dataclass(frozen=True, slots=True)
class Service:
    """The whole, put together."""

    settings: Settings
    database: Database
    loaded: Loaded
    key: bytes
    channels: Channels
    dispatcher: Dispatcher
    reconciler: Reconciler
    around: Surroundings

    @property
    def horizon(self) -> timedelta:
        """How far ahead moments are planned."""
        return timedelta(hours=self.settings.horizon_hours)

    async def aclose(self) -> None:
        """Close what is open."""
        for channel in self.channels.values():
            await channel.aclose()
        self.database.close()


def build_service(
    settings: Settings,
    key: bytes,
    around: Surroundings,
    tokens: Callable[[], str],
    *,
    database: Database | None = None,
    channels: Channels | None = None,
) -> Service:
    """Everything, from settings; another database or other channels may be put in their places."""
    loaded = read_files(settings)
    if loaded.faults:
        raise InvalidFiles(loaded.faults)
    loaded = replace(loaded, homes={})  # where each item stands is of use to `check` alone, and large
    opened = database or open_database(settings)
    wires = build_channels(settings, around) if channels is None else channels
    patience = build_patience(settings)
    gatekeeper = Gatekeeper(wires, build_composer(settings, loaded, key), patience, tokens)
    per_second = {ChannelKind.SMS: settings.sms_per_second, ChannelKind.EMAIL: settings.email_per_second}
    limits = Limits(
        in_flight=settings.in_flight,
        per_second={kind: limit for kind, limit in per_second.items() if limit is not None},
    )
    dispatcher = Dispatcher(opened, gatekeeper, around, limits)
    reconciler = Reconciler(opened, wires, patience, around)
    return Service(settings, opened, loaded, key, wires, dispatcher, reconciler, around)


def virtual_surroundings(clock: VirtualClock, key: bytes) -> Surroundings:
    """Clocks and dice for a simulation: time moves when told to, and luck is the same every time."""
    return Surroundings(now=clock, uptime=lambda: 0.0, luck=Dice(key, "simulated luck").fraction)


def stage(service: Service, clock: VirtualClock) -> Stage:
    """A service on a virtual clock, ready to be played."""
    return Stage(service.database, service.dispatcher, clock, service.key, service.horizon, service.reconciler)


def stand_ins(channels: Channels) -> Channels:
    """A stand-in for each channel that takes everything and sends nothing."""
    return {kind: rehearse(channel) for kind, channel in channels.items()}


# Providers' libraries are heavy: each is imported only where it is used.


def _sender(settings: Settings, address: str | None = None) -> Sender:
    return Sender(address or settings.sender, settings.sender_name, settings.reply_to)


def _outbox(folder: Path, kind: ChannelKind, settings: Settings, around: Surroundings) -> Channel:
    from nudger.channels.outbox import Outbox, OutboxConfig  # noqa: PLC0415 (as said above)

    return Outbox(OutboxConfig(folder, _sender(settings)), kind, around.now)


def _twilio(settings: Settings) -> Channel:
    from nudger.channels.twilio import TwilioConfig, TwilioSms  # noqa: PLC0415 (as said above)

    return TwilioSms(
        TwilioConfig(
            account_sid=settings.twilio_account_sid or "",
            auth_token=_secret(settings.twilio_auth_token),
            messaging_service_sid=settings.twilio_messaging_service_sid,
            sender=settings.twilio_from,
            api_base=settings.twilio_api_base,
            status_callback_base=settings.base_url,
            max_connections=settings.in_flight,
        )
    )


def _sendgrid(settings: Settings, around: Surroundings) -> Channel:
    from nudger.channels.sendgrid import SendGridConfig, SendGridEmail  # noqa: PLC0415 (as said above)

    sender = _sender(settings, settings.sendgrid_from)
    config = SendGridConfig(_secret(settings.sendgrid_api_key), sender, settings.sendgrid_host)
    return SendGridEmail(config, around.now)


def _smtp(settings: Settings, around: Surroundings) -> Channel:
    from nudger.channels.smtp import SmtpConfig, SmtpEmail  # noqa: PLC0415 (as said above)

    return SmtpEmail(SmtpConfig(_secret(settings.smtp_url), _sender(settings)), around.now)


def _secret(value: SecretStr | None) -> str:
    """A secret's value; settings have made sure that the chosen provider's is there."""
    return value.get_secret_value() if value else ""
