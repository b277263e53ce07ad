"""Real frameworks in one file: the same outcomes one after the other, by several processes, and as items of pytest under xdist."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from maestro_fabric.aggregator import open_history

pytestmark = [pytest.mark.browser, pytest.mark.needs_node, pytest.mark.needs_xdist, pytest.mark.usefixtures("browser_path")]

QA = """
version: 1
project: shop
suites:
  - {name: unit, adapter: pytest, paths: [tests]}
  - {name: web, adapter: jest, cwd: web, needs: [unit]}
  - {name: features, adapter: cucumber, args: [--require, steps.js]}
  - name: pages
    adapter: playwright
    needs: [features]
    browser: {within: 500ms}
    cases:
      - name: "sells <item>"
        params: [{item: tea}, {item: coffee}]
        steps: [{open: "data:text/html,<p>${params.item}"}, {expect: {text: tea}}]
  - {name: blocked, adapter: jest, cwd: web, needs: [pages]}
"""
FILES = {
    "qa.yaml": QA,
    "pytest.ini": "[pytest]\n",
    "tests/test_unit.py": "def test_one(): pass\ndef test_two(): pass\n",
    "web/package.json": '{"jest": {"globalSetup": "./begin.cjs"}}',
    "web/begin.cjs": "module.exports = () => require('node:fs').appendFileSync('../begun', process.pid + ' ')",
    "web/sums.test.js": "test('adds', () => {}); test('subtracts', () => { expect(3 - 1).toBe(1) }); test.skip('divides', () => {})",
    "web/words.test.js": "jest.retryTimes(1); let tries = 0; test('sorts', () => { expect(++tries).toBe(2) }); test.todo('finds')",
    "features/shop.feature": "Feature: Shop\n  Scenario: open\n    Given a shop\n  Scenario: closed\n    Given no shop\n",
    "steps.js": "const { Given } = require('@cucumber/cucumber')\nGiven('a shop', () => {}); Given('no shop', () => 'skipped')\n",
}
OUTCOMES = {
    "unit::tests.test_unit.test_one": "passed",
    "unit::tests.test_unit.test_two": "passed",
    "web::sums.test.js > adds": "passed",
    "web::sums.test.js > subtracts": "failed",
    "web::sums.test.js > divides": "skipped",
    "web::words.test.js > sorts": "passed flaky",
    "web::words.test.js > finds": "skipped",
    "features::Shop: open": "passed",
    "features::Shop: closed": "skipped",
    "pages::sells <item>[tea]": "passed",
    "pages::sells <item>[coffee]": "failed",
    "blocked::sums.test.js": "blocked",
    "blocked::words.test.js": "blocked",
}


@pytest.fixture
def product(tmp_path: Path, node_packages: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "node_modules").symlink_to(node_packages / "node_modules")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["maestro_fabric", "run", "qa.yaml"], "web::sums.test.js > subtracts"),
        (["maestro_fabric", "run", "qa.yaml", "--workers=2"], "web::sums.test.js > subtracts"),
        (["pytest", "qa.yaml", "-n2", "-v"], "SUBFAILED[subtracts] qa.yaml::web::sums.test.js"),
    ],
    ids=["alone", "two workers", "xdist"],
)
def test_all_frameworks_have_the_same_outcomes_however_they_are_run(product: Path, command: list[str], shown: str) -> None:
    finished = subprocess.run([sys.executable, "-m", *command], cwd=product, capture_output=True, text=True, check=False)

    with open_history(product / ".maestro" / "history.db") as history:
        rows = history.results(history.run().run_id)
    outcomes = {f"{row.suite}::{row.name}{f'[{row.params}]' * bool(row.params)}": " ".join([row.status, *row.marks]) for row in rows}
    assert outcomes == OUTCOMES, finished.stdout + finished.stderr
    assert finished.returncode == 1
    assert shown in finished.stdout
    assert len((product / "begun").read_text().split()) == 1, "one Node process runs all files of a suite"
