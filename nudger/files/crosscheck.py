"""What must hold between items, whichever files they stand in."""

from collections.abc import Iterator, Sequence

from nudger.domain.people import ChannelKind, Couple
from nudger.domain.schedules import BeforeDate, ChannelChoice, Schedule
from nudger.domain.themes import Theme
from nudger.files.faults import Fault, guess, listed, quote
from nudger.files.loaded import Loaded

#: Couples and partners named in one message; the rest are counted.
MOST_NAMED = 3
CHANNELS = {ChannelChoice.SMS: (ChannelKind.SMS, "phone"), ChannelChoice.EMAIL: (ChannelKind.EMAIL, "email")}

#: Where items name tags of the vocabulary.
TAGGED = {"couples": ("preferences", "avoid"), "pools": ("tags",)}


def crosscheck(loaded: Loaded) -> Iterator[Fault]:
    """The faults between good items. What may be the consequence of a fault already found is left out."""
    for schedule in loaded.schedules:
        covered = [couple for couple in loaded.couples if schedule.target.covers(couple)]
        yield from _unknown_couples(loaded, schedule)
        yield from _nobody(loaded, schedule, covered)
        yield from _no_such_date(loaded, schedule, covered)
        yield from _no_address(loaded, schedule, covered)
        yield from _forbidden_by_carriers(loaded, schedule, covered)
    yield from _unknown_tags(loaded)


def _couples_missing(loaded: Loaded) -> bool:
    """Whether some couple is written but could not be read."""
    return not loaded.complete or any(item[0] == "couples" for item in loaded.faulty)


def _unknown_couples(loaded: Loaded, schedule: Schedule) -> Iterator[Fault]:
    known = sorted(item[1] for item in loaded.homes if item[0] == "couples")
    written = loaded.written("schedules", schedule.key, "for", "couples")
    for index, key in enumerate(written if loaded.complete else ()):
        if key not in known:
            near = guess(key, known)
            mend = f"did you mean {near}?" if near else "write the key of a couple, or add that couple"
            yield loaded.fault(
                f"there is no couple {quote(key)}", mend, "schedules", schedule.key, "for", "couples", index
            )


def _nobody(loaded: Loaded, schedule: Schedule, covered: Sequence[Couple]) -> Iterator[Fault]:
    if covered or schedule.target.couples or _couples_missing(loaded):
        return
    if schedule.target.tags:
        tags = sorted({tag for couple in loaded.couples for tag in couple.tags})
        mend = f"tags in use: {', '.join(tags)}" if tags else "no couple has tags yet: add tags: [...] to one"
        yield loaded.fault("no couple has any of these tags", mend, "schedules", schedule.key, "for")
    else:
        yield loaded.fault("there is no couple for this schedule", "add a couple", "schedules", schedule.key)


def _no_such_date(loaded: Loaded, schedule: Schedule, covered: Sequence[Couple]) -> Iterator[Fault]:
    if not isinstance(schedule.when, BeforeDate) or not covered or _couples_missing(loaded):
        return
    name, known = schedule.when.name, sorted({date for couple in covered for date in couple.dates})
    if name not in known:
        near = guess(name, known)
        mend = f"did you mean {near}?" if near else f"add it under dates: of a couple, {name}: 2019-06-14"
        yield loaded.fault(
            f"no couple here has a date {quote(name)}", mend, "schedules", schedule.key, "when", "before"
        )


def _no_address(loaded: Loaded, schedule: Schedule, covered: Sequence[Couple]) -> Iterator[Fault]:
    if schedule.channel not in CHANNELS:
        return
    channel, contact = CHANNELS[schedule.channel]
    without = [
        f"{partner.key} of {couple.key}"
        for couple in covered
        for partner in couple.partners
        if not partner.address(channel)
    ]
    if without:
        verb = "has" if len(without) == 1 else "have"
        message = f"{_some(without)} {verb} no {contact}"
        mend = f"add {contact}, or write channel: preferred"
        yield loaded.fault(message, mend, "schedules", schedule.key, "channel")


def _forbidden_by_carriers(loaded: Loaded, schedule: Schedule, covered: Sequence[Couple]) -> Iterator[Fault]:
    """Carriers in the US and Canada block such texts (CTIA messaging principles; Twilio error 30873)."""
    if Theme.INTIMACY not in schedule.themes or schedule.channel is not ChannelChoice.SMS:
        return
    partners = [
        f"{partner.key} of {couple.key}"
        for couple in covered
        for partner in couple.partners
        if (partner.phone or "").startswith("+1")
    ]
    if partners:
        message = f"carriers forbid intimacy by text to +1 numbers, as {_some(partners, 'and')} has"
        yield loaded.fault(message, "write channel: email, or take intimacy out", "schedules", schedule.key, "themes")


def _unknown_tags(loaded: Loaded) -> Iterator[Fault]:
    """Tags of entries and of what couples avoid that the vocabulary does not hold; also of items with other faults."""
    for item in loaded.homes if loaded.tags else ():
        path = (*item, *TAGGED.get(item[0], ()))
        if len(path) > len(item) and not loaded.spoiled(*path):
            for index, tag in enumerate(loaded.written(*path)):
                if tag not in loaded.tags:
                    near = guess(tag, list(loaded.tags))
                    hint = f"did you mean {near}? or" if near else "take it out, or"
                    mend = f"{hint} add it to templates/tags.yaml"
                    yield loaded.fault(f"there is no tag {quote(tag)}", mend, *path, index)


def _some(names: Sequence[str], last: str = "and") -> str:
    if len(names) <= MOST_NAMED:
        return listed(names, last)
    return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
