"""What systemd is told: the words of sd_notify(3), at the right moments, and nothing where nobody listens."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from parts.daemon import Daemon
from parts.desks import Desk
from parts.loops import in_loop
from parts.postgres import Postgres

from nudger.runtime.notify_systemd import Supervisor, supervisor


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """Systemd's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(address)
        wire.settimeout(10)
        yield wire


def told(wire: socket.socket) -> str:
    """The next thing that systemd hears."""
    return wire.recv(1000).decode()


def test_the_words(tmp_path: Path) -> None:
    """Each state is the assignment that the protocol names."""
    address = str(tmp_path / "notify")
    with listening(address) as wire:
        systemd = Supervisor(address)
        systemd.ready()
        systemd.alive()
        systemd.stopping()
        assert [told(wire) for _ in range(3)] == ["READY=1", "WATCHDOG=1", "STOPPING=1"]
        systemd.reloading()
        name, moment = told(wire).splitlines()
        assert name == "RELOADING=1"
        assert moment.removeprefix("MONOTONIC_USEC=").isdecimal()


def test_the_abstract_space() -> None:
    """An address that begins with @ is one in the abstract space."""
    name = f"nudger-test-{os.getpid()}"
    with listening(f"\0{name}") as wire:
        Supervisor(f"@{name}").ready()
        assert told(wire) == "READY=1"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, Supervisor()),
        ({"WATCHDOG_USEC": "60000000"}, Supervisor()),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "60000000"}, Supervisor("/run/n", 60.0)),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, Supervisor("/run/n")),
        ({"NOTIFY_SOCKET": "/run/n", "WATCHDOG_USEC": "soon"}, Supervisor("/run/n")),
    ],
)
def test_what_systemd_says_of_itself(environment: dict[str, str], expected: Supervisor) -> None:
    """The socket and the watchdog are those of the environment, and only where they mean this process."""
    assert supervisor(environment) == expected


@in_loop
async def test_signs_of_life_end_with_a_hanging_loop() -> None:
    """They come twice in each span, from the event loop itself, and end with the block."""
    beats: list[float] = []

    class Counting(Supervisor):
        def alive(self) -> None:
            beats.append(asyncio.get_running_loop().time())

    async with Counting("/run/n", 0.04).watching():
        await asyncio.sleep(0.1)
    ended = len(beats)
    assert 3 <= ended <= 6
    await asyncio.sleep(0.05)
    assert len(beats) == ended


def test_nobody_listens(tmp_path: Path) -> None:
    """A socket that is gone does not stop the daemon from working."""
    Supervisor(str(tmp_path / "gone")).ready()


def test_a_daemon_tells(desk: Desk) -> None:
    """A real daemon says that it is ready, that it lives, that it reads anew, and that it stops, in order."""
    address = str(desk.folder / "notify")
    desk.furnish().set(NOTIFY_SOCKET=address, WATCHDOG_USEC=100_000)
    with listening(address) as wire, Daemon(desk.folder) as daemon:
        heard = {told(wire)}
        heard.add(told(wire))
        assert heard == {"READY=1", "WATCHDOG=1"}
        assert told(wire) == "WATCHDOG=1"
        daemon.process.send_signal(signal.SIGHUP)
        while not (word := told(wire)).startswith("RELOADING=1"):
            assert word == "WATCHDOG=1"
        while (word := told(wire)) != "READY=1":
            assert word == "WATCHDOG=1"
        assert daemon.stop() == 0
        words = [told(wire)]
        while words[-1] != "STOPPING=1":
            assert len(words) < 100
            words.append(told(wire))
        assert set(words[:-1]) <= {"WATCHDOG=1"}


@pytest.mark.parametrize(("command", "arguments"), [("run", ("--role", "web")), ("worker", ())])
def test_the_parts_of_many_machines_tell_too(
    desk: Desk, postgres: Postgres, command: str, arguments: tuple[str, ...]
) -> None:
    """A worker and the pages alone say that they are ready, that they live, and that they stop."""
    address = str(desk.folder / "notify")
    with postgres.fresh() as url, listening(address) as wire:
        desk.furnish().set(NOTIFY_SOCKET=address, WATCHDOG_USEC=100_000, DATABASE_URL=url)
        with Daemon(desk.folder, *arguments, command=command) as process:
            heard = [told(wire)]
            while heard[-1] != "READY=1":
                heard.append(told(wire))
            assert told(wire) == "WATCHDOG=1"
            assert process.stop() == 0
            while heard[-1] != "STOPPING=1":
                assert len(heard) < 500
                heard.append(told(wire))
            assert set(heard) <= {"WATCHDOG=1", "READY=1", "STOPPING=1"}
