"""The example shop on two workers: our scheduler, which knows the history, against xdist's own, wall clock."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from paired import Arm, Claim, measure, median_of, parse_options, publish, ratio

SHOP = Path(__file__).parent.parent / "examples" / "shop"
PEERS = ("load", "worksteal")
NEEDS = re.compile(r"^ +needs: .*\n", re.MULTILINE)


def main() -> int:
    """Each scheduler runs a copy of the shop, whose history it writes and, if it can, reads."""
    options = parse_options(__doc__ or "")
    with tempfile.TemporaryDirectory() as name:
        arms = [_arm(Path(name), "ours"), *(_arm(Path(name), peer, f"--dist={peer}") for peer in PEERS)]
        samples = measure(arms, rounds=options.rounds)
    ours = samples["ours"]
    claims = [
        Claim(
            name=f"Example shop, -n 2: wall, against xdist's {peer}",
            measured=ratio(ours, samples[peer], "wall_s"),
            unit="×",
            bound=1.0,
            detail=f"{median_of(ours, 'wall_s'):.2f} s and {median_of(samples[peer], 'wall_s'):.2f} s, suites' needs left out",
        )
        for peer in PEERS
    ]
    return publish(claims, options)


def _arm(folder: Path, name: str, *args: str) -> Arm:
    """A copy of the shop without its needs, which xdist's own schedulers cannot keep."""
    copy = folder / name
    shutil.copytree(SHOP, copy, ignore=shutil.ignore_patterns(".maestro", "__pycache__", ".pytest_cache"))
    for path in (copy / "qa.yaml", *(copy / "more").glob("*.yaml")):
        path.write_text(NEEDS.sub("", path.read_text(encoding="utf-8")), encoding="utf-8")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [sys.executable, "-m", "pytest", "qa.yaml", "-q", "-n", "2", *args]
    # One case of the shop fails on purpose.
    return Arm(name=name, command=command, cwd=copy, environ={"PATH": programs}, exit_status=1)


if __name__ == "__main__":
    sys.exit(main())
