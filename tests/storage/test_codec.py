from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st
from parts.cast import ANA_AND_BEN, CLEO_AND_DAN

from nudger.domain.calendars import calendar_of
from nudger.domain.people import Allowance, ChannelKind, Couple, ImportantDate, Partner
from nudger.domain.preferences import Preferences
from nudger.domain.schedules import (
    BeforeDate,
    CheckIn,
    Cron,
    Daily,
    EveryDays,
    MessageKind,
    Monthly,
    RandomTimes,
    Schedule,
    Target,
    Weekly,
)
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.codec import (
    decode_calendar,
    decode_couple,
    decode_schedule,
    digest,
    encode_calendar,
    encode_couple,
    encode_schedule,
)

names = st.text(min_size=1, max_size=20)
clocks = st.times().map(lambda moment: moment.replace(microsecond=0))
windows = st.builds(Window, clocks, clocks)
spans = st.timedeltas(timedelta(0), timedelta(days=400))
weekdays = st.frozensets(st.integers(0, 6), min_size=1)
numbers = st.frozensets(st.integers(-1, 59))
allowances = st.builds(Allowance, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9))

partners = st.builds(
    Partner,
    key=names,
    name=names,
    timezone=st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    locale=st.sampled_from(["en", "fr-CA"]),
    email=st.none() | st.just("someone@example.com"),
    phone=st.none() | st.just("+447700900123"),
    prefers=st.none() | st.sampled_from(ChannelKind),
    quiet_hours=st.none() | windows,
    budget=st.dictionaries(st.sampled_from(ChannelKind), allowances),
)
preferences = st.builds(
    Preferences,
    themes=st.dictionaries(st.sampled_from(Theme), st.floats(0, 9)),
    avoid=st.frozensets(names),
)
dates = st.dictionaries(
    names, st.builds(ImportantDate, st.integers(1, 12), st.integers(1, 28), st.none() | st.integers(1900, 2100))
)
couples = st.builds(
    Couple,
    key=names,
    partners=st.tuples(partners, partners),
    preferences=preferences,
    tags=st.frozensets(names),
    dates=dates,
)
rules = st.one_of(
    st.builds(RandomTimes, count=st.integers(1, 9), days=weekdays, between=windows, apart=spans),
    st.builds(Daily, clocks),
    st.builds(Weekly, weekdays, clocks),
    st.builds(Monthly, st.integers(1, 31), clocks),
    st.builds(EveryDays, st.integers(1, 400), st.dates(date(2000, 1, 1)), clocks),
    st.builds(BeforeDate, names, st.lists(st.integers(0, 60), max_size=4).map(tuple), clocks),
    st.builds(
        Cron,
        names,
        numbers,
        numbers,
        numbers,
        numbers,
        st.frozensets(st.tuples(st.integers(0, 6), st.integers(-1, 5))),
        st.booleans(),
    ),
)
schedules = st.builds(
    Schedule,
    key=names,
    when=rules,
    themes=st.lists(st.sampled_from(Theme)).map(tuple),
    check_in=st.none() | st.builds(CheckIn, st.integers(1, 5)),
    target=st.builds(Target, st.frozensets(names), st.frozensets(names)),
    late=spans,
    chance=st.floats(0, 1),
)


@given(couples)
def test_couple_survives_the_round_trip(couple: Couple) -> None:
    """A couple read back from its JSON is the same, and has the same JSON."""
    text = encode_couple(couple)
    assert decode_couple(text) == couple
    assert encode_couple(decode_couple(text)) == text


@given(schedules)
def test_schedule_survives_the_round_trip(schedule: Schedule) -> None:
    """A schedule read back from its JSON is the same, down to the kind of its rule."""
    text = encode_schedule(schedule)
    found = decode_schedule(text)
    assert (found, type(found.when)) == (schedule, type(schedule.when))
    assert encode_schedule(found) == text


@given(couples, st.dictionaries(st.sampled_from(MessageKind), st.sampled_from(ChannelKind)))
def test_calendar_survives_the_round_trip(couple: Couple, chosen: dict[MessageKind, ChannelKind]) -> None:
    """The planner reads back just the calendar of the couple, and the channels each partner prefers and chose."""
    first, second = (partner.key for partner in couple.partners)
    assume(first != second)
    found = decode_calendar(encode_calendar(couple, {second: chosen}), couple.key, first, second)
    assert found.chosen == {first: {}, second: chosen}
    assert found.calendar == calendar_of(couple)
    assert found.preferred == {partner.key: partner.preferred_channel for partner in couple.partners}


def test_json_does_not_depend_on_the_order_of_sets_and_mappings() -> None:
    """Two equal couples have one digest, however their tags and dates were put in."""
    tags = [f"tag-{number}" for number in range(50)]
    days = [(f"day-{number}", ImportantDate(1, 1 + number)) for number in range(20)]
    one = replace(ANA_AND_BEN, tags=frozenset(tags), dates=dict(days))
    other = replace(ANA_AND_BEN, tags=frozenset(reversed(tags)), dates=dict(reversed(days)))
    assert digest(encode_couple(one)) == digest(encode_couple(other))
    assert encode_couple(one).index("tag-10") < encode_couple(one).index("tag-9")


def test_couples_who_live_alike_share_a_calendar() -> None:
    """The calendar's text holds no key, so the planner decodes it once for all who live by the same clocks."""
    ana, ben = ANA_AND_BEN.partners
    others = Couple("eli-and-fay", (replace(ana, key="eli"), replace(ben, key="fay")), dates=ANA_AND_BEN.dates)
    assert encode_calendar(others) == encode_calendar(ANA_AND_BEN)
    assert encode_calendar(CLEO_AND_DAN) != encode_calendar(ANA_AND_BEN)
