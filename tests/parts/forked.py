"""Processes of `nudger` that need not import it first: forked from one that has, so each starts a second sooner."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: What a daemon or a worker would import; none of it reads settings or starts threads at import.
HEAVY = (
    "nudger.cli.app",
    "nudger.cli.run",
    "nudger.cli.worker",
    "nudger.runtime.cluster",
    "nudger.channels.sendgrid",
    "nudger.channels.smtp",
    "nudger.channels.twilio",
    "twilio.rest.api.v2010",
    "nudger.web.app",
)

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(HEAVY))


def import_also(*modules: str) -> None:
    """Have the process that others are forked from import these too; before the first is."""
    _forks.set_forkserver_preload([*HEAVY, *modules])


class Forked:
    """`nudger <arguments>` in a process of its own, with the few verbs of `subprocess.Popen` that a test needs."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, log: Path, variables: Mapping[str, str] | None = None
    ) -> None:
        """Start it in a folder, with these variables or else this process's own; what it says goes to the log."""
        environment = dict(os.environ if variables is None else variables)
        self._process = _forks.Process(target=_live, args=(list(arguments), folder, environment, log))
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code once it has ended; TimeoutExpired where it does not within that time."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("nudger", seconds or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()


def _live(arguments: list[str], folder: Path, variables: Mapping[str, str], log: Path) -> None:
    """What the new process does: become the command, as `python -m nudger` would."""
    from nudger.cli.app import run  # noqa: PLC0415 (it is there already, in the process this one is forked from)

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.exit(run(arguments))
