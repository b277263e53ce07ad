"""`pytest --maestro-config=qa.yaml` and `maestro run qa.yaml` give the same outcomes for the same file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.pytest_maestro.conftest import Project
from tests.pytest_maestro.samples import EVERY_ENDING

from maestro_fabric.aggregator import open_history
from support import WITHOUT_STRANGERS

SUITES = """
  - {name: unit, adapter: pytest, paths: [tests], args: [-k, not left_out], tags: [quick]}
  - name: checkout
    adapter: scripted
    owner: web
    cases:
      - {name: buy, params: [tea, "coffee[1]"]}
      - {name: pay, do: fail}
      - {name: late, do: flaky, retry: 1}
      - {name: gone, do: error, retry: 1}
      - {name: later, skip: not yet}
      - {name: known, do: fail, xfail: "#1"}
      - {name: better, xfail: "#2"}
      - {name: strict, xfail: "#3", strict: true}
  - {name: after, adapter: scripted, needs: [checkout], cases: [{name: a}, {name: b, skip: not now}]}
  - {name: held, adapter: pytest, paths: [held], needs: [checkout]}
  - {name: free, adapter: scripted, services: [broken], cases: [{name: a}]}
"""
HEAD = "services: {broken: {command: [python, -c, 'raise SystemExit(3)'], ready: {tcp: true, within: 5s}}}"
TESTS = (
    """
import pytest, unittest
def test_ok(): pass
def test_left_out(): pass
"""
    + EVERY_ENDING
    + """
@pytest.mark.group
@pytest.mark.parametrize("x", ["a", "b::c", "d[1]"])
class TestGroup:
    @pytest.mark.slow
    def test_p(self, x): assert x != "a"
def test_sub(subtests):
    for i in range(3):
        with subtests.test(i=i): assert i != 1
n = m = 0
@pytest.mark.flaky(reruns=3)
def test_flaky():
    global n; n += 1
    assert n > 2
@pytest.mark.flaky(reruns=1)
def test_never(): assert 0
@pytest.mark.flaky(reruns=1)
def test_skips_at_last():
    global m; m += 1
    if m == 2: pytest.skip("enough")
    assert 0
class TestOld(unittest.TestCase):
    def test_it(self): self.fail("old")
"""
)

Tries = list[tuple[int, str, str | None]]
Kept = dict[str, tuple[str, tuple[str, ...], Tries, tuple[str, ...], str]]


def kept(store: Path) -> Kept:
    """What a store keeps of its last run: by case its status, its marks, each attempt's number, status and error, its tags, its owner."""
    with open_history(store) as history:
        run = history.runs(limit=1)[0].run_id
        attempts: dict[str, Tries] = {}
        for row in history.attempts(run):
            attempts.setdefault(f"{row.suite}::{row.name}[{row.params}]", []).append((row.attempt, str(row.status), row.error_type))
        return {
            name: (str(row.status), tuple(sorted(row.marks)), sorted(attempts.get(name, [])), row.tags, row.owner)
            for row in history.results(run)
            if (name := f"{row.suite}::{row.name}[{row.params}]")
        }


# The first with every plugin that is installed here.
@pytest.mark.parametrize(
    ("workers", "plugins"), [([], "-p no:randomly"), pytest.param(["-n2"], WITHOUT_STRANGERS, marks=pytest.mark.needs_xdist)]
)
def test_a_file_has_the_same_outcomes_in_pytest_and_in_maestro_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: list[str], plugins: str
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", plugins)
    project.config(SUITES, head=HEAD)
    project.file("tests/test_all.py", TESTS)
    project.file("held/test_held.py", "import pytest\n@pytest.mark.slow\ndef test_it(): pass\n")
    project.file("tests/test_unimportable.py", "import nothing_of_that_name\n")

    inside = project.spawn("--maestro-config=qa.yaml", "--maestro-store=inside.db", "--continue-on-collection-errors", *workers)
    outside = project.pytester.run(sys.executable, "-m", "maestro_fabric", "run", "qa.yaml", "--store", "outside.db")

    assert (inside.ret, outside.ret) == (1, 1)
    found = kept(project.path / "inside.db")
    assert found == kept(project.path / "outside.db")
    assert [status for _, status, _ in found["unit::tests.test_all.test_flaky[]"][2]] == ["failed", "failed", "passed"]
    assert len(found["checkout::late[]"][2]) == 2
    assert found["unit::tests.test_all.TestGroup.test_p[a]"][3] == ("quick", "slow", "group")
    assert {status for status, *_ in found.values()} == {"passed", "failed", "error", "skipped", "blocked"}
    assert found["held::held.test_held.test_it[]"] == ("blocked", (), [], ("slow",), "")
    assert len(found) == 33
