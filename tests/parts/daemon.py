"""A real `nudger run` or `nudger worker` in its own process: started, listened to, stopped, never left behind."""

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parts.forked import Forked

#: Seconds a daemon may take for anything at all, on a machine that is busy with other tests.
PATIENCE = 60.0


def wait_for(so: Callable[[], bool], what: str) -> None:
    """Look every hundredth of a second whether something is so; AssertionError where it never is."""
    deadline = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


class Daemon:
    """The daemon of a folder, with the settings of this process's environment as it is at the start."""

    def __init__(self, folder: Path, *arguments: str, command: str = "run") -> None:
        """Its log goes to a file in the folder, one file for each start."""
        self._folder = folder
        self._arguments = [command, *arguments]
        self._log = folder / f"daemon-{len(list(folder.glob('daemon-*.log')))}.log"
        self._process: Forked | None = None

    def __enter__(self) -> Self:
        self._log.touch()
        self._process = Forked(self._arguments, self._folder, self._log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)

    @property
    def process(self) -> Forked:
        """The process, running or not."""
        assert self._process is not None
        return self._process

    @property
    def log(self) -> str:
        """Everything it wrote."""
        return self._log.read_text(encoding="utf-8")

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its log, line by line."""
        return [json.loads(line) for line in self.log.splitlines(keepends=True) if line.endswith("\n")]

    def told(self, event: str) -> bool:
        """Whether it logged such an event."""
        return any(one["event"] == event for one in self.events)

    def wait_for(self, event: str) -> Self:
        """Wait until it logs such an event; AssertionError where it ends before, or never does."""

        def so() -> bool:
            if self.told(event):
                return True
            assert self.process.poll() is None, self.log
            return False

        wait_for(so, f"{event} in {self._log}")
        return self

    def freeze(self) -> None:
        """SIGSTOP: it does nothing at all, and knows nothing of it."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """SIGKILL, in the midst of whatever it does."""
        self.process.kill()
        self.process.wait(PATIENCE)
