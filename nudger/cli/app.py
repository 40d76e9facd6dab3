"""The command line: every command by name, each loaded only when it is used.

Exit codes: 0 all is well, 1 problems, 2 wrong usage, 3 wrong configuration, 130 interrupted.
"""

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from cyclopts import App, CycloptsError, Group, Parameter

from nudger.errors import NudgerError

OK, PROBLEMS, USAGE, CONFIGURATION, INTERRUPTED = 0, 1, 2, 3, 130

START, DAILY, PEOPLE, UPKEEP = (
    Group(title, sort_key=place) for place, title in enumerate(("Start here", "Run", "People and messages", "Upkeep"))
)

#: Each plain command: name, place, what the list of commands says of it, and what its own help adds.
COMMANDS = (
    (
        "init",
        START,
        "Write a sample folder to start from.",
        "What is there already is left as it is.",
    ),
    (
        "demo",
        START,
        "Play some weeks of your couples into the outbox, in seconds.",
        "Only the clock and the providers are not real: nobody is reached, messages become files in the data folder.",
    ),
    (
        "check",
        START,
        "Check every couple, schedule and pool; name each fault with its place.",
        "A fault comes with file, line, column and, where there is one, its mend. Exit code 3 if there are any.",
    ),
    (
        "preview",
        START,
        "Show what will be sent, when, to whom and why.",
        "Nothing is sent or written. The daemon will choose the same moments and the same words.",
    ),
    (
        "doctor",
        START,
        "Look for trouble in settings, keys, database, folders and providers.",
        "Each finding is ok, a warning or bad, with its mend. Exit code 1 if one is bad.",
    ),
    (
        "run",
        DAILY,
        "Run the daemon until it is told to stop.",
        "SIGTERM or Ctrl-C lets it finish what is in flight; then it leaves with 0.",
    ),
    (
        "worker",
        DAILY,
        "Do what schedulers give out: one of many workers on PostgreSQL.",
        "Beside any number of `nudger run --role scheduler`. SIGTERM or Ctrl-C lets it finish what is in hand.",
    ),
    (
        "reload",
        DAILY,
        "Have the running daemon read the files again, now.",
        "It does so by itself when they change. What has a fault keeps its last good version: see `nudger status`.",
    ),
    (
        "once",
        DAILY,
        "Do one full pass: sync, plan, dispatch, reconcile.",
        "For cron jobs, and for trying things out.",
    ),
    (
        "status",
        DAILY,
        "Tell how things stand.",
        "Whether the daemon is at work, what is waiting, and what became of the last seven days' messages.",
    ),
    (
        "health",
        DAILY,
        "Tell by the exit code alone whether the daemon lives.",
        "0 where the database answers and a daemon left a sign of life within three minutes, else 1.",
    ),
    (
        "forecast",
        DAILY,
        "Tell how long the pools will last for each couple, and what is scarce.",
        "Nothing is sent or written.",
    ),
    (
        "send",
        PEOPLE,
        "Send one nudge of a schedule to a couple now.",
        "Consent, pauses, quiet hours and budgets hold as ever: `nudger outbox list` tells what became of it.",
    ),
    (
        "backup",
        UPKEEP,
        "Make a backup of everything but the keys, also while the daemon works.",
        "Into NUDGER_BACKUP_DIR; with NUDGER_BACKUP_PASSPHRASE it is encrypted. NUDGER_BACKUP_AT makes one each day.",
    ),
    (
        "restore",
        UPKEEP,
        "Bring a backup back, without what people have taken back since.",
        "What fell due since the backup is skipped, and nothing is sent until `nudger resume-sending`.",
    ),
    (
        "schema",
        UPKEEP,
        "Write JSON Schemas for your editor.",
        "Draft 2020-12, as yaml-language-server understands it.",
    ),
)


def build() -> App:
    """The application with all its commands."""
    app = App(
        name="nudger",
        help="Sends couples small, well-timed nudges by text and email. `nudger demo` shows it all, with no account.",
        version=version("nudger"),
        help_epilogue="Settings: see .env.example. Exit codes: 0 ok, 1 problems, 2 usage, 3 configuration.",
        default_parameter=Parameter(negative=(), name_transform=str.lower),
    )
    for name, group, summary, more in COMMANDS:
        app.command(f"nudger.cli.{name}:{name}", name=name, help=f"{summary}\n\n{more}", group=group)
    app.command(
        "nudger.cli.restore:resume_sending",
        name="resume-sending",
        help="End the hold that a restore has put on all sending.\n\nLook at status and preview first.",
        group=UPKEEP,
    )
    app.command(_couples())
    app.command(_consent())
    app.command(_outbox())
    app.command(_db())
    app.command(_keys())
    return app


def _couples() -> App:
    group = App(
        name="couples",
        help="List, show, pause and import couples; export and erase what is kept of people.",
        group=PEOPLE,
    )
    group.command("nudger.cli.couples:list_couples", name="list", help="List all couples.")
    group.command("nudger.cli.couples:show", name="show", help="Show one couple and what is planned for it.")
    group.command("nudger.cli.couples:pause", name="pause", help="Send a couple nothing for a while.")
    group.command("nudger.cli.couples:resume", name="resume", help="End a couple's pause.")
    group.command(
        "nudger.cli.couples_import:import_couples", name="import", help="Bring couples in from a spreadsheet (CSV)."
    )
    group.command("nudger.cli.people:export", name="export", help="Write everything kept of one partner, as JSON.")
    group.command("nudger.cli.people:erase", name="erase", help="Forget one partner, or a whole couple, for good.")
    return group


def _consent() -> App:
    group = App(name="consent", help="Record and show who said yes to what.", group=PEOPLE)
    group.command("nudger.cli.consent:record", name="record", help="Record a yes or a withdrawal, with its evidence.")
    group.command("nudger.cli.consent:show", name="show", help="Show a couple's consent, with its history.")
    return group


def _outbox() -> App:
    group = App(name="outbox", help="List, show and retry messages.", group=PEOPLE)
    group.command("nudger.cli.outbox:list_messages", name="list", help="List messages and what became of them.")
    group.command("nudger.cli.outbox:show", name="show", help="Show one message, its words and its life.")
    group.command("nudger.cli.outbox:retry", name="retry", help="Give a failed message another try.")
    return group


def _db() -> App:
    group = App(name="db", help="Upgrade the database, tell its revision, or move it.", group=UPKEEP)
    group.command("nudger.cli.db:upgrade", name="upgrade", help="Bring the database to this program's revision.")
    group.command("nudger.cli.db:current", name="current", help="Tell the database's revision and this program's.")
    group.command("nudger.cli.db:move_to", name="move-to", help="Copy everything to PostgreSQL, compared row by row.")
    return group


def _keys() -> App:
    group = App(name="keys", help="List, rotate and drop the keys that seal people's data.", group=UPKEEP)
    group.command("nudger.cli.keys:list_keys", name="list", help="List the keys, and what each has sealed.")
    group.command("nudger.cli.keys:rotate", name="rotate", help="Seal everything with a new key, while all goes on.")
    group.command("nudger.cli.keys:drop", name="drop", help="Throw away a key that nothing is sealed with any more.")
    group.command("nudger.cli.keys:new", name="new", help="Write new keys to standard output, for a setting.")
    return group


def run(arguments: Sequence[str]) -> int:
    """Run one command; its exit code. Errors a person can act on are told in words, never as a traceback."""
    app = build()
    try:
        code = app(list(arguments), exit_on_error=False, print_error=False, result_action="return_value", verbose=False)
    except CycloptsError as error:
        return _tell_usage(error)
    except NudgerError as error:
        return _tell(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as in `nudger outbox list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code if isinstance(code, int) else OK


def _tell_usage(error: CycloptsError) -> int:
    command = " ".join(("nudger", *(error.command_chain or ())))
    sys.stderr.write(f"error: {error}\n  usage: {command} --help\n")
    return USAGE


def _tell(error: NudgerError) -> int:
    sys.stderr.write(f"error: {error}\n")
    if error.mend:
        sys.stderr.write(f"  mend: {error.mend}\n")
    return error.exit_code
