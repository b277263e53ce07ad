"""Run every benchmark and write the table in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
START = "<!-- the table: written by make bench -->"
END = "<!-- end of the table -->"
QUICK = {
    "recording.py": ("--quick",),
    "idle.py": ("--quick",),
    "startup.py": ("--quick",),
    "journey.py": ("--quick",),
    "selenium_steps.py": ("--quick",),
    "learning.py": ("--quick",),
    "http_steps.py": ("--quick",),
    "jest.py": ("--quick",),
    "cucumber.py": ("--quick",),
    "load.py": ("--quick",),
    "resilience.py": ("--quick",),
    "chaos.py": ("--quick",),
    "collect.py": ("--quick",),
    "scheduling.py": ("--quick",),
    "flaky.py": ("--samples", "1"),
    "slower.py": ("--series", "300"),
    "store.py": ("--runs", "2", "--times", "1"),
    "history.py": ("--runs", "20", "--no-peers"),
    "release_pairs/run.py": ("--quick",),
}
SCRIPTS = tuple(QUICK)


def main() -> int:
    """Run all, in the order of the table; 1 when a claim was missed or a benchmark broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="show that every benchmark works; writes nothing")
    parser.add_argument(
        "--only", action="append", choices=SCRIPTS, help="run this one and keep the other rows of the table; may be given again"
    )
    options = parser.parse_args()
    finished = {script: _run(script, quick=options.quick) for script in options.only or SCRIPTS}
    if not options.quick:
        _write({script: rows for script, (rows, _) in finished.items()})
    failed = [script for script, (rows, is_well) in finished.items() if not rows or not is_well]
    for script in failed:
        print(f"missed or broken: {script}")
    return int(bool(failed))


def _run(script: str, *, quick: bool) -> tuple[list[str], bool]:
    """The rows of the table that a script gives, and whether it was content."""
    print(f"── {script} ──", flush=True)
    command = [sys.executable, str(HERE / script), *(QUICK[script] if quick else ())]
    finished = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    print(finished.stdout, flush=True)
    by = f"`{script}`, {_machine()}"
    rows = [f"{line.rstrip()} {by} |" for line in finished.stdout.splitlines() if line.startswith("| ")]
    return rows, finished.returncode == 0


def _write(rows_by_script: dict[str, list[str]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(START)
    old, tail = rest.split(END)
    rows = [row for script in SCRIPTS for row in (rows_by_script.get(script) or _rows_of(old, script))]
    table = ["", "", "| claim | must reach | measured | | by |", "|---|---|---|---|---|", *rows, "", ""]
    PAGE.write_text(head + START + "\n".join(table) + END + tail, encoding="utf-8")


def _rows_of(table: str, script: str) -> list[str]:
    return [line for line in table.splitlines() if f"`{script}`" in line]


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    parts = (f"Python {platform.python_version()}", f"pytest {version('pytest')}", f"pytest-maestro {version('pytest-maestro')}")
    return f"{day}, {platform.system()} {platform.machine()} with {os.cpu_count()} cores, " + ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
