"""Features and their support code for both runners, and suites of them run as `maestro run` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from maestro_fabric import compose
from maestro_fabric.compose import Prepared
from maestro_fabric.engine import RunResult
from maestro_fabric.model import CaseResult
from maestro_fabric.plan import select_cases
from maestro_fabric.testing import RecordingSink


@dataclass
class Suite:
    """A folder with features, and what came of running them."""

    root: Path
    sink: RecordingSink = field(default_factory=RecordingSink)

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def prepare(self, files: Mapping[str, str], *, config: Mapping[str, Any] | None = None, **suite: Any) -> Prepared:
        """The plan of a suite, keys as in the file."""
        self.write(files)
        suites = [{"name": "features", "adapter": "cucumber", **suite}]
        (self.root / "qa.yaml").write_text(json.dumps({"version": 1, "project": "shop", **(config or {}), "suites": suites}))
        return compose.prepare(self.root / "qa.yaml")

    def run(self, files: Mapping[str, str], *, choose: Callable[[Any], bool] | None = None, maxfail: int = 0, **suite: Any) -> RunResult:
        prepared = self.prepare(files, **suite)
        if choose is not None:
            object.__setattr__(prepared, "plan", select_cases(prepared.plan, choose))
        return compose.run(prepared, sinks=[self.sink], maxfail=maxfail)

    def artifact(self, path: str) -> Path:
        (found,) = (self.root / ".maestro" / "artifacts").glob(f"*/{path}")
        return found


KINDS = """
@shop
Feature: Shop
  Background:
    Given a shop

  @smoke @issue:12
  Scenario: passes
    When I buy 1 "tea"
  Scenario: fails
    When it fails
    And a shop
  Scenario: breaks
    When it breaks
  Scenario: undefined
    When nobody knows this
    And a shop
  Scenario: pending
    When pending
  Scenario: skipped
    When skipped
    And a shop
  Scenario: twice
    Given a shop
  Scenario: twice
    Given a shop
  Scenario: attaches
    When attaches
  @bad_hook
  Scenario: torn down badly
    Given a shop
  Rule: with :: and more
    Scenario Outline: buy <item>
      When I buy <count> "<item>"
      @late
      Examples: drinks
        | item   | count |
        | tea    | 1     |
        | tea    | 1     |
        | coffee | 3     |
"""
BROKEN = "Feature: Broken\n  Scenario: one\n    Given a shop\n  Nonsense here\n  More of it\n"
SECOND = "Feature: Second\n  Scenario: one\n    Given a shop\n  Scenario: two\n    Given a shop\n"

STATUSES = {
    "Shop: passes": "passed",
    "Shop: fails": "failed",
    "Shop: breaks": "error",
    "Shop: undefined": "error",
    "Shop: pending": "error",
    "Shop: skipped": "skipped",
    "Shop: twice": "passed",
    "Shop: twice (2)": "passed",
    "Shop: attaches": "passed",
    "Shop: torn down badly": "error",
    "Shop: with: and more: buy <item>[tea-10]": "passed",
    "Shop: with: and more: buy <item>[tea-11]": "passed",
    "Shop: with: and more: buy <item>[coffee-3]": "passed",
}

NODE_STEPS = """
const { Given, When, Before, After } = require('@cucumber/cucumber')
const assert = require('node:assert')
Given('a shop', () => {})
When('I buy {int} {string}', (count, item) => {})
When('it fails', () => { console.log('{"testCaseFinished": rubbish'); assert.strictEqual(1, 2, 'one is not two') })
When('it breaks', () => { throw new RangeError('no disk') })
When('pending', () => 'pending')
When('skipped', () => 'skipped')
When('attaches', function () {
  this.log('said by the step')
  this.link('https://shop.example')
  this.attach(Buffer.from('PNG'), { mediaType: 'image/png', fileName: 'shot' })
  this.attach('{"a": "' + process.env.TOKEN + '"}', 'application/json')
  this.attach(Buffer.alloc(6000000), { mediaType: 'application/zip', fileName: 'big.zip' })
})
After('@bad_hook', () => { throw new Error('cannot tear down') })
"""
PYTHON_STEPS = """
import os
from behave import step, when
from behave.api.pending_step import StepNotImplementedError

@step("a shop")
def _(context): pass
@when('I buy {count:d} "{item}"')
def _(context, count, item): pass
@when("it fails")
def _(context):
    print("said by the step")
    assert 1 == 2, "one is not two"
@when("it breaks")
def _(context): raise OSError("no disk")
@when("pending")
def _(context): raise StepNotImplementedError("not yet")
@when("skipped")
def _(context): context.scenario.skip("not today")
@when("attaches")
def _(context):
    context.attach("image/png", b"PNG")
    context.attach("application/json", '{"a": "%s"}' % os.environ["TOKEN"])
"""
PYTHON_HOOKS = """
def after_scenario(context, scenario):
    if "bad_hook" in scenario.tags: raise ValueError("cannot tear down")
"""


def by_title(result: RunResult) -> dict[str, CaseResult]:
    return {case.case.id.title: case for case in result.cases}


def statuses(result: RunResult) -> dict[str, str]:
    return {title: " ".join([str(case.status), *sorted(case.marks)]) for title, case in by_title(result).items()}


def fault_of(case: CaseResult) -> str:
    fault = case.attempts[-1].outcome.fault
    return f"{fault.type}: {fault.message}" if fault else ""
