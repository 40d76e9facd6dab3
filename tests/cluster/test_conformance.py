"""What holds for one daemon on SQLite holds for schedulers and workers on PostgreSQL."""

from collections import Counter
from collections.abc import Callable

from parts.daemon import wait_for
from parts.desks import Desk
from parts.engines import Engine
from parts.fake_twilio import running_fake_twilio


def states(desk: Desk) -> Counter[str]:
    """How many texts that were due are in which state."""
    listed = desk.nudger("outbox", "list", "--json", "--days", 1).json
    today = min(message["due_at"] for message in listed)
    return Counter(message["state"] for message in listed if message["channel"] == "sms" and message["due_at"] == today)


def numbers(count: int) -> list[str]:
    """The numbers of so many households."""
    return [f"+4477009001{number:02}" for number in range(count)]


def test_each_due_text_goes_out_once_and_sigterm_lets_it_finish(
    engine: Engine, to_twilio: Callable[[int, str], Desk]
) -> None:
    """Everybody who did not say STOP gets one text; told to stop in the midst, every process finishes, with 0."""
    with running_fake_twilio(latency=0.5) as twilio:
        desk = to_twilio(6, twilio.url)
        said = desk.nudger(
            "consent", "record", "couple-5", "ana", "--channel", "sms", "--withdraw", "--evidence", "STOP"
        )
        assert said.code == 0, said.err
        with engine.scheduling(desk) as schedulers, engine.working(desk) as worker:
            wait_for(lambda: twilio.requests == 5, "sends in flight")
            daemons = [*schedulers, worker]
            assert [daemon.stop() for daemon in daemons] == [0] * len(daemons)
        assert not any("Kanarienvogel" in daemon.log or "+4477009001" in daemon.log for daemon in daemons)
    assert sorted(text["to"] for text in twilio.accepted) == numbers(5)
    assert twilio.requests == 5
    assert states(desk)["accepted"] == 5


def test_a_worker_killed_in_the_midst_loses_and_doubles_nothing(
    engine: Engine, to_twilio: Callable[[int, str], Desk]
) -> None:
    """What it held is asked about at Twilio by whoever works on; everybody gets one text, nobody two."""
    with running_fake_twilio() as twilio:
        desk = to_twilio(6, twilio.url)
        twilio.hold()
        desk.set(NUDGER_LEASE=2)
        with engine.scheduling(desk):
            with engine.working(desk) as worker:
                wait_for(lambda: twilio.requests == 6, "sends in flight")
                worker.kill()
            twilio.let_go()
            with engine.working(desk) as worker:
                worker.wait_for("running")
                worker.wait_for("reconciled")
                wait_for(lambda: len(twilio.accepted) == 6, "six texts")
                assert worker.stop() == 0
        assert states(desk) == {"accepted": 6}
    assert sorted(text["to"] for text in twilio.accepted) == numbers(6)
