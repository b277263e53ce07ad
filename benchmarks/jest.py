"""A Jest suite of 200 tests in 20 files through `maestro run` and through pytest, against `npx jest --json` alone, wall clock."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from paired import Arm, Claim, Sample, measure, median_of, parse_options, publish, ratio

PACKAGES = Path(__file__).resolve().parent.parent / "tests" / "node" / "node_modules"
FILES = 20
TESTS = 10
# What a test takes that renders a component or asks a local server.
PAUSE_MS = 20
YAML = "version: 1\nproject: shop\nsuites:\n  - {name: widgets, adapter: jest}\n"
ALONE, MAESTRO, PYTEST = "npx jest --json", "maestro run", "pytest --maestro-config"


def main() -> int:
    """Run both suites: one whose tests take some time, and one whose tests take none, which shows the cost of starting."""
    options = parse_options(__doc__ or "")
    if not PACKAGES.is_dir() or shutil.which("npx") is None:
        raise SystemExit("Jest is not installed: install Node 20 or newer and run `npm ci --prefix tests/node`")
    files = 2 if options.quick else FILES
    with tempfile.TemporaryDirectory() as name:
        busy = measure(_arms(Path(name) / "busy", files, PAUSE_MS), rounds=options.rounds)
        idle = measure(_arms(Path(name) / "idle", files, 0), rounds=options.rounds)
    fixed = _extra_s(idle)
    what = f"{files * TESTS} Jest tests of {PAUSE_MS} ms in {files} files"
    claims = [
        Claim(
            name=f"{what}, through {ours}, wall clock against {ALONE}",
            measured=ratio(busy[ours], busy[ALONE], "wall_s"),
            unit="×",
            bound=1.1,
            detail=f"{_detail(busy, ours)}; starting Python, listing and recording cost {fixed[ours]:.2f} s more than npx",
        )
        for ours in (MAESTRO, PYTEST)
    ]
    claims += [
        Claim(
            name=f"the same with tests that take no time, through {ours}",
            measured=ratio(idle[ours], idle[ALONE], "wall_s"),
            unit="×",
            detail=_detail(idle, ours),
        )
        for ours in (MAESTRO, PYTEST)
    ]
    return publish(claims, options)


def _arms(folder: Path, files: int, pause_ms: int) -> Sequence[Arm]:
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "qa.yaml").write_text(YAML, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for number in range(files):
        (folder / f"widget{number:02d}.test.js").write_text(_test_file(number, pause_ms), encoding="utf-8")
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q", "-p", "maestro", "--maestro-config=qa.yaml"]
    return [
        Arm(name=ALONE, command=["npx", "jest", "--json"], cwd=folder),
        Arm(name=MAESTRO, command=[python, "-m", "maestro_fabric", "run", "qa.yaml"], cwd=folder),
        Arm(name=PYTEST, command=pytest, cwd=folder, environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
    ]


def _test_file(number: int, pause_ms: int) -> str:
    pause = f"await new Promise((go) => setTimeout(go, {pause_ms})); " if pause_ms else ""
    tests = (
        f"  test('counts {each}', async () => {{ {pause}expect({number} + {each}).toBe({number + each}); }});\n" for each in range(TESTS)
    )
    return f"describe('widget {number}', () => {{\n{''.join(tests)}}});\n"


def _detail(samples: Mapping[str, Sequence[Sample]], ours: str) -> str:
    return f"{median_of(samples[ours], 'wall_s'):.2f} s against {median_of(samples[ALONE], 'wall_s'):.2f} s"


def _extra_s(samples: Mapping[str, Sequence[Sample]]) -> Mapping[str, float]:
    alone = median_of(samples[ALONE], "wall_s")
    return {name: median_of(some, "wall_s") - alone for name, some in samples.items()}


if __name__ == "__main__":
    sys.exit(main())
