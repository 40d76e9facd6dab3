"""The front door: help, usage, exit codes."""

import json
import subprocess
import sys

import pytest
from parts.desks import CHECKOUT, Desk

from nudger.cli.app import build, run

COMMANDS = (
    *("init", "demo", "check", "preview", "doctor", "run", "once", "status", "health", "forecast", "send", "schema"),
    *(
        "worker",
        "reload",
        "backup",
        "restore",
        "resume-sending",
        "couples list",
        "couples show",
        "couples pause",
        "couples resume",
        "couples import",
        "couples export",
        "couples erase",
        "consent record",
        "consent show",
    ),
    *("outbox list", "outbox show", "outbox retry", "db upgrade", "db current", "db move-to"),
    *("keys list", "keys rotate", "keys drop", "keys new"),
)
WITH_JSON = (
    *("check", "preview --days 2", "doctor --offline", "once", "status", "forecast --days 2", "couples list"),
    *("couples show ana-and-ben", "consent show ana-and-ben", "outbox list", "db current", "keys list"),
)
NOT_THERE = {
    "couples show eve": "no such couple",
    "couples pause eve": "no such couple",
    "couples resume eve": "no such couple",
    "couples export eve ana": "no such couple",
    "couples export ana-and-ben eve": "no such partner",
    "couples erase eve ana --yes": "no such couple",
    "consent show eve": "no such couple",
    "consent record eve ana --channel sms --evidence x": "no such couple",
    "consent record ana-and-ben eve --channel sms --evidence x": "no such partner",
    "outbox show 4711": "no message 4711",
    "outbox retry 4711": "no message 4711",
    "send eve texts": "no such couple",
    "send ana-and-ben songs": "not in such a schedule",
    "send ana-and-ben texts --to eve": "no such partner",
}
#: Sections of docs/commands.md that name keys by way of others.
REFERS_TO = {"outbox list": ("preview",), "outbox show": ("outbox list", "preview"), "couples show": ("couples list",)}


def commands() -> list[str]:
    """Every command there is, as it is typed."""
    app, found = build(), []
    for name in app:
        if name.startswith("-"):
            continue
        inner = [part for part in app[name] if not part.startswith("-")]
        found += [f"{name} {part}" for part in inner] or [name]
    return found


def test_these_are_all_commands() -> None:
    """The tests here know every command."""
    assert sorted(commands()) == sorted(COMMANDS)


@pytest.mark.parametrize("command", ["", *COMMANDS, "couples", "consent", "outbox", "db", "keys"])
def test_every_command_helps(desk: Desk, command: str) -> None:
    """Every command tells what it is for and how it is used, with exit code 0."""
    said = desk.nudger(*command.split(), "--help")
    assert (said.code, said.err) == (0, "")
    usage, _, purpose = said.out.partition("\n\n")
    assert usage.startswith(f"Usage: nudger {command}".rstrip())
    assert purpose[0].isupper()
    assert "." in purpose.partition("\n\n")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_has_a_help_text(command: str) -> None:
    """No option or argument is listed without a word about it."""
    app = build()
    for part in command.split():
        app = app[part]
    described = [argument for argument in app.assemble_argument_collection() if argument.parameter.help]
    assert len(described) == len(list(app.assemble_argument_collection()))


def test_help_is_light() -> None:
    """The help loads neither a provider's library nor the database's."""
    heavy = "[name for name in ('twilio', 'sendgrid', 'sqlalchemy', 'apscheduler', 'jinja2') if name in sys.modules]"
    program = f"import sys; from nudger.cli.app import run; run(['--help']); sys.exit(repr({heavy}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert done.stderr.strip() == "[]"
    assert "Usage: nudger COMMAND" in done.stdout


@pytest.mark.parametrize(
    ("line", "complaint", "usage"),
    [
        ("banana", 'Unknown command "banana"', "nudger --help"),
        ("check --banana", "Unknown option: --banana", "nudger check --help"),
        ("couples show", "requires an argument", "nudger couples show --help"),
        ("preview --days soon", 'unable to convert "soon"', "nudger preview --help"),
        ("preview --days 0", "Must be >= 1", "nudger preview --help"),
        ("outbox list --state lost", "assumed_sent", "nudger outbox list --help"),
        ("outbox list --limit 0", "Must be >= 1", "nudger outbox list --help"),
        ("preview --at yesterday", "'yesterday' is not a moment", "2026-12-24"),
        ("preview --at 9999-12-31T23:59:59-05:00", "beyond the calendar", "2026-12-24"),
        ("couples pause ana-and-ben --until 2001-01-01", "in the past", "nudger couples resume"),
        ("couples import", "no file to import", "--example"),
        ("consent record a b --evidence x", "one thing at a time", "--channel or --theme"),
        ("consent record a b --evidence x --theme growth --channel sms", "one thing at a time", "--channel or --theme"),
    ],
)
def test_wrong_usage(desk: Desk, line: str, complaint: str, usage: str) -> None:
    """What cannot be meant ends with 2 and two lines on standard error: what is wrong, and where to read on."""
    said = desk.nudger(*line.split())
    assert (said.code, said.out) == (2, "")
    assert complaint in said.err
    assert usage in said.err
    assert len(said.err.splitlines()) == 2


def test_values_are_spelt_as_in_the_files(desk: Desk) -> None:
    """A theme is written on the command line as it is in YAML."""
    desk.furnish().nudger("once")
    said = desk.nudger("consent", "record", "ana-and-ben", "ana", "--theme", "quality_time", "--evidence", "a letter")
    assert (said.code, said.out) == (0, "recorded: ana-and-ben ana quality_time granted\n")


def test_json_is_an_array_of_objects(desk: Desk) -> None:
    """With --json every command writes an array of objects and nothing else."""
    desk.furnish().nudger("once")
    for command in WITH_JSON:
        said = desk.nudger(*command.split(), "--json")
        assert said.err == "", command
        assert isinstance(said.json, list), command
        assert all(isinstance(one, dict) for one in said.json), command
        assert json.dumps(said.json, indent=2, ensure_ascii=False) + "\n" == said.out


def test_who_is_not_there(desk: Desk) -> None:
    """What does not exist ends with 1, what is missing and a way on."""
    desk.furnish().nudger("once", "--at", "2026-11-23")
    for line, complaint in NOT_THERE.items():
        said = desk.nudger(*line.split())
        assert (line, said.code, said.out) == (line, 1, "")
        assert complaint in said.err
        assert "mend: " in said.err


def test_a_reader_that_leaves(desk: Desk) -> None:
    """Output into a pipe that closes early is no error."""
    desk.use_sample()
    line = f"{sys.executable} -m nudger schema | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=20, check=False)  # noqa: S607 (sh)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_the_door_is_its_module(capsys: pytest.CaptureFixture[str]) -> None:
    """--version tells the version alone."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == "0.1.0\n"


def test_the_commands_are_documented() -> None:
    """docs/commands.md has a heading for each command, and for nothing else."""
    page = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("### nudger ") for line in page.splitlines() if line.startswith("### ")]
    assert sorted(headings) == sorted(COMMANDS)


def test_every_key_is_documented(desk: Desk) -> None:
    """Each key that a command writes with --json stands in its section of docs/commands.md, or in that it refers to."""
    desk.furnish().nudger("once")
    desk.nudger("send", "ana-and-ben", "texts", "--now")
    page = (CHECKOUT / "docs" / "commands.md").read_text(encoding="utf-8")
    sections = {section.split("\n")[0]: section for section in page.split("\n### nudger ")[1:]}
    for command in (*WITH_JSON, "outbox show 1"):
        name = next(name for name in sections if command.startswith(name))
        text = "".join(sections[part] for part in (name, *REFERS_TO.get(name, ())))
        keys = {key for one in desk.nudger(*command.split(), "--json").json for key in one}
        assert keys or command == "check"
        assert not [key for key in keys if f"`{key}`" not in text], command
