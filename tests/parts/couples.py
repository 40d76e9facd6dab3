"""Couples who can be reached every way, a small pool, and schedules to send it by."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta

from parts.cast import ANA_AND_BEN, CLEO_AND_DAN
from parts.pool_entries import idea, prompt

from nudger.domain.people import Allowance, ChannelKind, Couple
from nudger.domain.pools import Entry, Pool, Role
from nudger.domain.schedules import Audience, ChannelChoice, CheckIn, Daily, Schedule
from nudger.domain.themes import Theme

NO_LIMIT: Mapping[ChannelKind, Allowance] = {}
HOUR = timedelta(hours=1)


def ana_and_ben(**ours: object) -> Couple:
    """Ana in Berlin and Ben in London, each with a phone and an email address; `ours` changes both partners alike."""
    ana, ben = ANA_AND_BEN.partners
    hers = {"phone": "+447700900122"} | ours
    return replace(ANA_AND_BEN, partners=(replace(ana, **hers), replace(ben, **ours)))  # type: ignore[arg-type]


def cleo_and_dan(**ours: object) -> Couple:
    """Cleo in Paris and Dan in New York, each with a phone and an email address; `ours` changes both alike."""
    cleo, dan = CLEO_AND_DAN.partners
    return replace(CLEO_AND_DAN, partners=(replace(cleo, **ours), replace(dan, **ours)))  # type: ignore[arg-type]


def eve_and_max() -> Couple:
    """Two who never said yes to anything."""
    cleo, dan = CLEO_AND_DAN.partners
    eve = replace(cleo, key="eve", name="Eve", email="eve@example.com", phone="+447700900300")
    other = replace(dan, key="max", name="Max", email="max@example.com", phone="+447700900301")
    return Couple("eve-and-max", (eve, other))


def many_couples(count: int) -> list[Couple]:
    """Couples of people with an email address each."""
    couples = []
    for number in range(count):
        ana, ben = ANA_AND_BEN.partners
        pair = (
            replace(ana, key=f"a{number}", email=f"a{number}@example.com", phone=None),
            replace(ben, key=f"b{number}", email=f"b{number}@example.com", phone=None),
        )
        couples.append(replace(ANA_AND_BEN, key=f"couple-{number}", partners=pair))
    return couples


def ideas(count: int = 6, **traits: object) -> list[Entry]:
    """So many ideas of each of two themes."""
    themes = (Theme.CURIOSITY, Theme.APPRECIATION)
    return [
        idea(f"{theme}-{n}", theme, sms=f"{theme} {n}: ask {{{{ partner.name }}}}.", **traits)
        for theme in themes
        for n in range(count)
    ]


def prompts(count: int = 2) -> list[Entry]:
    """So many prompts of each role."""
    return [
        prompt(f"ask-{role}-{n}", role, ask=f"{role} {n}, {{{{ you.name }}}}?") for role in Role for n in range(count)
    ]


def small_pool(locale: str = "en") -> Pool:
    """Twelve ideas of two themes, and two prompts of each role."""
    return Pool(locale, [*ideas(), *prompts()])


EACH = Schedule(
    "each",
    when=Daily(time(12, 0)),
    channel=ChannelChoice.SMS,
    audience=Audience.EACH,
    themes=(Theme.CURIOSITY, Theme.APPRECIATION),
    late=HOUR,
)
BOTH = replace(EACH, key="both", audience=Audience.BOTH)
ONE = replace(EACH, key="one", audience=Audience.ONE)
TALK = replace(EACH, key="talk", channel=ChannelChoice.EMAIL, audience=Audience.BOTH, themes=(), check_in=CheckIn(3))
