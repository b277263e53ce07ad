"""Run every benchmark and write the table in docs/benchmarks.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from paired import Claim

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
START = "<!-- the table: written by make bench -->"
END = "<!-- end of the table -->"
SCRIPTS = ("recording.py", "idle.py", "journey.py", "load.py", "collect.py", "store.py")


def main() -> int:
    """Run all, in the order of the table; 1 when a claim was missed or a benchmark broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="show that every benchmark works; writes nothing")
    parser.add_argument(
        "--only", action="append", choices=SCRIPTS, help="run this one and keep the other rows of the table; may be given again"
    )
    options = parser.parse_args()
    chosen = options.only or SCRIPTS
    claims = {script: _run(script, quick=options.quick) for script in chosen}
    if not options.quick:
        _write(claims)
    broken = [script for script, found in claims.items() if not found]
    missed = [claim.name for found in claims.values() for claim in found if not claim.is_met]
    for line in (*(f"broken: {script}" for script in broken), *(f"missed: {name}" for name in missed)):
        print(line)
    return int(bool(broken or (missed and not options.quick)))


def _run(script: str, *, quick: bool) -> list[Claim]:
    print(f"── {script} ──", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "claims.json"
        command = [sys.executable, str(HERE / script), "--json", str(target), *(["--quick"] if quick else [])]
        subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
        if not target.exists():
            return []
        return [Claim(**row) for row in json.loads(target.read_text(encoding="utf-8"))]


def _write(claims: dict[str, list[Claim]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(START)
    old, tail = rest.split(END)
    kept = {script: _rows_of(old, script) for script in SCRIPTS if not claims.get(script)}
    rows = [row for script in SCRIPTS for row in (kept.get(script) or _rows(script, claims.get(script, [])))]
    table = ["", "| claim | must reach | measured | met | | by |", "|---|---|---|---|---|---|", *rows, ""]
    PAGE.write_text(head + START + "\n".join(table) + END + tail, encoding="utf-8")


def _rows_of(table: str, script: str) -> list[str]:
    return [line for line in table.splitlines() if f"`{script}`" in line]


def _rows(script: str, claims: Sequence[Claim]) -> Iterator[str]:
    by = f"`{script}`, {_machine()}"
    for claim in claims:
        bound = "" if claim.bound is None else f"≤ {claim.bound:g} {claim.unit}".rstrip()
        met = "" if claim.bound is None else ("yes" if claim.is_met else "**no**")
        yield f"| {claim.name} | {bound} | {_figure(claim.measured)} {claim.unit} | {met} | {claim.detail} | {by} |"


def _figure(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _machine() -> str:
    day = datetime.now(UTC).date().isoformat()
    parts = (f"Python {platform.python_version()}", f"pytest {version('pytest')}", f"pytest-maestro {version('pytest-maestro')}")
    return f"{day}, {platform.system()} {platform.machine()} with {os.cpu_count()} cores, " + ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
