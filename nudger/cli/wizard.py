"""The questions of the first evening; every answer is also a flag, and where nobody can be asked the defaults hold."""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from getpass import getpass
from pathlib import Path
from typing import TypeVar

from nudger.cli.terminal import say
from nudger.cli.wizard_answers import (
    NO_CONTACT,
    QUIET,
    Answers,
    Person,
    email_of,
    key_of,
    name_of,
    phone_of,
    quiet_of,
    reachable,
    secret_of,
    two,
    understood,
    web_address_of,
    zone_of,
)
from nudger.cli.wizard_files import NEEDED, lacking
from nudger.errors import NudgerError, WrongUsage
from nudger.settings import EmailProvider, SmsProvider

Value = TypeVar("Value")

#: Nobody mistypes the same answer more often than this; who does is not at the keyboard.
MOST_TRIES = 5
#: These are not shown while they are typed.
HIDDEN = ("TWILIO_AUTH_TOKEN", "SENDGRID_API_KEY", "SMTP_URL")
REACHING = (EmailProvider.SENDGRID, EmailProvider.SMTP)


@dataclass(frozen=True, slots=True)
class Flags:
    """The answers given on the command line; None where there is none."""

    names: str | None = None
    zones: str | None = None
    emails: str | None = None
    phones: str | None = None
    quiet: str | None = None
    sms: SmsProvider | None = None
    email: EmailProvider | None = None
    sender: str | None = None
    base_url: str | None = None
    key: str | None = None

    @property
    def about_people(self) -> bool:
        """Whether they tell who it is for."""
        return any((self.names, self.zones, self.emails, self.phones, self.quiet))

    @property
    def any(self) -> bool:
        """Whether there is one at all."""
        return self.about_people or any((self.sms, self.email, self.sender, self.base_url))


class Questions:
    """Asks a person: `ask` shows a question and gives the line typed, `ask_hidden` does so without showing it."""

    def __init__(self, ask: Callable[[str], str] = input, ask_hidden: Callable[[str], str] = getpass) -> None:
        """Nothing is asked yet."""
        self._ask = ask
        self._ask_hidden = ask_hidden

    def put(self, question: str, read: Callable[[str], Value], usual: str = "", *, hidden: bool = False) -> Value:
        """The answer, asked for again where it is wrong; nothing typed means the usual one. WrongUsage in the end."""
        shown = f"{question} [{usual}]: " if usual else f"{question}: "
        for _ in range(MOST_TRIES):
            try:
                typed = (self._ask_hidden if hidden else self._ask)(shown).strip() or usual
                return understood(question, read, typed)
            except WrongUsage as error:
                say(f"  {error}")
                say(f"  {error.mend}" if error.mend else "")
            except EOFError:
                break
        raise WrongUsage(f"{question}: no answer that can be used", mend="give it as a flag: nudger init --help")


def someone_is_there() -> bool:
    """Whether there is a terminal to ask and to answer at."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def from_flags(flags: Flags) -> Answers:
    """The answers where nobody is asked: what no flag tells is the default. WrongUsage names the flag that is wrong."""
    return Answers(
        people=_people(flags) if flags.about_people else None,
        quiet=understood("--quiet", quiet_of, flags.quiet or QUIET),
        sms=flags.sms or SmsProvider.OUTBOX,
        email=flags.email or EmailProvider.OUTBOX,
        sender=understood("--sender", email_of, flags.sender or ""),
        base_url=understood("--base-url", web_address_of, flags.base_url or ""),
        key=understood("--key", key_of, flags.key or ""),
    )


def _people(flags: Flags) -> tuple[Person, Person]:
    if not flags.names:
        raise WrongUsage("--names is missing", mend='who is it for? --names "Ana,Ben"')
    zones = flags.zones if "," in (flags.zones or ",") else f"{flags.zones},{flags.zones}"
    given = (("--names", flags.names), ("--zones", zones), ("--emails", flags.emails), ("--phones", flags.phones))
    split = [two(name, text) for name, text in given]
    first, second = (_person(*(pair[which] for pair in split)) for which in (0, 1))
    return reachable((first, second))


def _person(name: str, zone: str, email: str, phone: str) -> Person:
    return Person(
        name=understood("--names", name_of, name),
        zone=understood("--zones", zone_of, zone or zone_of_this_machine()),
        email=understood("--emails", email_of, email),
        phone=understood("--phones", phone_of, phone),
    )


def asked(questions: Questions, flags: Flags) -> Answers:
    """The answers of a person at a terminal; what a flag has told is not asked."""
    known = from_flags(Flags(quiet=flags.quiet, sender=flags.sender, base_url=flags.base_url))
    people = _people(flags) if flags.names else _ask_people(questions)
    quiet = known.quiet if flags.quiet else questions.put("Quiet hours of both", quiet_of, QUIET)
    sms = flags.sms or questions.put("Texts by outbox, twilio or none", _sms_of, "outbox")
    email = flags.email or questions.put("Emails by outbox, sendgrid, smtp or none", _email_provider_of, "outbox")
    sender = known.sender
    if email in REACHING and not sender:
        sender = questions.put("Address that emails come from", email_of)
    base_url = known.base_url
    if not base_url:
        base_url = questions.put("Public web address, https://..., or nothing yet", web_address_of)
    chosen = Answers(people, quiet, sms, email, sender, base_url, key=understood("--key", key_of, flags.key or ""))
    secrets = {name: value for provider in (sms, email) for name, value in _credentials(questions, provider, chosen)}
    return replace(chosen, secrets=secrets)


def _ask_people(questions: Questions) -> tuple[Person, Person]:
    say("Who is it for? Writing them down only invites them; nothing else is sent before they say yes themselves.")
    for _ in range(MOST_TRIES):
        first = _ask_person(questions, "One of the two", zone_of_this_machine())
        second = _ask_person(questions, "The other one", first.zone)
        with suppress(WrongUsage):
            return reachable((first, second))
        say(f"  {NO_CONTACT}")
    raise WrongUsage("nobody can be reached", mend=NO_CONTACT)


def _ask_person(questions: Questions, who: str, zone: str) -> Person:
    name = questions.put(f"{who}: name", name_of)
    return Person(
        name=name,
        zone=questions.put(f"{name}'s time zone", zone_of, zone),
        email=questions.put(f"{name}'s email address, or nothing", email_of),
        phone=questions.put(f"{name}'s phone number with +country code, or nothing", phone_of),
    )


def _credentials(questions: Questions, provider: str, chosen: Answers) -> list[tuple[str, str]]:
    """What a provider still needs, as far as it is known by heart; the rest can be written into .env later."""
    missing = lacking(provider, chosen)
    names = [names[0] for names in NEEDED.get(provider, ()) if " or ".join(names) in missing]
    return [(name, questions.put(f"{name}, or nothing for later", secret_of, hidden=name in HIDDEN)) for name in names]


def _sms_of(text: str) -> SmsProvider:
    return _choice(SmsProvider, text)


def _email_provider_of(text: str) -> EmailProvider:
    return _choice(EmailProvider, text)


Provider = TypeVar("Provider", SmsProvider, EmailProvider)


def _choice(kind: type[Provider], text: str) -> Provider:
    try:
        return kind(text.strip().lower())
    except ValueError:
        raise WrongUsage("that is none of them", mend=f"write {', '.join(kind)}") from None


def zone_of_this_machine() -> str:
    """The time zone the machine is set to, read off where /etc/localtime points; UTC where it does not say."""
    with suppress(OSError, ValueError, NudgerError):
        name = str(Path("/etc/localtime").readlink()).split("zoneinfo/", maxsplit=1)[1:]
        return understood("zone", zone_of, name[0]) if name else "UTC"
    return "UTC"
