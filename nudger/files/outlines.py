"""The top of each kind of file: which keys it has, before anybody looks inside its items."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from nudger.domain.themes import Theme
from nudger.files.couples import WrittenCouple
from nudger.files.pools import WrittenEntry
from nudger.files.schedules import WrittenSchedule
from nudger.files.slips import Sheet
from nudger.files.spellings import Key

Version = Annotated[Literal["1"], WithJsonSchema({"enum": [1, "1"]})]
VERSION: Any = Field("1", description="The version of this format.", examples=[1], json_schema_extra={"default": 1})
COUPLES = Field(None, description="Couples, each under a key of its own.", examples=[{}])
SCHEDULES = Field(None, description="Schedules, each under a key of its own.", examples=[{}])
THEME = Field(description="The theme of all entries in this file.", examples=["spontaneity"])
ENTRIES = Field(description="Ideas and prompts; their order is part of every draw.", examples=[[]])


class Outline(Sheet):
    """A file of couples and schedules; their insides are read one by one."""

    version: Version = VERSION
    couples: dict[Key, object] | None = COUPLES
    schedules: dict[Key, object] | None = SCHEDULES


class PoolOutline(Sheet):
    """A file of entries; their insides are read one by one."""

    version: Version = VERSION
    theme: Theme = THEME
    entries: list[object] = ENTRIES


class WholeFile(Sheet):
    """Couples and the schedules that reach them."""

    version: Version = VERSION
    couples: dict[Key, WrittenCouple] | None = COUPLES
    schedules: dict[Key, WrittenSchedule] | None = SCHEDULES


class WholePool(Sheet):
    """Ideas and prompts of one theme in one language."""

    version: Version = VERSION
    theme: Theme = THEME
    entries: list[WrittenEntry] = ENTRIES
