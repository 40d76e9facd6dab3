"""The wheel: everything that an installed Nudger needs beside its code is inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built as a release would have it, and with nothing fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    said = subprocess.run(
        [*pip, "--wheel-dir", str(folder), str(CHECKOUT)], capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stderr
    return zipfile.ZipFile(next(folder.glob("nudger-*.whl")))


@pytest.mark.parametrize("folder", ["templates", "schedules"])
def test_what_partners_and_operators_read_is_inside(wheel: zipfile.ZipFile, folder: str) -> None:
    """Every template and every sample schedule, to the letter."""
    files = [path for path in (CHECKOUT / folder).rglob("*") if path.is_file() and path.suffix != ".json"]
    assert len(files) >= 2
    for path in files:
        assert wheel.read(f"nudger/shipped/{path.relative_to(CHECKOUT)}") == path.read_bytes()


def test_the_settings_are_inside(wheel: zipfile.ZipFile) -> None:
    """The commented example that init copies."""
    assert wheel.read("nudger/shipped/env.example") == (CHECKOUT / ".env.example").read_bytes()


def test_the_code_is_inside(wheel: zipfile.ZipFile) -> None:
    """Every file of the package, the migrations and the lists of words too, and no test."""
    ours = {path for path in (CHECKOUT / "nudger").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    names = set(wheel.namelist())
    assert {str(path.relative_to(CHECKOUT)) for path in ours} <= names
    assert any(name.startswith("nudger/storage/migrations/versions/0001_") for name in names)
    assert not [name for name in names if "test" in name.lower() or name.endswith((".db", ".key", ".env"))]


def test_the_command_is_there(wheel: zipfile.ZipFile) -> None:
    """Installed, it is called nudger."""
    [entry] = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "nudger = nudger.__main__:main" in wheel.read(entry).decode()


@pytest.mark.long
def test_a_first_evening_with_nothing_but_the_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    """Unpacked far from the checkout, with a HOME of its own: init with flags, check, preview, once to the outbox.

    `make newcomer` does the same in an empty environment, with every package installed from the lock.
    """
    wheel.extractall(tmp_path / "installed")
    (tmp_path / "home").mkdir()
    surroundings = {"PYTHONPATH": str(tmp_path / "installed"), "HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"}

    def nudger(folder: Path, *arguments: str) -> str:
        """A command, with the program of the wheel."""
        said = subprocess.run(
            [sys.executable, "-m", "nudger", *arguments],
            cwd=folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert said.returncode == 0, said.stderr
        return said.stdout

    people = ("--names", "Ana,Ben", "--zones", "Europe/Berlin", "--emails", "ana@example.com,ben@example.com")
    said = nudger(tmp_path, "init", "ours", *people)
    assert "Next: cd ours && nudger check && nudger demo" in said
    ours = tmp_path / "ours"
    assert (ours / ".env").stat().st_mode & 0o777 == 0o600
    nudger(ours, "once")
    assert (ours / "data" / "nudger.db").exists()
    assert not list((tmp_path / "home").iterdir())
