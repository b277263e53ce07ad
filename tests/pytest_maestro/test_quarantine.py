"""A known failure is shown and stored as what it is, and fails nothing: in pytest as in `maestro run`."""

from __future__ import annotations

import sys

import pytest
from tests.pytest_maestro.conftest import Project
from tests.pytest_maestro.test_same_both_ways import kept

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


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)])
def test_a_quarantine_has_the_same_outcomes_in_pytest_and_in_maestro_run(plain: Project, workers: list[str]) -> None:
    plain.config(SUITES)
    plain.file("quarantine.yaml", entries(*HELD))

    inside = plain.spawn("--maestro-config=qa.yaml", "--maestro-store=inside.db", "-x", *workers)
    outside = plain.pytester.run(sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "-x", "--store", "outside.db", *workers[:0])

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
