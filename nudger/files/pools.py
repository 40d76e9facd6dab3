"""Pool entries as written in YAML, and the domain's entries made from them."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from nudger.domain.coming_dates import Ahead, DateKind
from nudger.domain.people import LifeState
from nudger.domain.pools import DEFAULT_COOLDOWN_DAYS, Daypart, EmailText, Entry, KidsFit, Kind, Role, Season
from nudger.domain.preferences import Cost, Depth, Effort, Energy, Novelty, Place, Together
from nudger.domain.themes import Theme
from nudger.files.slips import Sheet, Slip
from nudger.files.spellings import Cooldown, Key, Line, Many, Tag, Weight

BARE = Entry(id="", theme=Theme.GROWTH)
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
GROUPS = ("season", "daypart", "dates", "ahead", "tags", "avoid_when")


class WrittenEmail(Sheet):
    """The longer form of an idea."""

    subject: Line = Field(description="The subject line, a template.", examples=["Three words in a pocket"])
    body: LongText = Field(
        description="The body in Markdown, a template.", examples=["A note in {{ partner.name }}'s coat."]
    )

    def text(self) -> EmailText:
        """The domain's text."""
        return EmailText(self.subject, self.body)


class WrittenEntry(Sheet):
    """One idea or prompt, with all that picking asks of it."""

    id: Key = Field(description="A name of its own in this language, never reused.", examples=["coat-pocket-note"])
    sms: Text | None = Field(
        default=None,
        description="The idea as a text message, a template.",
        examples=["Slip a note into {{ partner.name }}'s coat pocket tonight."],
    )
    email: WrittenEmail | None = Field(
        default=None,
        description="The idea as an email; left out: made from sms.",
        examples=[{"subject": "Three words in a pocket", "body": "A note in a coat."}],
    )
    ask: Text | None = Field(
        default=None, description="The question of a prompt, a template.", examples=["What went well?"]
    )
    role: Role | None = Field(default=None, description="What a prompt does in a check-in.", examples=["opener"])
    effort: Effort = Field(default=BARE.effort, description="How long it takes.", examples=["5m"])
    cost: Cost = Field(default=BARE.cost, description="How much money it asks for.", examples=["none"])
    energy: Energy = Field(default=BARE.energy, description="How much go it needs.", examples=["low"])
    depth: Depth = Field(default=BARE.depth, description="How close to the heart it goes.", examples=["warm"])
    place: Place = Field(default=BARE.place, description="Where it happens.", examples=["home"])
    together: Together = Field(
        default=BARE.together, description="Where the two are when it happens.", examples=["co_located"]
    )
    kids: KidsFit = Field(
        default=BARE.kids, description="Whether it goes with children in the house.", examples=["any"]
    )
    season: Many[Season] = Field(default=[], description="The seasons it fits; left out: all.", examples=[["winter"]])
    daypart: Many[Daypart] = Field(
        default=[], description="The parts of the day it fits; left out: all.", examples=["evening"]
    )
    dates: Many[DateKind] = Field(
        default=[],
        description="The kinds of date it is made for, and for nothing else; left out: for ordinary days.",
        examples=[["anniversary", "first_met"]],
    )
    ahead: Many[Ahead] = Field(
        default=[],
        description="How far off such a date is when it comes: weeks (7 days or more), days (1 to 6) or today.",
        examples=[["weeks", "days"]],
    )
    novelty: Novelty = Field(default=BARE.novelty, description="How new it is likely to be.", examples=["fresh"])
    tags: Many[Tag] = Field(
        default=[],
        description="Words of templates/tags.yaml that couples may avoid it by.",
        examples=[["words", "secret"]],
    )
    avoid_when: Many[LifeState] = Field(
        default=[], description="When in life it hurts.", examples=[["hard_week", "loss"]]
    )
    weight: Weight = Field(default=BARE.weight, description="How often it is drawn, next to the others.", examples=[1])
    cooldown: Cooldown = Field(
        default=DEFAULT_COOLDOWN_DAYS,
        description="How long until the same couple may get it again.",
        examples=["365d"],
        json_schema_extra={"default": "365d"},
    )

    @classmethod
    def rules(cls, data: Mapping[str, object]) -> Iterator[Slip]:
        """An idea is sent, a prompt is asked, and what is made for a date says how far ahead it comes."""
        yield from _kind_rules(data)
        for key, other, example in (("dates", "ahead", "[weeks, days, today]"), ("ahead", "dates", "[anniversary]")):
            if data.get(key) and not data.get(other):
                yield Slip((key,), f"{key} without {other}", f"add {other}: {example}, or take {key} out", on_key=True)

    def entry(self, theme: Theme) -> Entry:
        """The domain's entry."""
        written = {name: getattr(self, name) for name in type(self).model_fields if name not in ("email", "cooldown")}
        groups = {name: frozenset(written[name]) for name in GROUPS}
        return Entry(
            **written | groups,
            theme=theme,
            kind=Kind.PROMPT if self.ask else Kind.IDEA,
            email=self.email.text() if self.email else None,
            cooldown_days=self.cooldown,
        )


def _kind_rules(data: Mapping[str, object]) -> Iterator[Slip]:
    idea = [key for key in ("sms", "email") if data.get(key) is not None]
    asks = data.get("ask") is not None
    if asks and idea:
        yield Slip(
            (idea[0],), f"an entry with ask is a prompt and has no {idea[0]}", "make two entries of it", on_key=True
        )
    if asks and data.get("role") is None:
        yield Slip((), "role is missing: a prompt needs one", "add role: opener, or another", on_key=True)
    if not asks and data.get("role") is not None:
        yield Slip(("role",), "role is for prompts, which have ask", "add ask, or take role out", on_key=True)
    if not asks and not idea:
        yield Slip((), "there is nothing to say", "add sms, email or ask", on_key=True)
