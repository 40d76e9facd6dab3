"""Values that stand for something else: ${VAR}, ${VAR:-default} and ${file:/path}."""

import re
from collections.abc import Mapping
from pathlib import Path

from nudger.files.positions import Fill, Unfillable

PATTERN = re.compile(r"\$\{([^{}]*)\}")
VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
LARGEST_SECRET = 64 * 1024


def filler(variables: Mapping[str, str], folder: Path) -> Fill:
    """A function that replaces every ${...} in a text; `folder` is where a relative `file:` path starts.

    The function raises Unfillable for a variable that is not set and a file that cannot be read. What was filled in
    is never looked at again, so a secret may hold `${`.
    """

    def replacement(match: re.Match[str]) -> str:
        inside = match[1]
        if inside.startswith("file:"):
            return _from_file(folder / inside.removeprefix("file:").strip())
        return _from_variable(inside, variables)

    return lambda text: PATTERN.sub(replacement, text)


def _from_variable(inside: str, variables: Mapping[str, str]) -> str:
    found = VARIABLE.fullmatch(inside)
    if found is None:
        raise Unfillable("this ${...} is not understood", "write ${NAME}, ${NAME:-default} or ${file:/path}")
    name, default = found.groups()
    value = variables.get(name) or default
    if value is None:
        raise Unfillable(f"the variable {name} is not set", f"set it, or write ${{{name}:-a default}}")
    return value


def _from_file(path: Path) -> str:
    try:
        if not path.is_file():
            raise Unfillable("the file named here is not there", "check the path")
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST_SECRET).rstrip("\r\n")
    except (OSError, ValueError) as error:
        raise Unfillable("the file named here cannot be read", "check its path and permissions") from error
