import pytest
from parts.yaml_folders import COUPLE, Folders, spot

PARTNERS = """\
      ana: {name: Ana, phone: "+447700900124", timezone: Europe/Berlin}
      ben: {name: Ben, email: ben@example.com, timezone: Europe/London}
"""


def couple(rest: str) -> str:
    """A couple with good partners and something more."""
    return f"couples:\n  ana-and-ben:\n    partners:\n{PARTNERS}{rest}"


def ana(fields: str) -> str:
    """A couple whose first partner has these fields."""
    ben = "      ben: {name: Ben, email: ben@example.com, timezone: Europe/London}\n"
    return f"couples:\n  ana-and-ben:\n    partners:\n      ana: {fields}\n{ben}"


def schedule(fields: str) -> str:
    """A good couple and a schedule with these lines."""
    lines = "".join(f"    {line}\n" for line in fields.splitlines())
    return f"{COUPLE}schedules:\n  walks:\n{lines}"


def when(rule: str) -> str:
    """A schedule with this rule."""
    return schedule(f"themes: [growth]\nchannel: email\naudience: one\nwhen: {rule}")


SCHEDULE_FILES = {
    "unknown key at the top": ("§couple: {}\n", "'couple' is not a key here", "did you mean couples?"),
    "top is a list": ("§- couples\n", "must be a mapping of keys, not a list", "write key: value"),
    "unknown version": ("version: §2\n" + COUPLE, "'2' is not a choice for version", "write 1"),
    "couples is a list": ("couples: §[ana]\n", "couples must be a mapping of keys, not a list", "key: value"),
    "key with capitals": (
        COUPLE.replace("  ana-and-ben", "  §Ana & Ben"),
        "'Ana & Ben' cannot be a key",
        "for example ana-ben",
    ),
    "key written twice": (couple("    tags: [a]\n    §tags: [b]\n"), "'tags' is written twice", "schedules/x.yaml:6:5"),
    "couple is text": ("couples:\n  ana-and-ben: §yes\n", "must be a mapping of keys, not 'yes'", "key: value"),
    "partners missing": ("couples:\n  §ana-and-ben: {tags: [home]}\n", "partners is missing", "add partners: {ana:"),
    "one partner": (
        "couples:\n  ana-and-ben:\n    §partners:\n      ana: {name: Ana, email: a@example.com, timezone: UTC}\n",
        "a couple has two partners, and here is one",
        "exactly two",
    ),
    "name missing": (
        ana("{email: a@example.com, timezone: UTC}").replace("ana: {", "§ana: {"),
        "name is missing",
        "add name: Ana",
    ),
    "no contact": (
        ana("{name: Ana, timezone: UTC}").replace("ana: {", "§ana: {"),
        "neither email nor phone",
        "add email",
    ),
    "push to anywhere": (
        ana("{name: Ana, push: §mailto://ana@example.com, timezone: UTC}"),
        "this is no push address",
        "write it like ntfys://ntfy.sh/topic",
    ),
    "push and phone": (
        ana('{name: Ana, phone: "+447700900124", §push: "ntfys://ntfy.sh/topic", timezone: UTC}'),
        "there is a phone and a push address",
        "take the other out",
    ),
    "name empty": (ana("{name:  §, email: a@example.com, timezone: UTC}"), "some text is needed", "one line"),
    "misspelt field": (
        ana("{name: Ana, §emial: a@example.com, phone: +447700900124, timezone: UTC}"),
        "'emial' is not a key here",
        "did you mean email? keys here: name, email, phone",
    ),
    "bad phone": (ana("{name: Ana, phone: §07700900123, timezone: UTC}"), "with its country code", "+447700900123"),
    "short phone": (ana("{name: Ana, phone: §+4477009, timezone: UTC}"), "too short or too long", "+447700900123"),
    "no such country": (ana("{name: Ana, phone: §+999123456, timezone: UTC}"), "no country has", "+447700900123"),
    "bad email": (ana("{name: Ana, email: §ana.example.com, timezone: UTC}"), "not an email address", "ana@example"),
    "bad zone": (
        ana("{name: Ana, email: a@example.com, timezone: §Europe/Berln}"),
        "'Europe/Berln' is not a time zone",
        "did you mean Europe/Berlin?",
    ),
    "zone without continent": (
        ana("{name: Ana, email: a@example.com, timezone: §berlin}"),
        "'berlin' is not a time zone",
        "did you mean Europe/Berlin?",
    ),
    "bad locale": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, locale: §english}"),
        "'english' is not a language",
        "en or fr-CA",
    ),
    "bad quiet hours": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, quiet_hours: §20:30}"),
        "'20:30' is not a span of the day",
        "09:30-20:00",
    ),
    "empty quiet hours": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, quiet_hours: §08:00-08:00}"),
        "starts and ends at the same time",
        "00:00-24:00",
    ),
    "preferred channel without contact": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, prefers: §sms}"),
        "sms is preferred, but there is no phone",
        "add phone",
    ),
    "budget below nothing": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, budget: {email: {day: §-1}}}"),
        "day must be at least 0",
        "0 or more",
    ),
    "budget in words": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, budget: {email: {week: §two}}}"),
        "week must be a whole number, not 'two'",
        "write week: 2",
    ),
    "budget is a number": (
        ana("{name: Ana, email: a@example.com, timezone: UTC, budget: §3}"),
        "this must be a mapping of keys, not '3'",
        "{key: value}",
    ),
    "shared email": (
        ana("{name: Ana, email: Ben@Example.com, timezone: UTC}").replace("email: ben@", "email: §ben@"),
        "ben and ana have the same email",
        "each needs one of their own",
    ),
    "unknown theme": (
        couple("    preferences: {themes: {§curios: 2}}\n"),
        "'curios' is not a choice for themes",
        "did you mean curiosity?",
    ),
    "weight too big": (couple("    preferences: {themes: {growth: §11}}\n"), "growth must be at most 10", "10 or less"),
    "weight not a number": (
        couple("    preferences: {themes: {growth: §.nan}}\n"),
        "growth must be a number, not '.nan'",
        "growth: 2",
    ),
    "unknown cost": (
        couple("    preferences: {cost: §tiny}\n"),
        "'tiny' is not a choice for cost",
        "write none, small, medium or large",
    ),
    "unknown novelty": (
        couple("    preferences: {novelty: §new}\n"),
        "'new' is not a choice for novelty",
        "write familiar, fresh or stretch",
    ),
    "rest in hours": (
        couple("    preferences: {cooldown: §12h}\n"),
        "'12h' is not a length of time",
        "365d",
    ),
    "rest for a lifetime": (couple("    preferences: {cooldown: §20y}\n"), "'20y' is too long", "3660d or less"),
    "together any": (couple("    preferences: {together: §any}\n"), "'any' is not a choice", "or long_distance"),
    "kids maybe": (couple("    preferences: {kids: §maybe}\n"), "kids must be true or false", "write true or false"),
    "impossible date": (couple("    dates: {anniversary: §2019-02-30}\n"), "no day '2019-02-30'", "month and day"),
    "date in words": (couple("    dates: {anniversary: §14 June}\n"), "'14 June' is not a day", "2026-01-05"),
    "nothing to send": (
        schedule("channel: email\naudience: one\nwhen: {daily: true}").replace("walks:", "§walks:"),
        "there is nothing to send",
        "add themes",
    ),
    "themes and check-in": (
        schedule("themes: [growth]\n§check_in: {prompts: 4}\nchannel: email\naudience: both\nwhen: {weekly: sun}"),
        "themes and check_in cannot go together",
        "take one of them out",
    ),
    "too many prompts": (
        schedule("check_in: {prompts: §5}\nchannel: email\naudience: both\nwhen: {weekly: sun}"),
        "prompts must be at most 4",
        "4 or less",
    ),
    "no themes": (
        schedule("themes: §[]\nchannel: email\naudience: one\nwhen: {daily: true}"),
        "themes is empty",
        "take the line out",
    ),
    "unknown channel": (
        schedule("themes: growth\nchannel: §mail\naudience: one\nwhen: {daily: true}"),
        "'mail' is not a choice for channel",
        "did you mean email? write sms, email or preferred",
    ),
    "for nobody": (
        schedule("themes: growth\nchannel: email\naudience: one\nfor: §everybody\nwhen: {daily: true}"),
        "for takes all",
        "write all, {tags: [...]}",
    ),
    "for an empty list": (
        schedule("themes: growth\nchannel: email\naudience: one\nfor: {tags: §[]}\nwhen: {daily: true}"),
        "tags is empty",
        "write something",
    ),
    "never late": (
        schedule("themes: growth\nchannel: email\naudience: one\nlate: §0m\nwhen: {daily: true}"),
        "no time at all",
        "30m",
    ),
    "late for years": (
        schedule("themes: growth\nchannel: email\naudience: one\nlate: §900d\nwhen: {daily: true}"),
        "'900d' is too long",
        "366d or less",
    ),
    "chance above one": (
        schedule("themes: growth\nchannel: email\naudience: one\nchance: §1.5\nwhen: {daily: true}"),
        "chance must be at most 1",
        "1 or less",
    ),
    "when says nothing": (when("§{at: 10:00}"), "does not say what kind it is", "random, daily, weekly"),
    "when in a word": (when("§daily"), "when must be a mapping", "{weekly: sun"),
    "when says two things": (when("§{daily: true, weekly: sun}"), "daily and weekly cannot go together", "choose one"),
    "kind misspelt": (when("§{wekly: sun}"), "does not say what kind it is", "did you mean weekly?"),
    "period missing": (when("{random: 3}").replace("when:", "§when:"), "per is missing", "add per: week"),
    "key of another kind": (when("{weekly: sun, §between: 09:00-10:00}"), "'between' is not a key here", "at, weekly"),
    "day in full": (when("{weekly: §[fri, saturday]}"), "'saturday' is not a day of the week", "did you mean sat?"),
    "no such time": (when('{weekly: sun, at: §"25:00"}'), "'25:00' is not a time of day", "18:00"),
    "no such day of month": (when("{monthly: §32}"), "'32' is not a day of the month", "1 to 31, or last"),
    "gap in words": (when("{random: 2, per: week, apart: §a while}"), "not a length of time", "30m, 36h or 2d"),
    "interval of nothing": (when("{every: §0d, from: 2026-01-05}"), "at least one day", "1d, or more"),
    "lead in hours": (when("{before: anniversary, lead: [14d, §3h]}"), "'3h' is not a length of time", "14d"),
    "cron of four fields": (when('{cron: §"0 18 * *"}'), "has five fields", "0 18 * * 5"),
    "cron out of range": (when('{cron: §"0 25 * * *"}'), "the hour of this cron expression", "0 18 * * 5"),
    "cron last working day": (when('{cron: §"0 18 LW * *"}'), "is not supported", "write L"),
    "daily false": (when("{daily: §false}"), "'false' does not fit here", "write true"),
    "variable not set": (
        ana("{name: Ana, phone: §'${ANA_PHONE}', timezone: UTC}"),
        "the variable ANA_PHONE is not set",
        "${ANA_PHONE:-a default}",
    ),
    "secret file missing": (
        ana("{name: Ana, email: §'${file:/nowhere/email}', timezone: UTC}"),
        "the file named here is not there",
        "check the path",
    ),
    "custom tag": (ana("{name: §!env Ana, email: a@example.com, timezone: UTC}"), "tags such as '!env'", "take it out"),
    "control character": (ana('{name: §"An\\0a", email: a@example.com, timezone: UTC}'), "control character", "out"),
    "line break in a name": (
        ana('{name: §"Ana\\nBcc: x", email: a@example.com, timezone: UTC}'),
        "there is a line break",
        "on one line",
    ),
    "tab": ("couples:\n§\tana-and-ben: {}\n", "a tab is used to indent", "indent with spaces"),
    "list not closed": ("couples: {a: [1, 2\nb§: 3\n", "a list is not closed", "end it with ]"),
    "second document": ("couples: {}\n§---\ncouples: {}\n", "a second document starts here", "without ---"),
    "unknown alias": ("couples: §*nobody\n", "this alias has no anchor", "name the anchor above"),
    "wrong indentation": ("couples:\n    a: 1\n  §b: 2\n", "the indentation does not fit", "line it up"),
    "quote not closed": ('couples: "§', "a quotation mark is not closed", "close it"),
    "forbidden character": ("couples:\n  a: §\x07\n", "a character here that YAML does not allow", "take it out"),
}


@pytest.mark.parametrize("case", SCHEDULE_FILES)
def test_a_fault_is_found_where_it_stands(case: str, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in a schedule file has its exact line and column, says what is wrong and how to mend it."""
    marked, message, mend = SCHEDULE_FILES[case]
    text, line, column = spot(marked)
    monkeypatch.chdir(folders.schedules.parent)
    folders.write("x.yaml", text)
    folders.schedules = folders.schedules.relative_to(folders.schedules.parent)
    faults = folders.load().faults
    found = [(fault.place.line, fault.place.column) for fault in faults]
    assert (line, column) in found, faults
    fault = faults[found.index((line, column))]
    assert message in fault.message
    assert mend in (fault.mend or "")
    assert len(faults) == 1, faults


POOL_FILES = {
    "unknown theme": ("theme: §romance\nentries: []\n", "'romance' is not a choice for theme", "write quality_time"),
    "theme missing": ("§entries: []\n", "theme is missing", "add theme: spontaneity"),
    "entries in braces": ("theme: growth\nentries: §{a: 1}\n", "entries must be a list, not a mapping", "[one, two]"),
    "entry is text": ("theme: growth\nentries:\n  - §walk\n", "must be a mapping of keys, not 'walk'", "key: value"),
    "id missing": ("theme: growth\nentries:\n  - §sms: A walk.\n", "id is missing", "add id: coat-pocket-note"),
    "nothing to say": ("theme: growth\nentries:\n  - §id: walk\n", "there is nothing to say", "add sms, email or ask"),
    "text is empty": ("theme: growth\nentries:\n  - {id: walk, sms: §''}\n", "sms is empty", "take the line out"),
    "text too long": (
        f"theme: growth\nentries:\n  - id: walk\n    sms: §{'a' * 2001}\n",
        "sms is longer than 2,000 characters",
        "make it shorter",
    ),
    "no role": (
        "theme: growth\nentries:\n  - §{id: a, ask: How?}\n",
        "role is missing",
        "add role: opener",
    ),
    "role without question": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., §role: hard}\n",
        "role is for prompts",
        "add ask, or take role out",
    ),
    "prompt and idea": (
        "theme: growth\nentries:\n  - {id: a, ask: How?, role: hard, §sms: Walk.}\n",
        "an entry with ask is a prompt and has no sms",
        "make two entries",
    ),
    "body missing": (
        "theme: growth\nentries:\n  - {id: a, §email: {subject: Walk}}\n",
        "body is missing",
        "add body:",
    ),
    "date without lead": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., §dates: [birthday]}\n",
        "dates without ahead",
        "add ahead: [weeks, days, today], or take dates out",
    ),
    "lead without date": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., dates: [], §ahead: today}\n",
        "ahead without dates",
        "add dates: [anniversary], or take ahead out",
    ),
    "unknown kind of date": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., ahead: days, dates: [birthday, §first-met]}\n",
        "'first-met' is not a choice for dates",
        "did you mean first_met? write anniversary, birthday or first_met",
    ),
    "unknown season": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., season: [winter, §fall]}\n",
        "'fall' is not a choice for season",
        "write spring, summer, autumn or winter",
    ),
    "unknown life state": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., avoid_when: §sad}\n",
        "'sad' is not a choice for avoid_when",
        "hard_week",
    ),
    "cool-down in hours": (
        "theme: growth\nentries:\n  - {id: a, sms: Walk., cooldown: §12h}\n",
        "'12h' is not a length of time",
        "365d",
    ),
    "id with capitals": ("theme: growth\nentries:\n  - {id: §Walk, sms: A.}\n", "'Walk' cannot be a key", "walk"),
    "id twice": (
        "theme: growth\nentries:\n  - {id: walk, sms: A.}\n  - {id: §walk, sms: B.}\n",
        "'walk' is already taken",
        "templates/pools/en/x.yaml:3:10",
    ),
}


@pytest.mark.parametrize("case", POOL_FILES)
def test_a_fault_in_a_pool_is_found_where_it_stands(
    case: str, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in a pool file has its exact line and column, says what is wrong and how to mend it."""
    marked, message, mend = POOL_FILES[case]
    text, line, column = spot(marked)
    monkeypatch.chdir(folders.templates.parent)
    folders.pool("en/x.yaml", text)
    folders.templates = folders.templates.relative_to(folders.templates.parent)
    (fault,) = folders.load().faults
    assert (fault.place.line, fault.place.column) == (line, column), fault
    assert message in fault.message
    assert mend in (fault.mend or "")
