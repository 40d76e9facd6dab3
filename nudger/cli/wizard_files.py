"""The files of the first evening, commented: a couple, two schedules, and the settings that were chosen."""

import json
import re
from collections.abc import Mapping

from nudger.cli.wizard_answers import Answers, Person, keys_of
from nudger.settings import EmailProvider, SmsProvider, read_settings

#: What each provider cannot work without. A tuple: one of these is enough.
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    SmsProvider.TWILIO: (
        ("TWILIO_ACCOUNT_SID",),
        ("TWILIO_AUTH_TOKEN",),
        ("TWILIO_FROM", "TWILIO_MESSAGING_SERVICE_SID"),
    ),
    EmailProvider.SENDGRID: (("SENDGRID_API_KEY",),),
    EmailProvider.SMTP: (("SMTP_URL",),),
}

COUPLES = """\
# yaml-language-server: $schema=./nudger.schema.json
#
# Who the nudges are for. Writing somebody down here only invites them: nothing but the invitation is sent until they
# have said yes themselves, from that very number or address. Further couples go below, or into files beside this one.

couples:
  {couple}:
    partners:
{partners}
    preferences: # what the two share; each line can only ever leave ideas out
      # themes: {{spontaneity: 3, intimacy: 0}} # how often, next to each other; not named is 1, off is 0
      cost: small # the most an idea may cost: none, small, medium or large
      effort: 1h # the longest it may take: 5m, 15m, 1h, half_day or day
      {together} # co_located or long_distance
      # avoid: [alcohol, crowds] # ideas with one of these tags never come
    # dates: {{anniversary: 2019-06-14, {first}-birthday: --03-12}} # days that return each year, the year is optional
"""

SCHEDULES = """\
# yaml-language-server: $schema=./nudger.schema.json
#
# What is sent, by which channel, to whom and when. `nudger preview` shows the very moments these rules will choose.

schedules:
  # Three ideas a week for the couple, at hours nobody can guess, a day and a half apart.
  surprises:
    themes: [spontaneity, appreciation, quality_time]
    channel: preferred # a text where there is a phone, else an email; or write sms or email
    audience: one # a single giver; the two take turns, and nobody can tell whose turn is next
    when: {random: 3, per: week, days: mon-sun, between: 09:30-20:00, apart: 36h}
    late: 30m # older than this and it is not sent any more

  # A conversation of ten minutes, once a week: it opens with the best of the week, then four prompts.
  weekly-check-in:
    check_in: {prompts: 4}
    channel: CHECK_IN
    audience: both
    when: {weekly: sun, at: "18:00"}
    late: 24h
"""


def couples_text(people: tuple[Person, Person], quiet: str, key: str | None = None) -> str:
    """The file of couples; without a key all keys are made of the names."""
    first, second = ("first", "second") if key else keys_of(people)
    together = "co_located" if people[0].zone == people[1].zone else "long_distance"
    return COUPLES.format(
        couple=key or f"{first}-and-{second}",
        first=first,
        partners="\n".join(_partner(key, one, quiet) for key, one in zip((first, second), people, strict=True)),
        together=f"together: {together}",
    )


def _partner(key: str, person: Person, quiet: str) -> str:
    lines = [f"      {key}:", f"        name: {quoted(person.name)} # as it appears in messages to the other"]
    if person.email:
        lines.append(f"        email: {quoted(person.email)}")
    if person.phone:
        lines.append(f"        phone: {quoted(person.phone)} # with the country code, in quotes")
    lines.append(f"        timezone: {person.zone} # every hour means the hour on this person's own clock")
    lines.append(f"        quiet_hours: {quiet} # nothing arrives in these hours, whatever a schedule says")
    return "\n".join(lines)


def quoted(text: str) -> str:
    """A text as YAML cannot mistake it."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def schedules_text(people: tuple[Person, Person]) -> str:
    """The file of schedules; check-ins go by email where both have an address."""
    both = all(person.email for person in people)
    return SCHEDULES.replace("CHECK_IN", "email" if both else "preferred")


def lacking(provider: str, answers: Answers) -> list[str]:
    """The settings a provider still needs: neither given nor in the environment. Raises ConfigurationError."""
    needed = NEEDED.get(provider, ())
    have = {name for name, value in answers.secrets.items() if value} | (_in_environment() if needed else set())
    return [" or ".join(names) for names in needed if have.isdisjoint(names)]


def _in_environment() -> set[str]:
    found = read_settings(_env_file=None, NUDGER_SMS="none", NUDGER_EMAIL="none")
    return {str(field.alias) for name, field in type(found).model_fields.items() if getattr(found, name)}


def settings_text(example: str, answers: Answers) -> str:
    """The commented settings, with what was chosen written in.

    A provider without its credentials stays behind a #, so that all works, into the outbox, until they are there.
    """
    text = example
    for name, provider in (("NUDGER_SMS", answers.sms), ("NUDGER_EMAIL", answers.email)):
        missing = lacking(provider, answers)
        if missing:
            text = _set(text, name, f"{provider}", f"# Take away the next # when {', '.join(missing)} is filled in.\n#")
        elif provider != "outbox":
            text = _set(text, name, f"{provider}")
    given = {"NUDGER_SENDER": answers.sender, "NUDGER_BASE_URL": answers.base_url, **answers.secrets}
    for name, value in given.items():
        text = _set(text, name, value) if value else text
    return text


def _set(text: str, name: str, value: str, before: str = "") -> str:
    """The text with one setting's line replaced; quotes keep a # or a blank inside a value what it is."""
    plain = re.fullmatch(r"[\w@:/.+-]*", value, re.ASCII)
    written = value if plain else "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return re.sub(rf"^#{name}=.*$", lambda _: f"{before}{name}={written}", text, count=1, flags=re.MULTILINE)
