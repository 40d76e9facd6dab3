"""`nudger init`: a folder to start from, and on the first evening the questions that fill it."""

import json
import os
from contextlib import chdir
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from nudger.cli.check import check
from nudger.cli.preview import preview
from nudger.cli.schema import SCHEDULES
from nudger.cli.session import begin
from nudger.cli.terminal import cannot_write, say
from nudger.cli.wizard import Flags, Questions, asked, from_flags, someone_is_there
from nudger.cli.wizard_answers import Answers
from nudger.cli.wizard_files import couples_text, lacking, schedules_text, settings_text
from nudger.files.schema import json_schema
from nudger.settings import EmailProvider, SmsProvider
from nudger.wiring import shipped

#: How far the preview at the end looks.
DAYS = 7


def init(
    folder: Annotated[Path, Parameter(help="Where to write it.")] = Path(),
    /,
    *,
    templates: Annotated[bool, Parameter(help="Copy the pools and layouts too, to change them.", negative="")] = False,
    yes: Annotated[bool, Parameter(help="Ask nothing: what no flag tells is the default.", negative="")] = False,
    names: Annotated[str | None, Parameter(help='The two, like "Ana,Ben".')] = None,
    key: Annotated[
        str | None, Parameter(help="The couple's key, like c-017; left out, all keys are made of the names.")
    ] = None,
    zones: Annotated[str | None, Parameter(help="Their time zones, or the one of both.")] = None,
    emails: Annotated[str | None, Parameter(help="Their email addresses; either may be empty.")] = None,
    phones: Annotated[str | None, Parameter(help="Their phone numbers with country code; either may be empty.")] = None,
    quiet: Annotated[str | None, Parameter(help="Quiet hours of both, like 20:30-09:00, or none.")] = None,
    sms: Annotated[SmsProvider | None, Parameter(help="Who carries texts.")] = None,
    email: Annotated[EmailProvider | None, Parameter(help="Who carries emails.")] = None,
    sender: Annotated[str | None, Parameter(help="Address that emails come from.")] = None,
    base_url: Annotated[str | None, Parameter(name="--base-url", help="Public web address, https://...")] = None,
    test_message_to: Annotated[
        str | None, Parameter(name="--test-message-to", help="Your own address or number, for one test message.")
    ] = None,
) -> int:
    """Write couples, schedules and a .env to start from; what is there already is left as it is.

    At a terminal it asks for what the flags do not tell; elsewhere, or with --yes, nothing is asked, and without any
    answer the sample couples are written. With answers the files are checked and the next week is shown. 2 where an
    answer cannot be used, 3 where the files have faults.
    """
    flags = Flags(names, zones, emails, phones, quiet, sms, email, sender, base_url, key)
    questions = Questions() if someone_is_there() and not yes else None
    new = not (folder / "schedules" / "couples.yaml").exists()
    answers = asked(questions, flags) if questions and new else from_flags(flags)
    _write_all(folder, answers, templates=templates)
    if questions or yes or flags.any or test_message_to:
        code = _try_out(folder, questions, test_message_to)
        if code:
            return code
        _tell_what_is_missing(answers)
    where = "" if folder == Path() else f"cd {folder} && "
    say(f"Next: {where}nudger check && nudger demo")
    return 0


def _write_all(folder: Path, answers: Answers, *, templates: bool) -> None:
    """Write what is not there yet: the answers where there are some, else the samples."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if answers.people:
            _write_new(folder / "schedules" / "couples.yaml", couples_text(answers.people, answers.quiet, answers.key))
            _write_new(folder / "schedules" / "schedules.yaml", schedules_text(answers.people))
        else:
            _copy_tree(shipped("schedules"), folder / "schedules")
        if templates:
            _copy_tree(shipped("templates"), folder / "templates")
        _write_new(folder / "schedules" / SCHEDULES, _schema_text())
        _write_new(folder / ".env", settings_text(_example(), answers), mode=0o600)
    except OSError as error:
        raise cannot_write(error) from error


def _try_out(folder: Path, questions: Questions | None, test_message_to: str | None) -> int:
    """Check the files, show the next week, and send the test message that is wished for."""
    with chdir(folder):  # where its settings and paths hold
        say()
        code = check()
        if code:
            return code
        preview(days=DAYS)
        if questions and test_message_to is None:
            test_message_to = questions.put("Your own address or number for one test message, or nothing", str.strip)
        if test_message_to:
            from nudger.cli.wizard_trial import send_test_message  # noqa: PLC0415 (most runs send none)

            send_test_message(begin(quiet=True), test_message_to)
    return 0


def _tell_what_is_missing(answers: Answers) -> None:
    for kind, provider in (("texts", answers.sms), ("emails", answers.email)):
        missing = lacking(provider, answers)
        if missing:
            say(f"Until .env has {', '.join(missing)}, {kind} go to the outbox; it says there which # to take away.")
            say("Then: nudger doctor")


def _schema_text() -> str:
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _example() -> str:
    packed = shipped("env.example")
    return (packed if packed.exists() else shipped(".env.example")).read_text(encoding="utf-8")


def _copy_tree(source: Path, target: Path) -> None:
    for path in sorted(source.rglob("*")):
        if path.is_file() and path.suffix != ".json":
            _write_new(target / path.relative_to(source), path.read_text(encoding="utf-8"))


def _write_new(path: Path, text: str, mode: int = 0o644) -> None:
    if path.exists():
        say(f"kept:    {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    say(f"written: {path}")
