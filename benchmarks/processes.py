"""Other processes on this machine that a benchmark starts, watches and ends; never any it did not start."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
TWILIO = ("-m", "benchmarks.moody_twilio")
SENDGRID = ("-m", "benchmarks.quick_sendgrid")
MAIL_SERVER = ("tests/parts/fake_smtp.py",)


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """An environment of our own, so that nobody's real account is ever used, with data and schedules in `folder`."""
    ours = {
        "NUDGER_DATA": str(folder / "data"),
        "NUDGER_SCHEDULES": str(folder / "schedules"),
        "NUDGER_LOG_FORMAT": "json",
        "NUDGER_KEY": "a key for benchmarks alone",
    }
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(CHECKOUT)} | ours | settings


class Process:
    """A Python process in a folder of its own; what it says goes to a file beside it."""

    def __init__(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str], says: Path) -> None:
        """Start `python <arguments>`."""
        self._says = says
        with says.open("ab") as file:
            self._already_said = file.tell()
            self._process = subprocess.Popen(  # noqa: S603 (our own command)
                [sys.executable, *arguments], cwd=folder, env=dict(variables), stdout=file, stderr=file
            )
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def is_up(self, seconds: float = PATIENCE) -> bool:
        """Whether the daemon says within that time that it is running."""
        return wait_until(lambda: b'"running"' in self.said() or not self.alive, seconds, every=0.005) and self.alive

    def said(self) -> bytes:
        """What it has said so far."""
        with self._says.open("rb") as file:
            file.seek(self._already_said)
            return file.read()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop it where it stands (SIGSTOP), until it may go on."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on (SIGCONT)."""
        self._process.send_signal(signal.SIGCONT)

    def died_within(self, seconds: float) -> bool:
        """Whether it ended by itself within that time."""
        return wait_until(lambda: not self.alive, seconds, every=0.005)

    def end(self) -> int:
        """Ask it to stop, and its exit code; killed where it does not within a minute."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def resident(self) -> int:
        """Bytes of memory it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def processor_time(self) -> float:
        """Seconds of processor it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def nudger_run(folder: Path, variables: Mapping[str, str], *arguments: str) -> Iterator[Process]:
    """The daemon while the block runs; killed at its end if it still lives."""
    process = Process(["-m", "nudger", "run", *arguments], folder, variables, folder / "daemon.log")
    try:
        yield process
    finally:
        if process.alive:
            process.kill()


@contextmanager
def provider(*arguments: str, stand_in: Sequence[str] = TWILIO) -> Iterator[str]:
    """A stand-in for a provider in a process of its own, and its address on loopback."""
    with provider_and_pid(*arguments, stand_in=stand_in) as (address, _):
        yield address


@contextmanager
def provider_and_pid(*arguments: str, stand_in: Sequence[str] = TWILIO) -> Iterator[tuple[str, int]]:
    """A stand-in for a provider in a process of its own: its address on loopback, and its process id."""
    command = [sys.executable, *stand_in, *arguments]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)  # noqa: S603 (our own)
    assert process.stdout is not None
    try:
        heard, _, _ = select.select([process.stdout], [], [], PATIENCE)
        said = process.stdout.readline() if heard else ""
        assert said.startswith("listening on "), "the stand-in for the provider did not start"
        yield "http://" + said.removeprefix("listening on ").strip(), process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)
        process.stdout.close()


@contextmanager
def mistreated(log: Path, moody: float, seed: int, latency: float = 0.01) -> Iterator[str]:
    """The stand-in, so many seconds away and moody."""
    wishes = {"--log": log, "--latency": latency, "--moody": moody, "--seed": seed}
    with provider(*(str(part) for wish in wishes.items() for part in wish)) as address:
        yield address


def wait_until(condition: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Whether the condition came true within that time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
