"""Imported by the process that warm lives are forked from: it has the YAML under EVIDENCE_FILES parsed already."""

import os
from functools import lru_cache
from pathlib import Path

from nudger.files import positions

FILES = "EVIDENCE_FILES"

if FILES in os.environ:
    positions.compose = lru_cache(positions.compose)  # what is made of the nodes is made by each life
    for file in Path(os.environ[FILES]).glob("*/**/*.yaml"):
        positions.compose(file.read_text(encoding="utf-8"))
