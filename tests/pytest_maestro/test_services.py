"""The services of suites inside pytest: who starts them, who can reach them, and what happens when one ends."""

from __future__ import annotations

import os
import sys

import pytest
from tests.pytest_maestro.conftest import Project

HEAD = "services: {my-web: {command: [python, -m, http.server, '{port}', --bind, 127.0.0.1], ready: {http: /, within: 20s}}}"
SERVER = """
import http.server, os, sys
open("service.pids", "w").write(f"{os.getpid()} {os.getppid()}")
print("listening", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
KILLS = """
import os, pathlib, signal, time
def is_gone(pid):
    try: return not pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError: return True
def test_kills():
    pids = [int(pid) for pid in pathlib.Path("service.pids").read_text().split()]
    os.kill(pids[0], signal.SIGKILL)
    give_up = time.monotonic() + 20
    while not all(map(is_gone, pids)): assert time.monotonic() < give_up
"""
NATIVE = """
import os, urllib.request
def test_reaches_it():
    assert urllib.request.urlopen(os.environ["MAESTRO_SERVICE_MY_WEB_URL"]).status == 200
"""


@pytest.fixture
def web(project: Project) -> Project:
    project.file("tests/test_web.py", NATIVE)
    project.config("  - {name: unit, adapter: pytest, paths: [tests], services: [my-web]}\n", head=HEAD)
    return project


@pytest.mark.parametrize("workers", [[], pytest.param(["-n1"], marks=pytest.mark.needs_xdist)])
def test_native_tests_find_their_service_by_a_variable(web: Project, workers: list[str]) -> None:
    web.spawn("qa.yaml", *workers).assert_outcomes(passed=1)


def test_native_tests_find_their_service_by_the_same_variable_in_maestro_run(web: Project) -> None:
    web.pytester.run(sys.executable, "-m", "maestro_fabric", "run", "qa.yaml")

    assert web.results() == {"unit::tests.test_web.test_reaches_it": "passed"}


def test_the_variable_is_gone_after_the_run(web: Project) -> None:
    web.run("qa.yaml").assert_outcomes(passed=1)

    assert "MAESTRO_SERVICE_MY_WEB_URL" not in os.environ


@pytest.mark.needs_xdist
def test_services_of_suites_that_were_not_asked_for_are_not_started_under_xdist(project: Project) -> None:
    started = 'services: {web: {command: [python, -c, \'open("started", "w")\'], ready: {tcp: true, within: 5s}}}'
    project.file("tests/test_it.py", "def test_it(): pass\n")
    project.config(
        "  - {name: unit, adapter: pytest, paths: [tests], services: [web]}\n"
        "  - {name: a, adapter: scripted, services: [web], cases: [{name: one}]}\n"
        "  - {name: b, adapter: scripted, cases: [{name: two}]}\n",
        head=started,
    )

    project.spawn("qa.yaml::b", "-n1").assert_outcomes(passed=1)

    assert not (project.path / "started").exists()


@pytest.mark.needs_xdist
@pytest.mark.parametrize("options", [["-k", "nothing"], ["-m", "free"], ["--deselect", "qa.yaml::a"]], ids=["-k", "-m", "--deselect"])
def test_services_of_tests_that_were_deselected_are_not_started_under_xdist(project: Project, options: list[str]) -> None:
    started = 'services: {web: {command: [python, -c, \'open("started", "w")\'], ready: {tcp: true, within: 5s}}}'
    project.config(
        "  - {name: a, adapter: scripted, services: [web], cases: [{name: one}]}\n"
        "  - {name: b, adapter: scripted, tags: [free], cases: [{name: two}]}\n",
        head=started,
    )

    result = project.spawn("qa.yaml", "-n2", *options)

    assert result.ret == (pytest.ExitCode.NO_TESTS_COLLECTED if "-k" in options else pytest.ExitCode.OK)
    assert not (project.path / "started").exists()
    assert list(project.path.glob(".maestro/artifacts/*")) == []


@pytest.mark.fault
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("ready", ["{http: /, within: 20s}", "{log: listening, within: 20s}"], ids=["http", "log"])
@pytest.mark.parametrize("workers", [[], pytest.param(["-n2"], marks=pytest.mark.needs_xdist)])
def test_a_service_that_dies_in_mid_run_blocks_the_cases_that_follow(project: Project, workers: list[str], ready: str) -> None:
    project.file("server.py", SERVER)
    project.file("tests/test_it.py", KILLS)
    project.config(
        "  - {name: unit, adapter: pytest, paths: [tests], services: [web]}\n"
        "  - {name: a, adapter: scripted, needs: [unit], services: [web], cases: [{name: one}, {name: two}, {name: three}]}\n"
        "  - {name: b, adapter: scripted, needs: [unit], cases: [{name: free}]}\n",
        head=f"services: {{web: {{command: [python, server.py, '{{port}}'], ready: {ready}}}}}",
    )

    result = project.spawn("qa.yaml", *workers)

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert project.results() == {
        "unit::tests.test_it.test_kills": "passed",
        "a::one": "blocked",
        "a::two": "blocked",
        "a::three": "blocked",
        "b::free": "passed",
    }
    result.stdout.fnmatch_lines(["blocked: *service 'web' *ended*"])
