"""The daemon as a real process."""

from collections import Counter
from collections.abc import Callable

from parts.daemon import Daemon, wait_for
from parts.desks import Desk
from parts.fake_twilio import running_fake_twilio

CANARIES = ("Kanarienvogel", "Zeisig", "+4477009001", "kanari@", "zeisig@", "Idea ")


def states(desk: Desk) -> Counter[str]:
    """How many texts that were due are in which state."""
    listed = desk.nudger("outbox", "list", "--json", "--days", 1).json
    today = min(message["due_at"] for message in listed)
    return Counter(message["state"] for message in listed if message["channel"] == "sms" and message["due_at"] == today)


def test_the_daemon_at_work(due_now: Callable[[int], Desk]) -> None:
    """It sends what is due as files, lets go of old ones, tells no name in its log, and tolerates no second one."""
    desk = due_now(2)
    old = desk.folder / "data/outbox/2026-01-01T09-30-00Z-long-ago.txt"
    old.parent.mkdir(parents=True)
    old.write_text("A text of last winter.")
    with Daemon(desk.folder) as daemon:
        daemon.wait_for("dispatched")
        wait_for(lambda: not old.exists(), "the end of an old message")
        assert len(desk.outbox) == 4

        status = desk.nudger("status", "--json").json[0]
        assert status["daemon"] == str(daemon.process.pid)
        assert status["heartbeat"]
        assert f"process {daemon.process.pid}" in desk.nudger("status").out

        second = desk.process("run")
        assert (second.code, second.out) == (1, "")
        assert f"(process {daemon.process.pid})" in second.err

        assert daemon.stop() == 0
    assert not any(canary in daemon.log for canary in CANARIES)
    assert [event["event"] for event in daemon.events][-2:] == ["stopping", "stopped"]
    assert all({"event", "level", "timestamp"} <= event.keys() for event in daemon.events)
    assert desk.nudger("status", "--json").json[0]["daemon"] is None


def test_sigterm_in_the_midst_of_sending(to_twilio: Callable[[int, str], Desk]) -> None:
    """Told to stop, it finishes the sends in flight, claims nothing more, and leaves with 0."""
    with running_fake_twilio(latency=0.5) as twilio:
        desk = to_twilio(20, twilio.url)
        desk.set(NUDGER_SMS_PER_SECOND=2)  # eight at first; the others have to wait
        with Daemon(desk.folder) as daemon:
            wait_for(lambda: twilio.requests >= 8, "sends in flight")
            assert daemon.stop() == 0
        assert not any(canary in daemon.log for canary in CANARIES)
    sent = len(twilio.accepted)
    assert 8 <= sent == twilio.requests < 20
    assert states(desk) == {"accepted": sent, "planned": 20 - sent}


def test_restart_after_a_kill(to_twilio: Callable[[int, str], Desk]) -> None:
    """Killed in the midst of sending, it asks Twilio at the next start; everybody gets one text, nobody two."""
    with running_fake_twilio() as twilio:
        desk = to_twilio(4, twilio.url)
        twilio.hold()
        with Daemon(desk.folder) as daemon:
            wait_for(lambda: twilio.requests == 4, "sends in flight")
            daemon.kill()
        assert states(desk) == {"sending": 4}
        twilio.let_go()
        with Daemon(desk.folder) as daemon:
            wait_for(lambda: len(twilio.accepted) == 4, "four texts")
            assert daemon.stop() == 0
    assert states(desk) == {"accepted": 4}
    assert sorted(text["to"] for text in twilio.accepted) == [f"+4477009001{number:02}" for number in range(4)]


def test_a_500_after_taking_the_text(to_twilio: Callable[[int, str], Desk]) -> None:
    """A text Twilio took with an error is found there by the running daemon, and is not sent again."""
    with running_fake_twilio() as twilio:
        twilio.accept_then_500()
        desk = to_twilio(1, twilio.url)
        with Daemon(desk.folder) as daemon:
            daemon.wait_for("reconciled")
            assert daemon.stop() == 0
    assert states(desk) == {"accepted": 1}
    assert (len(twilio.accepted), twilio.requests) == (1, 1)
