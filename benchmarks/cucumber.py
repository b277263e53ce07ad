"""A cucumber-js suite of 100 scenarios through `maestro run` and through pytest, against `npx cucumber-js` alone, wall clock."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from paired import Arm, Claim, Sample, measure, median_of, parse_options, publish, ratio

PACKAGES = Path(__file__).resolve().parent.parent / "tests" / "node" / "node_modules"
FILES = 10
SCENARIOS = 10
# What a step takes that asks a local server or a page.
PAUSE_MS = 20
YAML = "version: 1\nproject: shop\nsuites:\n  - {name: features, adapter: cucumber}\n"
SCENARIO = "  Scenario: buy item {number}\n    Given a basket\n    When I add item {number}\n    Then it holds 1 item\n"
STEPS = """const {{ Given, When, Then }} = require('@cucumber/cucumber')
const assert = require('node:assert')
const pause = async () => {{ if ({pause}) await new Promise((go) => setTimeout(go, {pause})) }}
Given('a basket', async function () {{ await pause(); this.basket = [] }})
When('I add item {{int}}', async function (item) {{ await pause(); this.basket.push(item) }})
Then('it holds {{int}} item(s)', async function (count) {{ await pause(); assert.strictEqual(this.basket.length, count) }})
"""
ALONE, MAESTRO, PYTEST = "npx cucumber-js", "maestro run", "pytest --maestro-config"


def main() -> int:
    """Run both suites: one whose steps take some time, and one whose steps take none, which shows the cost of starting."""
    options = parse_options(__doc__ or "")
    if not PACKAGES.is_dir() or shutil.which("npx") is None:
        raise SystemExit("cucumber-js is not installed: install Node 20 or newer and run `npm ci --prefix tests/node`")
    files = 1 if options.quick else FILES
    with tempfile.TemporaryDirectory() as name:
        busy = measure(_arms(Path(name) / "busy", files, PAUSE_MS), rounds=options.rounds)
        idle = measure(_arms(Path(name) / "idle", files, 0), rounds=options.rounds)
    what = f"{files * SCENARIOS} cucumber-js scenarios of three steps of {PAUSE_MS} ms"
    claims = [
        Claim(
            name=f"{what}, through {ours}, wall clock against {ALONE}",
            measured=ratio(busy[ours], busy[ALONE], "wall_s"),
            unit="×",
            bound=1.1,
            detail=_detail(busy, ours),
        )
        for ours in (MAESTRO, PYTEST)
    ]
    claims += [
        Claim(
            name=f"the same with steps that take no time, through {ours}",
            measured=ratio(idle[ours], idle[ALONE], "wall_s"),
            unit="×",
            detail=_detail(idle, ours),
        )
        for ours in (MAESTRO, PYTEST)
    ]
    return publish(claims, options)


def _arms(folder: Path, files: int, pause_ms: int) -> Sequence[Arm]:
    (folder / "features").mkdir(parents=True)
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    (folder / "node_modules").symlink_to(PACKAGES)
    (folder / "qa.yaml").write_text(YAML, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "features" / "steps.js").write_text(STEPS.format(pause=pause_ms), encoding="utf-8")
    for file in range(files):
        scenarios = "".join(SCENARIO.format(number=number) for number in range(SCENARIOS))
        (folder / "features" / f"shop{file:02d}.feature").write_text(f"Feature: shop {file}\n{scenarios}", encoding="utf-8")
    python = sys.executable
    pytest = [python, "-m", "pytest", "-q", "-p", "maestro", "--maestro-config=qa.yaml"]
    return [
        Arm(name=ALONE, command=["npx", "cucumber-js"], cwd=folder),
        Arm(name=MAESTRO, command=[python, "-m", "maestro_fabric", "run", "qa.yaml"], cwd=folder),
        Arm(name=PYTEST, command=pytest, cwd=folder, environ={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}),
    ]


def _detail(samples: Mapping[str, Sequence[Sample]], ours: str) -> str:
    return f"{median_of(samples[ours], 'wall_s'):.2f} s against {median_of(samples[ALONE], 'wall_s'):.2f} s"


if __name__ == "__main__":
    sys.exit(main())
