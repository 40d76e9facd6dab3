"""A newcomer's first evening, timed: an empty virtual environment and HOME outside the checkout, from wheel to demo.

python -m benchmarks.newcomer [PYTHON ...]     each interpreter named, or the one that runs this

Two minutes at most are allowed for everything after the wheel is there: the environment, every package by its hash,
init with flags, check, preview, one pass into the outbox, demo. Fails where a step fails or the time is over.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
#: Seconds for all steps together, and for any one of them.
ALLOWED, LONGEST = 120.0, 300.0
COUPLE = (
    *("--names", "Ana,Ben", "--zones", "Europe/Berlin,Europe/London"),
    *("--emails", "ana@example.com,ben@example.com", "--phones", "+447700900124,+447700900123"),
)


def main(pythons: list[str]) -> int:
    """0 where every interpreter made it in time."""
    with tempfile.TemporaryDirectory(prefix="nudger-newcomer-") as folder:
        wheel = build(Path(folder))
        return max(evening(Path(folder) / str(place), python, wheel) for place, python in enumerate(pythons))


def build(folder: Path) -> Path:
    """The wheel, as a release would have it."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run([*pip, "--wheel-dir", str(folder), str(CHECKOUT)], check=True, timeout=LONGEST)  # noqa: S603 (our own words)
    return next(folder.glob("*.whl"))


def evening(root: Path, python: str, wheel: Path) -> int:
    """One newcomer in a root of their own; 0 where all went well and in time."""
    root.mkdir()
    (root / "home").mkdir()
    bin_ = root / "venv" / "bin"
    pip = (str(bin_ / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    nudger = str(bin_ / "nudger")
    steps = (
        ("environment", root, (python, "-m", "venv", str(root / "venv"))),
        ("packages", root, (*pip, "--require-hashes", "-r", str(CHECKOUT / "deploy" / "requirements.lock"))),
        ("wheel", root, (*pip, "--no-deps", str(wheel))),
        ("init", root, (nudger, "init", "ours", *COUPLE)),
        ("check", root / "ours", (nudger, "check")),
        ("preview", root / "ours", (nudger, "preview", "--days", "7")),
        ("once", root / "ours", (nudger, "once")),
        ("demo", root / "ours", (nudger, "demo")),
    )
    total = sum(timed(name, folder, command, root / "home") for name, folder, command in steps)
    files = len(list((root / "ours" / "data" / "outbox").iterdir()))
    good = total <= ALLOWED and files > 0
    version = subprocess.check_output([python, "--version"], text=True).strip()  # noqa: S603 (the same)
    print(
        f"{version}: {total:.0f} s of {ALLOWED:.0f} s, {files} messages in the outbox: {'good' if good else 'NOT GOOD'}"
    )
    return 0 if good else 1


def timed(name: str, folder: Path, command: tuple[str, ...], home: Path) -> float:
    """Seconds that a step took; what it said is shown where it failed."""
    # Nothing of this machine's own but where programs are, and how pip is set up here.
    own = {key: value for key, value in os.environ.items() if key == "PATH" or key.startswith("PIP_")}
    began, before = time.monotonic(), cpu()
    done = subprocess.run(  # noqa: S603 (the same)
        command,
        cwd=folder,
        env={**own, "HOME": str(home), "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    took, worked = time.monotonic() - began, cpu() - before
    print(f"  {name:<12}{took:6.1f} s, {worked:5.1f} s of them at work", flush=True)
    if done.returncode:
        sys.exit(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return took


def cpu() -> float:
    """Seconds that processors gave to the steps so far: what they took on a machine that is busy with other things."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [sys.executable]))
