"""Every check there is, one after the other, each timed; a list at the end says what passed."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MINIMUM_COVERAGE = 95
# A test that hangs must not eat the time of all others; the longest real one takes a tenth of this.
TEST_TIMEOUT_S = 180
# Twice the two cores that this is meant for, since tests wait for browsers and servers for a third of their time; and neighbours stay
# together, so that a module's browser starts once.
SPREAD = ("-n", "4", "--dist", "worksteal")
# What a developer has set for own runs would change those of the tests; only the browser is the machine's affair. Without bytecode,
# each of the hundreds of programs that tests start would compile the whole package anew.
LEFT_OUT = ("MAESTRO_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
KEPT = ("MAESTRO_BROWSER",)


class Check(NamedTuple):
    """One check: its name, and the arguments of each ``python -m`` that it consists of."""

    name: str
    commands: tuple[tuple[str, ...], ...]


CHECKS = (
    Check("ruff", (("ruff", "check", "."),)),
    Check("format", (("ruff", "format", "--check", "."),)),
    Check("mypy", (("mypy", "src", "tests/typing/api.py"),)),
    Check("layers", (("importlinter.cli", "lint"),)),
    Check(
        "tests",
        (
            ("coverage", "erase"),
            ("coverage", "run", "--source", "src", "-m", "maestro_fabric", "--version"),  # notes the files that nothing runs
            ("coverage", "run", "-m", "pytest", "tests", *SPREAD, "-p", "no:randomly", "--timeout", str(TEST_TIMEOUT_S)),
        ),
    ),
    Check("coverage", (("coverage", "combine", "--quiet"), ("coverage", "report", f"--fail-under={MINIMUM_COVERAGE}"))),
)


def main() -> int:
    """Run the chosen checks; 0 when all passed."""
    options = _parse_arguments()
    results = [(check, *_run(check, options.pytest_args)) for check in CHECKS if not options.only or check.name in options.only]
    print("\nCheck      Result   Seconds", flush=True)
    for check, passed, seconds in results:
        print(f"{check.name:<10} {'passed' if passed else 'FAILED':<8} {seconds:>7.1f}")
    return 0 if all(passed for _, passed, _ in results) else 1


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=[check.name for check in CHECKS], help="run this check; may be given again")
    parser.add_argument("pytest_args", nargs="*", help="further arguments of pytest, after --")
    return parser.parse_args()


def _run(check: Check, pytest_args: Sequence[str]) -> tuple[bool, float]:
    print(f"\n── {check.name} ──", flush=True)
    start = time.monotonic()
    passed = all(_run_module([*command, *(pytest_args if "pytest" in command else ())]) for command in check.commands)
    return passed, time.monotonic() - start


def _run_module(command: Sequence[str]) -> bool:
    environ = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(LEFT_OUT)}
    finished = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environ, check=False)  # noqa: S603 - our own lists above
    return finished.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
