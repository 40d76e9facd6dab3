"""Files edited under a running daemon."""

from collections import Counter
from collections.abc import Callable

import pytest
from parts.daemon import Daemon, wait_for
from parts.desks import Desk
from parts.due import households
from parts.fake_twilio import running_fake_twilio

CANARIES = ("Kanarienvogel", "Zeisig", "+4477009001", "kanari@", "zeisig@", "Idea ")


def ahead(desk: Desk) -> Counter[tuple[str, str]]:
    """How many texts are planned ahead, by schedule and time of day."""
    listed = desk.nudger("outbox", "list", "--json", "--state", "planned", "--limit", 500).json
    return Counter((one["schedule"], one["due_at"][11:16]) for one in listed)


def rules(desk: Desk) -> str:
    """What the file of schedules holds."""
    return (desk.folder / "schedules" / "schedules.yaml").read_text(encoding="utf-8")


def test_an_edit_while_texts_are_on_their_way(to_twilio: Callable[[int, str], Desk]) -> None:
    """What lies ahead follows the edit, what is being sent is sent once; a broken edit changes nothing and is told."""
    with running_fake_twilio(latency=1.0) as twilio:
        desk = to_twilio(4, twilio.url)
        written = rules(desk)
        with Daemon(desk.folder) as daemon:
            wait_for(lambda: twilio.requests > 0, "sends in flight")
            at = written.partition('at: "')[2][:5]
            desk.write("schedules/schedules.yaml", written.replace(at, "23:58"))
            wait_for(lambda: {when for _, when in ahead(desk)} == {"23:58"}, "the new plan")
            wait_for(lambda: len(twilio.accepted) == 4, "every text that was due")

            before = ahead(desk)
            desk.write("schedules/schedules.yaml", rules(desk).replace("preferred", "smoke"))
            daemon.wait_for("fault_in_files")
            files = desk.nudger("status", "--json").json[0]["files"]
            assert files["faults"] == 1
            (trouble,) = files["troubles"]
            assert trouble["place"].startswith("schedules/schedules.yaml:2:")
            assert trouble["item"] == "schedules.texts"
            assert "schedules/schedules.yaml:2:" in desk.nudger("status").out
            assert ahead(desk) == before
            assert daemon.stop() == 0
        told = next(event for event in daemon.events if event["event"] == "fault_in_files")
        assert (told["place"], told["item"]) == (trouble["place"], "schedules.texts")
        assert not any(canary in daemon.log for canary in CANARIES)
    assert Counter(text["to"] for text in twilio.accepted) == {text["to"]: 1 for text in twilio.accepted}
    assert twilio.requests == 4


def test_couples_pools_and_the_command(due_now: Callable[[int], Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    """`nudger reload` has a couple and new ideas taken in at once, where the folders cannot be watched as well."""
    desk = due_now(1)
    said = desk.nudger("reload")
    assert (said.code, "no daemon is at work here" in said.err) == (1, True)
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "600000")
    with Daemon(desk.folder) as daemon:
        daemon.wait_for("dispatched")
        desk.write("schedules/couples.yaml", households(2))
        pool = desk.folder / "templates" / "pools" / "en" / "growth.yaml"
        pool.write_text(pool.read_text(encoding="utf-8").replace("Idea", "Thought"), encoding="utf-8")
        assert desk.nudger("reload").out.startswith(f"told process {daemon.process.pid}")
        daemon.wait_for("reloaded")
        assert [one["couple"] for one in desk.nudger("couples", "list", "--json").json] == ["couple-0", "couple-1"]
        desk.nudger("send", "couple-0", "texts", "--to", "ana")
        wait_for(lambda: any("Thought" in path.read_text(encoding="utf-8") for path in desk.outbox), "a new idea")
        assert daemon.stop() == 0
    reloaded = next(event for event in daemon.events if event["event"] == "reloaded")
    assert (reloaded["faults"], reloaded["couples"]) == (0, {"added": 1, "changed": 0, "retired": 0})


def test_a_broken_pool_keeps_the_old_ideas(due_now: Callable[[int], Desk]) -> None:
    """While a pool is broken its language goes on with what it had, and the daemon lives."""
    desk = due_now(1)
    with Daemon(desk.folder) as daemon:
        daemon.wait_for("dispatched")
        desk.write("templates/pools/en/growth.yaml", "theme: growth\nentries:\n  - {id: one, smss: A walk}\n")
        daemon.wait_for("reloaded")
        desk.nudger("send", "couple-0", "texts", "--to", "ana")
        wait_for(lambda: len(desk.outbox) == 3, "a third message")
        assert daemon.stop() == 0
    places = [event["place"] for event in daemon.events if event["event"] == "fault_in_files"]
    assert all(place.startswith("templates/pools/en/growth.yaml:3:") for place in places)
