"""The settings page: what it does, what it says was done, and how it helps where something is amiss."""

import json
from datetime import UTC, datetime, time

import pytest
from parts.couples import ana_and_ben, cleo_and_dan
from parts.vaults import in_clear
from parts.web_house import WebHouse
from sqlalchemy import select

from nudger.actions.look import OwnSettings, own_settings
from nudger.domain.own_choices import OwnChoices
from nudger.domain.people import ChannelKind
from nudger.domain.schedules import MessageKind
from nudger.domain.themes import Theme
from nudger.domain.windows import Window
from nudger.storage.database import Database
from nudger.storage.tables import couples, ledger
from nudger.web.choices_form import SWITCHES, zones
from nudger.web.preferences import SHARED
from nudger.web.wording import TENDERNESS_NO, TENDERNESS_YES

#: The form as it stands when nothing was chosen.
UNTOUCHED = {"theme": [str(theme) for theme in SWITCHES], "day": [str(day) for day in range(7)], "quiet_from": ""}


def settings(house: WebHouse, key: str = "ana") -> OwnSettings:
    """What stands for a partner by now."""
    found = own_settings(house.database, house.partner(key))
    assert found
    return found


def test_saving_the_form_as_it_is_changes_nothing(house: WebHouse) -> None:
    """The page says so, and the database agrees."""
    path = house.link("ana")
    before = house.everything()
    answer = house.visitor.send(f"{path}/choices", UNTOUCHED)
    assert (answer.status, "Nothing to change" in answer.text) == (200, True)
    assert house.everything() == before


def test_every_choice_is_kept_and_told_in_words(house: WebHouse) -> None:
    """All choices in one form: each is in the database, in words, and in its field when opened anew."""
    house.says_yes("ana", ChannelKind.SMS)
    path = house.link("ana")
    form = UNTOUCHED | {
        "theme": ["curiosity", "growth"],
        "channel_ideas": "email",
        "channel_check_ins": "sms",
        "weekly_sms": "1",
        "daily_email": "1",
        "quiet_from": "21:00",
        "quiet_to": "08:30",
        "day": ["0", "4"],
        "timezone": "Asia/Tokyo",
        "locale": "de",
        "avoid": ["crowds"],
        "discreet": "yes",
    }
    page = house.visitor.send(f"{path}/choices", form).text
    assert settings(house).row.own == OwnChoices(
        themes_off=frozenset(SWITCHES) - {Theme.CURIOSITY, Theme.GROWTH},
        channels={MessageKind.IDEAS: ChannelKind.EMAIL, MessageKind.CHECK_INS: ChannelKind.SMS},
        weekly={ChannelKind.SMS: 1},
        daily={ChannelKind.EMAIL: 1},
        quiet_hours=Window(time(21), time(8, 30)),
        days=frozenset({0, 4}),
        timezone="Asia/Tokyo",
        locale="de",
        avoid=frozenset({"crowds"}),
        discreet=True,
    )
    for words in (
        "What may come: Questions, something new.",
        "Ideas: emails; Questions for a talk of two: texts. What you left open comes as arranged.",
        "At most 1 email a day and 4 emails a week, and 1 text a day and 1 text a week.",
        "Your own quiet hours: 21:00 to 08:30.",
        "Only on Monday and Friday.",
        "Your clock: Asia/Tokyo.",
        "Messages come in Deutsch",
        "Left out: crowds.",
        "Messages now say only that there is a note.",
        "It holds from the next message on",
    ):
        assert words in page
    again = house.visitor.get(path).text
    assert 'value="21:00"' in again
    assert '<option value="Asia/Tokyo" selected>' in again
    assert house.visitor.send(f"{path}/choices", form).text.count("Nothing to change") == 1


def test_only_channels_with_a_yes_are_offered(house: WebHouse) -> None:
    """With a yes to emails alone there is nothing to choose; with one to texts too each kind can come by either."""
    path = house.link("ana")
    assert "channel_ideas" not in house.visitor.get(path).text
    house.says_yes("ana", ChannelKind.SMS)
    page = house.visitor.get(path).text
    assert (
        page.count('<option value="sms">By text</option>') == page.count('<option value="email">By email</option>') == 3
    )


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"day": []}, "day", "Leave at least one day"),
        ({"quiet_from": "21:00"}, "quiet_to", "Give quiet hours a beginning and an end"),
        ({"quiet_from": "25:00", "quiet_to": "08:00"}, "quiet_to", "Give quiet hours a beginning and an end"),
        ({"quiet_from": "21:00Z", "quiet_to": "08:00"}, "quiet_to", "Give quiet hours a beginning and an end"),
        (
            {"quiet_from": "21:00+02:00", "quiet_to": "08:00+02:00"},
            "quiet_to",
            "Give quiet hours a beginning and an end",
        ),
        ({"quiet_from": "08:00", "quiet_to": "08:00"}, "quiet_to", "Let quiet hours end at another time"),
        ({"timezone": "Europe/Nowhere"}, "timezone", "Choose one from the list"),
        ({"locale": "tlh"}, "locale", "Choose one from the list"),
        ({"channel_ideas": "pigeon"}, "channel_ideas", "Choose one from the list"),
        ({"channel_check_ins": "sms"}, "channel_check_ins", "Choose one from the list"),  # she said no yes to texts
        ({"weekly_sms": "99"}, "weekly_sms", "Choose one from the list"),
        ({"weekly_sms": "-1"}, "weekly_sms", "Choose one from the list"),
    ],
)
def test_mistakes_are_named_on_top_and_at_their_field(
    house: WebHouse, change: dict[str, object], field: str, words: str
) -> None:
    """The summary links to the field with the same words; what was filled in is still there; nothing was saved."""
    path, before = house.link("ana"), house.everything()["partners"]
    answer = house.visitor.send(f"{path}/choices", UNTOUCHED | {"theme": ["growth"]} | change)
    assert answer.status == 422
    assert "<title>Error: " in answer.text
    assert f'<a href="#{field}">{words}' in answer.text
    assert f'id="{field}-error">{words}' in answer.text
    assert f'id="{field}"' in answer.text
    assert 'value="growth" checked' in answer.text
    assert 'value="curiosity" checked' not in answer.text
    assert house.everything()["partners"] == before


@pytest.mark.parametrize(
    ("form", "until", "words"),
    [
        ({"for": "tonight"}, datetime(2026, 2, 3, 5, 0, tzinfo=UTC), "Tuesday 3 February, 06:00"),
        ({"for": "3d"}, datetime(2026, 2, 5, 5, 0, tzinfo=UTC), "Thursday 5 February, 06:00"),
        ({"for": "1w"}, datetime(2026, 2, 9, 5, 0, tzinfo=UTC), "Monday 9 February, 06:00"),
        ({"until": "2026-04-01"}, datetime(2026, 4, 1, 4, 0, tzinfo=UTC), "Wednesday 1 April, 06:00"),
    ],
)
def test_a_pause_ends_in_the_morning_of_ones_own_clock(
    house: WebHouse, form: dict[str, str], until: datetime, words: str
) -> None:
    """Berlin is an hour ahead of UTC in winter and two in summer; the page names the very moment."""
    path = house.link("ana")
    page = house.visitor.send(f"{path}/pause", form).text
    assert settings(house).row.paused_until == until
    assert f"Paused, from now until {words}." in page
    assert settings(house, "ben").row.paused_until is None
    assert "The pause has ended" in house.visitor.send(f"{path}/resume").text
    assert settings(house).row.paused_until is None


@pytest.mark.parametrize("day", ["", "2026-02-02", "2026-01-01", "2027-06-01", "tomorrow"])
def test_a_pause_until_no_day_to_come_is_asked_again(house: WebHouse, day: str) -> None:
    """A day must lie ahead, within a year."""
    answer = house.visitor.send(f"{house.link('ana')}/pause", {"until": day})
    assert (answer.status, settings(house).row.paused_until) == (422, None)
    assert '<a href="#until">' in answer.text


def test_a_yes_to_tenderness_is_not_taken_from_a_mailbox_of_both(sqlite_database: Database) -> None:
    """Either could open the other's link there and say it for them; nor does the page tell what was said elsewhere."""
    house = WebHouse(sqlite_database, [ana_and_ben(email="both@example.com"), cleo_and_dan()])
    path = house.link("ana")
    unasked = house.visitor.get(path).text
    answer = house.visitor.send(f"{path}/tenderness", {"tenderness": "yes"})
    assert (answer.status, SHARED in answer.text) == (422, True)
    assert not settings(house).row.intimacy
    house.choosing.intimacy(house.partner("ana"), True, TENDERNESS_YES, house.now)  # noqa: FBT003 (their answer)
    assert house.visitor.get(path).text == unasked
    assert house.visitor.send(f"{path}/tenderness", {"tenderness": "no"}).status == 200
    assert not settings(house).row.intimacy


def test_the_data_given_out_at_a_mailbox_of_both_holds_no_answer(sqlite_database: Database) -> None:
    """What came there the other one has read; what Ana answered alone, and what is of her number, is not in it."""
    house = WebHouse(sqlite_database, [ana_and_ben(email="both@example.com"), cleo_and_dan()])
    house.choosing.intimacy(house.partner("ana"), True, TENDERNESS_YES, house.now)  # noqa: FBT003 (their answer)
    house.says_yes("ana", ChannelKind.SMS)
    house.says_yes("ana")
    text = house.visitor.send(f"{house.link('ana')}/data").text
    data = json.loads(text)
    assert [one["address"] for one in data["contacts"]] == ["both@example.com"]
    assert [(line["channel"], line["event"]) for line in data["consent"]] == [("email", "granted")]
    assert not data.keys() & {"intimacy", "life_state", "feedback"}
    assert not any(word in text for word in ("intimacy", "+44", "enderness"))


def test_the_answer_on_tenderness_is_kept_with_the_words_shown(house: WebHouse) -> None:
    """The ledger holds the very sentence beside the answer on the page; the other one's page does not change."""
    path, bens = house.link("ana"), house.link("ben")
    page, others = house.visitor.get(path).text, house.visitor.get(bens).text
    for answer, words in (("yes", TENDERNESS_YES), ("no", TENDERNESS_NO)):
        assert f'value="{answer}"' in page
        assert words in page
        assert (
            f"Your answer is kept: {answer}." in house.visitor.send(f"{path}/tenderness", {"tenderness": answer}).text
        )
        assert house.visitor.get(bens).text == others
    with house.database.read() as connection:
        lines = in_clear(connection, ledger, ledger.c.theme == "intimacy")
        assert [(line.event, line.shown) for line in lines] == [
            ("granted", TENDERNESS_YES),
            ("withdrawn", TENDERNESS_NO),
        ]


@pytest.mark.parametrize("deed", ["leave", "erase", "ended"])
def test_what_cannot_be_taken_back_is_asked_for_twice(house: WebHouse, deed: str) -> None:
    """Without the tick nothing happens and the page says what is missing; with it the link is of no more use."""
    path, before = house.link("ana"), house.everything()
    unsure = house.visitor.send(f"{path}/{deed}")
    assert (unsure.status, '<a href="#sure">' in unsure.text) == (422, True)
    assert house.everything() == before
    sure = house.visitor.send(f"{path}/{deed}", {"sure": "ended" if deed == "ended" else "yes"})
    assert sure.status == 200
    if deed == "ended":
        with house.database.read() as connection:
            states = connection.execute(select(couples.c.key, couples.c.life_state).order_by(couples.c.key)).all()
        assert [tuple(row) for row in states] == [("ana-and-ben", "ended"), ("cleo-and-dan", "active")]
    else:
        assert house.visitor.get(path).status == 404
        assert own_settings(house.database, house.partner("ana")) is None
    assert house.consent("ana") == ("granted" if deed == "ended" else "withdrawn") if deed != "erase" else True


def test_the_download_is_ones_own_and_a_file(house: WebHouse) -> None:
    """It comes by a press of a button alone, as a file, and holds nothing of the other one."""
    answer = house.visitor.send(f"{house.link('ana')}/data")
    assert answer.headers["content-disposition"] == 'attachment; filename="data.json"'
    assert answer.headers["content-type"] == "application/json"
    assert "ana@example.com" in answer.text
    assert "ben@example.com" not in answer.text
    assert "+447700900123" not in answer.text


def test_zones_are_those_people_live_in() -> None:
    """The list has places, by region, and none of the relics like EST or Etc/GMT+5."""
    names = [name for region in zones().values() for name in region]
    assert {"Europe/Berlin", "America/New_York", "Pacific/Auckland"} < set(names)
    assert not [name for name in names if name.startswith("Etc/") or "/" not in name]
