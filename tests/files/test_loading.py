from datetime import date, time, timedelta
from pathlib import Path

import pytest
from parts.yaml_folders import COUPLE, POOL, TAGS, Folders

from nudger.domain.people import DEFAULT_BUDGET, Allowance, ChannelKind, Couple, ImportantDate, LifeState, Partner
from nudger.domain.pools import Daypart, EmailText, Entry, Kind, Role, Season
from nudger.domain.preferences import Cost, Effort, Preferences, Together
from nudger.domain.schedules import (
    Audience,
    BeforeDate,
    ChannelChoice,
    CheckIn,
    Cron,
    Daily,
    EveryDays,
    Monthly,
    Period,
    RandomTimes,
    Schedule,
    Target,
    Weekly,
    When,
)
from nudger.domain.themes import Theme
from nudger.domain.windows import NIGHT, Window
from nudger.files.faults import Place
from nudger.files.loaded import Loaded

SAMPLE = """\
# yaml-language-server: $schema=./nudger.schema.json
couples:
  ana-and-ben:
    tags: [home]
    partners:
      ana:
        name: Ana
        email: ana@example.com
        timezone: Europe/Berlin
        locale: en
        quiet_hours: 20:30-09:00
        budget: {sms: {day: 1, week: 3}, email: {week: 2}}   # across all schedules; dates and check-ins count too
      ben: {name: Ben, phone: "+447700900123", email: ben@example.com, timezone: Europe/London}
    preferences:
      themes: {spontaneity: 3, quality_time: 2, intimacy: 0}   # weights; 0 switches a theme off
      cost: small            # ceiling: none | small | medium | large
      effort: 1h             # ceiling: 5m | 15m | 1h | half_day | day
      together: long_distance   # co_located | long_distance
      kids: true
      avoid: [alcohol, crowds]
    dates: {anniversary: 2019-06-14, ana-birthday: --03-12}
schedules:
  surprises:
    themes: [spontaneity, appreciation, quality_time]
    channel: preferred       # sms | email | preferred
    audience: one            # one: a giver, partners take turns | each | both
    for: all                 # all | {tags: [...]} | {couples: [...]}
    when: {random: 3, per: week, days: mon-sun, between: 09:30-20:00, apart: 36h}
    late: 30m                # older than this: not sent, recorded as expired
  weekly-check-in:
    check_in: {prompts: 4}   # opens with the best thing of the week; at most 5 items
    channel: email
    audience: both
    when: {weekly: sun, at: "18:00"}
    late: 24h
  anniversary:
    themes: [appreciation, quality_time]
    channel: preferred
    audience: one
    when: {before: anniversary, lead: [14d, 3d, 0d], at: "10:00"}
"""
SAMPLE_POOL = """\
theme: spontaneity
entries:
  - id: coat-pocket-note
    sms: "Slip a note into {{ partner.name }}'s coat pocket tonight. Three words are enough."
    email: {subject: "Three words in a pocket", body: "... Markdown ..."}     # optional; else made from sms
    effort: 5m
    cost: none
    together: co_located
    tags: [words, secret]
"""
EVERY_DAY = frozenset(range(7))


def one_schedule(folders: Folders, when: str) -> Schedule:
    """The schedule of a file with this rule."""
    folders.write("a.yaml", COUPLE)
    folders.write("b.yaml", f"schedules: {{walks: {{themes: growth, channel: email, audience: one, when: {when}}}}}\n")
    loaded = folders.load()
    assert loaded.faults == ()
    return loaded.schedules[0]


def test_the_sample_becomes_the_couple_it_describes(folders: Folders) -> None:
    """Every value of the sample couple arrives in the domain, the rest by default."""
    folders.write("sample.yaml", SAMPLE)
    loaded = folders.load()
    assert loaded.faults == ()
    assert loaded.complete
    ana = Partner(
        key="ana",
        name="Ana",
        timezone="Europe/Berlin",
        email="ana@example.com",
        quiet_hours=Window(time(20, 30), time(9)),
        budget={ChannelKind.SMS: Allowance(1, 3), ChannelKind.EMAIL: Allowance(None, 2)},
    )
    ben = Partner(
        key="ben",
        name="Ben",
        timezone="Europe/London",
        email="ben@example.com",
        phone="+447700900123",
        quiet_hours=NIGHT,
        budget=DEFAULT_BUDGET,
    )
    preferences = Preferences(
        themes={Theme.SPONTANEITY: 3, Theme.QUALITY_TIME: 2, Theme.INTIMACY: 0},
        cost=Cost.SMALL,
        effort=Effort.HOUR,
        together=Together.LONG_DISTANCE,
        kids=True,
        avoid=frozenset({"alcohol", "crowds"}),
    )
    dates = {"anniversary": ImportantDate(6, 14, 2019), "ana-birthday": ImportantDate(3, 12)}
    assert loaded.couples == (Couple("ana-and-ben", (ana, ben), preferences, frozenset({"home"}), dates),)


def test_the_sample_becomes_the_schedules_it_describes(folders: Folders) -> None:
    """Every value of the sample schedules arrives in the domain, the rest by default."""
    folders.write("sample.yaml", SAMPLE)
    surprises = Schedule(
        key="surprises",
        when=RandomTimes(3, Period.WEEK, EVERY_DAY, Window(time(9, 30), time(20)), timedelta(hours=36)),
        channel=ChannelChoice.PREFERRED,
        audience=Audience.ONE,
        themes=(Theme.SPONTANEITY, Theme.APPRECIATION, Theme.QUALITY_TIME),
        late=timedelta(minutes=30),
    )
    check_in = Schedule(
        key="weekly-check-in",
        when=Weekly(frozenset({6}), time(18)),
        channel=ChannelChoice.EMAIL,
        audience=Audience.BOTH,
        check_in=CheckIn(4),
        late=timedelta(hours=24),
    )
    anniversary = Schedule(
        key="anniversary",
        when=BeforeDate("anniversary", (14, 3, 0), time(10)),
        channel=ChannelChoice.PREFERRED,
        audience=Audience.ONE,
        themes=(Theme.APPRECIATION, Theme.QUALITY_TIME),
        late=timedelta(hours=24),
    )
    assert folders.load().schedules == (surprises, check_in, anniversary)


def test_the_sample_pool_becomes_the_entry_it_describes(folders: Folders) -> None:
    """Every value of the sample entry arrives in the domain, the rest by default."""
    folders.pool("en/spontaneity.yaml", SAMPLE_POOL)
    (entry,) = folders.load().pools["en"].entries
    assert entry == Entry(
        id="coat-pocket-note",
        theme=Theme.SPONTANEITY,
        sms="Slip a note into {{ partner.name }}'s coat pocket tonight. Three words are enough.",
        email=EmailText("Three words in a pocket", "... Markdown ..."),
        effort=Effort.MINUTES_5,
        together=Together.CO_LOCATED,
        tags=frozenset({"words", "secret"}),
    )


def test_a_prompt_and_its_groups_are_read(folders: Folders) -> None:
    """`ask` with `role` makes a prompt; groups may be one value or a list; a cool-down is in days."""
    folders.pool(
        "en/a.yaml",
        "theme: communication\nentries:\n"
        "  - {id: best, ask: What was best?, role: opener, season: winter, daypart: [morning, evening],"
        " avoid_when: loss, cooldown: 7d, weight: 2.5}\n",
    )
    (entry,) = folders.load().pools["en"].entries
    assert (entry.kind, entry.role, entry.ask) == (Kind.PROMPT, Role.OPENER, "What was best?")
    assert entry.season == frozenset({Season.WINTER})
    assert entry.daypart == frozenset({Daypart.MORNING, Daypart.EVENING})
    assert entry.avoid_when == frozenset({LifeState.LOSS})
    assert (entry.cooldown_days, entry.weight) == (7, 2.5)


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("{random: 2, per: month}", RandomTimes(2, Period.MONTH)),
        ("{random: 1, per: day, days: fri-mon}", RandomTimes(1, Period.DAY, frozenset({4, 5, 6, 0}))),
        ("{random: 1, per: week, days: [mon, wed-thu]}", RandomTimes(1, Period.WEEK, frozenset({0, 2, 3}))),
        ("{daily: true}", Daily(time(10))),
        ("{daily: true, at: 7:05}", Daily(time(7, 5))),
        ("{weekly: [tue, thu], at: 18:00}", Weekly(frozenset({1, 3}), time(18))),
        ("{monthly: 1, at: 18:00}", Monthly(1, time(18))),
        ("{monthly: last}", Monthly(31, time(10))),
        ("{every: 10d, from: 2026-01-05}", EveryDays(10, date(2026, 1, 5), time(10))),
        ("{every: 2w, from: 2026-01-05}", EveryDays(14, date(2026, 1, 5), time(10))),
        ("{before: anniversary}", BeforeDate("anniversary", (0,), time(10))),
        ("{before: anniversary, lead: 1w}", BeforeDate("anniversary", (7,), time(10))),
    ],
)
def test_every_way_to_say_when_is_read(folders: Folders, written: str, rule: When) -> None:
    """Each kind of `when` becomes the domain's rule, at 10:00 where no time is given."""
    assert one_schedule(folders, written).when == rule


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0 18 * * 5", {"minutes": {0}, "hours": {18}, "weekdays": {(4, 0)}, "either_day": False}),
        ("*/30 9-10 1,L * *", {"minutes": {0, 30}, "hours": {9, 10}, "days": {1, -1}, "either_day": False}),
        ("0 9 * * 0", {"weekdays": {(6, 0)}}),
        ("0 9 * * 7", {"weekdays": {(6, 0)}}),
        ("0 9 * * MON#2,5L", {"weekdays": {(0, 2), (4, -1)}}),
        ("0 9 13 * FRI", {"days": {13}, "weekdays": {(4, 0)}, "either_day": True}),
        ("0 9 1 JAN,JUL *", {"months": {1, 7}, "days": {1}, "either_day": False}),
    ],
)
def test_a_cron_expression_is_taken_apart(folders: Folders, written: str, expected: dict[str, object]) -> None:
    """Cron's Sunday 0 or 7 becomes our 6, L becomes -1, n-th weekdays are pairs, and the day rule is kept."""
    rule = one_schedule(folders, f'{{cron: "{written}"}}').when
    assert isinstance(rule, Cron)
    assert {name: getattr(rule, name) for name in expected} == expected


def test_scalars_are_read_as_what_was_typed(folders: Folders) -> None:
    """A key NO, an unquoted phone, time and date mean what they look like, whatever YAML makes of them."""
    folders.write(
        "a.yaml",
        "couples: {no: {tags: no, partners: {"
        "on: {name: NO, phone: +44 7700 900123, timezone: UTC}, y: {name: 1e3, email: y@example.com, timezone: UTC}},"
        "dates: {no: 2019-06-14}}}\n",
    )
    (couple,) = folders.load().couples
    assert (couple.key, couple.partners[0].key, couple.partners[0].name) == ("no", "on", "NO")
    assert couple.partners[0].phone == "+447700900123"
    assert couple.partners[1].name == "1e3"
    assert couple.dates == {"no": ImportantDate(6, 14, 2019)}


def test_quiet_hours_may_be_switched_off(folders: Folders) -> None:
    """`quiet_hours: none` means none; left out they are 20:30-09:00."""
    folders.write("a.yaml", COUPLE.replace("ana: {", "ana: {quiet_hours: none, "))
    ana, ben = folders.load().couples[0].partners
    assert ana.quiet_hours is None
    assert ben.quiet_hours == NIGHT


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("all", Target()),
        ("{tags: home}", Target(tags=frozenset({"home"}))),
        ("{couples: [ana-and-ben]}", Target(couples=frozenset({"ana-and-ben"}))),
    ],
)
def test_a_schedule_says_for_whom_it_is(folders: Folders, written: str, target: Target) -> None:
    """`for` takes all, tags or couples."""
    folders.write(
        "a.yaml",
        f"{COUPLE}schedules:\n  walks:\n    themes: growth\n    channel: email\n    audience: each\n"
        f"    for: {written}\n    when: {{daily: true}}\n    chance: 0.8\n",
    )
    (schedule,) = folders.load().schedules
    assert (schedule.target, schedule.chance) == (target, 0.8)
    assert schedule.late == timedelta(minutes=30)


def test_files_are_read_in_the_order_of_their_names(folders: Folders) -> None:
    """The order of couples and entries is that of file names, then lines; hidden files and others are left alone."""
    folders.write("b.yml", COUPLE)
    folders.write("a.yaml", COUPLE.replace("ana-and-ben", "cleo-and-dan"))
    folders.write(".c.yaml", "broken: [")
    folders.write("notes.txt", "broken: [")
    folders.pool("en/b.yaml", "theme: growth\nentries: [{id: three, sms: C.}]\n")
    folders.pool("en/a.yaml", "theme: curiosity\nentries: [{id: two, sms: B.}, {id: one, sms: A.}]\n")
    loaded = folders.load()
    assert loaded.faults == ()
    assert [couple.key for couple in loaded.couples] == ["cleo-and-dan", "ana-and-ben"]
    assert [entry.id for entry in loaded.pools["en"].entries] == ["two", "one", "three"]


def test_every_language_has_its_own_pool(folders: Folders) -> None:
    """The same id may be used in two languages."""
    folders.pool("en/a.yaml", POOL)
    folders.pool("fr-CA/a.yaml", POOL)
    loaded = folders.load()
    assert loaded.faults == ()
    assert sorted(loaded.pools) == ["en", "fr-CA"]


def test_good_items_load_beside_faulty_ones(folders: Folders) -> None:
    """A fault in one couple, schedule or entry leaves the others usable, and says which one it made unusable."""
    folders.write("a.yaml", COUPLE + "  cleo-and-dan: {partners: {}}\nschedules:\n  walks: {channel: email}\n")
    folders.pool("en/a.yaml", "theme: growth\nentries: [{id: one, sms: A., cost: tiny}, {id: two, sms: B.}]\n")
    loaded = folders.load()
    assert [couple.key for couple in loaded.couples] == ["ana-and-ben"]
    assert [entry.id for entry in loaded.pools["en"].entries] == ["two"]
    assert loaded.faulty == {("couples", "cleo-and-dan"), ("schedules", "walks"), ("pools", "en", "one")}
    assert loaded.complete


@pytest.mark.parametrize("text", ["couples: [", "couple: {}\n", "- couples\n", "couples: []\n", ""])
def test_a_file_that_hides_items_makes_the_reading_incomplete(folders: Folders, text: str) -> None:
    """Where a file or its top cannot be understood, what is missing must not be taken for removed."""
    folders.write("a.yaml", COUPLE)
    folders.write("b.yaml", text)
    loaded = folders.load()
    assert not loaded.complete
    assert len(loaded.faults) == 1
    assert [couple.key for couple in loaded.couples] == ["ana-and-ben"]


def test_a_key_used_in_two_files_names_both_places(folders: Folders) -> None:
    """Of two couples with one key neither is taken, and the fault of the second names the first."""
    first = folders.write("a.yaml", COUPLE)
    second = folders.write("b.yaml", COUPLE)
    loaded = folders.load()
    (fault,) = loaded.faults
    assert fault.place == Place(second, 2, 3)
    assert f"{first}:2:3" in (fault.mend or "")
    assert loaded.couples == ()
    assert loaded.faulty == {("couples", "ana-and-ben")}


def test_an_id_used_in_two_files_names_both_places(folders: Folders) -> None:
    """Of two entries with one id in one language the first is taken, and the fault of the second names it."""
    first = folders.pool("en/a.yaml", "theme: growth\nentries: [{id: one, sms: First.}]\n")
    second = folders.pool("en/b.yaml", "theme: growth\nentries: [{sms: Second., id: one}]\n")
    loaded = folders.load()
    (fault,) = loaded.faults
    assert fault.place == Place(second, 2, 30)
    assert f"{first}:2:16" in (fault.mend or "")
    assert [entry.sms for entry in loaded.pools["en"].entries] == ["First."]


def found_places(loaded: Loaded) -> dict[str, tuple[int, int]]:
    """Line and column of some fields of the sample."""
    paths = {
        "scalar": ("schedules", "surprises", "channel"),
        "mapping": ("schedules", "surprises", "when"),
        "inside": ("schedules", "surprises", "when", "per"),
        "default": ("schedules", "weekly-check-in", "chance"),
        "couple": ("couples", "ana-and-ben"),
        "field": ("couples", "ana-and-ben", "partners", "ana", "timezone"),
        "entry": ("pools", "en", "coat-pocket-note", "email", "body"),
    }
    return {name: (loaded.place(*path).line, loaded.place(*path).column) for name, path in paths.items()}


def test_every_field_can_be_found(folders: Folders) -> None:
    """A text has its own place, a mapping that of its key, and a field left out that of what it would stand in."""
    folders.write("sample.yaml", SAMPLE)
    folders.pool("en/spontaneity.yaml", SAMPLE_POOL)
    assert found_places(folders.load()) == {
        "scalar": (25, 14),
        "mapping": (28, 5),
        "inside": (28, 28),
        "default": (30, 3),
        "couple": (3, 3),
        "field": (9, 19),
        "entry": (5, 55),
    }


def test_an_item_in_no_file_has_no_place(folders: Folders) -> None:
    """Asking for the place of what is not written raises KeyError."""
    with pytest.raises(KeyError):
        folders.load().place("couples", "eve", "tags")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folders: folders.schedules.rmdir(), "no such folder"),
        (lambda folders: (folders.schedules / "notes.txt").touch(), "no .yaml file in this folder"),
    ],
)
def test_a_folder_without_files_says_how_to_begin(folders: Folders, make: object, message: str) -> None:
    """A missing or empty folder is one fault at its own path, and `nudger init` is the way out."""
    folders.pool("en/a.yaml", POOL)
    make(folders)  # type: ignore[operator]
    from nudger.files.loading import load  # noqa: PLC0415 (the builder would fill the folder)

    loaded = load(folders.schedules, folders.templates, {}, TAGS)
    (fault,) = loaded.faults
    assert fault.place == Place(folders.schedules, 1, 1)
    assert message in fault.message
    assert "nudger init" in (fault.mend or "")
    assert not loaded.complete


def test_sixteen_faults_are_all_reported_in_one_run(folders: Folders) -> None:
    """Sixteen faults of different kinds in five files come in one run, each at its line and column, in order."""
    planted = {
        "1.yaml": "couples:\n  one:\n    tags: Home\n    partners: {}\n    colour: red\n",
        "2.yaml": "schedules:\n  walks:\n    channel: mail\n    audience: one\n    when: {weekly: funday, at: 9}\n",
        "3.yaml": "schedules: [\n",
        "4.yaml": "couples:\n  two:\n    partners:\n      a: {name: A, phone: 12, timezone: Mars}\n"
        "      b: {name: B, timezone: UTC}\n    dates: {x: never}\n",
        "en/1.yaml": "theme: love\nentries:\n  - {id: A, sms: x, cost: much}\n  - {id: b}\n",
    }
    for name, text in planted.items():
        (folders.pool if "/" in name else folders.write)(name, text)
    found = [(fault.place.path.name, fault.place.line, fault.place.column) for fault in folders.load().faults]
    assert found == [
        ("1.yaml", 3, 11),
        ("1.yaml", 4, 5),
        ("1.yaml", 5, 5),
        ("2.yaml", 2, 3),
        ("2.yaml", 3, 14),
        ("2.yaml", 5, 20),
        ("2.yaml", 5, 32),
        ("3.yaml", 2, 1),
        ("4.yaml", 4, 27),
        ("4.yaml", 4, 41),
        ("4.yaml", 5, 7),
        ("4.yaml", 6, 16),
        ("1.yaml", 1, 8),
        ("1.yaml", 3, 10),
        ("1.yaml", 3, 27),
        ("1.yaml", 4, 5),
    ]


def test_paths_are_shown_as_they_were_given(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative folder gives relative paths in faults."""
    monkeypatch.chdir(folders.schedules.parent)
    folders.write("a.yaml", "couples: 3\n")
    folders.schedules = Path("schedules")
    assert str(folders.load().faults[0].place) == "schedules/a.yaml:1:10"


def test_a_push_address_stands_in_place_of_a_phone(folders: Folders) -> None:
    """Texts go to it, from a secret; the fault about a bad one never repeats it."""
    couple = """\
couples:
  two:
    partners:
      ana: {name: Ana, push: "${ANA_PUSH}", timezone: UTC}
      ben: {name: Ben, email: ben@example.com, timezone: UTC}
"""
    folders.write("couples.yaml", couple)
    (home,) = folders.load({"ANA_PUSH": "ntfys://ntfy.sh/anas-s3cret"}).couples
    ana, ben = home.partners
    assert ana.address(ChannelKind.SMS) == "ntfys://ntfy.sh/anas-s3cret"
    assert (ana.preferred_channel, ben.preferred_channel) == (ChannelKind.SMS, ChannelKind.EMAIL)
    faults = folders.load({"ANA_PUSH": "http://intranet/anas-s3cret"}).faults
    assert len(faults) == 1
    assert "s3cret" not in "".join(map(repr, faults))
