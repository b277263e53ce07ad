"""Suites, needs and services when xdist spreads a session over processes."""

from __future__ import annotations

import pytest
from tests.pytest_maestro.conftest import Project

pytestmark = pytest.mark.needs_xdist

SUITES = """
  - {name: unit, adapter: pytest, paths: [tests]}
  - {name: checkout, adapter: scripted, needs: [unit], cases: [{name: slow, do: slow}, {name: quick}, {name: late, do: flaky, retry: 1}]}
  - {name: after, adapter: scripted, needs: [checkout], cases: [{name: a}, {name: b}, {name: c}]}
  - {name: last, adapter: scripted, needs: [after, unit], cases: [{name: z}]}
"""


@pytest.fixture
def shop(project: Project) -> Project:
    project.config(SUITES)
    project.file("tests/test_unit.py", "def test_one(): pass\ndef test_two(): pass\n")
    return project


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_suites_wait_for_their_needs_and_the_run_ends(shop: Project, workers: int) -> None:
    result = shop.spawn("qa.yaml", f"-n{workers}", "--timeout=60")

    result.assert_outcomes(passed=9)
    order = [title.partition("::")[0] for title in shop.ran()]
    assert order == ["checkout"] * 4 + ["after"] * 3 + ["last"]


def test_a_crash_in_a_needed_suite_blocks_what_needs_it_and_the_run_goes_on(shop: Project) -> None:
    shop.config(SUITES.replace("do: slow", "do: crash") + "  - {name: free, adapter: scripted, needs: [unit], cases: [{name: a}]}\n")

    result = shop.spawn("qa.yaml", "-n2", "-v")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    statuses = shop.results()
    assert statuses["checkout::slow"] == "error"
    assert statuses["checkout::late"] == "passed flaky"
    assert statuses["free::a"] == "passed"
    assert {statuses[f"after::{name}"] for name in "abc"} | {statuses["last::z"]} == {"blocked"}
    result.stdout.fnmatch_lines(["*4 blocked*"])


def test_a_crash_that_rerunfailures_repeats_blocks_nothing(shop: Project) -> None:
    shop.file(
        "tests/test_unit.py",
        "import os, pathlib\ndef test_one():\n    mark = pathlib.Path('died')\n"
        "    if not mark.exists():\n        mark.touch(); os.kill(os.getpid(), 9)\n",
    )

    shop.spawn("qa.yaml", "-n2", "--reruns=1")

    statuses = shop.results()
    assert statuses["unit::tests.test_unit.test_one"] == "passed flaky"
    assert statuses["last::z"] == "passed"


def test_x_stops_and_reports_nothing_after_the_stop(shop: Project) -> None:
    shop.file("tests/test_unit.py", "def test_one(): assert 0\n")

    result = shop.spawn("qa.yaml", "-n2", "-x")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert shop.results() == {"unit::tests.test_unit.test_one": "failed"}


def test_another_way_of_distributing_is_refused_when_suites_have_needs(shop: Project) -> None:
    result = shop.spawn("qa.yaml", "-n2", "--dist=loadfile")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--dist loadfile*leave --dist out*"])


def test_one_service_serves_all_workers(project: Project) -> None:
    head = "services: {web: {command: [python, -m, http.server, '{port}', --bind, 127.0.0.1], ready: {http: /, within: 20s}}}"
    project.config("  - {name: a, adapter: scripted, services: [web], cases: [{name: one, do: url}, {name: two, do: url}]}\n", head=head)

    project.spawn("qa.yaml", "-n2").assert_outcomes(passed=2)


def test_keywords_lf_and_node_ids_choose_under_xdist(shop: Project) -> None:
    shop.spawn("qa.yaml::after::b", "-n2").assert_outcomes(passed=1)
    shop.spawn("qa.yaml", "-n2", "-k", "test_one or z").assert_outcomes(passed=2)
