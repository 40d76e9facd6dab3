"""Settings from the environment and `.env`; nothing else reads the environment."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nudger.errors import ConfigurationError


class Intake(StrEnum):
    """How replies by text reach us."""

    WEBHOOK = "webhook"
    POLL = "poll"
    NONE = "none"


class SmsProvider(StrEnum):
    """Who carries texts."""

    OUTBOX = "outbox"
    TWILIO = "twilio"
    NONE = "none"


class EmailProvider(StrEnum):
    """Who carries emails."""

    OUTBOX = "outbox"
    SENDGRID = "sendgrid"
    SMTP = "smtp"
    NONE = "none"


def _web_address(value: str | None) -> str | None:
    if value is not None and not value.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ValueError("has to begin with https:// (http:// is for 127.0.0.1 and localhost alone)")
    return value.rstrip("/") if value else None


def _any_web_address(value: SecretStr | None) -> SecretStr | None:
    if value and not value.get_secret_value().startswith(("https://", "http://")):
        raise ValueError("has to begin with https:// or http://")
    return value


WebAddress = Annotated[str | None, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """All settings. A secret NAME may also be given as NAME_FILE, the path of a file that holds it."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True
    )

    # Where things are
    data: Path = Field(Path("data"), alias="NUDGER_DATA", description="Folder for the database, the key and the outbox")
    database_url: str | None = Field(
        None, alias="DATABASE_URL", description="Database; the default is SQLite in the data folder"
    )
    schedules: Path = Field(Path("schedules"), alias="NUDGER_SCHEDULES", description="Folder of couples and schedules")
    templates: Path = Field(
        Path("templates"),
        alias="NUDGER_TEMPLATES",
        description="Folder of pools and layouts; missing: the shipped ones",
    )
    key: SecretStr | None = Field(
        None,
        alias="NUDGER_KEY",
        min_length=16,
        description="Installation key behind every draw and link; the default is made once and kept in the data folder",
    )
    key_file: Path | None = Field(None, alias="NUDGER_KEY_FILE", description="File that holds NUDGER_KEY")
    data_keys: SecretStr | None = Field(
        None,
        alias="NUDGER_DATA_KEYS",
        description="Keys that seal people's data, as `nudger keys new` writes them; the default is made once and kept "
        "in the data folder",
    )
    data_keys_file: Path | None = Field(
        None, alias="NUDGER_DATA_KEYS_FILE", description="File that holds NUDGER_DATA_KEYS"
    )

    keep_words_days: int = Field(
        30,
        alias="NUDGER_KEEP_WORDS_DAYS",
        ge=7,
        le=3650,
        description="Days for which the words of messages are kept, and files of the outbox; what was picked and what "
        "became of it stay",
    )

    # Doors
    base_url: WebAddress = Field(
        None, alias="NUDGER_BASE_URL", description="Public web address, for links and receipts"
    )
    host: str = Field("127.0.0.1", alias="NUDGER_HOST", description="Address the web pages listen on")
    port: int = Field(8080, alias="NUDGER_PORT", ge=1, le=65535, description="Port the web pages listen on")
    trusted_proxies: str | None = Field(
        None,
        alias="NUDGER_TRUSTED_PROXIES",
        description="Addresses or networks of proxies whose X-Forwarded-For counts, like 127.0.0.1 10.0.0.0/8",
    )
    allowed_hosts: str | None = Field(
        None,
        alias="NUDGER_ALLOWED_HOSTS",
        description="Host names the pages answer to; the default is that of NUDGER_BASE_URL, and this machine's own",
    )
    metrics_token: SecretStr | None = Field(
        None, alias="NUDGER_METRICS_TOKEN", description="Token that opens /metrics from elsewhere than this machine"
    )
    metrics_token_file: Path | None = Field(
        None, alias="NUDGER_METRICS_TOKEN_FILE", description="File that holds NUDGER_METRICS_TOKEN"
    )

    # Watching over it
    heartbeat_url: Annotated[SecretStr | None, AfterValidator(_any_web_address)] = Field(
        None,
        alias="NUDGER_HEARTBEAT_URL",
        description="Address that is called each minute while all is well, like https://hc-ping.com/...",
    )
    heartbeat_url_file: Path | None = Field(
        None, alias="NUDGER_HEARTBEAT_URL_FILE", description="File that holds NUDGER_HEARTBEAT_URL"
    )
    alert_email: str | None = Field(
        None, alias="NUDGER_ALERT_EMAIL", description="Your own address, for word of trouble; sent by NUDGER_EMAIL"
    )
    alert_url: SecretStr | None = Field(
        None,
        alias="NUDGER_ALERT_URL",
        description="Apprise URL for word of trouble, like ntfys://ntfy.sh/topic; needs nudger[apprise]",
    )
    alert_url_file: Path | None = Field(
        None, alias="NUDGER_ALERT_URL_FILE", description="File that holds NUDGER_ALERT_URL"
    )
    alert_backlog: float = Field(
        15, alias="NUDGER_ALERT_BACKLOG", gt=0, description="Minutes a due message may wait before you hear of it"
    )

    # Invitations and replies
    operator: str = Field(
        "The person who runs this", alias="NUDGER_OPERATOR", description="Who runs this, as invitations say it"
    )
    invites_per_day: int = Field(
        20,
        alias="NUDGER_INVITES_PER_DAY",
        ge=0,
        le=100_000,
        description="Invitations and reminders in 24 hours at most",
    )
    sms_countries: str = Field(
        "all",
        alias="NUDGER_SMS_COUNTRIES",
        pattern=r"^(all|[1-9]\d{0,2}([ ,]+[1-9]\d{0,2})*)$",
        description="Calling codes of countries that may be invited by text, like 44 49, or all",
    )
    inbound: Intake = Field(
        Intake.WEBHOOK, alias="NUDGER_INBOUND", description="How replies by text arrive: webhook, poll or none"
    )

    # Channels
    sms: SmsProvider = Field(SmsProvider.OUTBOX, alias="NUDGER_SMS", description="outbox, twilio or none")
    email: EmailProvider = Field(
        EmailProvider.OUTBOX, alias="NUDGER_EMAIL", description="outbox, sendgrid, smtp or none"
    )
    sender_name: str = Field("Nudger", alias="NUDGER_SENDER_NAME", description="Name emails come from")
    sender: str = Field("nudger@example.com", alias="NUDGER_SENDER", description="Address emails come from")
    reply_to: str | None = Field(None, alias="NUDGER_REPLY_TO", description="Address replies go to, if another")

    push_hosts: str | None = Field(
        None,
        alias="NUDGER_PUSH_HOSTS",
        pattern=r"^[A-Za-z0-9.-]+(:\d{1,5})?([ ,]+[A-Za-z0-9.-]+(:\d{1,5})?)*$",
        description="Hosts that push messages may go to, like ntfy.sh api.telegram.org; none: no push messages",
    )

    twilio_account_sid: str | None = Field(None, alias="TWILIO_ACCOUNT_SID", description="Account SID (AC...)")
    twilio_auth_token: SecretStr | None = Field(None, alias="TWILIO_AUTH_TOKEN", description="Auth token")
    twilio_auth_token_file: Path | None = Field(
        None, alias="TWILIO_AUTH_TOKEN_FILE", description="File that holds TWILIO_AUTH_TOKEN"
    )
    twilio_messaging_service_sid: str | None = Field(
        None, alias="TWILIO_MESSAGING_SERVICE_SID", description="Messaging service (MG...); this or TWILIO_FROM"
    )
    twilio_from: str | None = Field(None, alias="TWILIO_FROM", description="Sending number, like +447700900000")
    twilio_api_base: WebAddress = Field(
        None, alias="TWILIO_API_BASE", description="Another address for Twilio's API: a proxy, or a test's"
    )

    sendgrid_api_key: SecretStr | None = Field(None, alias="SENDGRID_API_KEY", description="API key (SG....)")
    sendgrid_api_key_file: Path | None = Field(
        None, alias="SENDGRID_API_KEY_FILE", description="File that holds SENDGRID_API_KEY"
    )
    sendgrid_from: str | None = Field(
        None, alias="SENDGRID_FROM", description="Sender address; the default is NUDGER_SENDER"
    )
    sendgrid_host: WebAddress = Field(
        None, alias="SENDGRID_HOST", description="Another address for SendGrid's API, like the EU's"
    )
    sendgrid_webhook_key: str | None = Field(
        None, alias="SENDGRID_WEBHOOK_KEY", description="Public key of the event webhook"
    )

    smtp_url: SecretStr | None = Field(
        None, alias="SMTP_URL", description="smtp://user:password@host:587 or smtps://user:password@host:465"
    )
    smtp_url_file: Path | None = Field(None, alias="SMTP_URL_FILE", description="File that holds SMTP_URL")

    # Limits
    sms_per_second: float | None = Field(
        None, alias="NUDGER_SMS_PER_SECOND", gt=0, description="Texts per second at most; the default is no limit"
    )
    email_per_second: float | None = Field(
        None, alias="NUDGER_EMAIL_PER_SECOND", gt=0, description="Emails per second at most; the default is no limit"
    )
    in_flight: int = Field(
        64, alias="NUDGER_IN_FLIGHT", ge=1, le=1000, description="Sends at the same time at most, for each channel"
    )
    sms_segments: int = Field(2, alias="NUDGER_SMS_SEGMENTS", ge=1, le=10, description="Segments a text may have")

    # Times, in seconds
    horizon_hours: float = Field(
        48, alias="NUDGER_HORIZON_HOURS", ge=1, le=24 * 14, description="How far ahead moments are planned, in hours"
    )
    lease: float = Field(60, alias="NUDGER_LEASE", gt=0, description="Seconds a worker may hold a message")
    ask_after: float = Field(
        15, alias="NUDGER_ASK_AFTER", ge=0, description="Seconds before a provider is asked about a message in doubt"
    )
    settle: float = Field(
        60,
        alias="NUDGER_SETTLE",
        ge=0,
        description="Seconds after which a provider's 'not here' counts, and between two",
    )
    shutdown: float = Field(
        30, alias="NUDGER_SHUTDOWN", ge=0, description="Seconds given to sends in flight when the daemon is stopped"
    )

    # Backups
    backup_dir: Path | None = Field(
        None, alias="NUDGER_BACKUP_DIR", description="Folder for backups; the default is backups in the data folder"
    )
    backup_at: str | None = Field(
        None,
        alias="NUDGER_BACKUP_AT",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="When the daemon makes a backup each day, in UTC, like 03:30; the default is never",
    )
    backup_keep: int = Field(
        14, alias="NUDGER_BACKUP_KEEP", ge=1, le=10_000, description="How many backups are kept; older ones are deleted"
    )
    backup_passphrase: SecretStr | None = Field(
        None,
        alias="NUDGER_BACKUP_PASSPHRASE",
        min_length=12,
        description="Passphrase that backups are encrypted with; the default is not to",
    )
    backup_passphrase_file: Path | None = Field(
        None,
        alias="NUDGER_BACKUP_PASSPHRASE_FILE",
        description="File that holds NUDGER_BACKUP_PASSPHRASE: a passphrase, or a key of random characters",
    )

    # Logs
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="NUDGER_LOG_LEVEL", description="debug, info, warning or error"
    )
    log_format: Literal["auto", "console", "json"] = Field(
        "auto", alias="NUDGER_LOG_FORMAT", description="console, json, or auto: console on a terminal"
    )

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Put the contents of each NAME_FILE into NAME; both at once is an error."""
        for name, path in list(values.items()):
            upper = name.upper()
            if not upper.endswith("_FILE") or not path:
                continue
            secret = upper.removesuffix("_FILE")
            if any(other.upper() == secret and values[other] for other in values):
                raise ValueError(f"{secret} and {upper} are both set; one is enough")
            try:
                values[secret] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ValueError(f"{upper}: the file cannot be read ({error.strerror})") from error
        return values

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Each provider chosen has what it needs."""
        missing = [name for name, value in self._needed() if not value]
        if missing:
            raise ValueError(f"{' and '.join(missing)} missing for the chosen provider")
        return self

    def _needed(self) -> list[tuple[str, object]]:
        needed: list[tuple[str, object]] = []
        if self.sms is SmsProvider.TWILIO:
            sender = self.twilio_messaging_service_sid or self.twilio_from
            needed += [("TWILIO_ACCOUNT_SID", self.twilio_account_sid), ("TWILIO_AUTH_TOKEN", self.twilio_auth_token)]
            needed += [("TWILIO_MESSAGING_SERVICE_SID or TWILIO_FROM", sender)]
        if self.email is EmailProvider.SENDGRID:
            needed += [("SENDGRID_API_KEY", self.sendgrid_api_key)]
        if self.email is EmailProvider.SMTP:
            needed += [("SMTP_URL", self.smtp_url)]
        if self.alert_email and self.email is EmailProvider.NONE:
            needed += [("NUDGER_EMAIL for NUDGER_ALERT_EMAIL", None)]
        return needed

    @property
    def calling_codes(self) -> frozenset[int]:
        """The countries that may be invited by text; none named: all."""
        codes = [] if self.sms_countries == "all" else self.sms_countries.replace(",", " ").split()
        return frozenset(map(int, codes))

    @property
    def allowed_push_hosts(self) -> frozenset[str]:
        """The hosts that push messages may go to, in lower case; none where they are off."""
        return frozenset((self.push_hosts or "").lower().replace(",", " ").split())

    @property
    def backups(self) -> Path:
        """The folder of backups."""
        return self.backup_dir or self.data / "backups"

    @property
    def url(self) -> str:
        """The database's address, the embedded one where none is set."""
        return self.database_url or f"sqlite:///{self.data / 'nudger.db'}"


def read_settings(**overrides: Any) -> Settings:  # noqa: ANN401 (any setting)
    """Read and check all settings. Raises ConfigurationError that names each setting that is wrong, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = [_plain(fault) for fault in error.errors(include_url=False, include_input=False)]
        raise ConfigurationError("The settings need a look:\n" + "\n".join(lines), mend="see .env.example") from error


def without_secrets(text: str) -> str:
    """The lines of an `.env` file that may be kept with a backup: our own settings, less those that are secret."""
    kept = {
        str(field.alias)
        for field in Settings.model_fields.values()
        if "SecretStr" not in str(field.annotation) and field.alias != "DATABASE_URL"
    }
    return "".join(f"{line}\n" for line in text.splitlines() if line.partition("=")[0].strip() in kept)


def _plain(fault: Any) -> str:  # noqa: ANN401 (pydantic's error details)
    place = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"  {place}: {message}" if place else f"  {message}"
