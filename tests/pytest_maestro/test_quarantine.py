"""A known failure is shown and stored as what it is, and fails nothing: in pytest as in `maestro run`."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner
from tests.pytest_maestro.conftest import Project
from tests.pytest_maestro.test_same_both_ways import kept

from maestro_fabric.aggregator import open_history
from maestro_fabric.cli import main as maestro

TESTS = """
import pytest
def test_ok(): pass
def test_bad(): assert 1 == 2
@pytest.mark.parametrize("x", ["a", "b"])
def test_param(x): assert x == "a"
@pytest.fixture
def broken(): raise RuntimeError("no grid")
@pytest.fixture
def untidy():
    yield
    raise OSError("still open")
def test_setup(broken): pass
def test_teardown(untidy): pass
def test_both(untidy): assert 0
def test_sub(subtests):
    for i in range(3):
        with subtests.test(i=i): assert i != 1
@pytest.mark.xfail(strict=True, reason="#3")
def test_strict(): pass
@pytest.mark.flaky(reruns=1)
def test_rerun(): assert 0
n = 0
@pytest.mark.flaky(reruns=1)
def test_at_last():
    global n; n += 1
    assert n > 1
"""
SUITES = """
  - {name: unit, adapter: pytest, paths: [tests]}
  - name: checkout
    adapter: scripted
    cases:
      - {name: pay, do: fail, retry: 1}
      - {name: gone, do: error}
      - {name: late, do: flaky, retry: 1}
      - {name: file.js, do: container one=pass two=fail}
      - {name: strict, xfail: "#3", strict: true}
  - {name: after, adapter: scripted, needs: [unit, checkout], cases: [{name: a}]}
"""
NAMES = ("bad", "param", "setup", "teardown", "both", "sub", "strict", "rerun", "at_last")
HELD = [f"unit::tests.test_it.test_{name}" for name in NAMES]
HELD += ["checkout::pay", "checkout::gone", "checkout::late", "checkout::file.js > two", "checkout::strict"]


def entries(*cases: str, until: str = "2099-12-31") -> str:
    return "cases:\n" + "".join(f"  - {{case: '{case}', until: {until}, reason: 'waits for #7'}}\n" for case in cases)


@pytest.fixture
def plain(project: Project) -> Project:
    project.file("tests/test_it.py", TESTS)
    return project


@pytest.mark.needs_xdist
def test_a_quarantine_has_the_same_outcomes_in_pytest_and_in_maestro_run(plain: Project) -> None:
    plain.config(SUITES)
    plain.file("quarantine.yaml", entries(*HELD))

    inside = plain.spawn("--maestro-config=qa.yaml", "--maestro-store=inside.db", "-x", "-n2")
    outside = plain.pytester.run(sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "-x", "--store", "outside.db")

    found = kept(plain.path / "inside.db")
    assert found == kept(plain.path / "outside.db")
    assert (inside.ret, outside.ret) == (0, 0)
    assert {name: row[0] for name, row in found.items() if "quarantined" in row[1]} == {
        **{f"unit::tests.test_it.test_{name}[]": "failed" for name in ("bad", "both", "sub", "strict", "rerun")},
        "unit::tests.test_it.test_param[b]": "failed",
        "unit::tests.test_it.test_setup[]": "error",
        "unit::tests.test_it.test_teardown[]": "error",
        "checkout::pay[]": "failed",
        "checkout::gone[]": "error",
        "checkout::file.js > two[]": "failed",
        "checkout::strict[]": "failed",
    }
    assert len(found["checkout::pay[]"][2]) == len(found["unit::tests.test_it.test_rerun[]"][2]) == 2
    assert found["after::a[]"][0] == "passed"


def test_a_plain_suite_is_recorded_with_its_quarantine_and_pytest_sees_expected_failures(plain: Project) -> None:
    plain.file("known.yaml", entries(*HELD))
    result = plain.run("--maestro-store=h.db", "--maestro-quarantine=known.yaml", "--maxfail=1", "--junitxml=j.xml", "-rA")
    assert result.ret == 1  # unit:: is no suite here, so nothing is known
    plain.file("known.yaml", entries(*(case.replace("unit::", "tests::") for case in HELD)))

    result = plain.run("--maestro-store=h.db", "--maestro-quarantine=known.yaml", "--maxfail=1", "--junitxml=j.xml", "-v")

    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*::test_bad QUARANTINED*", "*tests::tests.test_it.test_bad: until 2099-12-31: waits for #7; AssertionError: assert 1 == 2"]
    )
    result.stdout.no_fnmatch_line("*FAILED*")
    xml = (plain.path / "j.xml").read_text()
    assert 'failures="0"' in xml
    assert '<skipped type="pytest.xfail" message="quarantined until 2099-12-31: waits for #7"' in xml
    assert plain.results("h.db")["tests::tests.test_it.test_teardown"] == "error quarantined"
    assert plain.results("h.db")["tests::tests.test_it.test_sub"] == "failed quarantined"
    lines = [line for line in result.outlines if "no case" in line]
    assert len(lines) == 5  # those of the suite that is not here
    plain.run("--maestro-store=h.db", "--maestro-quarantine=known.yaml", "--lf").stdout.fnmatch_lines(["*no previously failed*"])


def test_an_expired_entry_fails_the_session_in_which_its_case_ran_even_if_that_passed(plain: Project) -> None:
    plain.file("known.yaml", entries("tests::tests.test_it.test_ok", until="2020-01-01"))
    arguments = ("--maestro-quarantine=known.yaml", "-k")
    told = "*known.yaml:2:5: the quarantine of 'tests::tests.test_it.test_ok' ended on 2020-01-01*"
    for recorded in ("--maestro-store=h.db", "-q"):
        failed = plain.run(recorded, *arguments, "test_ok")
        assert failed.ret == 1
        failed.assert_outcomes(passed=1)
        failed.stdout.fnmatch_lines([told])
    spared = plain.run("--maestro-store=h.db", *arguments, "test_at_last")
    assert spared.ret == 0
    spared.stdout.fnmatch_lines([f"{told}it did not run here"])


def test_an_expired_entry_fails_maestro_run_too_and_one_inside_a_container(project: Project) -> None:
    project.config("  - {name: web, adapter: scripted, cases: [{name: file.js, do: container one=pass}]}")
    project.file("quarantine.yaml", entries("web::file.js > one", until="2020-01-01"))
    run = CliRunner().invoke(maestro, ["run", "qa.yaml"])
    assert run.exit_code == 1
    assert "quarantine.yaml:2:5: the quarantine of 'web::file.js > one' ended on 2020-01-01" in run.output
    assert project.run("--maestro-config=qa.yaml").ret == 1


def test_further_attempts_come_first_and_a_policy_decides_on_them(project: Project) -> None:
    project.config(
        "  - {name: unit, adapter: pytest, paths: [tests], policy: twice}", head="policies: {twice: {retry: {times: 1, on: [failed]}}}"
    )
    project.file("tests/test_it.py", "n = 0\ndef test_late():\n    global n; n += 1\n    assert n > 1\ndef test_bad(): assert 0\n")
    project.file("quarantine.yaml", entries("unit::tests.test_it.test_late", "unit::tests.test_it.test_bad"))
    assert project.run("--maestro-config=qa.yaml").ret == 0
    assert project.results() == {"unit::tests.test_it.test_late": "passed flaky", "unit::tests.test_it.test_bad": "failed quarantined"}
    with open_history(project.path / ".maestro" / "history.db") as history:
        run = history.run()
        assert [row.status for row in history.attempts(run.run_id) if row.name.endswith("test_bad")] == ["failed", "failed"]
        assert run.facts["quarantine_size"] == "2"


@pytest.mark.needs_xdist
def test_a_worker_that_dies_in_a_quarantined_test_fails_nothing(project: Project) -> None:
    project.file("tests/test_it.py", "import os\ndef test_dies(): os.kill(os.getpid(), 9)\ndef test_ok(): pass\n")
    project.file("known.yaml", entries("tests::tests.test_it.test_dies"))
    result = project.spawn("--maestro-store=h.db", "-n1", "-o", "maestro_quarantine=known.yaml")
    assert result.ret == 0
    assert project.results("h.db") == {"tests::tests.test_it.test_dies": "error quarantined", "tests::tests.test_it.test_ok": "passed"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--maestro-quarantine=none.yaml"], "*none.yaml: there is no such quarantine; `maestro quarantine add` begins one*"),
        (["--maestro-quarantine=wrong.yaml", "--maestro-store=h.db"], "*wrong.yaml:1:1: unknown key 'case'*"),
        (["--maestro-config=qa.yaml", "--maestro-quarantine=wrong.yaml"], "*wrong.yaml:1:1: unknown key 'case'*"),
    ],
)
def test_a_wrong_quarantine_is_a_usage_error(project: Project, given: list[str], message: str) -> None:
    project.config("  - {name: web, adapter: scripted, cases: [{name: a}]}")
    project.file("wrong.yaml", "case: []")
    result = project.run(*given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
