"""Settings: what `.env.example` says is what the program reads, and secrets stay secret."""

import re
from pathlib import Path

import pytest

from nudger.errors import ConfigurationError
from nudger.settings import Settings, read_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the settings of the machine it runs on."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)


def test_example_names_every_setting_with_default_and_description() -> None:
    """`.env.example` holds exactly the settings of settings.py, each with its description and default."""
    written = re.findall(r"^# (.+)\n#([A-Z_]+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    expected = [
        (field.description, field.alias, "" if field.default is None else str(field.default))
        for field in Settings.model_fields.values()
    ]
    assert expected == written


def test_example_as_it_stands_is_valid(tmp_path: Path) -> None:
    """Copied unchanged, the example changes nothing."""
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    with_example = read_settings()
    (tmp_path / ".env").unlink()
    assert read_settings() == with_example


def test_secret_is_read_from_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """NAME_FILE gives the contents of a file as NAME, without the line break at its end."""
    (tmp_path / "token").write_text("s3cret\n", encoding="utf-8")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN_FILE", str(tmp_path / "token"))
    token = read_settings().twilio_auth_token
    assert token is not None
    assert token.get_secret_value() == "s3cret"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({"NUDGER_PORT": "99999"}, "NUDGER_PORT"),
        ({"NUDGER_SMS": "pigeon"}, "NUDGER_SMS"),
        ({"NUDGER_BASE_URL": "http://nudger.example.com"}, "https://"),
        ({"NUDGER_SMS": "twilio"}, "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN and TWILIO_MESSAGING_SERVICE_SID"),
        ({"NUDGER_EMAIL": "sendgrid"}, "SENDGRID_API_KEY"),
        ({"NUDGER_EMAIL": "smtp"}, "SMTP_URL"),
        ({"TWILIO_AUTH_TOKEN_FILE": "nowhere/token"}, "TWILIO_AUTH_TOKEN_FILE"),
        ({"NUDGER_KEY": "too short"}, "NUDGER_KEY"),
    ],
)
def test_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], told: str) -> None:
    """A setting that is wrong or missing is named, and the exit code is that of configuration errors."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as raised:
        read_settings()
    assert told in str(raised.value)
    assert raised.value.exit_code == 3


def test_wrong_secret_is_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error about a bad key does not hold the key."""
    monkeypatch.setenv("NUDGER_KEY", "hunter2")
    with pytest.raises(ConfigurationError) as raised:
        read_settings()
    assert "hunter2" not in str(raised.value)


def test_both_ways_of_giving_a_secret_at_once_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which of two secrets holds is never guessed."""
    (tmp_path / "key").write_text("0123456789abcdef", encoding="utf-8")
    monkeypatch.setenv("NUDGER_KEY", "fedcba9876543210")
    monkeypatch.setenv("NUDGER_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ConfigurationError, match="NUDGER_KEY and NUDGER_KEY_FILE are both set"):
        read_settings()
