"""A cucumber-js suite of 100 scenarios through `maestro run` and through pytest, against `npx cucumber-js` alone, wall clock."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from node_suite import PAUSE_MS, NodeSuite, compare
from paired import parse_options, publish

FILES = 10
SCENARIOS = 10
YAML = "version: 1\nproject: shop\nsuites:\n  - {name: features, adapter: cucumber}\n"
SCENARIO = "  Scenario: buy item {number}\n    Given a basket\n    When I add item {number}\n    Then it holds 1 item\n"
STEPS = """const {{ Given, When, Then }} = require('@cucumber/cucumber')
const assert = require('node:assert')
const pause = async () => {{ if ({pause}) await new Promise((go) => setTimeout(go, {pause})) }}
Given('a basket', async function () {{ await pause(); this.basket = [] }})
When('I add item {{int}}', async function (item) {{ await pause(); this.basket.push(item) }})
Then('it holds {{int}} item(s)', async function (count) {{ await pause(); assert.strictEqual(this.basket.length, count) }})
"""


def main() -> int:
    """Measure."""
    options = parse_options(__doc__ or "")
    files = 1 if options.quick else FILES
    suite = NodeSuite(
        framework="cucumber-js",
        alone="npx cucumber-js",
        yaml=YAML,
        write=partial(_write, files=files),
        what=f"{files * SCENARIOS} cucumber-js scenarios of three steps of {PAUSE_MS} ms",
        unit="steps",
    )
    return publish(compare(suite, options, shows_fixed=False), options)


def _write(folder: Path, pause_ms: int, *, files: int) -> None:
    features = folder / "features"
    features.mkdir()
    (features / "steps.js").write_text(STEPS.format(pause=pause_ms), encoding="utf-8")
    scenarios = "".join(SCENARIO.format(number=number) for number in range(SCENARIOS))
    for file in range(files):
        (features / f"shop{file:02d}.feature").write_text(f"Feature: shop {file}\n{scenarios}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
