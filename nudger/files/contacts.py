"""How people are reached and where they live: phone numbers, email addresses, time zones, languages."""

import re
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import PlainValidator

from nudger.files.faults import guess, quote
from nudger.files.slips import wrong
from nudger.files.spellings import text_schema

#: In the JSON schema every text that often is a secret may be a ${...} instead.
FILLED = r"^.*\$\{.*$"
#: Apprise's names of the services partners may be reached by: those whose destination can be told from the URL.
PUSH_SERVICES = ("ntfy", "ntfys", "signal", "signals", "tgram", "matrix", "matrixs", "json", "jsons")


def read_phone(value: object) -> str:
    """A phone number in E.164 form; the number itself is never repeated in a message."""
    text = str(value).strip()
    if not re.fullmatch(r"\+[\d\s().-]{4,30}", text, re.ASCII):
        raise wrong("this is not a phone number with its country code", 'write it like "+447700900123"')
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        raise wrong("no country has this phone number", 'write it like "+447700900123"') from None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise wrong("this phone number is too short or too long", 'write it like "+447700900123"')
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(value: object) -> str:
    """An email address, checked for its form alone; the address itself is never repeated in a message."""
    try:
        return validate_email(str(value).strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise wrong("this is not an email address", "write it like ana@example.com") from None


def read_push(value: object) -> str:
    """The Apprise URL of a service that partners may be reached by; the URL holds secrets, and is never repeated."""
    text = str(value).strip()
    scheme, _, rest = text.partition("://")
    if scheme.lower() not in PUSH_SERVICES or not rest or re.search(r"\s", text):
        services = ", ".join(f"{service}://" for service in PUSH_SERVICES)
        raise wrong("this is no push address", f"write it like ntfys://ntfy.sh/topic; there are {services}")
    return text


@cache
def zones() -> tuple[str, ...]:
    """The names of all time zones that are places, sorted."""
    machinery = ("localtime", "Factory", "posixrules")
    return tuple(sorted(zone for zone in available_timezones() if zone not in machinery))


def read_zone(value: object) -> str:
    """An IANA time zone: Europe/Berlin."""
    name = str(value)
    if name in zones():
        return name
    near = guess(name, zones()) or guess(name, [zone for zone in zones() if name.casefold() in zone.casefold()])
    hint = f"did you mean {near}? " if near else ""
    raise wrong(f"{quote(name)} is not a time zone", f"{hint}write continent/city, for example Europe/Berlin")


def read_locale(value: object) -> str:
    """A language, with a region where it matters: en, fr-CA (BCP 47, short forms)."""
    text = str(value)
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?", text, re.ASCII):
        raise wrong(f"{quote(text)} is not a language", "write it like en or fr-CA")
    return text


Phone = Annotated[
    str,
    PlainValidator(read_phone),
    text_schema(rf"^\+[\d\s().-]{{4,30}}$|{FILLED}", "+447700900123", kind=["string", "integer"]),
]
EmailAddress = Annotated[str, PlainValidator(read_email), text_schema(rf"^\S+@\S+$|{FILLED}", "ana@example.com")]
PushAddress = Annotated[
    str, PlainValidator(read_push), text_schema(rf"^({'|'.join(PUSH_SERVICES)})://\S+$|{FILLED}", "${ANA_PUSH}")
]
Zone = Annotated[str, PlainValidator(read_zone), text_schema(r"^[A-Za-z0-9_+/-]+$", "Europe/Berlin")]
Locale = Annotated[str, PlainValidator(read_locale), text_schema(r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$", "en", "fr-CA")]
