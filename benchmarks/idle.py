"""What the installed plugin costs a pytest that does not use it: modules imported, and instructions counted by callgrind."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path

from paired import WITH_BYTECODE, Claim, Options, parse_options, publish

NO_TESTS = 5
SCENARIOS = {"pytest --version": (("--version",), 0), "collection of an empty folder": (("--collect-only", "-q"), NO_TESTS)}
# Both arms look through the installed plugins as pytest always does; other plugins are kept out of both, ours out of one.
OTHERS = tuple(f"-pno:{entry.name}" for entry in entry_points(group="pytest11") if entry.name != "maestro")
WITHOUT = "-pno:maestro"
STEADY = {"PYTHONHASHSEED": "0", **WITH_BYTECODE}
LIST_MODULES = """
import sys, pytest
pytest.main(["--collect-only", "-q", *sys.argv[1:]])
print("MODULES", *sorted(name for name in sys.modules if name.split(".")[0] == "maestro_fabric"))
"""


def main() -> int:
    """Count modules, then instructions where valgrind is there."""
    options = parse_options(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        claims = [_count_modules(folder)]
        if shutil.which("valgrind") is None:
            print("valgrind is not installed (apt-get install valgrind): instructions are not counted")
        else:
            claims += [_count_instructions(title, *scenario, folder, options) for title, scenario in SCENARIOS.items()]
    return publish(claims, options)


def _count_modules(folder: Path) -> Claim:
    finished = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *OTHERS], cwd=folder, env={**os.environ, **STEADY}, capture_output=True, text=True, check=True
    )
    modules = next(line for line in finished.stdout.splitlines() if line.startswith("MODULES")).split()[1:]
    return Claim(name="plugin idle: modules of maestro_fabric imported", measured=len(modules), unit="", bound=0, detail=" ".join(modules))


def _count_instructions(title: str, arguments: Sequence[str], exit_status: int, folder: Path, options: Options) -> Claim:
    # Counts wander by some thousandths, since addresses decide the order in a few hash tables.
    ratios = []
    plain = 0
    for number in range(options.rounds):
        plain = _instructions((WITHOUT, *arguments), exit_status, folder)
        ratios.append(_instructions(arguments, exit_status, folder) / plain)
        print(f"  {title}: round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    more = (statistics.median(ratios) - 1) * 100
    return Claim(name=f"plugin idle: instructions of {title}", measured=more, unit="% more", bound=1.0, detail=f"plain {plain / 1e6:.0f} M")


def _instructions(arguments: Sequence[str], exit_status: int, folder: Path) -> int:
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-m", "pytest", *OTHERS, *arguments]
    finished = subprocess.run(command, cwd=folder, env={**os.environ, **STEADY}, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", finished.stderr)
    if finished.returncode != exit_status or collected is None:
        raise SystemExit(f"{' '.join(command)}: exit status {finished.returncode}\n{finished.stdout}{finished.stderr}")
    return int(collected[1])


if __name__ == "__main__":
    sys.exit(main())
