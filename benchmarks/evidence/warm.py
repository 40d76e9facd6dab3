"""Lives that begin two seconds sooner: forked from a process that has imported the service and parsed its files."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.evidence.preread import FILES
from benchmarks.processes import Process

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from parts.forked import Forked, import_also

import_also("benchmarks.evidence.__main__", "benchmarks.evidence.preread")


class Warm(Process):
    """`nudger <arguments>`: all but its imports and the parsing of YAML it does by itself."""

    def __init__(self, arguments: Sequence[str], folder: Path, variables: Mapping[str, str], says: Path) -> None:
        """Start it. The files parsed are those of the first folder in which one is started."""
        os.environ.setdefault(FILES, str(folder))
        says.touch()
        self._says, self._already_said = says, 0
        self._process = Forked(arguments, folder, says, variables)  # type: ignore[assignment] # the same verbs
        self.pid = self._process.pid
