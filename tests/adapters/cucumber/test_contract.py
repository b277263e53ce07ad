"""What every adapter keeps, kept by both runners of features."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from maestro_fabric.adapters.cucumber.adapter import CucumberAdapter
from maestro_fabric.testing import AdapterContract

FEATURE = """Feature: F
  Scenario: passes
    Given a shop
  Scenario: fails
    Given it fails
  Scenario: breaks
    Given it breaks
  Scenario: skipped
    Given it is skipped
  Scenario Outline: buy <item>
    Given a shop
    Examples:
      | item |
      | tea  |
"""
OUTCOMES = {"F: passes": "passed", "F: fails": "failed", "F: breaks": "error", "F: skipped": "skipped", "F: buy <item>[tea]": "passed"}
SLOW = "Feature: S\n  Scenario: quick\n    Given a shop\n  Scenario: slow\n    Given it is slow\n"
SHOWS = "Feature: T\n  Scenario: shows it\n    Given it shows the secret\n"
NODE = """
const { Given } = require('@cucumber/cucumber')
const assert = require('node:assert')
Given('a shop', () => {})
Given('it fails', () => assert.ok(false, 'no'))
Given('it breaks', () => { throw new Error('no disk') })
Given('it is skipped', () => 'skipped')
Given('it is slow', { timeout: -1 }, () => new Promise((go) => setTimeout(go, 60000)))
Given('it shows the secret', function () {
  console.log('secret ' + process.env.CONTRACT_SECRET)
  this.attach('attached ' + process.env.CONTRACT_SECRET, 'text/plain')
  throw new Error('secret ' + process.env.CONTRACT_SECRET)
})
"""
PYTHON = """
import os, time
from behave import given
@given("a shop")
def _(context): pass
@given("it fails")
def _(context): assert False, "no"
@given("it breaks")
def _(context): raise OSError("no disk")
@given("it is skipped")
def _(context): context.scenario.skip("no bank")
@given("it is slow")
def _(context): time.sleep(60)
@given("it shows the secret")
def _(context):
    secret = "secret " + os.environ["CONTRACT_SECRET"]
    print(secret)
    context.attach("text/plain", secret.encode())
    raise OSError(secret)
"""
FILES = {"kinds/a.feature": FEATURE, "slow/a.feature": SLOW, "secret/a.feature": SHOWS}
KNOWN_SECRET = {"vars": {"known": "${secret:CONTRACT_SECRET}"}}


@pytest.mark.needs_node
class TestCucumberJs(AdapterContract):
    adapter = CucumberAdapter
    suite: ClassVar = {"paths": ["kinds"], "args": ["--require", "steps.js"]}
    outcomes: ClassVar = OUTCOMES
    slow_suite: ClassVar = {"paths": ["slow"], "args": ["--require", "steps.js"]}
    quick_case = "S: quick"
    slow_case = "S: slow"
    secret_suite: ClassVar = {"paths": ["secret"], "args": ["--require", "steps.js"]}
    files: ClassVar = {**FILES, "steps.js": NODE}
    config: ClassVar = KNOWN_SECRET

    @pytest.fixture(autouse=True)
    def _packages(self, tmp_path: Path, node_packages: Path) -> None:
        (tmp_path / "node_modules").symlink_to(node_packages / "node_modules")
        (tmp_path / "another folder").mkdir()
        (tmp_path / "another folder" / "node_modules").symlink_to(node_packages / "node_modules")


class TestBehave(AdapterContract):
    adapter = CucumberAdapter
    suite: ClassVar = {"runner": "behave", "paths": ["kinds"]}
    outcomes: ClassVar = OUTCOMES
    slow_suite: ClassVar = {"runner": "behave", "paths": ["slow"]}
    quick_case = "S: quick"
    slow_case = "S: slow"
    secret_suite: ClassVar = {"runner": "behave", "paths": ["secret"]}
    files: ClassVar = {**FILES, **{f"{folder}/steps/s.py": PYTHON for folder in ("kinds", "slow", "secret")}}
    config: ClassVar = KNOWN_SECRET
