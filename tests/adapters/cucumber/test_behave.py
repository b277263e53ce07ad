"""Features run by real behave."""

from __future__ import annotations

from pathlib import Path

import pytest

from feature_suites import KINDS, PYTHON_HOOKS, PYTHON_STEPS, SECOND, STATUSES, Suite, by_title, fault_of, statuses
from maestro_fabric.adapters.cucumber import runners
from maestro_fabric.engine import RunResult
from maestro_fabric.errors import PluginError
from maestro_fabric.model import Location
from support import check_that_none_is_left

LOGS = "from behave import given\ndef log(word): open('log', 'a').write(word + ' ')\n"


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Suite, RunResult]:
    """One run over scenarios of every kind, in a folder beside the config."""
    suite = Suite(tmp_path_factory.mktemp("rich"))
    files = {
        "web/features/a.feature": KINDS,
        "web/features/broken.feature": "Nonsense\nFeature: Broken\n",
        "web/features/steps/steps.py": PYTHON_STEPS,
        "web/features/environment.py": PYTHON_HOOKS,
    }
    return suite, suite.run(files, cwd="web", runner="behave", env={"TOKEN": "t0k3n"})


def test_every_kind_of_scenario_has_the_status_that_cucumber_js_gives(rich: tuple[Suite, RunResult]) -> None:
    assert statuses(rich[1]) == STATUSES | {"web/features/broken.feature".removeprefix("web/"): "error"}


def test_places_steps_and_messages_are_kept(rich: tuple[Suite, RunResult]) -> None:
    cases = by_title(rich[1])
    failed = cases["Shop: fails"].attempts[-1].outcome

    assert cases["Shop: passes"].case.location == Location("web/features/a.feature", 8)
    assert cases["Shop: passes"].case.tags == ("issue_12", "shop", "smoke")
    assert [(step.title, str(step.status), str(step.location)) for step in failed.steps] == [
        ("Given a shop", "passed", "web/features/a.feature:5"),
        ("When it fails", "failed", "web/features/a.feature:11"),
        ("And a shop", "skipped", "web/features/a.feature:12"),
    ]
    assert fault_of(cases["Shop: fails"]) == "AssertionError: When it fails\none is not two"
    assert "said by the step" in failed.output
    assert fault_of(cases["Shop: breaks"]) == "OSError: When it breaks\nno disk"
    assert "@when(u'nobody knows this')" in fault_of(cases["Shop: undefined"])
    assert fault_of(cases["Shop: pending"]) == "PendingStep: When pending\nnot yet"
    assert cases["Shop: skipped"].reason == "not today"
    assert fault_of(cases["Shop: torn down badly"]) == "HookFailed: HOOK-ERROR in after_scenario: ValueError: cannot tear down"
    assert "ParseError: web/features/broken.feature:1: this feature file cannot be read" in fault_of(cases["features/broken.feature"])


def test_attachments_are_kept(rich: tuple[Suite, RunResult]) -> None:
    suite, result = rich
    artifacts = by_title(result)["Shop: attaches"].attempts[-1].outcome.artifacts

    assert [suite.artifact(artifact.path).read_bytes() for artifact in artifacts] == [b"PNG", b'{"a": "t0k3n"}']


@pytest.mark.parametrize(
    ("hooks", "first", "last", "message"),
    [
        ("def before_all(context): raise OSError('no db')", "error", "error", "HookFailed: before_all failed: OSError: no db"),
        ("def after_all(context): raise OSError('no db')", "passed", "error", "HookFailed: after_all failed: OSError: no db"),
        ("def before_feature(context, it): raise OSError('no db')", "error", "error", "HOOK-ERROR in before_feature: OSError: no db"),
        ("def after_feature(context, it): raise OSError('no db')", "passed", "error", "HOOK-ERROR in after_feature: OSError: no db"),
        ("raise OSError('no db')", "error", "error", "RunnerFailed: behave ended before the first scenario (exit status 1):\n"),
    ],
    ids=["before all", "after all", "before the feature", "after the feature", "on import"],
)
def test_what_breaks_around_the_scenarios_is_told(suite: Suite, hooks: str, first: str, last: str, message: str) -> None:
    files = {"features/a.feature": SECOND, "features/steps/s.py": PYTHON_STEPS, "features/environment.py": hooks}

    result = suite.run(files, runner="behave")

    assert statuses(result) == {"Second: one": first, "Second: two": last}
    assert message in fault_of(by_title(result)["Second: two"])


def test_after_a_stop_no_further_scenario_runs_but_the_hooks_after_all_do(suite: Suite) -> None:
    steps = LOGS + "@given('a shop')\ndef _(context):\n    log('ran')\n    raise OSError('no')\n"
    hooks = "def after_all(context): open('log', 'a').write('end')"

    result = suite.run(
        {"features/a.feature": SECOND, "features/steps/s.py": steps, "features/environment.py": hooks}, runner="behave", maxfail=1
    )

    assert statuses(result) == {"Second: one": "error"}
    assert (suite.root / "log").read_text().split() == ["ran", "end"]


def test_a_process_that_dies_costs_one_scenario_and_one_that_hangs_its_deadline(suite: Suite) -> None:
    feature = "".join(f"  Scenario: {name}\n    Given {name}\n" for name in ("a", "dies", "b", "hangs", "c"))
    steps = (
        "import os, time\nfrom behave import given\n"
        + "".join(f"@given('{name}')\ndef _(context): pass\n" for name in "abc")
        + "@given('dies')\ndef _(context): os._exit(7)\n@given('hangs')\ndef _(context): time.sleep(60)\n"
    )

    result = suite.run(
        {"features/a.feature": "Feature: F\n" + feature, "features/steps/s.py": steps},
        runner="behave",
        config={"policies": {"short": {"attempt_timeout": "3s"}}},
        policy="short",
    )

    assert statuses(result) == {"F: a": "passed", "F: dies": "error", "F: b": "passed", "F: hangs": "error", "F: c": "passed"}
    assert "SessionLost: behave died in this scenario (exit status 7)" in fault_of(by_title(result)["F: dies"])
    check_that_none_is_left(str(suite.root))


def test_behaves_own_choice_holds(suite: Suite) -> None:
    feature = "Feature: F\n  @wip\n  Scenario: one\n    Given a shop\n  Scenario: two\n    Given a shop\n"

    result = suite.run(
        {"features/a.feature": feature, "features/steps/s.py": PYTHON_STEPS}, runner="behave", paths=["features"], args=["--tags=not @wip"]
    )

    assert statuses(result) == {"F: two": "passed"}


def test_without_behave_the_config_is_refused_with_the_command_that_mends_it(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(PluginError, match=r"suite 'features': behave is not installed: run `pip install 'pytest-maestro\[behave\]'`"):
        suite.prepare({"features/a.feature": SECOND}, runner="behave")


def test_paths_and_folders_that_do_not_exist_are_the_suites_own_error(suite: Suite) -> None:
    no_folder = suite.run({}, cwd="nowhere")
    no_path = suite.run({"features/a.feature": SECOND}, runner="behave", paths=["features/a.feature", "features/b.feature"])

    assert (statuses(no_folder), statuses(no_path)) == ({"cucumber-js": "error"}, {"behave": "error"})
    assert "the folder 'nowhere' (cwd) does not exist: make it, or mend the path" in fault_of(no_folder.cases[0])
    assert "the path 'features/b.feature' does not exist in " in fault_of(no_path.cases[0])


def test_a_suite_whose_steps_folder_is_missing_is_one_error(suite: Suite, tmp_path: Path) -> None:
    result = suite.run({"features/a.feature": SECOND}, runner="behave", paths=["features"])

    assert statuses(result) == {"behave": "error"}
    assert "behave could not discover the scenarios: No steps directory in '" in fault_of(result.cases[0])
    assert "Traceback" not in fault_of(result.cases[0])
