"""The arguments of every command, as `--help` knows them."""

import re

from cyclopts import App
from cyclopts.argument import Argument

from nudger.cli.app import build
from reference.tables import code, table

SECTION = re.compile(r"^### nudger (?P<name>[\w -]+)\n.*?(?=^##|\Z)", flags=re.MULTILINE | re.DOTALL)
HEAD = ("argument", "default", "about")


def with_arguments(page: str) -> str:
    """The page of commands with a table of arguments at the end of each command's section."""
    app = build()
    return SECTION.sub(lambda section: section[0] + _arguments(_command(app, section["name"])), page)


def _command(app: App, name: str) -> App:
    for word in name.split():
        app = app[word]
    return app


def _arguments(command: App) -> str:
    rows = [_row(argument) for argument in command.assemble_argument_collection() if argument.show]
    return table(HEAD, rows) + "\n\n" if rows else ""


def _row(argument: Argument) -> tuple[str, str, str]:
    default = argument.field_info.default
    told = default if isinstance(default, str | int) and not isinstance(default, bool) else None
    about = argument.parameter.help or ""
    return code(_name(argument)), code(told), f"{about} Required." if argument.required else about


def _name(argument: Argument) -> str:
    return next((name for name in argument.names if name.startswith("--")), argument.names[0])
