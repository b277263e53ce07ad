"""Programs that leave reports: shell scripts, Robot Framework, node's own test runner."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric import compose
from maestro_fabric.engine import RunResult
from maestro_fabric.errors import ConfigError
from maestro_fabric.events import AttemptFinished, Warned
from maestro_fabric.model import CaseResult
from maestro_fabric.plan import select_cases
from maestro_fabric.testing import RecordingSink
from support import check_that_none_is_left

Run = Callable[..., RunResult]
IN_A_SHELL = {"shell": True}

ROBOT = """
*** Settings ***
Test Tags    smoke
*** Test Cases ***
Passes
    Log    hello
Fails
    Should Be Equal    one    two
Breaks
    Evaluate    1/0
Skips
    Skip    not today
"""
NODE = """
import test, { describe, it } from 'node:test'
import assert from 'node:assert'
test('passes', () => {})
describe('cart', () => {
  it('fails', () => assert.equal(1, 2))
  it.skip('is off', () => {})
  describe('full', () => { it('empties', () => {}) })
})
"""


@pytest.fixture
def sink() -> RecordingSink:
    return RecordingSink()


@pytest.fixture
def run(tmp_path: Path, sink: RecordingSink) -> Run:
    def run(files: dict[str, str] | None = None, *, config: Any = None, choose: Any = None, **suite: Any) -> RunResult:
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text)
        suites = [{"name": "any", "adapter": "command", **suite}]
        (tmp_path / "qa.yaml").write_text(json.dumps({"version": 1, "project": "shop", **(config or {}), "suites": suites}))
        prepared = compose.prepare(tmp_path / "qa.yaml")
        if choose is not None:
            object.__setattr__(prepared, "plan", select_cases(prepared.plan, choose))
        return compose.run(prepared, sinks=[sink])

    return run


def statuses(result: RunResult) -> dict[str, str]:
    """By title; a container only when it is bad or blocked, what is inside it always."""
    return {case.case.id.title: " ".join([str(case.status), *sorted(case.marks)]) for case in result.cases}


def fault_of(case: CaseResult) -> str:
    fault = case.attempts[-1].outcome.fault
    return f"{fault.type}: {fault.message}" if fault else ""


def whole(result: RunResult) -> CaseResult:
    return next(case for case in result.cases if case.case.container)


def test_robot_framework_leaves_junit(run: Run) -> None:
    command = [sys.executable, "-m", "robot", "--xunit", "x.xml", "shop.robot"]

    result = run({"shop.robot": ROBOT}, command=command, report={"junit": "x.xml"})

    assert statuses(result) == {"Shop > Passes": "passed", "Shop > Fails": "failed", "Shop > Breaks": "failed", "Shop > Skips": "skipped"}
    assert result.exit_status == 1
    failed = next(case for case in result.cases if case.case.id.name == "Shop > Fails")
    assert fault_of(failed) == "AssertionError: one != two"
    assert failed.case.inside == Path(sys.executable).name


@pytest.mark.needs_node
def test_node_tells_the_same_in_tap_and_junit(run: Run) -> None:
    command = ["node", "--test", "--test-reporter"]
    wanted = {"passes": "passed", "cart > fails": "failed", "cart > is off": "skipped", "cart > full > empties": "passed"}

    by_tap = run({"a.test.mjs": NODE}, command=[*command, "tap", "a.test.mjs"], report={"tap": "-"})
    by_junit = run(command=[*command, "junit", "--test-reporter-destination", "x.xml", "a.test.mjs"], report={"junit": "x.xml"})

    assert statuses(by_tap) == wanted
    assert statuses(by_junit) == wanted


def test_several_reports_are_read_and_old_ones_are_left_alone(run: Run, tmp_path: Path, sink: RecordingSink) -> None:
    report = '{"results": {"tests": [{"name": "%s", "status": "%s"}]}}'
    (tmp_path / "old.ctrf.json").write_text(report % ("gone", "failed"))

    result = run(
        {"a": report % ("a", "passed"), "b": report % ("b", "passed")},
        command=["sh", "-c", "cp a a.ctrf.json && cp b b.ctrf.json"],
        report={"ctrf": "*.ctrf.json"},
    )

    assert statuses(result) == {"a": "passed", "b": "passed"}
    assert result.exit_status == 0
    assert [event.message for event in sink.of(Warned)] == ["any: not read, since older than the start: old.ctrf.json"]


@pytest.mark.parametrize(
    ("script", "report", "message"),
    [
        (
            "echo oops; exit 3",
            {"junit": "x.xml"},
            "ReportUnusable: the report 'x.xml' is missing (exit status 3); the end of its",
        ),
        (
            "exit 0",
            {"tap": "old.tap"},
            "ReportUnusable: the report 'old.tap' is stale: old.tap is older than the start",
        ),
        (": > x.xml", {"junit": "x.xml"}, "ReportUnusable: the report 'x.xml' cannot be used: it is empty"),
        ("echo '<testsuite>' > x.xml", {"junit": "*.xml"}, "ReportUnusable: the report 'x.xml' cannot be used: it is no whole XML"),
        ("echo '<testsuite/>' > x.xml", {"junit": "x.xml"}, "NoCases: the report holds no case (exit status 0)"),
        ("echo '1..1'; echo 'ok - a'; exit 3", {"tap": "-"}, "ProgramFailed: exit status 3, although every case in its report is fine"),
        ("echo '1..2'; echo 'ok - a'", {"tap": "-"}, "ReportUnusable: the TAP on its standard output cannot be used: it is cut off"),
        ("echo '1..1'; echo 'not ok - a'; kill -9 $$", {"tap": "-"}, "ProgramDied: the program was ended (killed by SIGKILL)"),
    ],
    ids=["missing", "stale", "empty", "malformed", "no case", "green but not 0", "cut off", "killed"],
)
def test_a_run_that_is_not_to_be_trusted_is_an_error(run: Run, script: str, report: dict[str, str], message: str) -> None:
    result = run({"old.tap": "1..1\nok 1\n"}, command=["sh", "-c", script], report=report)

    assert statuses(result)["sh"] == "error"
    assert fault_of(whole(result)).startswith(message)


def test_failures_count_although_the_exit_status_is_0_and_that_is_said(run: Run, sink: RecordingSink) -> None:
    result = run(command=["sh", "-c", "echo '1..2'; echo 'ok - a'; echo 'not ok - b'"], report={"tap": "-"})

    assert statuses(result) == {"a": "passed", "b": "failed"}
    assert result.exit_status == 1
    assert [event.message for event in sink.of(Warned)] == ["any: exit status 0, although 1 of its cases did not pass: they count"]


def test_a_program_that_hangs_is_killed_and_what_it_told_stays(run: Run, tmp_path: Path) -> None:
    policies = {"policies": {"short": {"attempt_timeout": "1s"}}}

    result = run(
        command=["sh", "-c", f"echo '1..2'; echo 'ok - a'; echo 'ok - b'; cd {tmp_path}; sleep 60"],
        report={"tap": "-"},
        config=policies,
        policy="short",
    )

    assert statuses(result)["sh"] == "error"
    assert statuses(result)["a"] == "passed"
    assert "took longer than 1 s and was killed; the end of its output:\n1..2\nok - a" in fault_of(whole(result))
    check_that_none_is_left(str(tmp_path))

    late = run(command=["sh", "-c", f"cd {tmp_path}; sleep 60"], report={"junit": "x.xml"}, config=policies, policy="short")

    assert "DeadlineExceeded: the program took longer than 1 s and was killed" in fault_of(whole(late))
    check_that_none_is_left(str(tmp_path))


def test_a_program_that_is_missing_blocks_the_suite(run: Run) -> None:
    result = run(command=["no-such-program", "x"], report={"tap": "-"})
    beside = run(command=["./no-such-program"], report={"tap": "-"})

    assert statuses(result) == {"no-such-program": "blocked"}
    assert result.cases[0].reason == "the program 'no-such-program' was not found on the PATH: install it, or mend the command"
    assert "was not found in" in beside.cases[0].reason


PICK = """
[ $# = 0 ] && set -- a "b c" d
echo "$@" >> log
echo "1..$#"
for name; do [ "$name" = d ] && echo "not ok - d" || echo "ok - $name"; done
"""


def test_listed_cases_are_items_and_only_the_chosen_ones_run(run: Run, tmp_path: Path) -> None:
    suite = {
        "command": ["sh", "pick.sh"],
        "list": ["printf", "a\nb c\n\nd\n"],
        "select": ["{case}"],
        "report": {"tap": "-"},
    }

    everything = run({"pick.sh": PICK}, **suite)
    some = run(choose=lambda case: case.id.name in ("b c", "d"), **suite)

    assert statuses(everything) == {"a": "passed", "b c": "passed", "d": "failed"}
    assert statuses(some) == {"b c": "passed", "d": "failed"}
    assert (tmp_path / "log").read_text().splitlines() == ["a b c d", "b c d"]


def test_a_further_attempt_runs_only_its_case_and_those_to_come(run: Run, tmp_path: Path, sink: RecordingSink) -> None:
    policies = {"policies": {"again": {"retry": {"times": 1, "on": ["failed"], "backoff": {"first": "1ms"}}}}}

    result = run(
        {"pick.sh": PICK},
        command=["sh", "pick.sh"],
        list=["printf", "a\nb c\nd\n"],
        select=["{case}"],
        report={"tap": "-"},
        config=policies,
        policy="again",
    )

    assert statuses(result)["d"] == "failed"
    assert (tmp_path / "log").read_text().splitlines() == ["a b c d", "d"]
    assert len([event for event in sink.of(AttemptFinished) if event.case.id.name == "d"]) == 2


def test_what_the_list_and_the_report_say_of_each_other_is_compared(run: Run) -> None:
    one = '<testcase classname="A" name="one">'
    listing = f'<testsuite>{one}</testcase><testcase classname="A" name="two"/></testsuite>'
    report = f'<testsuite>{one}<flakyFailure message="first"/></testcase><testcase classname="A" name="three"/></testsuite>'

    result = run(
        {"list.xml": listing, "report.xml": report},
        command=["cp", "report.xml", "x.xml"],
        list=["cat", "list.xml"],
        report={"junit": "x.xml"},
    )

    assert statuses(result) == {"A > three": "passed", "A > one": "passed flaky", "A > two": "error"}
    two = next(case for case in result.cases if case.case.id.name == "A > two")
    assert fault_of(two) == "NotReported: the list names this case, but the report says nothing of it"


def test_without_the_container_the_first_case_says_what_was_wrong_with_the_program(run: Run) -> None:
    result = run(
        command=["sh", "-c", "echo '1..2'; echo 'ok - a'; echo 'ok - b'; exit 3"],
        list=["printf", "a\nb\n"],
        report={"tap": "-"},
        choose=lambda case: not case.container,
    )

    assert statuses(result) == {"a": "error", "b": "passed"}
    assert "ProgramFailed: exit status 3" in fault_of(result.cases[0])


@pytest.mark.parametrize(
    ("command", "message"),
    [("echo no >&2; exit 4", "(exit status 4):\nno"), ("true", "the command printed no name"), ("echo '<oops'", "it is no whole XML")],
    ids=["fails", "empty", "malformed"],
)
def test_a_list_that_cannot_be_used_is_one_error(run: Run, command: str, message: str) -> None:
    result = run(command="true", list=command, report={"junit": "x.xml"}, **IN_A_SHELL)

    assert statuses(result) == {"true": "error"}
    assert message in fault_of(result.cases[0])


@pytest.mark.parametrize(
    ("suite", "message"),
    [
        ({"command": "a b", "report": {"tap": "-"}}, "command is a text when shell is true"),
        ({"command": [], "report": {"tap": "-"}}, "command is empty"),
        ({"command": ["a"], "report": {}}, "a report is exactly one of junit, tap and ctrf"),
        ({"command": ["a"], "report": {"tap": "-", "junit": "x.xml"}}, "a report is exactly one of junit, tap and ctrf"),
        ({"command": ["a"], "report": {"junit": "-"}}, "only tap is read from the standard output"),
        ({"command": ["a"], "report": {"tap": "-"}, "select": ["{case}"]}, "select needs list"),
        ({"command": ["a"], "list": ["b"], "report": {"tap": "-"}, "select": ["--test"]}, "select holds no {case}"),
    ],
)
def test_mistakes_in_the_config_are_told(run: Run, suite: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(**suite)


def test_a_folder_that_does_not_exist_is_the_suites_own_error(run: Run) -> None:
    result = run(command=["true"], cwd="nowhere", report={"tap": "-"})

    assert statuses(result) == {"true": "error"}
    assert fault_of(result.cases[0]) == "DiscoveryFailed: the folder 'nowhere' (cwd) does not exist: make it, or mend the path"
