"""Wiring: from settings to a working whole. With `wires` it knows every class; nothing is built at import time."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from nudger.actions.admit import Gatekeeper
from nudger.actions.alert import Alerting, Wire
from nudger.actions.alert_wires import ByEmail
from nudger.actions.choose import Choosing
from nudger.actions.compose import Composer, Letterhead, Library
from nudger.actions.conditions import Bounds
from nudger.actions.dispatch import Dispatcher, Limits
from nudger.actions.inquire import Inquiring
from nudger.actions.invite import Caps, Inviting
from nudger.actions.notify import Notifying
from nudger.actions.poll import Polling
from nudger.actions.receive import Receiving
from nudger.actions.reconcile import Reconciler
from nudger.actions.simulate import Stage, VirtualClock
from nudger.actions.surroundings import Surroundings
from nudger.domain.chance import Dice
from nudger.domain.life import Patience
from nudger.domain.people import ChannelKind
from nudger.domain.picking import compile_pool
from nudger.domain.pools import Pool
from nudger.errors import ConfigurationError
from nudger.files.faults import Fault, InvalidFiles
from nudger.files.loaded import Loaded
from nudger.files.loading import TAGS, load
from nudger.files.notices import Notices, load_notices
from nudger.rendering.renderer import WORDS, Renderer
from nudger.settings import EmailProvider, Intake, Settings
from nudger.storage.database import Database
from nudger.wires import Channels, build_channels, build_inbox, operators_apprise

#: A mail server may take ten minutes to answer the end of a message (RFC 5321, section 4.5.3.2.6), and a bit more.
SLOWEST_MAIL_SERVER = timedelta(seconds=660)

SHIPPED = Path(__file__).parent / "shipped"
CHECKOUT = Path(__file__).parent.parent


def shipped(folder: str) -> Path:
    """A folder that comes with the program: inside an installed package, or in the checkout it runs from."""
    return SHIPPED / folder if SHIPPED.exists() else CHECKOUT / folder


def own_pools(settings: Settings) -> Path:
    """Where an operator's own pools are, where there are any."""
    return settings.templates / "pools"


def templates_folder(settings: Settings) -> Path:
    """The operator's templates where these have pools, else the shipped ones."""
    return settings.templates if own_pools(settings).is_dir() else shipped("templates")


def layouts_folder(settings: Settings) -> Path:
    """The operator's layouts; the shipped ones where their folder holds pools alone."""
    has_layouts = (settings.templates / "email" / "style.css").is_file()
    return settings.templates if has_layouts else shipped("templates")


def tags_file(settings: Settings) -> Path:
    """The operator's vocabulary of tags; the shipped one where they have none."""
    own = settings.templates / TAGS
    return own if own.exists() else shipped("templates") / TAGS


def read_files(settings: Settings) -> Loaded:
    """Everything the operator wrote, with its faults."""
    return load(settings.schedules, templates_folder(settings), vocabulary=tags_file(settings))


def build_renderer(settings: Settings) -> Renderer:
    """Puts entries into words, within the limits set."""
    words = [folder / WORDS for folder in (shipped("templates"), settings.templates)]
    return Renderer(layouts_folder(settings), segment_limit=settings.sms_segments, words=words)


def build_library(pools: Mapping[str, Pool]) -> Library:
    """The pools, by locale, compiled for picking."""
    return Library({locale: compile_pool(pool) for locale, pool in pools.items()})


def build_composer(settings: Settings, loaded: Loaded, key: bytes) -> Composer:
    """Picks from the pools that were read. Raises ConfigurationError where there are none."""
    if not loaded.pools:
        raise ConfigurationError("there are no pools to pick from", mend="see `nudger check`")
    library = build_library(loaded.pools)
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


def notices_folder(settings: Settings) -> Path:
    """The operator's own words for invitations and answers; the shipped ones where they have none."""
    own = settings.templates / "notices"
    return own if own.is_dir() else shipped("templates") / "notices"


def build_notices(settings: Settings) -> Notices:
    """The service's own words, in every language. Raises InvalidFiles."""
    return load_notices(notices_folder(settings))


def notice_faults(settings: Settings) -> Sequence[Fault]:
    """What is wrong with the service's own words, where anything is."""
    try:
        build_notices(settings)
    except InvalidFiles as invalid:
        return invalid.faults
    return ()


def build_inviting(
    settings: Settings, key: bytes, database: Database, channels: Channels, tokens: Callable[[], str]
) -> Inviting:
    """Asks new contacts, on the channels by which they can answer: by text only where replies reach us."""
    answered = {kind for kind in channels if kind is not ChannelKind.SMS or settings.inbound is not Intake.NONE}
    caps = Caps(settings.invites_per_day, settings.calling_codes, frozenset(answered))
    words = build_notices(settings)
    return Inviting(database, key, words, settings.base_url, settings.operator, tokens, caps)


def build_receiving(settings: Settings, database: Database, choosing: Choosing, tokens: Callable[[], str]) -> Receiving:
    """Deals with texts, however they arrive."""
    words = build_notices(settings)
    return Receiving(database, choosing, words, settings.base_url, tokens, operator_name=settings.operator)


def build_limits(settings: Settings, *, shared_clock: bool) -> Limits:
    """How much at once, and each sender's limit, which all processes on the database share."""
    per_second = {ChannelKind.SMS: settings.sms_per_second, ChannelKind.EMAIL: settings.email_per_second}
    return Limits(
        in_flight=settings.in_flight,
        per_second={kind: limit for kind, limit in per_second.items() if limit is not None},
        senders={
            ChannelKind.SMS: f"sms {settings.sms} {settings.twilio_messaging_service_sid or settings.twilio_from}",
            ChannelKind.EMAIL: f"email {settings.email} {settings.sendgrid_from or settings.sender}",
        },
        shared_clock=shared_clock,
    )


def build_alerting(settings: Settings, database: Database, channels: Channels, tokens: Callable[[], str]) -> Alerting:
    """Tells the operator of trouble by the ways they have set. ConfigurationError where an Apprise URL is none."""
    wires: list[Wire] = []
    by_email = channels.get(ChannelKind.EMAIL)
    if settings.alert_email and by_email is not None:
        wires.append(ByEmail(by_email, settings.alert_email, tokens))
    if settings.alert_url:
        wires.append(operators_apprise(settings.alert_url.get_secret_value()))
    bounds = Bounds(timedelta(minutes=settings.alert_backlog), daily_backups=bool(settings.backup_at))
    return Alerting(database, wires, bounds, settings.sender_name)


@dataclass(frozen=True, slots=True)
class Service:
    """The whole, put together."""

    settings: Settings
    database: Database
    loaded: Loaded
    key: bytes
    channels: Channels
    gatekeeper: Gatekeeper
    dispatcher: Dispatcher
    reconciler: Reconciler
    around: Surroundings
    choosing: Choosing
    inviting: Inviting
    notifying: Notifying
    receiving: Receiving
    inquiring: Inquiring
    polling: Polling | None
    alerting: Alerting

    @property
    def horizon(self) -> timedelta:
        """How far ahead moments are planned."""
        return timedelta(hours=self.settings.horizon_hours)

    async def aclose(self) -> None:
        """Close what is open."""
        async with AsyncExitStack() as stack:  # one that cannot be closed keeps none of the others open
            stack.callback(self.database.close)
            if self.polling is not None:
                stack.push_async_callback(self.polling.aclose)
            for channel in self.channels.values():
                stack.push_async_callback(channel.aclose)


def build_service(
    settings: Settings,
    key: bytes,
    around: Surroundings,
    tokens: Callable[[], str],
    database: Database,
    *,
    channels: Channels | None = None,
    loaded: Loaded | None = None,
) -> Service:
    """Everything, from settings and an opened database; other channels or files read before may take their places."""
    loaded = read_files(settings) if loaded is None else loaded
    if loaded.faults:
        raise InvalidFiles(loaded.faults)
    wires = build_channels(settings, around) if channels is None else channels
    patience = build_patience(settings)
    gatekeeper = Gatekeeper(wires, build_composer(settings, loaded, key), patience, tokens)
    limits = build_limits(settings, shared_clock=not database.is_sqlite)
    dispatcher = Dispatcher(database, gatekeeper, around, limits)
    reconciler = Reconciler(database, wires, patience, around)
    choosing = Choosing(database, key)
    receiving = build_receiving(settings, database, choosing, tokens)
    inbox = build_inbox(settings)
    return Service(
        settings,
        database,
        loaded,
        key,
        wires,
        gatekeeper,
        dispatcher,
        reconciler,
        around,
        choosing,
        build_inviting(settings, key, database, wires, tokens),
        Notifying(database, wires, around),
        receiving,
        Inquiring(database, wires),
        Polling(database, inbox, receiving, key) if inbox else None,
        build_alerting(settings, database, wires, tokens),
    )


def virtual_surroundings(clock: VirtualClock, key: bytes) -> Surroundings:
    """Clocks and dice for a simulation: time moves when told to, and luck is the same every time."""
    return Surroundings(now=clock, uptime=lambda: 0.0, luck=Dice(key, "simulated luck").fraction)


def stage(service: Service, clock: VirtualClock) -> Stage:
    """A service on a virtual clock, ready to be played."""
    return Stage(service.database, service.dispatcher, clock, service.key, service.horizon, service.reconciler)
