"""JSON Schemas (draft 2020-12) of the files, for editors: completion, hover help and red lines while typing."""

from typing import Any

from nudger.files.outlines import WholeFile, WholePool
from nudger.files.slips import Sheet

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of the files in `schedules/`."""
    return _schema(WholeFile, "Nudger: couples and schedules")


def pool_schema() -> dict[str, Any]:
    """The schema of the files in `templates/pools/<locale>/`."""
    return _schema(WholePool, "Nudger: a pool of ideas and prompts")


def _schema(sheet: type[Sheet], title: str) -> dict[str, Any]:
    made = _tidy(sheet.model_json_schema())
    return {"$schema": DRAFT, **made, "title": title}


def _tidy(part: Any) -> Any:  # noqa: ANN401 (a JSON value)
    """Drop the titles pydantic makes of field names, and close mappings whose keys have a pattern."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    tidy = {key: _tidy(value) for key, value in part.items() if not (key == "title" and isinstance(value, str))}
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
        tidy.pop("propertyNames", None)
    return tidy
