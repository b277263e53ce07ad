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


@pytest.mark.parametrize("workers", [1, 3])
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

    shop.spawn("qa.yaml", "-n1", "--reruns=1")

    statuses = shop.results()
    assert statuses["unit::tests.test_unit.test_one"] == "passed flaky"
    assert statuses["last::z"] == "passed"


def test_x_stops_and_reports_nothing_after_the_stop(shop: Project) -> None:
    shop.file("tests/test_unit.py", "def test_one(): assert 0\n")

    result = shop.spawn("qa.yaml", "-n2", "-x")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert shop.results() == {"unit::tests.test_unit.test_one": "failed"}


@pytest.mark.parametrize("chosen", ["--dist=loadfile", "--dist=load", "-d"])
def test_another_way_of_distributing_is_refused_when_suites_have_needs(shop: Project, chosen: str) -> None:
    result = shop.run("qa.yaml", "-n2", chosen)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{chosen.replace('=', ' ')} cannot run a suite only after those it needs*leave it out*"])


def test_without_needs_another_way_of_distributing_is_the_users_choice(project: Project) -> None:
    project.config("  - {name: a, adapter: scripted, cases: [{name: one}, {name: two}]}\n")
    project.file("pytest.ini", "[pytest]\naddopts = --dist=worksteal\n")

    result = project.spawn("qa.yaml", "-n1", "-v")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["scheduling tests via WorkStealingScheduling"])


def test_one_service_serves_all_workers(project: Project) -> None:
    head = "services: {web: {command: [python, -m, http.server, '{port}', --bind, 127.0.0.1], ready: {http: /, within: 20s}}}"
    project.config("  - {name: a, adapter: scripted, services: [web], cases: [{name: one, do: url}, {name: two, do: url}]}\n", head=head)

    project.spawn("qa.yaml", "-n2").assert_outcomes(passed=2)


def test_keywords_lf_and_node_ids_choose_under_xdist(shop: Project) -> None:
    shop.spawn("qa.yaml::after::b", "-n1").assert_outcomes(passed=1)
    shop.spawn("qa.yaml", "-n1", "-k", "test_one or z").assert_outcomes(passed=2)

    unit = shop.path / "tests" / "test_unit.py"
    good = unit.read_text()
    unit.write_text(good + "def test_bad(): assert 0\n")
    shop.spawn("qa.yaml", "-n2")
    unit.write_text(good + "def test_bad(): pass\n")
    shop.spawn("qa.yaml", "-n2", "--lf")

    assert [title for title in shop.results() if title.startswith("unit::")] == ["unit::tests.test_unit.test_bad"]
    assert "last::z" in shop.results(), "what was blocked runs again, too"


def test_a_suite_that_stays_together_runs_in_one_worker_and_knows_its_cases(project: Project) -> None:
    project.config("""
  - {name: js, adapter: whole, cases: [{name: a}, {name: b}, {name: c}, {name: d, skip: later}, {name: e}]}
  - {name: ui, adapter: scripted, cases: [{name: a, do: slow}, {name: b}]}
""")

    project.spawn("qa.yaml", "-n2", "-k", "not b")

    workers = {line.split()[1] for line in _log(project) if line.startswith("js::")}
    assert len(workers) == 1
    assert sorted((project.path / "selected.log").read_text().splitlines()) == ["a", "a c e"]


def test_a_crash_in_a_suite_that_stays_together_blames_its_case_and_another_worker_runs_the_rest(project: Project) -> None:
    project.config("  - {name: js, adapter: whole, cases: [{name: a}, {name: b, do: crash}, {name: c}, {name: d}]}\n")

    project.spawn("qa.yaml", "-n2", "--timeout=60")

    assert project.results() == {"js::a": "passed", "js::b": "error", "js::c": "passed", "js::d": "passed"}
    assert len({line.split()[2] for line in _log(project)}) == 2
    assert (project.path / "selected.log").read_text().splitlines() == ["a b c d", "c d"]


def test_long_cases_start_first_once_the_history_knows_them(project: Project) -> None:
    project.config("""
  - {name: ui, adapter: scripted, cases: [{name: a}, {name: b, do: slow 0.1}, {name: c, do: slow 0.4}, {name: d, do: slow 0.2}]}
  - {name: js, adapter: scripted, cases: [{name: a.js, do: container x=pass}]}
""")
    project.spawn("qa.yaml", "-n1")
    without_history = project.ran()
    (project.path / "ran.log").unlink()

    project.spawn("qa.yaml", "-n1")

    assert without_history == ["ui::a", "ui::b", "ui::c", "ui::d", "js::a.js"]
    assert project.ran()[:3] == ["ui::c", "ui::d", "ui::b"]
    assert len(project.ran()) == 5


KILLS = "import os\ndef test_fn(): os.kill(os.getpid(), 9)\n"


def test_workers_that_die_one_after_the_other_do_not_hang_the_run(project: Project) -> None:
    """Source: https://github.com/pytest-dev/pytest-xdist/issues/784."""
    project.config("  - {name: unit, adapter: pytest, paths: [tests]}\n  - {name: ui, adapter: scripted, cases: [{name: z}]}\n")
    for name in ("test_1_kill", "test_2_kill", "test_3_kill"):
        project.file(f"tests/{name}.py", KILLS)
    project.file("tests/test_2_no_kill.py", "def test_fn(): pass\n")

    result = project.spawn("qa.yaml", "-n1", "--timeout=60")

    result.assert_outcomes(passed=2, failed=3)
    assert list(project.results().values()).count("error") == 3


@pytest.mark.parametrize("tests", [("pass", "die"), ("die", "pass", "die", "pass")])
def test_a_worker_that_replaces_a_dead_one_in_a_group_ends(project: Project, tests: tuple[str, ...]) -> None:
    """Source: https://github.com/pytest-dev/pytest-xdist/issues/1323 and 1327: groups hung, here what stays together."""
    cases = ", ".join(f"{{name: c{number}, do: {'crash' if test == 'die' else 'pass'}}}" for number, test in enumerate(tests))
    project.config(f"  - {{name: js, adapter: whole, cases: [{cases}]}}\n")

    project.spawn("qa.yaml", "-n1", "--timeout=60")

    assert list(project.results().values()) == ["error" if test == "die" else "passed" for test in tests]


def test_a_crash_in_a_tear_down_blames_the_test_that_was_torn_down(project: Project) -> None:
    """Source: https://github.com/pytest-dev/pytest-xdist/issues/124."""
    project.config("  - {name: unit, adapter: pytest, paths: [tests]}\n")
    project.file(
        "tests/test_it.py",
        "import os, pytest\n@pytest.fixture\ndef dies():\n    yield\n    os.kill(os.getpid(), 9)\n"
        "def test_a(dies): pass\ndef test_b(): pass\ndef test_c(): pass\n",
    )

    project.spawn("qa.yaml", "-n1", "--timeout=60")

    names = {title.rpartition(".")[2]: status for title, status in project.results().items()}
    assert names == {"test_a": "error", "test_b": "passed", "test_c": "passed"}


def test_maxfail_stops_with_suites_still_waiting(shop: Project) -> None:
    shop.file("tests/test_unit.py", "import pytest\n@pytest.mark.parametrize('n', range(9))\ndef test_it(n): assert 0\n")

    result = shop.spawn("qa.yaml", "-n2", "--maxfail=3", "--timeout=60")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not shop.ran()


def _log(project: Project) -> list[str]:
    return (project.path / "ran.log").read_text().splitlines()
