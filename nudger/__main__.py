"""`python -m nudger` and the `nudger` command."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    from nudger.cli.app import run  # noqa: PLC0415 (kept out of import time: `--help` has half a second)

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
