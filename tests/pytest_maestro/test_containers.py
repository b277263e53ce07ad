"""Containers in pytest: one item, and a subtest for each case inside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from tests.pytest_maestro.conftest import Project

from support import check_that_none_is_left, running_cases, wait_until

SUITES = """
  - name: web
    adapter: scripted
    cases:
      - {name: a.js, do: container adds=pass subtracts=fail divides=skip}
      - {name: b.js, do: container sorts=pass finds=pass}
      - {name: c.js, do: container one=flaky two=pass, retry: 1}
      - {name: d.js, do: container ok=pass dies=die}
      - {name: e.js, do: container x=blocked}
  - {name: after, adapter: scripted, needs: [web], cases: [{name: z}]}
"""
RESULTS = {
    "web::a.js > adds": "passed",
    "web::a.js > subtracts": "failed",
    "web::a.js > divides": "skipped",
    "web::b.js > sorts": "passed",
    "web::b.js > finds": "passed",
    "web::c.js > one": "passed flaky",
    "web::c.js > two": "passed",
    "web::d.js > ok": "passed",
    "web::d.js": "error",
    "web::e.js": "blocked",
    "after::z": "blocked",
}


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)], ids=["serial", "two workers"])
def test_each_case_inside_is_a_row_and_a_subtest(project: Project, workers: list[str]) -> None:
    project.config(SUITES)

    result = project.spawn("qa.yaml", "-v", "-rA", "--junitxml=junit.xml", *workers)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.results() == RESULTS
    result.stdout.fnmatch_lines_random(
        [
            "*SUBFAILED*subtracts*",
            "*3 != 2",
            "*1 of 3 cases inside did not pass: a.js > subtracts",
            "*RuntimeError: node died",
            "FAILED qa.yaml::web::a.js*",
            "6 passed, 1 failed, 1 error, 1 skipped, 2 blocked",
            "marks: 1 flaky",
            "blocked: npm install:",
            "*3 failed, 2 passed, 1 skipped, 6 subtests passed, 1 rerun, 2 blocked*",
        ]
    )
    document = ElementTree.parse(project.path / "junit.xml").getroot()  # noqa: S314 - our own file
    names = [case.get("name") for case in document.iter("testcase")]
    assert sorted(names) == sorted(["a.js", "b.js", "c.js", "d.js", "e.js", "z"])


def test_lf_runs_the_containers_that_failed_and_k_chooses_containers(project: Project) -> None:
    project.config(SUITES)
    project.run("qa.yaml::web")

    again = project.run("qa.yaml::web", "--lf", "--co", "-q")
    chosen = project.run("qa.yaml", "-k", "b.js")

    again.stdout.fnmatch_lines(["*::a.js", "*::d.js", "*::e.js"])
    again.stdout.no_fnmatch_line("*b.js*")
    again.stdout.no_fnmatch_line("*subtracts*")
    chosen.assert_outcomes(passed=1, deselected=5)
    assert project.results() == {"web::b.js > sorts": "passed", "web::b.js > finds": "passed"}


@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)], ids=["serial", "two workers"])
def test_x_stops_after_the_container_in_which_a_case_failed(project: Project, workers: list[str]) -> None:
    project.config("""
  - {name: web, adapter: scripted, cases: [{name: a.js, do: container adds=fail subtracts=pass}]}
  - {name: after, adapter: scripted, needs: [web], cases: [{name: b.js, do: container z=pass}]}
""")

    project.spawn("qa.yaml", "-x", *workers)

    assert project.ran() == ["web::a.js"]
    assert project.results() == {"web::a.js > adds": "failed", "web::a.js > subtracts": "passed"}


def test_rerunfailures_repeats_a_container_and_every_attempt_inside_is_kept(project: Project) -> None:
    project.config("  - {name: web, adapter: scripted, cases: [{name: a.js, do: container adds=flaky subtracts=pass}]}\n")

    result = project.spawn("qa.yaml", "--reruns=1")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["2 passed", "marks: 1 flaky"])
    assert project.results() == {"web::a.js > adds": "passed flaky", "web::a.js > subtracts": "passed"}


def test_secrets_are_redacted_in_cases_inside(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")
    project.config(
        "  - {name: web, adapter: scripted, cases: [{name: a.js, do: container adds=secret}]}\n", head='vars: {p: "${secret:PASSWORD}"}'
    )

    result = project.run("qa.yaml")

    result.stdout.fnmatch_lines(["*[*][*][*] is wrong*"])
    result.stdout.no_fnmatch_line("*hunter2*")


@pytest.mark.needs_xdist
def test_a_worker_that_dies_in_a_container_keeps_what_was_told(project: Project) -> None:
    project.config("  - {name: web, adapter: scripted, cases: [{name: a.js, do: container adds=pass boom=crash}, {name: b.js}]}\n")

    project.spawn("qa.yaml", "-n1")

    assert project.results() == {"web::a.js > adds": "passed", "web::a.js": "error", "web::b.js": "passed"}


@pytest.mark.fault
@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)], ids=["serial", "two workers"])
def test_a_killed_run_names_the_container_and_keeps_the_cases_that_ended(project: Project, workers: list[str]) -> None:
    project.config("  - {name: web, adapter: scripted, cases: [{name: a.js, do: container adds=pass divides=skip boom=hang}]}\n")
    command = [sys.executable, "-m", "pytest", "qa.yaml", *workers]
    environment = {**os.environ, "MAESTRO_TEST_MARK": str(project.path)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_until((project.path / "hangs").exists, within_s=30)
    wait_until(lambda: "web::a.js" in running_cases(project.path / ".maestro" / "history.db"), within_s=30)

    os.kill(process.pid, signal.SIGKILL)
    process.wait()

    check_that_none_is_left(f"MAESTRO_TEST_MARK={project.path}")
    assert project.results() == {"web::a.js > adds": "passed", "web::a.js > divides": "skipped", "web::a.js": "error"}
