"""Suites of pytest run in real processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from maestro_fabric import compose
from maestro_fabric.engine import RunResult
from maestro_fabric.errors import ConfigError
from maestro_fabric.model import CaseResult, Mark
from maestro_fabric.plan import select_cases

Run = Callable[..., RunResult]

ALL_KINDS = """
import pytest

def test_passes(): pass
def test_fails(): assert 1 == 2, "one is not two"
def test_breaks(): raise OSError("no disk")
@pytest.fixture
def broken(): raise LookupError("no table")
def test_set_up_breaks(broken): pass
@pytest.mark.skip(reason="later")
def test_skipped(): pass
@pytest.mark.xfail(reason="#1")
def test_xfailed(): assert 0
@pytest.mark.xfail(reason="#2")
def test_xpassed(): pass
class TestOne:
    @pytest.mark.parametrize("x", ["a::b", "c[d]"])
    def test_params(self, x): assert x != "c[d]"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    def run(files: dict[str, str], *, suite: str = "", config: str = "", select: Any = None, **arguments: Any) -> RunResult:
        for name, text in files.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text)
        (project / "qa.yaml").write_text(f"version: 1\nproject: shop\n{config}\nsuites:\n  - {{name: unit, adapter: pytest{suite}}}\n")
        prepared = compose.prepare(project / "qa.yaml")
        if select is not None:
            object.__setattr__(prepared, "plan", select_cases(prepared.plan, select))
        return compose.run(prepared, **arguments)

    return run


def by_name(result: RunResult) -> dict[str, CaseResult]:
    return {case.case.id.title: case for case in result.cases}


def statuses(result: RunResult) -> dict[str, str]:
    return {name: " ".join([str(case.status), *sorted(case.marks)]) for name, case in by_name(result).items()}


def message(case: CaseResult) -> str:
    fault = case.attempts[-1].outcome.fault
    return f"{fault.type}: {fault.message}" if fault else ""


def test_every_kind_of_outcome_comes_through(run: Run) -> None:
    result = run({"tests/test_all.py": ALL_KINDS})

    assert statuses(result) == {
        "tests.test_all.test_passes": "passed",
        "tests.test_all.test_fails": "failed",
        "tests.test_all.test_breaks": "error",
        "tests.test_all.test_set_up_breaks": "error",
        "tests.test_all.test_skipped": "skipped",
        "tests.test_all.test_xfailed": "skipped xfailed",
        "tests.test_all.test_xpassed": "passed xpassed",
        "tests.test_all.TestOne.test_params[a::b]": "passed",
        "tests.test_all.TestOne.test_params[c[d]]": "failed",
    }
    cases = by_name(result)
    assert "one is not two" in message(cases["tests.test_all.test_fails"])
    assert message(cases["tests.test_all.test_breaks"]).startswith("OSError: no disk")
    assert cases["tests.test_all.test_skipped"].reason == "later"


def test_a_module_that_cannot_be_collected_is_a_case_in_error_and_others_run(run: Run) -> None:
    result = run({"test_a.py": "import nothing_like_this", "test_b.py": "def test_b(): pass"})

    assert statuses(result) == {"test_a": "error", "test_b.test_b": "passed"}
    assert message(by_name(result)["test_a"]) == "CollectionError: ModuleNotFoundError: No module named 'nothing_like_this'"


def test_one_process_runs_them_all_and_tears_down_at_its_end(run: Run, project: Path) -> None:
    text = """
import os, pathlib, pytest
@pytest.fixture(scope="session", autouse=True)
def whole():
    with open("log", "a") as log: log.write("up ")
    yield
    with open("log", "a") as log: log.write("down ")
def test_a(): pass
def test_b(): pass
"""
    run({"test_it.py": text})

    assert (project / "log").read_text() == "up down "


def test_only_what_was_chosen_runs_with_the_conftest_of_the_whole(run: Run, project: Path) -> None:
    files = {
        "conftest.py": "import pytest\n@pytest.fixture\ndef value(): return 7\n",
        "deep/tests/test_it.py": "import pathlib\n"
        "def test_a(value): pathlib.Path('a').touch()\n"
        "def test_b(value): pathlib.Path('b').touch(); assert value == 7\n",
    }

    result = run(files, select=lambda case: case.id.name.endswith("test_b"))

    assert statuses(result) == {"deep.tests.test_it.test_b": "passed"}
    assert ((project / "a").exists(), (project / "b").exists()) == (False, True)


def test_arguments_environment_and_folder_are_the_suites(run: Run) -> None:
    text = "import os, pytest\n@pytest.mark.slow\ndef test_slow(): pass\ndef test_env(): assert os.environ['COLOUR'] == 'blue'\n"

    result = run(
        {"api/tests/test_it.py": text, "api/pytest.ini": "[pytest]\nmarkers = slow\n"},
        suite=", cwd: api, paths: [tests], args: [-m, not slow], env: {COLOUR: '${vars.colour}'}",
        config="vars: {colour: blue}",
    )

    assert statuses(result) == {"api.tests.test_it.test_env": "passed"}


def test_a_process_that_dies_is_an_error_of_the_test_in_it_and_the_rest_goes_on(run: Run) -> None:
    text = "import os\ndef test_a(): pass\ndef test_b():\n    print('last words', flush=True)\n    os._exit(7)\ndef test_c(): pass\n"

    result = run({"test_it.py": text}, suite=", args: [-s]")

    assert statuses(result) == {"test_it.test_a": "passed", "test_it.test_b": "error", "test_it.test_c": "passed"}
    told = message(by_name(result)["test_it.test_b"])
    assert told.startswith("SessionLost: pytest died in this test (exit status 7)")
    assert "last words" in told


def test_a_test_that_hangs_is_ended_at_its_limit_and_the_rest_goes_on(run: Run) -> None:
    text = "import time\ndef test_a(): time.sleep(600)\ndef test_b(): pass\n"

    result = run({"test_it.py": text}, config="policies: {short: {attempt_timeout: 6s}}\npolicy: short")

    assert statuses(result) == {"test_it.test_a": "error", "test_it.test_b": "passed"}
    assert message(by_name(result)["test_it.test_a"]) == "DeadlineExceeded: test 'test_it.test_a' took longer than 6 s"


def test_a_further_attempt_is_a_fresh_process_that_then_runs_the_rest(run: Run) -> None:
    text = """
import os, pathlib
mark = pathlib.Path("tried")
def test_a(): pathlib.Path("pid").write_text(str(os.getpid()))
def test_b():
    if not mark.exists():
        mark.touch()
        raise OSError("at first")
    assert pathlib.Path("pid").read_text() != str(os.getpid())
def test_c(): pass
"""
    result = run({"test_it.py": text}, config="policies: {twice: {retry: {times: 1}}}\npolicy: twice")

    assert statuses(result) == {"test_it.test_a": "passed", "test_it.test_b": "passed flaky", "test_it.test_c": "passed"}
    assert Mark.FLAKY in by_name(result)["test_it.test_b"].marks


def test_a_stop_leaves_the_rest_untouched_and_tears_down(run: Run, project: Path) -> None:
    text = """
import pathlib, pytest
@pytest.fixture(scope="session", autouse=True)
def whole():
    yield
    pathlib.Path("down").touch()
def test_a(): assert 0
def test_b(): pathlib.Path("b").touch()
"""
    result = run({"test_it.py": text}, maxfail=1)

    assert statuses(result) == {"test_it.test_a": "failed"}
    assert ((project / "b").exists(), (project / "down").exists()) == (False, True)


def test_a_suite_that_ends_itself_early_leaves_errors_that_say_so(run: Run) -> None:
    text = "def test_a(): assert 0\ndef test_b(): pass\n"

    result = run({"test_it.py": text}, suite=", args: [-x]")

    assert statuses(result) == {"test_it.test_a": "failed", "test_it.test_b": "error"}
    assert message(by_name(result)["test_it.test_b"]).startswith("TestNotRun: pytest ended and did not run this test (exit status 1)")


def test_a_pytest_that_cannot_start_is_an_error_of_the_config_with_its_words(run: Run) -> None:
    with pytest.raises(ConfigError, match=r"(?s)suite 'unit': pytest could not collect its tests:.*--no-such-option"):
        run({"test_it.py": "def test_a(): pass"}, suite=", args: [--no-such-option]")


def test_a_suite_without_tests_has_no_cases(run: Run) -> None:
    assert run({"test_it.py": ""}).exit_status == 5


@pytest.mark.parametrize(
    ("suite", "problem"),
    [(", paths: [tests, none]", "the path 'tests' does not exist"), (", cwd: web", "the folder 'web' does not exist")],
)
def test_paths_that_do_not_exist_are_told_before_anything_runs(run: Run, suite: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        run({}, suite=suite)


def test_nothing_is_left_running(run: Run) -> None:
    before = set(Path("/proc/self/fd").iterdir())

    run({"test_it.py": "def test_a(): pass\n"})

    assert set(Path("/proc/self/fd").iterdir()) == before
