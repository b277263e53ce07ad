"""Features run by real cucumber-js."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feature_suites import BROKEN, KINDS, NODE_STEPS, SECOND, STATUSES, Suite, by_title, fault_of, statuses
from maestro_fabric import compose
from maestro_fabric.engine import RunResult
from maestro_fabric.events import AttemptFinished, Warned
from maestro_fabric.model import Location, Status
from support import check_that_none_is_left, environ_of_a_user, wait_until

pytestmark = pytest.mark.needs_node

FEATURES = {"features/a.feature": KINDS, "features/broken.feature": BROKEN, "features/steps/steps.js": NODE_STEPS}
A_SHOP = "const { Given, BeforeAll, AfterAll } = require('@cucumber/cucumber')\n"
LOGS = "const fs = require('node:fs'); const log = (word) => fs.appendFileSync('log', word + ' ')\n"
PASSES = "Given('a shop', () => {})\n"


@pytest.fixture(scope="module")
def rich(node_packages: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Suite, RunResult]:
    """One run over scenarios of every kind, in a folder beside the config."""
    suite = Suite(tmp_path_factory.mktemp("rich"))
    (suite.root / "node_modules").symlink_to(node_packages / "node_modules")
    files = {f"web/{name}": text for name, text in FEATURES.items()}
    return suite, suite.run(files, cwd="web", env={"TOKEN": "t0k3n"}, tags=["gherkin"])


def test_every_kind_of_scenario_has_its_status(rich: tuple[Suite, RunResult]) -> None:
    assert statuses(rich[1]) == STATUSES | {"features/broken.feature": "error"}


def test_places_and_tags_are_those_of_the_feature(rich: tuple[Suite, RunResult]) -> None:
    cases = {title: result.case for title, result in by_title(rich[1]).items()}

    assert cases["Shop: passes"].location == Location("web/features/a.feature", 8)
    assert cases["Shop: passes"].tags == ("gherkin", "shop", "smoke", "issue_12")
    assert cases["Shop: with: and more: buy <item>[coffee-3]"].location == Location("web/features/a.feature", 40)
    assert cases["Shop: with: and more: buy <item>[coffee-3]"].tags == ("gherkin", "shop", "late")


def test_a_failure_names_its_step_and_keeps_the_others(rich: tuple[Suite, RunResult]) -> None:
    failed = by_title(rich[1])["Shop: fails"].attempts[-1].outcome

    assert [(step.title, str(step.status), str(step.location)) for step in failed.steps] == [
        ("Given a shop", "passed", "web/features/a.feature:5"),
        ("When it fails", "failed", "web/features/a.feature:11"),
        ("And a shop", "skipped", "web/features/a.feature:12"),
    ]
    assert failed.fault is not None
    assert failed.fault.type == "AssertionError"
    assert failed.fault.message.startswith("When it fails\none is not two")
    assert "steps.js" in failed.fault.trace
    assert failed.fault.location == Location("web/features/a.feature", 11)


def test_what_could_not_be_judged_says_why(rich: tuple[Suite, RunResult]) -> None:
    cases = by_title(rich[1])

    assert fault_of(cases["Shop: breaks"]) == "RangeError: When it breaks\nno disk"
    assert "UndefinedStep: When nobody knows this\nno step definition matches" in fault_of(cases["Shop: undefined"])
    assert "When('nobody knows this', function () {" in fault_of(cases["Shop: undefined"])
    assert fault_of(cases["Shop: pending"]).startswith("PendingStep: When pending")
    assert cases["Shop: skipped"].reason == "When skipped: skipped"
    assert fault_of(cases["Shop: torn down badly"]) == ("HookFailed: After hook (features/steps/steps.js:17)\nError: cannot tear down")
    broken = fault_of(cases["features/broken.feature"])
    assert broken.startswith("ParseError: web/features/broken.feature:4: this feature file cannot be read")
    assert "Nonsense here" in broken
    assert "More of it" in broken


def test_attachments_are_kept_as_files_and_logs_as_output(rich: tuple[Suite, RunResult]) -> None:
    suite, result = rich
    outcome = by_title(result)["Shop: attaches"].attempts[-1].outcome

    files = [suite.artifact(artifact.path) for artifact in outcome.artifacts]
    assert [file.name for file in files] == ["shot.png", "attachment-2.json"]
    assert files[0].read_bytes() == b"PNG"
    assert json.loads(files[1].read_text()) == {"a": "t0k3n"}
    assert outcome.output.splitlines() == [
        "said by the step",
        "https://shop.example",
        "the attachment 'big.zip' of 6.0 MB is not kept: it is too big",
    ]


def test_attempts_that_cucumber_repeats_are_attempts(node_suite: Suite) -> None:
    steps = A_SHOP + "let n = 0; Given('a shop', () => { if (n++ < 2) throw new Error('try ' + n) })"

    result = node_suite.run(
        {"features/a.feature": "Feature: F\n  Scenario: flaky\n    Given a shop\n", "features/s.js": steps}, args=["--retry", "2"]
    )

    (case,) = result.cases
    assert statuses(result) == {"F: flaky": "passed flaky"}
    assert [fault_of_attempt.outcome.status for fault_of_attempt in case.attempts] == [Status.ERROR, Status.ERROR, Status.PASSED]
    finished = [event for event in node_suite.sink.events if isinstance(event, AttemptFinished)]
    assert [event.is_last for event in finished] == [False, False, True]
    assert [event.attempt.number for event in finished] == [1, 2, 3]


def test_one_process_runs_the_chosen_scenarios_and_a_further_attempt_another(node_suite: Suite) -> None:
    steps = (
        A_SHOP
        + LOGS
        + "BeforeAll(() => log('begin')); AfterAll(() => log('end')); Given('a shop', () => log('ran'))\n"
        + "Given('a bad shop', () => { if (!fs.readFileSync('log', 'utf8').includes('bad')) { log('bad'); throw new Error('once') } })"
    )
    feature = "Feature: F\n  Scenario: one\n    Given a shop\n  Scenario: two\n    Given a bad shop\n  Scenario: three\n    Given a shop\n"
    policies = {"again": {"retry": {"times": 1, "backoff": {"first": "1ms"}}}}

    result = node_suite.run(
        {"features/a.feature": feature + "  Scenario: left out\n    Given a shop\n", "features/s.js": steps},
        config={"policies": policies},
        policy="again",
        choose=lambda case: case.id.name != "F: left out",
    )

    assert statuses(result) == {"F: one": "passed", "F: two": "passed flaky", "F: three": "passed"}
    assert (node_suite.root / "log").read_text().split() == ["begin", "ran", "bad", "end", "begin", "ran", "end"]


def test_a_scenario_of_a_file_whose_name_is_a_glob_can_be_chosen(node_suite: Suite) -> None:
    files = {"features/a[1] (new) {x,y}.feature": SECOND, "features/b.feature": SECOND.replace("Second", "Third")}

    result = node_suite.run({**files, "features/s.js": A_SHOP + PASSES}, choose=lambda case: case.id.name != "Second: one")

    assert statuses(result) == {"Second: two": "passed", "Third: one": "passed", "Third: two": "passed"}


@pytest.mark.parametrize(("added", "processes"), [("", 1), ("services", 2)], ids=["as it was", "another environment"])
def test_the_process_that_discovered_runs_the_scenarios_unless_the_environment_changes(
    node_suite: Suite, monkeypatch: pytest.MonkeyPatch, added: str, processes: int
) -> None:
    steps = A_SHOP + "Given('a shop', () => console.log('said with ' + (process.env.ADDED ?? '')))\n"
    configuration = LOGS + "log('configured'); module.exports = { default: {} }\n"
    prepared = node_suite.prepare({"features/a.feature": SECOND, "features/s.js": steps, "cucumber.js": configuration})
    if added:
        monkeypatch.setenv("ADDED", added)

    result = compose.run(prepared, sinks=[node_suite.sink])

    assert statuses(result) == {"Second: one": "passed", "Second: two": "passed"}
    assert len((node_suite.root / "log").read_text().split()) == processes
    assert f"said with {added}\n" in (prepared.artifacts / "cucumber" / "features.log").read_text()


def test_a_process_that_discovered_and_is_not_asked_to_run_ends(node_suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maestro_fabric.adapters.cucumber.kept.LINGER_S", 0.2)
    node_suite.prepare({"features/a.feature": SECOND, "features/s.js": A_SHOP + PASSES}, env={"MAESTRO_TEST": str(node_suite.root)})

    check_that_none_is_left(str(node_suite.root))


def test_ctrl_c_lets_the_scenario_and_the_hooks_end(node_suite: Suite) -> None:
    waits = "Given('a shop', async () => { log('in'); await new Promise((done) => setTimeout(done, 900)); log('out') })"
    node_suite.prepare({"features/a.feature": SECOND, "features/s.js": A_SHOP + LOGS + waits + "; AfterAll(() => log('end'))"})
    command = [sys.executable, "-m", "maestro_fabric", "run"]
    child = subprocess.Popen(command, cwd=node_suite.root, stdout=subprocess.PIPE, text=True, env=environ_of_a_user())
    wait_until((node_suite.root / "log").exists, within_s=30)

    child.send_signal(signal.SIGINT)
    child.communicate(timeout=30)

    assert child.returncode == 2
    assert (node_suite.root / "log").read_text().split() == ["in", "out", "end"]


def test_after_a_stop_no_further_scenario_runs_but_the_hooks_after_all_do(node_suite: Suite) -> None:
    steps = A_SHOP + LOGS + "AfterAll(() => log('end')); Given('a shop', () => { log('ran'); throw new Error('no') })"

    result = node_suite.run({"features/a.feature": SECOND, "features/s.js": steps}, maxfail=1)

    assert statuses(result) == {"Second: one": "error"}
    assert (node_suite.root / "log").read_text().split() == ["ran", "end"]


@pytest.mark.parametrize(
    ("support", "first", "last", "message"),
    [
        (
            "BeforeAll(() => { throw Error('no db') })",
            "error",
            "error",
            "HookFailed: BeforeAll hook (features/s.js:2) failed: no db",
        ),
        (
            "AfterAll(() => { throw Error('no db') })",
            "passed",
            "error",
            "HookFailed: AfterAll hook (features/s.js:2) failed: no db",
        ),
        ("throw new SyntaxError('in the support code')", "error", "error", "SyntaxError: in the support code"),
    ],
    ids=["before all", "after all", "support code"],
)
def test_what_breaks_around_the_scenarios_is_told(node_suite: Suite, support: str, first: str, last: str, message: str) -> None:
    result = node_suite.run({"features/a.feature": SECOND, "features/s.js": A_SHOP + support + "\n" + PASSES})

    assert statuses(result) == {"Second: one": first, "Second: two": last}
    assert fault_of(by_title(result)["Second: two"]).startswith(message)


def test_a_process_that_dies_costs_one_scenario_and_one_that_hangs_its_deadline(node_suite: Suite) -> None:
    feature = "".join(f"  Scenario: {name}\n    Given {name}\n" for name in ("a", "dies", "b", "hangs", "c"))
    steps = A_SHOP + (
        "for (const name of 'abc') Given(name, () => {})\n"
        "Given('dies', () => { console.error('giving up'); process.exit(7) })\n"
        "Given('hangs', () => { process.title = 'maestro-hangs'; for (;;); })"
    )

    result = node_suite.run(
        {"features/a.feature": "Feature: F\n" + feature, "features/s.js": steps},
        config={"policies": {"short": {"attempt_timeout": "3s"}}},
        policy="short",
    )

    assert statuses(result) == {"F: a": "passed", "F: dies": "error", "F: b": "passed", "F: hangs": "error", "F: c": "passed"}
    assert "SessionLost: cucumber-js died in this scenario (exit status 7):\n" in fault_of(by_title(result)["F: dies"])
    assert "giving up" in fault_of(by_title(result)["F: dies"])
    assert fault_of(by_title(result)["F: hangs"]) == "DeadlineExceeded: scenario 'F: hangs' took longer than 3 s"
    check_that_none_is_left(str(node_suite.root))


def test_scenarios_run_side_by_side_when_cucumber_is_told_so(node_suite: Suite) -> None:
    result = node_suite.run(
        {"features/a.feature": SECOND, "features/s.js": A_SHOP + PASSES}, args=["--parallel", "2", "--tags", "not @wip"]
    )

    assert statuses(result) == {"Second: one": "passed", "Second: two": "passed"}


def test_pending_is_skipped_when_cucumber_is_not_strict(node_suite: Suite) -> None:
    files = {"cucumber.json": '{"default": {"strict": false}, "other": {"strict": true}}', "features/a.feature": SECOND}

    result = node_suite.run({**files, "features/s.js": A_SHOP + "Given('a shop', () => 'pending')"}, args=["--profile", "default"])

    assert statuses(result) == {"Second: one": "skipped", "Second: two": "skipped"}


@pytest.mark.parametrize(
    ("files", "suite", "message"),
    [
        ({"cucumber.js": "throw new Error('in the config')"}, {}, "DiscoveryFailed: cucumber-js could not discover the scenarios: "),
        ({}, {"args": ["--nonsense"]}, "unknown option '--nonsense'"),
    ],
    ids=["config throws", "unknown option"],
)
def test_a_suite_that_cannot_be_discovered_is_one_error(
    node_suite: Suite, files: dict[str, str], suite: dict[str, list[str]], message: str
) -> None:
    result = node_suite.run({"features/a.feature": SECOND, **files}, **suite)

    assert statuses(result) == {"cucumber-js": "error"}
    assert message in fault_of(result.cases[0])


def test_without_the_package_the_suite_is_blocked_with_what_mends_it(suite: Suite) -> None:
    result = suite.run({"features/a.feature": SECOND})

    assert statuses(result) == {"cucumber-js": "blocked"}
    assert "run `npm install --save-dev @cucumber/cucumber` in" in result.cases[0].reason


def test_without_node_the_suite_is_blocked(node_suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(node_suite.root))

    result = node_suite.run({"features/a.feature": SECOND})

    assert statuses(result) == {"cucumber-js": "blocked"}
    assert "install Node 20 or newer" in result.cases[0].reason


def test_what_no_scenario_is_to_blame_for_is_no_warning(rich: tuple[Suite, RunResult]) -> None:
    assert [event for event in rich[0].sink.events if isinstance(event, Warned)] == []
