"""``--maestro-store`` records a suite that knows nothing of maestro."""

from __future__ import annotations

import pytest
from tests.pytest_maestro.conftest import Project
from tests.pytest_maestro.samples import EVERY_ENDING

from maestro_fabric.aggregator import open_history

TESTS = (
    """
import pytest
def test_ok(): pass
"""
    + EVERY_ENDING
    + """
@pytest.mark.parametrize("x", ["a", "b::c", "d[1]"])
class TestGroup:
    def test_p(self, x): pass
def test_sub(subtests):
    for i in range(3):
        with subtests.test(i=i): assert i != 1
n = 0
@pytest.mark.flaky(reruns=2)
def test_flaky():
    global n; n += 1
    assert n > 1
"""
)

EXPECTED = {
    "ok": "passed",
    "bad": "failed",
    "says_no": "failed",
    "err": "error",
    "setup": "error",
    "teardown": "error",
    "skip": "skipped",
    "skips_itself": "skipped",
    "xfail": "skipped xfailed",
    "xpass": "passed xpassed",
    "strict": "failed xpassed",
    "sub": "failed",
    "flaky": "passed flaky",
}


@pytest.mark.parametrize(
    "workers",
    [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist), pytest.param(["-n1", "--dist=loadgroup"], marks=pytest.mark.needs_xdist)],
)
def test_every_outcome_is_recorded(project: Project, workers: list[str]) -> None:
    project.file("t/test_all.py", TESTS)

    project.spawn("--maestro-store=h.db", *workers)

    expected = {f"tests::t.test_all.test_{name}": status for name, status in EXPECTED.items()}
    expected |= {f"tests::t.test_all.TestGroup.test_p[{params}]": "passed" for params in ("a", "b::c", "d[1]")}
    assert project.results("h.db") == expected


def test_each_attempt_of_a_rerun_keeps_its_error(project: Project) -> None:
    project.file("test_all.py", TESTS)

    project.spawn("--maestro-store=h.db", "-k", "flaky")

    with open_history(project.path / "h.db") as history:
        attempts = history.attempts(history.runs(limit=1)[0].run_id)
    assert [(row.attempt, str(row.status), row.error_type) for row in attempts] == [(1, "failed", "AssertionError"), (2, "passed", None)]


def test_a_module_that_cannot_be_imported_has_a_row(project: Project) -> None:
    project.file("test_broken.py", "import nothing_of_that_name\n")

    project.run("--maestro-store=h.db")

    assert project.results("h.db") == {"tests::test_broken": "error"}


@pytest.mark.needs_xdist
def test_a_worker_that_crashes_is_an_error_of_the_test_that_ran_there(project: Project) -> None:
    project.file("test_it.py", "import os\ndef test_dies(): os.kill(os.getpid(), 9)\ndef test_a(): pass\ndef test_b(): pass\n")

    project.spawn("--maestro-store=h.db", "-n2")

    assert project.results("h.db") == {
        "tests::test_it.test_dies": "error",
        "tests::test_it.test_a": "passed",
        "tests::test_it.test_b": "passed",
    }


@pytest.mark.needs_xdist
def test_dist_each_is_refused(project: Project) -> None:
    project.file("test_it.py", "def test_a(): pass\n")

    result = project.spawn("--maestro-store=h.db", "-n2", "--dist=each")

    assert result.ret == pytest.ExitCode.USAGE_ERROR


@pytest.mark.fault
def test_a_store_that_goes_bad_in_mid_run_costs_no_result_and_is_told_at_the_end(project: Project) -> None:
    project.file(
        "test_it.py",
        "import contextlib, sqlite3, time\n"
        "def test_before(): time.sleep(0.3)\n"  # long enough to be written
        "def test_breaks():\n"
        "    with contextlib.closing(sqlite3.connect('h.db')) as store: store.execute('DROP TABLE attempt')\n"
        "def test_after(): assert 0\n",
    )

    broken = project.spawn("--maestro-store=h.db", "-p", "no:randomly")
    (project.path / "h.db").unlink()
    again = project.spawn("--maestro-store=h.db", "-k", "test_before")

    broken.assert_outcomes(passed=2, failed=1)
    broken.stdout.fnmatch_lines(["warning: *h.db.spill-*.jsonl*"])
    again.assert_outcomes(passed=1, deselected=2)
    with open_history(project.path / "h.db") as history:
        taken_in = history.runs(limit=2)[1]
        assert {row.name: str(row.status) for row in history.results(taken_in.run_id)}["test_it.test_after"] == "failed"
