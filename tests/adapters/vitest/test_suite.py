"""Suites of Vitest run by real Vitests."""

from __future__ import annotations

from pathlib import Path

import pytest

from maestro_fabric.engine import RunResult
from node_suites import Run, files, inner, make_run, message, statuses

pytestmark = pytest.mark.needs_node

KINDS = r"""
import { test, expect, describe, beforeAll, afterAll } from 'vitest';
process.stdout.write('{"kind": "FileEnded"}\\n[rubbish');
test('passes', () => {});
test('fails', () => { console.log('said before'); expect(1).toBe(2); });
test('breaks', () => { null.x; });
test('late', async () => { await new Promise(() => {}); }, 50);
test.todo('later');
test.skip('not now', () => {});
test('noted', (context) => { context.skip('no printer'); });
test.each([[1], ['a::b']])('each %s', (value) => { expect(value).toBe(1); });
let tries = 0;
test('flaky', { retry: 2 }, () => { tries += 1; if (tries < 3) throw new Error('try ' + tries); });
test('never', { retry: 1 }, () => { throw new TypeError('always'); });
describe('before', () => { beforeAll(() => { throw new TypeError('no database'); }); test('one', () => {}); });
test.concurrent('side by side', async () => {});
test('twice', () => {});
test('twice', () => {});
"""
AFTER = "import { test, afterAll } from 'vitest'; afterAll(() => { throw new Error('no tear-down'); }); test('told', () => {});"
TEST = "import { test, expect } from 'vitest';\n"


@pytest.fixture
def run(tmp_path: Path, node_packages: Path) -> Run:
    return make_run("vitest", tmp_path, node_packages)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory, node_packages: Path) -> RunResult:
    """One run over files of every kind."""
    given = {"web/kinds.test.js": KINDS, "web/after.test.js": AFTER, "web/syntax.test.js": "import ("}
    return make_run("vitest", tmp_path_factory.mktemp("rich"), node_packages)(given)


def test_each_test_of_a_file_is_a_case_with_its_own_status(rich: RunResult) -> None:
    assert statuses(inner(rich, "kinds.test.js")) == {
        "passes": "passed",
        "fails": "failed",
        "breaks": "error",
        "late": "error",
        "later": "skipped",
        "not now": "skipped",
        "noted": "skipped",
        "each 1": "passed",
        "each a: b": "failed",
        "flaky": "passed flaky",
        "never": "error",
        "before > one": "error",
        "side by side": "passed",
        "twice": "passed",
        "twice #2": "passed",
    }


def test_failures_tries_places_and_reasons_are_told(rich: RunResult) -> None:
    cases = inner(rich, "kinds.test.js")

    assert message(cases["fails"]).startswith("AssertionError: expected 1 to be 2")
    assert "said before" in cases["fails"].attempts[0].outcome.output
    assert str(cases["fails"].case.location) == "web/kinds.test.js:5"
    assert message(cases["before > one"]) == "TypeError: no database"
    tried = [attempt.outcome.fault and attempt.outcome.fault.message for attempt in cases["flaky"].attempts]
    assert tried == ["try 1", "try 2", None]
    assert len(cases["never"].attempts) == 2
    assert (cases["later"].reason, cases["noted"].reason) == ("todo", "no printer")


def test_files_with_trouble_of_their_own_are_errors(rich: RunResult) -> None:
    assert statuses(files(rich)) == {"after.test.js": "error", "syntax.test.js": "error"}
    assert message(files(rich)["after.test.js"]) == "Error: no tear-down"
    assert statuses(inner(rich, "after.test.js")) == {"told": "passed"}


def test_a_file_that_hangs_takes_no_other_down(run: Run) -> None:
    result = run(
        {
            "web/a.test.js": f"{TEST} test('started', () => {{}}); test('spins', () => {{ for (;;) {{}} }});",
            "web/b.test.js": f"{TEST} test('b', () => {{}});",
            "web/c.test.js": "for (;;) {}",
        },
        config="policies: {short: {attempt_timeout: 4s}}",
        suite=", policy: short",
    )

    assert message(files(result)["a.test.js"]).startswith("DeadlineExceeded: it was still running after 4s")
    assert message(files(result)["c.test.js"]) == "DeadlineExceeded: it was still running after 4s; its process was ended"
    assert statuses(inner(result, "b.test.js")) == {"b": "passed"}


def test_an_error_outside_all_tests_is_told_with_the_last_file(run: Run) -> None:
    late = "setTimeout(() => { throw new Error('nobody waits'); }, 0);"

    result = run({"web/a.test.js": f"{TEST} test('a', () => {{}}); {late}", "web/b.test.js": f"{TEST} test('b', () => {{}});"})

    assert statuses(inner(result, "a.test.js") | inner(result, "b.test.js")) == {"a": "passed", "b": "passed"}
    told = message(files(result)["b.test.js"])
    assert told.startswith("FrameworkFailed: Vitest reports an error outside its tests:\nError: nobody waits")
    assert "a.test.js ran" in told


def test_only_the_chosen_file_runs(run: Run, tmp_path: Path) -> None:
    touching = f"import fs from 'node:fs'; fs.writeFileSync({str(tmp_path / 'ran')!r}, '');"

    result = run(
        {"web/a.test.js": f"{TEST} test('a', () => {{}});", "web/b.test.js": f"{TEST} {touching} test('b', () => {{}});"},
        select=lambda case: case.id.name == "a.test.js",
    )

    assert [case.case.id.name for case in result.cases] == ["a.test.js > a"]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("given", "suite", "status", "told"),
    [
        ({"web/vitest.config.js": "throw new Error('no settings')"}, "", "error", "no settings"),
        ({}, "", "error", "Vitest found no test file"),
        ({}, ", cwd: /", "blocked", "Vitest is not installed for '/': run `npm install --save-dev vitest`"),
    ],
)
def test_a_suite_that_cannot_be_discovered_is_one_case_that_says_why(
    run: Run, given: dict[str, str], suite: str, status: str, told: str
) -> None:
    result = run(given, suite=suite)

    (case,) = result.cases
    assert (case.case.id.name, str(case.status)) == ("vitest", status)
    assert told in case.reason + message(case)
