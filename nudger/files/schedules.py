"""Schedules as written in YAML, and the domain's schedules made from them."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field
from pydantic import Tag as Marked

from nudger.domain.schedules import Audience, ChannelChoice, CheckIn, Schedule, Target
from nudger.domain.themes import Theme
from nudger.files.moments import WrittenBefore, WrittenWhen
from nudger.files.slips import Sheet, Slip, wrong
from nudger.files.spellings import Key, Late, Many, Tag

USUALLY_LATE = timedelta(minutes=30)
#: A conversation and an important date are still worth their message hours after the moment.
LATE_FOR_DATES = timedelta(hours=24)
CHOOSE = "write all, {tags: [...]} or {couples: [...]}"


class WrittenCheckIn(Sheet):
    """A conversation: it opens with the best thing of the week and has at most five items."""

    prompts: int = Field(default=4, ge=1, le=4, description="How many prompts follow the opener.", examples=[4])


class WrittenTarget(Sheet):
    """Couples chosen by tag or by key; one match is enough."""

    tags: Many[Tag] = Field(
        default=[], min_length=1, description="Couples with any of these tags.", examples=[["home"]]
    )
    couples: Many[Key] = Field(
        default=[], min_length=1, description="The couples of these keys.", examples=[["ana-and-ben"]]
    )

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """An empty choice would mean everybody, which nobody writes this way."""
        if not data:
            yield Slip((), "nobody is chosen here", CHOOSE)


def _all_or_some(value: object) -> object:
    if isinstance(value, dict) or value == "all":
        return value
    raise wrong("for takes all, or a mapping that chooses", CHOOSE)


def _tag(value: object) -> str:
    return "for all" if value == "all" else "for some"


Everybody = Literal["all"]
WrittenFor = Annotated[
    Annotated[Everybody, Marked("for all")] | Annotated[WrittenTarget, Marked("for some")],
    Discriminator(_tag),
    BeforeValidator(_all_or_some),
]


class WrittenSchedule(Sheet):
    """A named rule: what is sent, by which channel, to whom, when."""

    themes: Many[Theme] = Field(
        default=[],
        min_length=1,
        description="The themes ideas are picked from.",
        examples=[["spontaneity", "appreciation"]],
    )
    check_in: WrittenCheckIn | None = Field(
        default=None, description="Send a conversation instead of ideas.", examples=[{"prompts": 4}]
    )
    channel: ChannelChoice = Field(
        description="How it travels; preferred leaves it to the partner.", examples=["preferred"]
    )
    audience: Audience = Field(
        description="one: a giver, by turns. each: an idea of their own. both: the same for both.", examples=["one"]
    )
    target: WrittenFor = Field(
        default="all", alias="for", description="Which couples.", examples=["all", {"tags": ["home"]}]
    )
    when: WrittenWhen = Field(
        description="One of: random, daily, weekly, monthly, every, before, cron.",
        examples=[{"weekly": "sun", "at": "18:00"}],
    )
    late: Late | None = Field(
        default=None,
        description="Older than this is not sent any more; left out: 30m, for check-ins and dates 24h.",
        examples=["30m", "24h"],
    )
    chance: float = Field(
        default=1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Below 1 some moments stay empty on purpose.",
        examples=[0.8],
    )

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """A schedule sends ideas or a conversation."""
        if data.get("themes") is None and data.get("check_in") is None:
            yield Slip(
                (), "there is nothing to send", "add themes: [appreciation], or check_in: {prompts: 4}", on_key=True
            )
        if "themes" in data and "check_in" in data:
            yield Slip(("check_in",), "themes and check_in cannot go together", "take one of them out", on_key=True)

    def schedule(self, key: str) -> Schedule:
        """The domain's schedule."""
        return Schedule(
            key=key,
            when=self.when.rule(),
            channel=self.channel,
            audience=self.audience,
            themes=tuple(dict.fromkeys(self.themes)),
            check_in=CheckIn(self.check_in.prompts) if self.check_in else None,
            target=self._target(),
            late=self.late or self._usual_lateness(),
            chance=self.chance,
        )

    def _target(self) -> Target:
        if not isinstance(self.target, WrittenTarget):
            return Target()
        return Target(frozenset(self.target.tags), frozenset(self.target.couples))

    def _usual_lateness(self) -> timedelta:
        dated = self.check_in is not None or isinstance(self.when, WrittenBefore)
        return LATE_FOR_DATES if dated else USUALLY_LATE
