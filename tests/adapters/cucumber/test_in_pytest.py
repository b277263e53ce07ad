"""Features inside pytest, and suites of pytest-bdd, which need no adapter of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from feature_suites import SECOND, Suite

BDD = """
from pytest_bdd import given, scenarios
scenarios("bdd.feature")
@given("a shop")
def _(): pass
@given("a closed shop")
def _(): assert False, "closed"
"""
BDD_FEATURE = """Feature: Bdd
  @smoke
  Scenario: open
    Given a shop
  Scenario Outline: closed
    Given a <kind> shop
    Examples:
      | kind   |
      | closed |
"""
STEPS = """
const { Given, BeforeAll } = require('@cucumber/cucumber')
BeforeAll(() => require('node:fs').appendFileSync('log', process.pid + ' '))
Given('a shop', () => {})
"""
CONFIG = """
version: 1
project: shop
suites:
  - {name: bdd, adapter: pytest, paths: [tests]}
  - {name: features, adapter: cucumber}
  - {name: program, adapter: command, command: [sh, -c, "echo 1..1; echo ok - told"], report: {tap: "-"}}
"""


@pytest.fixture
def run_pytest(node_suite: Suite) -> Callable[..., subprocess.CompletedProcess[str]]:
    node_suite.write(
        {
            "tests/test_bdd.py": BDD,
            "tests/bdd.feature": BDD_FEATURE,
            "features/a.feature": SECOND,
            "features/s.js": STEPS,
            "qa.yaml": CONFIG,
            "pytest.ini": "[pytest]\nmarkers =\n  smoke: of the feature\n",
        }
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "--maestro-config=qa.yaml", "-p", "no:randomly", "-p", "pytest-bdd", "-q", *arguments]
        return subprocess.run(command, cwd=node_suite.root, capture_output=True, text=True, check=False)

    return run


@pytest.mark.needs_node
@pytest.mark.needs_xdist
def test_scenarios_are_items_beside_those_of_pytest_bdd_and_one_process_runs_them(
    run_pytest: Callable[..., subprocess.CompletedProcess[str]], node_suite: Suite
) -> None:
    finished = run_pytest("-n", "2")

    assert "4 passed" in finished.stdout, finished.stdout + finished.stderr
    assert "1 failed" in finished.stdout
    assert len((node_suite.root / "log").read_text().split()) == 1
    chosen = run_pytest("-m", "smoke", "-vv")
    assert "1 passed" in chosen.stdout, chosen.stdout
    assert "test_open PASSED" in chosen.stdout
    one = run_pytest("qa.yaml::features::Second: two", "-vv")
    assert "Second: two PASSED" in one.stdout
    assert "Second: one" not in one.stdout
