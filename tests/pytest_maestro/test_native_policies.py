"""Python tests under policies: by mark, by suite, by the file; further attempts that bug reports of pytest-rerunfailures ask for."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from tests.pytest_maestro.conftest import Project

from maestro_fabric.aggregator import open_history

UNIT = "  - {name: unit, adapter: pytest, paths: [tests], policy: again}\n"
AGAIN = "policies: {again: {retry: {times: 2, on: [error, failed], backoff: {kind: constant, first: 1ms, jitter: none}}}}"
WITHOUT_RERUNS = ("-p", "no:rerunfailures")
SCOPES = """
import pytest

@pytest.fixture(scope="session", autouse=True)
def of_session():
    print("session up")
    yield
    print("session down")

@pytest.fixture(scope="module", autouse=True)
def of_module():
    print("module up")
    yield
    print("module down")

@pytest.fixture
def of_function():
    print("function up")
    yield
    print("function down")

tries = []
"""


def fixtures(result: pytest.RunResult) -> list[str]:
    """What the fixtures printed, in order; a letter of a test's outcome may stand before it on the line."""
    words = ("session up", "session down", "module up", "module down", "function up", "function down")
    return [word for line in result.outlines for word in words if line.endswith(word)]


def errors(project: Project) -> list[tuple[int, str]]:
    """The attempts that did not pass, as the history has them."""
    with open_history(project.path / ".maestro/history.db") as history:
        rows = history.attempts(history.runs(limit=1)[0].run_id)
    return [(row.attempt, row.error_message.splitlines()[0]) for row in rows if row.error_message]


def test_a_test_that_passes_at_last_is_flaky_with_every_attempt_in_the_history_and_one_case_in_junit(project: Project) -> None:
    project.config(UNIT, head=AGAIN)
    project.file(
        "tests/test_a.py",
        SCOPES
        + """
class TestShop:
    def test_it(self, of_function):
        assert not hasattr(self, "used"), "the instance is that of the last attempt"
        self.used = True
        tries.append(1)
        print("output of", len(tries))
        assert len(tries) > 2, f"not at try {len(tries)}"

def test_after(of_function):
    pass
""",
    )

    result = project.run("qa.yaml", "-s", "--junitxml=junit.xml", *WITHOUT_RERUNS)

    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 2, "rerun": 2}
    assert project.results() == {"unit::tests.test_a.TestShop.test_it": "passed flaky", "unit::tests.test_a.test_after": "passed"}
    assert errors(project) == [(1, "not at try 1"), (2, "not at try 2")]
    assert fixtures(result) == ["session up", "module up", *["function up", "function down"] * 4, "module down", "session down"]
    cases = ET.parse(project.path / "junit.xml").getroot().findall(".//testcase")  # noqa: S314 - our own file
    assert [(case.get("name"), list(case)) for case in cases] == [("test_it", []), ("test_after", [])]


def test_rerunfailures_314_all_fixtures_are_torn_down_when_one_breaks(project: Project) -> None:
    project.config(UNIT, head=AGAIN)
    project.file(
        "tests/test_a.py",
        SCOPES
        + """
@pytest.fixture
def broken():
    yield
    raise RuntimeError("anything")

@pytest.fixture
def broken_at_first():
    tries.append(1)
    if len(tries) < 2:
        raise RuntimeError("not yet")

def test_breaks_at_the_end(broken): pass
def test_breaks_at_the_start(broken_at_first): pass
""",
    )

    result = project.run("qa.yaml", "-s", *WITHOUT_RERUNS)

    assert project.results() == {
        "unit::tests.test_a.test_breaks_at_the_end": "error",
        "unit::tests.test_a.test_breaks_at_the_start": "passed flaky",
    }
    assert fixtures(result) == ["session up", "module up", "module down", "session down"]


@pytest.mark.parametrize("last", ["assert False", "raise RuntimeError('x')"], ids=["272", "234"])
def test_rerunfailures_272_and_234_higher_fixtures_end_when_the_last_test_never_passes(project: Project, last: str) -> None:
    # 234: the error is none that the policy retries.
    project.config(UNIT, head=AGAIN.replace("[error, failed]", "[failed]"))
    project.file("tests/test_a.py", SCOPES + f"def test_it(of_function):\n    {last}\n")

    result = project.run("qa.yaml", "-s", *WITHOUT_RERUNS)

    tries = 3 if last.startswith("assert") else 1
    assert result.ret == 1
    assert fixtures(result) == ["session up", "module up", *["function up", "function down"] * tries, "module down", "session down"]


@pytest.mark.parametrize("options", [[], pytest.param(["-n1"], marks=pytest.mark.needs_xdist)], ids=["alone", "xdist"])
def test_rerunfailures_350_subtests_that_failed_are_not_tried_again_with_and_without_workers(project: Project, options: list[str]) -> None:
    project.config(UNIT, head=AGAIN)
    project.file(
        "tests/test_a.py",
        """
tries = []

def test_it(subtests):
    tries.append(1)
    with subtests.test():
        assert len(tries) > 1
    assert len(tries) > 1
""",
    )

    result = project.run("qa.yaml", *options, *WITHOUT_RERUNS)

    assert result.ret == 1
    assert "rerun" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["*not tried again: its subtests were reported when they failed*"])


@pytest.mark.needs_xdist
def test_a_dead_dependency_blocks_the_tests_of_all_workers_once_in_the_closing_section(project: Project) -> None:
    head = "policies: {web: {breaker: {dependency: 'localhost:9', failures: 2, open_for: 60s}}}"
    project.config(UNIT.replace("again", "web"), head=head)
    project.file(
        "tests/test_a.py",
        "import pytest\n@pytest.mark.parametrize('n', range(30))\ndef test_it(n):\n    raise ConnectionRefusedError('localhost:9')\n",
    )

    result = project.run("qa.yaml", "-n2", "--junitxml=junit.xml", *WITHOUT_RERUNS)

    outcomes = result.parseoutcomes()
    assert outcomes["failed"] in (2, 3)
    assert outcomes["blocked"] == 30 - outcomes["failed"]
    line = f"circuit breaker of localhost:9: opened (2 failures, *, still open; {outcomes['blocked']} cases were blocked"
    result.stdout.fnmatch_lines([line])
    assert str(result.stdout).count("its circuit breaker is open") <= 1
    assert not list(project.path.glob(".maestro/artifacts/*/resilience.db*"))


NO_DISK = """
import sqlite3

connect = sqlite3.connect

def fail(path, *args, **options):
    if str(path).endswith("resilience.db"):
        raise sqlite3.OperationalError("disk I/O error")
    return connect(path, *args, **options)

def pytest_configure():
    sqlite3.connect = fail

def pytest_unconfigure():
    sqlite3.connect = connect
"""


@pytest.mark.parametrize("options", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)], ids=["alone", "xdist"])
def test_a_breaker_that_cannot_be_shared_lets_tests_in_and_the_closing_section_says_so_once(project: Project, options: list[str]) -> None:
    head = "policies: {web: {breaker: {dependency: 'localhost:9', failures: 1, open_for: 60s}}}"
    project.config(UNIT.replace("again", "web"), head=head)
    project.file("tests/test_a.py", "def test_a(): raise ConnectionRefusedError('localhost:9')\ntest_b = test_c = test_a\n")
    project.file("conftest.py", NO_DISK)

    result = project.run("qa.yaml", *options, *WITHOUT_RERUNS)

    result.assert_outcomes(failed=3)
    assert str(result.stdout).count("warning: circuit breakers and bulkheads do not hold in this run: cannot share") == 1


@pytest.mark.needs_xdist
def test_a_bulkhead_holds_in_all_workers(project: Project) -> None:
    project.config(UNIT.replace("again", "web"), head="policies: {web: {bulkhead: {dependency: 'localhost:9', limit: 1, wait: 20s}}}")
    project.file(
        "tests/test_a.py",
        """
import os, time, pytest
@pytest.mark.parametrize("n", range(6))
def test_it(n):
    descriptor = os.open("inside", os.O_CREAT | os.O_EXCL)
    time.sleep(0.05)
    os.close(descriptor)
    os.unlink("inside")
""",
    )

    result = project.run("qa.yaml", "-n2", *WITHOUT_RERUNS)

    assert result.parseoutcomes() == {"passed": 6}


def test_a_mark_names_the_policy_of_a_test_that_no_suite_names_and_time_limits_hold(project: Project) -> None:
    project.config(
        "  - {name: a, adapter: scripted, cases: [{name: one}]}\n",
        head="policies: {short: {attempt_timeout: 100ms}, long: {deadline: 30s}}",
    )
    project.file(
        "other/test_a.py",
        """
import time, pytest

@pytest.fixture
def slow():
    time.sleep(9)

@pytest.mark.maestro(policy="short")
def test_call():
    try:
        time.sleep(9)
    except Exception:
        pass

@pytest.mark.maestro(policy="short")
def test_setup(slow): pass

@pytest.mark.maestro(policy="long")
@pytest.mark.timeout(0.1, method="signal")
def test_of_another_plugin():
    time.sleep(9)

def test_free():
    time.sleep(0.2)
""",
    )

    result = project.run("--maestro-config=qa.yaml", "other", *WITHOUT_RERUNS, "--strict-markers")

    assert result.parseoutcomes() == {"passed": 1, "failed": 2, "errors": 1}
    assert result.duration < 8
    result.stdout.fnmatch_lines(["*TimeoutError: the test took longer than 0.1 s*"])


@pytest.mark.parametrize(
    ("mark", "problem"),
    [
        ("policy='agian'", "*test_it: unknown policy 'agian' (did you mean 'again'?)*"),
        ("'again'", "*test_it: the mark is written @pytest.mark.maestro(policy='NAME')*"),
    ],
)
def test_a_mark_that_means_nothing_is_a_usage_error_before_anything_runs(project: Project, mark: str, problem: str) -> None:
    project.config(UNIT.replace(", policy: again", ""), head=AGAIN)
    project.file("tests/test_a.py", f"import pytest\n@pytest.mark.maestro({mark})\ndef test_it(): pass\n")

    result = project.run("qa.yaml")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([problem])


def test_tests_that_rerunfailures_repeats_are_left_to_it(project: Project) -> None:
    project.config(UNIT, head=AGAIN)
    project.file(
        "tests/test_a.py",
        "import pytest\ntries = []\n@pytest.mark.flaky(reruns=1)\ndef test_it():\n    tries.append(1)\n    assert len(tries) > 2\n",
    )

    result = project.run("qa.yaml")

    assert result.parseoutcomes() == {"failed": 1, "rerun": 1}
    result.stdout.fnmatch_lines(["warning: pytest-rerunfailures repeats tests here*"])


@pytest.mark.parametrize("options", [["-x"], ["--maxfail=1"]], ids=str)
def test_attempts_that_are_repeated_do_not_count_for_maxfail(project: Project, options: list[str]) -> None:
    project.config(UNIT, head=AGAIN)
    project.file(
        "tests/test_a.py",
        """
tries = []

def test_flaky():
    tries.append(1)
    assert len(tries) > 1

def test_bad():
    assert 0

def test_not_run():
    pass
""",
    )

    result = project.run("qa.yaml", *options, *WITHOUT_RERUNS)

    assert result.parseoutcomes() == {"failed": 1, "passed": 1, "rerun": 3}
    again = project.run("qa.yaml", "--lf", *WITHOUT_RERUNS)
    assert again.parseoutcomes()["failed"] == 1


def test_a_debugger_sees_the_first_attempt_and_no_other_follows(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    # A debugger in this process switches pytest-timeout off for good, for the tests after this one, too.
    monkeypatch.setattr("pytest_timeout.SUPPRESS_TIMEOUT", False)
    project.config(UNIT, head=AGAIN)
    project.file("tests/test_a.py", "def test_it(): assert 0\n")
    project.pytester.syspathinsert()
    project.file("quiet.py", "import pdb\nclass Quiet(pdb.Pdb):\n    def interaction(self, *args): print('pdb')\n")

    result = project.run("qa.yaml", "--pdb", "--pdbcls=quiet:Quiet", *WITHOUT_RERUNS)

    assert result.parseoutcomes() == {"failed": 1}


def test_a_coroutine_test_has_attempts_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:randomly -p no:pytest_cov -p no:pytest-bdd")
    project.config(UNIT, head=AGAIN.replace("again: {", "again: {attempt_timeout: 1s, "))
    project.file(
        "tests/test_a.py",
        """
import asyncio, pytest
tries = []

@pytest.mark.asyncio
async def test_it():
    tries.append(1)
    await asyncio.sleep(0.001 if len(tries) > 1 else 20)
""",
    )

    result = project.run("qa.yaml", *WITHOUT_RERUNS)

    assert result.parseoutcomes()["passed"] == 1
    assert project.results() == {"unit::tests.test_a.test_it": "passed flaky"}


@pytest.mark.parametrize("tear_down", ["pass", "raise RuntimeError('no tear-down')"], ids=["clean", "broken"])
def test_a_breaker_that_opened_between_two_attempts_ends_the_test_with_all_its_fixtures(project: Project, tear_down: str) -> None:
    retry = "{times: 1, on: [error], backoff: {kind: constant, first: 200ms, jitter: none}}"
    # It may be probed again when the wait is over, and nothing listens there.
    breaker = "{dependency: 'localhost:9', failures: 3, open_for: 50ms}"
    project.config(UNIT.replace("again", "web"), head=f"policies: {{web: {{retry: {retry}, breaker: {breaker}}}}}")
    project.file(
        "tests/test_a.py",
        SCOPES
        + f"""
@pytest.fixture(scope="module", autouse=True)
def last():
    yield
    {tear_down}

def test_a(of_function): raise ConnectionRefusedError("localhost:9")
def test_b(of_function): raise ConnectionRefusedError("localhost:9")
""",
    )

    result = project.run("qa.yaml", "-s", *WITHOUT_RERUNS)

    assert project.results() == {"unit::tests.test_a.test_a": "error", "unit::tests.test_a.test_b": "error"}
    assert fixtures(result) == [
        *["session up", "module up", "function up", "function down", "function up", "function down"],
        *["function up", "function down", "module down", "session down"],
    ]
    result.stdout.fnmatch_lines(["*not tried again: localhost:9 is down: its circuit breaker is *"])
    assert ("no tear-down" in str(result.stdout)) == ("raise" in tear_down)
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_an_attempt_that_no_longer_fits_is_not_made_and_a_tear_down_that_breaks_is_told_with_its_attempt(project: Project) -> None:
    head = (
        "policies: {again: {deadline: 5s, retry: {times: 1, on: [error], backoff: {kind: constant, first: 9s, jitter: none}}}, quick: {X}}"
    )
    quick = "retry: {times: 1, on: [error], backoff: {kind: constant, first: 1ms, jitter: none}}"
    project.config(UNIT, head=head.replace("X", quick))
    project.file(
        "tests/test_a.py",
        """
import pytest
tries = []

@pytest.fixture
def shop():
    yield
    if len(tries) == 1:
        raise RuntimeError("no tear-down")

def test_late(): raise OSError("gone")

@pytest.mark.maestro(policy="quick")
def test_flaky(shop):
    tries.append(1)
    if len(tries) == 1:
        raise OSError("gone")
""",
    )

    result = project.run("qa.yaml", "--setup-show", "-rR", *WITHOUT_RERUNS)

    assert project.results() == {"unit::tests.test_a.test_late": "error", "unit::tests.test_a.test_flaky": "passed flaky"}
    result.stdout.fnmatch_lines(["*not tried again: *s left of 5s*"])
    assert errors(project) == [(1, "gone"), (1, "gone")]
