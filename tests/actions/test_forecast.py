"""What a year foreseen says about the pools."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from nudger.actions.forecast import Outlook, Steps, outlooks
from nudger.storage.reports import Line

START = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def line(entries: tuple[str, ...] = ("one",), days: int = 0, *, left: Mapping[str, int] | None = None) -> Line:
    """A message that was sent so many days on, with these counts after each step of its pick."""
    at = START + timedelta(days=days)
    return Line(
        id=days,
        due_at=at,
        couple="ana-and-ben",
        partner="ana",
        channel="sms",
        schedule="surprises",
        period=date(2026, 6, 1) + timedelta(days=days),
        slot=0,
        state="accepted",
        reason=None,
        sent_at=at,
        provider="outbox",
        provider_id=None,
        theme="appreciation",
        entries=entries,
        subject=None,
        text="A walk.",
        encoding=None,
        segments=None,
        why={"left": left or {"kind": 300, "drawn_theme": 20}},
    )


def outlook(*lines: Line, **narrowed: int) -> Outlook:
    """The only outlook of some messages, the filters narrowing the theme like this at each of them."""
    steps: Steps = list((narrowed or {"kind": 300, "themes": 40}).items())
    (only,) = outlooks(lines, START, lambda _line: steps)
    return only


def test_what_the_schedule_asks_for_is_never_the_thin_spot() -> None:
    """Of 300 entries 20 are made for the date and 6 of its theme, all as the schedule wishes; cost takes most."""
    found = outlook(line(), kind=300, occasion=20, themes=6, cost=2, season=1)
    assert (found.thin, found.fitting) == ("cost", 1)


def test_where_everything_suits_there_is_no_thin_spot() -> None:
    """A couple that leaves nothing out has no filter to blame."""
    assert outlook(line(), kind=300, themes=40, cost=40, season=40).thin is None


def test_the_worst_moment_counts() -> None:
    """An evening with 3 entries that suit and a noon with 8: the evening is told, and so is what narrows it."""
    evening, noon = line(), line(("two",), days=1)
    narrowing = {evening.due_at: [("themes", 9), ("daypart", 3)], noon.due_at: [("themes", 9), ("cost", 8)]}
    (found,) = outlooks([noon, evening], START, lambda one: narrowing[one.due_at])
    assert (found.fitting, found.thin) == (3, "daypart")


def test_the_fewest_left_to_draw_from_are_those_of_the_theme() -> None:
    """What was left of other themes is no comfort."""
    left = [{"kind": 300, "same_theme": 90, "drawn_theme": some} for some in (7, 4, 6)]
    assert outlook(*(line((f"e{n}",), n, left=some) for n, some in enumerate(left))).left == 4


def test_the_first_repeat_is_told_by_its_day() -> None:
    """One, two, one again on day 9."""
    found = outlook(line(("one",), 0), line(("two",), 4), line(("one",), 9))
    assert (found.days, found.sent, found.different) == (9, 3, 2)


def test_the_two_copies_of_a_message_are_no_repeat() -> None:
    """What both partners get at once is sent twice and read once by each."""
    mine = line()
    found = outlook(mine, replace(mine, partner="ben"))
    assert (found.days, found.sent, found.different) == (None, 2, 1)


def test_check_ins_are_told_apart_and_short_ones_counted() -> None:
    """Questions are a pool of their own; of three check-ins one has two questions where the others have three."""
    asked = {"kind": 60, "role": 12}
    talks = [line((f"o{n}", *(f"q{n}{m}" for m in range(3 - n % 2))), n, left=asked) for n in range(3)]
    found = outlooks([line(("idea",), 5), *talks], START, lambda _line: [("kind", 60)])
    assert [(one.theme, one.sent, one.short) for one in found] == [("appreciation", 1, 0), ("check_in", 3, 1)]
