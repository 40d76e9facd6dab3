"""What the first evening's questions bring: each answer read, and a wrong one told at once with its mend."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic_core import PydanticCustomError

from nudger.errors import WrongUsage
from nudger.files.contacts import read_email, read_phone, read_zone
from nudger.files.spellings import read_key, read_line, read_quiet_hours
from nudger.settings import EmailProvider, SmsProvider

Value = TypeVar("Value")

QUIET = "20:30-09:00"
NO_CONTACT = "write an email address or a phone number; each of the two needs one of their own"


@dataclass(frozen=True, slots=True)
class Person:
    """One of the two, as the file will have them."""

    name: str
    zone: str
    email: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """All answers. Without `people` the sample couples are written; `secrets` are settings by their names.

    With a `key` the couple has that one, and the two have keys that are no names either.
    """

    people: tuple[Person, Person] | None = None
    quiet: str = QUIET
    sms: SmsProvider = SmsProvider.OUTBOX
    email: EmailProvider = EmailProvider.OUTBOX
    sender: str | None = None
    base_url: str | None = None
    secrets: dict[str, str] = field(default_factory=dict, repr=False)
    key: str | None = None


def understood(name: str, read: Callable[[str], Value], text: str) -> Value:
    """The answer as `read` has it. WrongUsage, with the mend, where it cannot be read; `name` is the question's."""
    try:
        return read(text)
    except PydanticCustomError as error:
        told = error.context or {}
        raise WrongUsage(f"{name}: {told.get('message', 'this cannot be read')}", mend=told.get("mend")) from None


def name_of(text: str) -> str:
    """A name in one line. A dollar before a brace would be read as the name of a secret."""
    if "${" in text:
        raise WrongUsage("names: ${ stands for a secret in the files", mend="write the name without it")
    return read_line(text.strip())


def secret_of(text: str) -> str:
    """A credential as .env can hold it; ${ would be filled in there."""
    if "${" in text or not text.isprintable():
        raise WrongUsage("this cannot stand in .env as it is", mend="put it in a file, and name that with NAME_FILE")
    return text.strip()


def zone_of(text: str) -> str:
    """A time zone."""
    return read_zone(text.strip())


def email_of(text: str) -> str | None:
    """An email address, or none."""
    return read_email(text) if text.strip() else None


def phone_of(text: str) -> str | None:
    """A phone number, or none."""
    return read_phone(text) if text.strip() else None


def quiet_of(text: str) -> str:
    """Quiet hours as they were written, once they can be read."""
    read_quiet_hours(text.strip())
    return text.strip()


def web_address_of(text: str) -> str | None:
    """A public web address, or none; it has to be https, as private links travel by it."""
    address = text.strip().rstrip("/")
    if not address:
        return None
    if not re.fullmatch(r"https://[^\s/?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost)(:\d+)?", address):
        raise WrongUsage(
            "base URL: this is not a public web address", mend="write it like https://nudger.example.com, or leave it"
        )
    return address


def two(name: str, text: str | None) -> tuple[str, str]:
    """Two answers in one flag: the first one's and, after a comma, the second one's. A flag left out is two blanks."""
    parts = [part.strip() for part in text.split(",")] if text else ["", ""]
    if len(parts) != 2:  # noqa: PLR2004 (a couple is two)
        raise WrongUsage(f"{name} takes two, with a comma between", mend=f"for example {EXAMPLES[name]}")
    return parts[0], parts[1]


EXAMPLES = {
    "--names": '--names "Ana,Ben"',
    "--zones": '--zones "Europe/Berlin,Europe/London"',
    "--emails": '--emails "ana@example.com,ben@example.com"',
    "--phones": '--phones "+447700900124,+447700900123"',
}


def reachable(people: tuple[Person, Person]) -> tuple[Person, Person]:
    """The two, where each can be reached alone; WrongUsage else: consent is personal."""
    first, second = people
    for person in people:
        if not person.email and not person.phone:
            raise WrongUsage(f"{person.name} cannot be reached", mend=NO_CONTACT)
    for one, other in ((first.email, second.email), (first.phone, second.phone)):
        if one and one == other:
            raise WrongUsage("the two have the same address or number", mend=NO_CONTACT)
    return people


def key_of(text: str) -> str | None:
    """A key for the couple, or none."""
    return read_key(text.strip()) if text.strip() else None


def keys_of(people: tuple[Person, Person]) -> tuple[str, str]:
    """A key for each, made of their names: lower case, no accents, and never the same twice."""
    first, second = (_slug(person.name) for person in people)
    first, second = first or "first", second or "second"
    return (first, second) if first != second else (first, f"{second}-2")


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:24]
