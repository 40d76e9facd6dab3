"""Imported by the process that warm lives are forked from: it has the YAML under EVIDENCE_FILES parsed already."""

import os
from functools import lru_cache
from pathlib import Path

from nudger.files import positions
from nudger.files.composing import compose

FILES = "EVIDENCE_FILES"

if FILES in os.environ:
    kept = lru_cache(compose)  # what is made of the nodes is made by each life
    positions.compose = kept  # type: ignore[attr-defined] # put in its place
    for file in Path(os.environ[FILES]).glob("*/**/*.yaml"):
        kept(file.read_text(encoding="utf-8"))
