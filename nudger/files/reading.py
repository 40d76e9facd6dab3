"""One file or folder from the disk: what cannot be read becomes a fault, never an exception."""

from pathlib import Path

from nudger.files.documents import Document
from nudger.files.faults import Fault, Place
from nudger.files.positions import Fill, parse

LARGEST = 1_000_000
SUFFIXES = (".yaml", ".yml")
NOT_A_FILE = ("this is not a file", "rename it so that it does not end in .yaml")
NOT_THERE = ("there is no such file", "check its path")


class Unreadable(Exception):
    """A file or folder cannot be read at all."""

    def __init__(self, message: str, mend: str) -> None:
        """Say why, and what would help."""
        super().__init__(message)
        self.message = message
        self.mend = mend


def read_file(path: Path, fill: Fill | None = None) -> Document:
    """A YAML file as a document; where it cannot be read the document says why and is not whole."""
    try:
        text = read_text(path, LARGEST)
    except Unreadable as reason:
        document = Document(path)
        return document.refuse(Fault(Place(path, 1, 1), reason.message, reason.mend))
    document = parse(path, text, fill)
    if document.whole and document.data is None:
        return document.refuse(Fault(Place(path, 1, 1), "this file is empty", "write something in it, or remove it"))
    return document


def files_in(folder: Path) -> list[Path]:
    """The YAML files of a folder, sorted by name; Unreadable where there are none."""
    try:
        found = [path for path in folder.iterdir() if path.suffix in SUFFIXES and not path.name.startswith(".")]
    except FileNotFoundError:
        raise Unreadable("there is no such folder", "run `nudger init` to make it with samples") from None
    except NotADirectoryError:
        raise Unreadable("this is a file, and a folder is needed", "run `nudger init` in an empty folder") from None
    except OSError:
        raise Unreadable("this folder cannot be read", "check its permissions") from None
    if not found:
        raise Unreadable("there is no .yaml file in this folder", "run `nudger init` to write samples into it")
    return sorted(found, key=lambda path: path.name)


def read_text(path: Path, largest: int) -> str:
    """A file's UTF-8 text, with or without its mark at the start; Unreadable, too, where it has more bytes."""
    try:
        if not path.is_file():  # a pipe, for one, would block
            raise Unreadable(*(NOT_A_FILE if path.exists() else NOT_THERE))
        with path.open("rb") as file:
            content = file.read(largest + 1)
    except OSError:
        raise Unreadable("this file cannot be read", "check its permissions") from None
    if len(content) > largest:
        raise Unreadable(f"this file is larger than {largest // 1_000_000} MB", "split it in two")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line} is not UTF-8 text", "save the file as UTF-8") from None
