"""Couples as written in YAML, and the domain's couples made from them."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from nudger.domain.people import DEFAULT_BUDGET, Allowance, ChannelKind, Couple, Partner
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Hemisphere, Novelty, Place, Preferences, Together
from nudger.domain.themes import Theme
from nudger.domain.windows import NIGHT
from nudger.files.contacts import EmailAddress, Locale, Phone, PushAddress, Zone
from nudger.files.slips import Sheet, Slip
from nudger.files.spellings import Cooldown, Key, Line, Many, QuietHours, Tag, Weight, YearlyDay

PLAIN = Preferences()
Limit = Annotated[int, Field(ge=0, le=1000)]


class WrittenAllowance(Sheet):
    """The most messages of one channel a partner gets; a limit left out is no limit."""

    day: Limit | None = Field(default=None, description="At most so many a day.", examples=[1])
    week: Limit | None = Field(default=None, description="At most so many a week, Monday to Sunday.", examples=[3])


class WrittenBudget(Sheet):
    """How much a partner gets, across all schedules; dates and check-ins count too."""

    sms: WrittenAllowance | None = Field(
        default=None, description="Limits for texts; left out: 1 a day, 3 a week.", examples=[{"day": 1, "week": 3}]
    )
    email: WrittenAllowance | None = Field(
        default=None, description="Limits for emails; left out: 2 a day, 4 a week.", examples=[{"week": 2}]
    )

    def allowances(self) -> Mapping[ChannelKind, Allowance]:
        """The domain's budget: a channel written here replaces that channel's usual limits."""
        written = {ChannelKind.SMS: self.sms, ChannelKind.EMAIL: self.email}
        given = {channel: Allowance(limits.day, limits.week) for channel, limits in written.items() if limits}
        return {**DEFAULT_BUDGET, **given}


class WrittenPartner(Sheet):
    """One of the two: how to name, reach and spare them."""

    name: Line = Field(description="What messages call this person.", examples=["Ana"])
    email: EmailAddress | None = Field(default=None, description="An email address.", examples=["ana@example.com"])
    phone: Phone | None = Field(
        default=None, description="A phone number with country code, for texts.", examples=["+447700900123"]
    )
    push: PushAddress | None = Field(
        default=None,
        description="An Apprise URL that texts go to in place of a phone; needs NUDGER_PUSH_HOSTS.",
        examples=["${ANA_PUSH}"],
    )
    timezone: Zone = Field(description="The IANA time zone this person lives in.", examples=["Europe/Berlin"])
    locale: Locale = Field(
        default="en", description="The language of messages; fr-CA falls back to fr, then en.", examples=["en"]
    )
    prefers: ChannelKind | None = Field(
        default=None,
        description="The channel meant by `preferred`; left out: sms where there is a phone or push address.",
        examples=["email"],
    )
    quiet_hours: QuietHours = Field(
        default=NIGHT,
        description="Local hours in which nothing arrives, or none.",
        examples=["20:30-09:00", "none"],
        json_schema_extra={"default": "20:30-09:00"},
    )
    budget: WrittenBudget = Field(
        default_factory=WrittenBudget,
        description="The most messages this person gets.",
        examples=[{"sms": {"day": 1, "week": 3}}],
    )

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """There is a way to reach them, one for each channel, and the preferred one is among those."""
        if data.get("phone") and data.get("push"):
            mend = "texts go to one of them: take the other out"
            yield Slip(("push",), "there is a phone and a push address", mend, on_key=True)
        if not data.get("email") and not data.get("phone") and not data.get("push"):
            yield Slip((), "there is neither email nor phone", "add email: name@example.com, or a phone", on_key=True)
            return
        contact = {"sms": "phone", "email": "email"}.get(str(data.get("prefers")))
        by_push = contact == "phone" and data.get("push")
        if contact and not data.get(contact) and not by_push:
            yield Slip(("prefers",), f"{data['prefers']} is preferred, but there is no {contact}", f"add {contact}")

    def partner(self, key: str) -> Partner:
        """The domain's partner."""
        return Partner(
            key=key,
            name=self.name,
            timezone=self.timezone,
            locale=self.locale,
            email=self.email,
            phone=self.phone,
            push=self.push,
            prefers=self.prefers,
            quiet_hours=self.quiet_hours,
            budget=self.budget.allowances(),
        )


class WrittenPreferences(Sheet):
    """What the couple likes, can afford and wants left out."""

    themes: dict[Theme, Weight] = Field(
        default={},
        description="Weights from 0 to 10; 0 switches a theme off.",
        examples=[{"spontaneity": 3, "intimacy": 0}],
    )
    cost: Cost = Field(default=PLAIN.cost, description="The most an idea may cost.", examples=["small"])
    effort: Effort = Field(default=PLAIN.effort, description="The longest an idea may take.", examples=["1h"])
    energy: Energy = Field(default=PLAIN.energy, description="The most go an idea may need.", examples=["medium"])
    depth: Depth = Field(default=PLAIN.depth, description="How close to the heart it may go.", examples=["warm"])
    novelty: Novelty = Field(default=PLAIN.novelty, description="How new an idea may be.", examples=["fresh"])
    together: Literal[Together.CO_LOCATED, Together.LONG_DISTANCE] = Field(
        default=Together.CO_LOCATED, description="Whether the two live in one place.", examples=["co_located"]
    )
    place: Place = Field(default=PLAIN.place, description="Where ideas may happen.", examples=["anywhere"])
    kids: bool = Field(default=PLAIN.kids, description="Whether children live with them.", examples=[True])
    hemisphere: Hemisphere = Field(default=PLAIN.hemisphere, description="Decides their seasons.", examples=["north"])
    avoid: Many[Tag] = Field(
        default=[],
        description="Tags of ideas to leave out, from templates/tags.yaml.",
        examples=[["alcohol", "crowds"]],
    )
    cooldown: Cooldown = Field(
        default=PLAIN.cooldown_days,
        description="How long until they may get the same idea again, where the idea's own rest is shorter.",
        examples=["2y"],
        json_schema_extra={"default": "0d"},
    )

    def preferences(self) -> Preferences:
        """The domain's preferences."""
        written = {name: getattr(self, name) for name in type(self).model_fields if name != "cooldown"}
        return Preferences(**written | {"avoid": frozenset(self.avoid), "cooldown_days": self.cooldown})


class WrittenCouple(Sheet):
    """Two partners and what they share."""

    tags: Many[Tag] = Field(default=[], description="Words that schedules may choose couples by.", examples=[["home"]])
    partners: dict[Key, WrittenPartner] = Field(
        description="Exactly two partners, each under a key of their own.",
        examples=[
            {
                "ana": {"name": "Ana", "email": "ana@example.com", "timezone": "Europe/Berlin"},
                "ben": {"name": "Ben", "phone": "+447700900123", "timezone": "Europe/London"},
            }
        ],
        json_schema_extra={"minProperties": 2, "maxProperties": 2},
    )
    preferences: WrittenPreferences = Field(
        default_factory=WrittenPreferences,
        description="What they like and want left out.",
        examples=[{"cost": "small"}],
    )
    dates: dict[Key, YearlyDay] = Field(
        default={},
        description="Days that return each year, with or without the year.",
        examples=[{"anniversary": "2019-06-14", "ana-birthday": "--03-12"}],
    )

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """A couple is two, and each can be reached alone."""
        partners = data.get("partners")
        if not isinstance(partners, dict):
            return
        if len(partners) != 2:  # noqa: PLR2004 (a couple is two)
            message = f"a couple has two partners, and here {_counted(len(partners))}"
            yield Slip(("partners",), message, "write exactly two", on_key=True)
        yield from _shared_contacts(partners)

    def couple(self, key: str) -> Couple:
        """The domain's couple."""
        first, second = (partner.partner(name) for name, partner in self.partners.items())
        return Couple(
            key=key,
            partners=(first, second),
            preferences=self.preferences.preferences(),
            tags=frozenset(self.tags),
            dates=dict(self.dates),
        )


def _counted(count: int) -> str:
    return "is one" if count == 1 else f"are {count}"


def _shared_contacts(partners: Mapping[str, object]) -> Iterator[Slip]:
    """Consent belongs to a contact, so the two cannot share one."""
    seen: dict[str, str] = {}
    for key, partner in partners.items():
        for field in ("email", "phone", "push"):
            written = partner.get(field) if isinstance(partner, dict) else None
            contact = "".join(c for c in str(written).casefold() if c.isalnum() or c in "@+.") if written else None
            if contact and contact in seen:
                message = f"{key} and {seen[contact]} have the same {field}"
                yield Slip(("partners", key, field), message, "each needs one of their own: consent is personal")
            elif contact:
                seen[contact] = key
