"""Suites of Jest run by real Jests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from maestro_fabric.engine import RunResult
from maestro_fabric.events import AttemptFinished, Event
from maestro_fabric.model import Status
from node_suites import Run, files, inner, make_run, message, statuses
from support import check_that_none_is_left

pytestmark = pytest.mark.needs_node

KINDS = r"""
test('passes', () => {});
test('fails', () => { expect(1).toBe(2); });
test('breaks', () => { null.x; });
test('node assert', () => { require('assert').equal(1, 2); });
test('coloured', () => { throw new Error('\x1b[31mred\x1b[39m'); });
test('takes too long', async () => { await new Promise(() => {}); }, 50);
test.todo('later');
test.skip('not now', () => {});
describe('group', () => {
  test.each([[1, 2], ['a::b', 3]])('each %s %s', (a) => { expect(a).toBe(1); });
  test.concurrent('side by side', async () => {});
});
describe.skip('whole group', () => { test('inside', () => {}); });
describe.each(['tea', 'coffee'])('buy %s', (item) => { test('once', () => { expect(item).toBe('tea'); }); });
test('twice', () => {});
test('twice', () => { expect('second').toBe('first'); });
test.skip('twice', () => {});
"""
RETRIES = """
jest.retryTimes(2);
let tries = 0;
test('flaky', () => { tries += 1; if (tries < 3) throw new Error('try ' + tries); });
test('never', () => { throw new TypeError('always'); });
"""
HOOKS = """
describe('before', () => { beforeAll(() => { throw new TypeError('no database'); }); test('one', () => {}); test('two', () => {}); });
describe('fine', () => { test('three', () => { console.log('said by three'); expect(1).toBe(3); }); });
"""
AFTER = "afterAll(() => { throw new Error('no tear-down'); }); test('told', () => {});"
SNAPSHOTS = "test('new', () => { expect(5).toMatchSnapshot(); }); test('known', () => { expect(6).toMatchSnapshot(); });"
KNOWN = "// Jest Snapshot v1, https://jestjs.io/docs/snapshot-testing\n\nexports[`known 1`] = `7`;\n\nexports[`gone 1`] = `3`;\n"
SLOW = "test('slow', async () => { await new Promise((go) => setTimeout(go, 300)); });"
RUBBISH = "process.stdout.write('{\"kind\": \"FileEnded\"}\\n[rubbish'); test('prints', () => { console.log('more'); });"


@pytest.fixture
def run(tmp_path: Path, node_packages: Path) -> Run:
    return make_run("jest", tmp_path, node_packages)


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory, node_packages: Path) -> RunResult:
    """One run over files of every kind."""
    files = {
        "web/kinds.test.js": KINDS,
        "web/retries.test.js": RETRIES,
        "web/hooks.test.js": HOOKS,
        "web/after.test.js": AFTER,
        "web/syntax.test.js": "test('never told', () => {\n",
        "web/empty.test.js": "",
        "web/snapshots.test.js": SNAPSHOTS,
        "web/__snapshots__/snapshots.test.js.snap": KNOWN,
        "web/rubbish.test.js": RUBBISH,
        "web/loud.js": "throw new Error('the reporter of the config is not for this run');",
    }
    package = {"jest": {"verbose": True, "collectCoverage": True, "coverageReporters": ["json"], "reporters": ["<rootDir>/loud.js"]}}
    return make_run("jest", tmp_path_factory.mktemp("rich"), node_packages)(files, package=package)


def test_each_test_of_a_file_is_a_case_with_its_own_status(rich: RunResult) -> None:
    assert statuses(inner(rich, "kinds.test.js")) == {
        "passes": "passed",
        "fails": "failed",
        "breaks": "error",
        "node assert": "failed",
        "coloured": "error",
        "takes too long": "error",
        "later": "skipped",
        "not now": "skipped",
        "group > each 1 2": "passed",
        "group > each a: b 3": "failed",
        "group > side by side": "passed",
        "whole group > inside": "skipped",
        "buy tea > once": "passed",
        "buy coffee > once": "failed",
        "twice": "passed",
        "twice #2": "failed",
        "twice #3": "skipped",
    }


def test_a_failure_tells_its_message_without_colours_and_its_place(rich: RunResult) -> None:
    cases = inner(rich, "kinds.test.js")

    assert message(cases["fails"]).startswith("AssertionError: expect(received).toBe(expected)")
    assert message(cases["breaks"]) == "TypeError: Cannot read properties of null (reading 'x')"
    assert message(cases["coloured"]) == "Error: red"
    assert "Exceeded timeout of 50 ms" in message(cases["takes too long"])
    assert str(cases["fails"].case.location) == "web/kinds.test.js:3"
    fault = cases["fails"].attempts[0].outcome.fault
    assert fault is not None
    assert str(fault.location) == "web/kinds.test.js:3"
    assert "kinds.test.js:3" in fault.trace
    assert "node_modules" not in fault.trace


def test_a_skipped_test_has_a_reason_and_no_attempt(rich: RunResult) -> None:
    cases = inner(rich, "kinds.test.js")

    assert (cases["later"].reason, cases["not now"].reason) == ("todo", "skipped in the file")
    assert (cases["later"].attempts, cases["not now"].attempts) == ((), ())


def test_tries_that_jest_repeats_are_attempts(rich: RunResult) -> None:
    cases = inner(rich, "retries.test.js")

    assert statuses(cases) == {"flaky": "passed flaky", "never": "error"}
    assert [attempt.number for attempt in cases["never"].attempts] == [1, 2, 3]
    tried = [attempt.outcome.fault and attempt.outcome.fault.message for attempt in cases["flaky"].attempts]
    assert tried == ["try 1", "try 2", None]


def test_a_hook_that_fails_breaks_the_tests_below_it_alone(rich: RunResult) -> None:
    cases = inner(rich, "hooks.test.js")

    assert statuses(cases) == {"before > one": "error", "before > two": "error", "fine > three": "failed"}
    assert message(cases["before > one"]) == "TypeError: no database"
    assert "said by three" in cases["fine > three"].attempts[0].outcome.output


def test_a_tear_down_that_fails_is_the_files_error_and_its_tests_stay(rich: RunResult) -> None:
    assert statuses(inner(rich, "after.test.js")) == {"told": "passed"}
    assert files(rich)["after.test.js"].status is Status.ERROR
    assert "no tear-down" in message(files(rich)["after.test.js"])


def test_a_file_that_cannot_be_run_is_an_error_with_its_reason(rich: RunResult) -> None:
    assert message(files(rich)["syntax.test.js"]).startswith("SyntaxError: ")
    fault = files(rich)["syntax.test.js"].attempts[-1].outcome.fault
    trace = fault.trace if fault else ""
    assert "\n> 2 |" in trace, "the line is shown"
    assert ("node_modules" in trace, "Jest encountered" in trace) == (False, False)
    assert message(files(rich)["empty.test.js"]) == "FileError: Your test suite must contain at least one test."


def test_snapshots_are_not_written_and_obsolete_ones_are_named(rich: RunResult) -> None:
    cases = inner(rich, "snapshots.test.js")

    assert statuses(cases) == {"new": "failed", "known": "failed"}
    assert "New snapshot was not written" in message(cases["new"])
    assert message(files(rich)["snapshots.test.js"]).startswith("ObsoleteSnapshots: no test asks for the snapshots 'gone 1'")


def test_what_tests_print_does_not_disturb_the_results(rich: RunResult) -> None:
    assert statuses(inner(rich, "rubbish.test.js")) == {"prints": "passed"}


def test_a_file_that_kills_its_process_or_hangs_takes_no_other_down(run: Run, tmp_path: Path) -> None:
    marker = f"maestro-{tmp_path.name}"
    result = run(
        {
            "web/a.test.js": "test('before', () => {}); test('exits', () => { console.error('last words'); process.exit(7); });",
            "web/b.test.js": "test('started', () => {}); test('spins', () => { for (;;) {} });",
            "web/c.test.js": "test('c', () => { expect(process.env.MARKER).toBeDefined(); });",
            "web/d.test.js": "test('d', () => {});",
        },
        suite=f", env: {{MARKER: {marker}}}, args: [--runInBand], policy: short",
        config="policies: {short: {attempt_timeout: 4s}}",
    )

    assert statuses(files(result)) == {"a.test.js": "error", "b.test.js": "error"}
    assert statuses(inner(result, "a.test.js")) == {"before": "passed"}
    assert statuses(inner(result, "b.test.js")) == {"started": "passed"}
    assert statuses(inner(result, "c.test.js") | inner(result, "d.test.js")) == {"c": "passed", "d": "passed"}
    assert "ProcessDied: Jest died in 'exits' (exit status 7)" in message(files(result)["a.test.js"])
    assert message(files(result)["b.test.js"]) == "DeadlineExceeded: it was still running after 4s, in 'spins'; its process was ended"
    check_that_none_is_left(marker)


def test_events_come_while_the_file_runs(run: Run, tmp_path: Path) -> None:
    # The second test ends only when the first was told: else it takes too long.
    flag = tmp_path / "flag"
    text = f"""
const fs = require('fs');
test('first', () => {{}});
test('second', async () => {{ while (!fs.existsSync({json.dumps(str(flag))})) await new Promise((go) => setTimeout(go, 10)); }}, 60000);
"""
    sink = TouchingSink(flag)

    result = run({"web/a.test.js": text}, sinks=[sink])

    assert statuses(inner(result, "a.test.js")) == {"first": "passed", "second": "passed"}


class TouchingSink:
    """Makes a file when the first attempt has ended."""

    def __init__(self, flag: Path) -> None:
        self._flag = flag

    def receive(self, event: Event) -> None:
        if isinstance(event, AttemptFinished):
            self._flag.touch()

    def close(self) -> None:
        """Nothing is open."""


def test_a_process_that_dies_beside_others_is_found_by_running_them_one_by_one(run: Run) -> None:
    killer = "test('told', () => {}); test('kills', () => { process.kill(process.ppid, 'SIGKILL'); for (;;) {} });"

    result = run({"web/a.test.js": killer, "web/b.test.js": SLOW, "web/c.test.js": SLOW}, suite=", args: [--maxWorkers=2, --no-cache]")

    assert inner(result, "b.test.js")["slow"].status is Status.PASSED
    assert inner(result, "c.test.js")["slow"].status is Status.PASSED
    assert statuses(files(result)) == {"a.test.js": "error"}


def test_a_further_attempt_runs_the_file_alone(run: Run, tmp_path: Path) -> None:
    count = json.dumps(str(tmp_path / "count"))
    flaky = f"""
const fs = require('fs');
test('x', () => {{ fs.appendFileSync({count}, '.'); expect(fs.readFileSync({count}, 'utf8')).toBe('..'); }});
"""

    result = run(
        {"web/a.test.js": flaky, "web/b.test.js": "test('b', () => {});"},
        suite=", policy: again",
        config="policies: {again: {retry: {times: 1, on: [failed], backoff: {first: 0s}}}}",
    )

    assert statuses(inner(result, "a.test.js") | inner(result, "b.test.js")) == {"x": "passed flaky", "b": "passed"}
    assert [attempt.outcome.status for attempt in inner(result, "a.test.js")["x"].attempts] == [Status.FAILED, Status.PASSED]


def test_only_the_chosen_files_run_and_a_project_tells_its_tests_apart(run: Run, tmp_path: Path) -> None:
    projects = [
        {"displayName": name, "rootDir": "<rootDir>", "testMatch": ["**/*.test.js"], "globals": {"NAME": name}} for name in ("one", "two")
    ]
    text = "test('which', () => { expect(globalThis.NAME).toBe('one'); });"

    result = run(
        {"web/a.test.js": text, "web/b.test.js": f"require('fs').writeFileSync({json.dumps(str(tmp_path / 'ran'))}, ''); {text}"},
        package={"jest": {"projects": projects}},
        select=lambda case: case.id.name == "a.test.js",
    )

    assert statuses(inner(result, "a.test.js")) == {"which[one]": "passed", "which[two]": "failed"}
    assert not (tmp_path / "ran").exists()


def test_bail_leaves_the_other_files_blocked(run: Run) -> None:
    result = run(
        {"web/a.test.js": f"test('a', () => {{ expect(1).toBe(2); }});  // the largest file runs first: {'x' * 99}", "web/b.test.js": SLOW},
        suite=", args: [--bail, --runInBand]",
    )

    assert statuses(inner(result, "a.test.js") | files(result)) == {"a": "failed", "b.test.js": "blocked"}
    assert files(result)["b.test.js"].reason == "Jest stopped before this file, because of a failure (bail)"


def test_an_exit_status_that_no_test_explains_is_an_error(run: Run) -> None:
    package = {"jest": {"collectCoverage": True, "coverageThreshold": {"global": {"lines": 100}}, "coverageReporters": ["text"]}}

    result = run(
        {"web/a.test.js": "require('./a'); test('a', () => {});", "web/a.js": "exports.f = () => {\n  return 1;\n};"}, package=package
    )

    assert statuses(inner(result, "a.test.js")) == {"a": "passed"}
    assert "every test passed, but Jest ended badly (exit status 1)" in message(files(result)["a.test.js"])
    assert 'does not meet "global" threshold' in message(files(result)["a.test.js"])


def test_node_options_reach_jest(run: Run) -> None:
    result = run(
        {"web/a.test.mjs": "import { sep } from 'node:path'; test('esm', () => { expect(sep).toBeDefined(); });"},
        suite=", env: {NODE_OPTIONS: --experimental-vm-modules}",
        package={"jest": {"testMatch": ["**/*.test.mjs"], "transform": {}}},
    )

    assert statuses(inner(result, "a.test.mjs")) == {"esm": "passed"}


@pytest.mark.parametrize(
    ("files_given", "suite", "status", "told"),
    [
        ({"web/jest.config.js": "throw new Error('no settings')"}, "", "error", "could not list its files (exit status 1):"),
        ({}, ", paths: [nothing-like-this]", "error", "Jest found no test file"),
        ({"jest/package.json": "{}"}, ", cwd: elsewhere", "error", "the folder 'elsewhere' (cwd) does not exist"),
        ({}, ", env: {PATH: /nowhere}", "blocked", "Jest needs Node, and none was found: install Node 20"),
        ({}, ", cwd: /", "blocked", "Jest is not installed for '/': run `npm install --save-dev jest`"),
    ],
)
def test_a_suite_that_cannot_be_discovered_is_one_case_that_says_why(
    run: Run, files_given: dict[str, str], suite: str, status: str, told: str
) -> None:
    result = run({"web/a.test.js": "test('a', () => {});", **files_given}, suite=suite)

    (case,) = result.cases
    assert (case.case.id.name, str(case.status)) == ("jest", status)
    assert told in case.reason + message(case)


def test_a_global_set_up_that_throws_is_one_error_and_blocks_the_others(run: Run) -> None:
    files_given = {f"web/{name}.test.js": "test('x', () => {});" for name in "abc"}

    result = run(
        {**files_given, "web/setup.js": "module.exports = () => { throw new Error('no database'); };"},
        package={"jest": {"globalSetup": "<rootDir>/setup.js"}},
    )

    assert [str(case.status) for case in result.cases] == ["error", "blocked", "blocked"]
    assert "no database" in message(result.cases[0])
    assert result.cases[1].reason == "Jest did not run: see a.test.js"
