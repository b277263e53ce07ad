"""A suite of a Node framework through `maestro run` and through pytest, against the framework alone."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from paired import Arm, Claim, Options, Sample, measure, median_of, ratio

__all__ = ["NodeSuite", "compare"]

PACKAGES = Path(__file__).resolve().parent.parent / "tests" / "node" / "node_modules"
OURS = MAESTRO, PYTEST = "maestro run", "pytest --maestro-config"
# What a step takes that asks a local server, or a test that renders a component.
PAUSE_MS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSuite:
    """What is measured.

    Attributes:
        framework: Its name.
        alone: Its command; what the table calls it, too.
        yaml: The file of ours.
        write: Writes the suite's files into a folder; told how long each test or step pauses, in milliseconds.
        what: How many tests of what kind those are, for the table.
        unit: What pauses.
    """

    framework: str
    alone: str
    yaml: str
    write: Callable[[Path, int], None]
    what: str
    unit: str


def compare(suite: NodeSuite, options: Options, *, shows_fixed: bool) -> list[Claim]:
    """Run a suite whose tests take some time, and one whose tests take none, which shows the cost of starting."""
    if not PACKAGES.is_dir() or shutil.which("npx") is None:
        raise SystemExit(f"{suite.framework} is not installed: install Node 20 or newer and run `npm ci --prefix tests/node`")
    with tempfile.TemporaryDirectory() as name:
        busy = measure(_arms(suite, Path(name) / "busy", PAUSE_MS), rounds=options.rounds)
        idle = measure(_arms(suite, Path(name) / "idle", 0), rounds=options.rounds)
    claims = [
        Claim(
            name=f"{suite.what}, through {ours}, wall clock against {suite.alone}",
            measured=ratio(busy[ours], busy[suite.alone], "wall_s"),
            unit="×",
            bound=1.1,
            detail=_walls(busy, ours, suite) + (_fixed(idle, ours, suite) if shows_fixed else ""),
        )
        for ours in OURS
    ]
    return claims + [
        Claim(
            name=f"the same with {suite.unit} that take no time, through {ours}",
            measured=ratio(idle[ours], idle[suite.alone], "wall_s"),
            unit="×",
            detail=_walls(idle, ours, suite),
        )
        for ours in OURS
    ]


def _arms(suite: NodeSuite, folder: Path, pause_ms: int) -> list[Arm]:
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "qa.yaml").write_text(suite.yaml, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    suite.write(folder, pause_ms)
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q", "-p", "maestro", "--maestro-config=qa.yaml"]
    return [
        Arm(name=suite.alone, command=suite.alone.split(), cwd=folder),
        Arm(name=MAESTRO, command=[python, "-m", "maestro_fabric", "run", "qa.yaml"], cwd=folder),
        Arm(name=PYTEST, command=pytest, cwd=folder, environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
    ]


def _walls(samples: Mapping[str, Sequence[Sample]], ours: str, suite: NodeSuite) -> str:
    return f"{median_of(samples[ours], 'wall_s'):.2f} s against {median_of(samples[suite.alone], 'wall_s'):.2f} s"


def _fixed(idle: Mapping[str, Sequence[Sample]], ours: str, suite: NodeSuite) -> str:
    more_s = median_of(idle[ours], "wall_s") - median_of(idle[suite.alone], "wall_s")
    return f"; starting Python, listing and recording cost {more_s:.2f} s more than npx"
