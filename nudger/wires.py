"""Wires: from settings to the channels, the one home of which provider is chosen; each library is read in when used."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from nudger.actions.alert import Wire
from nudger.actions.alert_wires import ByApprise
from nudger.actions.efface import Shredder
from nudger.actions.poll import Inbox
from nudger.actions.surroundings import Surroundings
from nudger.channels.contract import Channel
from nudger.channels.mime import Sender
from nudger.channels.rehearsal import rehearse
from nudger.domain.people import ChannelKind
from nudger.errors import ConfigurationError
from nudger.settings import EmailProvider, Intake, Settings, SmsProvider

if TYPE_CHECKING:
    from nudger.channels.twilio import TwilioConfig

Channels = Mapping[ChannelKind, Channel]


def build_channels(settings: Settings, around: Surroundings) -> Channels:
    """The provider chosen for each channel; a channel set to `none` is absent."""
    built = (_sms(settings, around), _email(settings, around))
    return {channel.kind: channel for channel in built if channel is not None}


def outbox_channels(folder: Path, around: Surroundings, settings: Settings) -> Channels:
    """Both channels as files in a folder."""
    return {kind: _outbox(folder, kind, settings, around) for kind in ChannelKind}


def outbox_kinds(settings: Settings) -> frozenset[ChannelKind]:
    """The channels that are files in a folder, as the settings have it."""
    nobody_reached = settings.sms is SmsProvider.OUTBOX and not settings.allowed_push_hosts
    sms = {ChannelKind.SMS} if nobody_reached else set()
    email = {ChannelKind.EMAIL} if settings.email is EmailProvider.OUTBOX else set()
    return frozenset(sms | email)


def demo_kinds(channels: Channels) -> frozenset[ChannelKind]:
    """The channels that reach nobody, and may therefore consent by themselves."""
    return frozenset(kind for kind, channel in channels.items() if channel.consents_as_demo)


def _sms(settings: Settings, around: Surroundings) -> Channel | None:
    """Texts: to numbers by their provider; to push addresses by Apprise, where hosts are allowed."""
    numbers = _numbers(settings, around)
    if not settings.allowed_push_hosts:
        return numbers
    from nudger.channels.texts import TextsByAddress  # noqa: PLC0415 (seldom used)

    return TextsByAddress(numbers, _push(settings))


def _numbers(settings: Settings, around: Surroundings) -> Channel | None:
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
    from nudger.channels.twilio import TwilioSms  # noqa: PLC0415 (as said above)

    return TwilioSms(_twilio_config(settings))


def build_inbox(settings: Settings) -> Inbox | None:
    """Twilio's list of incoming texts, from which those are fetched that no webhook brought; None without replies."""
    if settings.inbound is Intake.NONE or settings.sms is not SmsProvider.TWILIO:
        return None
    from nudger.channels.twilio_inbox import TwilioInbox  # noqa: PLC0415 (as said above)

    return TwilioInbox(_twilio_config(settings))


def build_shredders(settings: Settings) -> Mapping[str, Shredder]:
    """Who can delete single messages, by the provider's name: the outbox always, Twilio where its account is known."""
    from nudger.channels.outbox import OutboxShredder  # noqa: PLC0415 (as said above)

    outbox: dict[str, Shredder] = {"outbox": OutboxShredder(settings.data / "outbox")}
    if not settings.twilio_account_sid or settings.twilio_auth_token is None:
        return outbox
    from nudger.channels.twilio_shredder import TwilioShredder  # noqa: PLC0415 (as said above)

    return outbox | {"twilio": TwilioShredder(_twilio_config(settings))}


def _twilio_config(settings: Settings) -> "TwilioConfig":
    from nudger.channels.twilio import TwilioConfig  # noqa: PLC0415 (as said above)

    return TwilioConfig(
        account_sid=settings.twilio_account_sid or "",
        auth_token=_secret(settings.twilio_auth_token),
        messaging_service_sid=settings.twilio_messaging_service_sid,
        sender=settings.twilio_from,
        api_base=settings.twilio_api_base,
        status_callback_base=settings.base_url,
        max_connections=settings.in_flight,
    )


def _sendgrid(settings: Settings, around: Surroundings) -> Channel:
    from nudger.channels.sendgrid import SendGridConfig, SendGridEmail  # noqa: PLC0415 (as said above)

    sender = _sender(settings, settings.sendgrid_from)
    config = SendGridConfig(_secret(settings.sendgrid_api_key), sender, settings.sendgrid_host)
    return SendGridEmail(config, around.now)


def _smtp(settings: Settings, around: Surroundings) -> Channel:
    from nudger.channels.smtp import SmtpConfig, SmtpEmail  # noqa: PLC0415 (as said above)

    return SmtpEmail(SmtpConfig(_secret(settings.smtp_url), _sender(settings)), around.now)


def _need_apprise(setting: str) -> None:
    if find_spec("apprise") is None:
        raise ConfigurationError(
            f"{setting} needs Apprise, which is not installed.", mend="run `pip install 'nudger[apprise]'`"
        )


def _push(settings: Settings) -> Channel:
    _need_apprise("NUDGER_PUSH_HOSTS")
    from nudger.channels.push import Push, PushConfig  # noqa: PLC0415 (as said above; it may not be installed)

    return Push(PushConfig(settings.allowed_push_hosts))


def operators_apprise(url: str) -> Wire:
    """The way to the operator that an Apprise URL names. ConfigurationError where it names none."""
    _need_apprise("NUDGER_ALERT_URL")
    from nudger.channels.apprise_wire import AppriseWire  # noqa: PLC0415 (as said above; it may not be installed)

    wire = AppriseWire()
    service = wire.service(url)
    if service is None:
        raise ConfigurationError("NUDGER_ALERT_URL is no URL that Apprise knows.", mend="see the list in its README")
    return ByApprise(wire, service)


def _secret(value: SecretStr | None) -> str:
    """A secret's value; settings have made sure that the chosen provider's is there."""
    return value.get_secret_value() if value else ""
