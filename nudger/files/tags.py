"""The vocabulary of tags: the words that entries may carry and couples may avoid."""

from pathlib import Path

from pydantic import Field

from nudger.files.loaded import Loaded
from nudger.files.outlines import VERSION, Version
from nudger.files.reading import read_file
from nudger.files.slips import Sheet, read
from nudger.files.spellings import Line, Tag


class Vocabulary(Sheet):
    """Every tag there is, and what an entry with it asks for or is about."""

    version: Version = VERSION
    tags: dict[Tag, Line] = Field(
        description="Words, each with a sentence about it.",
        examples=[{"crowds": "Leads to places where many people are."}],
        min_length=1,
    )


def load_tags(path: Path) -> Loaded:
    """Read the vocabulary; where it has faults it holds no tags, so that nothing is measured against half of it."""
    document = read_file(path)
    sheet = read(Vocabulary, document, ()) if document.whole else None
    tags = sheet.tags if sheet and not document.faults else {}
    return Loaded(faults=tuple(sorted(document.faults)), tags=tags)
