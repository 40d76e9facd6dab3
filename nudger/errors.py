"""Every error of ours that may reach a person, drawn as a tree.

NudgerError
├── ConfigurationError        exit 3: settings or YAML
│   └── InvalidFiles          one or more faults, each with its place
├── StorageError              exit 1: the database cannot be used
│   ├── NewerDatabase
│   └── AlreadyRunning
├── NotThere                  exit 1: no such couple, schedule, message
└── WrongUsage                exit 2: a command was given what it cannot take
"""

from typing import ClassVar


class NudgerError(Exception):
    """Something went wrong."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str | None = None, *, mend: str | None = None) -> None:
        """Say what is wrong; without a message the class's own docstring speaks. `mend` is the way out."""
        super().__init__(message or self.__doc__)
        self.mend = mend


class ConfigurationError(NudgerError):
    """The settings do not fit together."""

    exit_code = 3


class StorageError(NudgerError):
    """The database cannot be used."""


class NewerDatabase(StorageError):
    """The database was made by a newer Nudger."""


class AlreadyRunning(StorageError):
    """Another daemon is already at work on this database."""


class NotThere(NudgerError):
    """There is no such thing."""


class WrongUsage(NudgerError):
    """The command cannot take that."""

    exit_code = 2
