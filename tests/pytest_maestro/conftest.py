"""A project with an adapter whose cases do what the file says, so that most tests of the plugin need no browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

# pytester forgets the modules that a run inside this process imported, and C extensions like yaml's cannot be imported twice.
import pytest_maestro.collection
import pytest_maestro.configured
import pytest_maestro.recording
import pytest_maestro.streaming  # noqa: F401
from maestro_fabric.aggregator import open_history
from support import WITHOUT_STRANGERS

ADAPTER = """
import os, time
from typing import Any, Literal
from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.hookspecs import hookimpl
from maestro_fabric.model import Artifact, Case, CaseId, Fault, Location, Outcome, Policy, Retry, Skip, Status, StepResult, Xfail
from maestro_fabric.testing import FakeAdapter, failing, holding, passing

class ScriptedSuite(SuiteConfig):
    adapter: Literal["scripted"]
    cases: list[dict[str, Any]]

class WholeSuite(ScriptedSuite):
    adapter: Literal["whole"]
    stays_together = True

class Session:
    tries = {}

    def __init__(self, context):
        self.context = context
        with open("sessions.log", "a") as log:
            log.write(f"open {os.getpid()}\\n")

    def select(self, cases):
        with open("selected.log", "a") as log:
            log.write(" ".join(case.id.name for case in cases) + "\\n")

    def run(self, case, emit, deadline):
        key = os.getcwd(), case.id
        number = self.tries[key] = self.tries.get(key, 0) + 1
        with open("ran.log", "a") as log:
            log.write(f"{case.id} {self.context.worker} {os.getpid()}\\n")
        if case.container:
            return self.do_container(case, number, emit, deadline)
        return getattr(self, "do_" + case.body.split()[0])(case, number)

    def do_pass(self, case, number):
        return Outcome(status=Status.PASSED)

    def do_fail(self, case, number):
        place = Location("qa.yaml", 7)
        steps = (StepResult(number=1, title="click '#buy'", status=Status.FAILED, duration_s=0.01, location=place, label="1.3"),)
        fault = Fault(type="ExpectationFailed", message="expected Thank you, saw Sorry", location=place)
        return Outcome(status=Status.FAILED, fault=fault, steps=steps, artifacts=(Artifact("screenshot", "buy/shot.png"),))

    def do_error(self, case, number):
        raise RuntimeError("the wire is cut")

    def do_flaky(self, case, number):
        return self.do_pass(case, number) if number > 1 else self.do_error(case, number)

    def do_crash(self, case, number):
        os.kill(os.getpid(), 9)

    def do_slow(self, case, number):
        time.sleep(float((case.body.split() + ["0.3"])[1]))
        return self.do_pass(case, number)

    def do_hang(self, case, number):
        while True:
            pass

    def do_container(self, case, number, emit, deadline):
        said = {"pass": passing(), "fail": failing("3 != 2"), "skip": Skip("todo"), "block": failing("no grid", status=Status.BLOCKED),
                "secret": failing("hunter2 is wrong"), "flaky": passing() if number > 1 else failing("not yet")}
        told = dict(part.split("=") for part in case.body.split()[1:])
        for name, word in told.items():
            if word == "hang":
                open("hangs", "w").close()
                self.do_hang(case, number)
            if word == "die":
                raise RuntimeError("node died")
            if word == "blocked":
                return Outcome(status=Status.BLOCKED, reason="npm install")
            if word == "crash":
                self.do_crash(case, number)
            if word == "wait":
                while not os.path.exists("go"):
                    time.sleep(0.01)
                word = "pass"
            holding({name: said[word]})(case, emit, deadline)
        return Outcome(status=Status.PASSED)

    def do_url(self, case, number):
        url = self.context.service_urls[case.services[0]]
        import urllib.request
        urllib.request.urlopen(url).read()
        return Outcome(status=Status.PASSED)

    def close(self):
        with open("sessions.log", "a") as log:
            log.write(f"close {os.getpid()}\\n")

class Adapter(FakeAdapter):
    name = "scripted"
    suite_model = ScriptedSuite

    def discover(self, suite, context):
        cases = []
        for index, written in enumerate(suite.cases):
            for params in written.get("params", [""]):
                place = context.locate(("suites", [s.name for s in context.config.suites].index(suite.name), "cases", index))
                cases.append(Case(
                    id=CaseId(context.config.project, suite.name, written["name"], params), location=place, body=written.get("do", "pass"),
                    tags=tuple(suite.tags) + tuple(written.get("tags", ())), services=tuple(suite.services), owner=suite.owner,
                    policy=Policy(retry=Retry(times=written.get("retry", 0), on=frozenset({Status.ERROR, Status.FAILED}))),
                    container=written.get("do", "").startswith("container "),
                    skip=Skip(written["skip"]) if "skip" in written else None,
                    xfail=Xfail(written["xfail"], strict=written.get("strict", False)) if "xfail" in written else None,
                ))
        return cases

    def open(self, suite, context):
        return Session(context)

class Whole(Adapter):
    name = "whole"
    suite_model = WholeSuite

@hookimpl
def maestro_adapters():
    return [Adapter(), Whole()]
"""


class Project:
    """A folder with a qa.yaml."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path

    def config(self, suites: str, *, head: str = "") -> Path:
        path = self.path / "qa.yaml"
        path.write_text(f"version: 1\nproject: shop\n{head}\nsuites:\n{suites}")
        return path

    def file(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *args: str) -> pytest.RunResult:
        """Run pytest in this process."""
        return self.pytester.runpytest_inprocess(*args)

    def spawn(self, *args: str) -> pytest.RunResult:
        """Run pytest in a process of its own."""
        return self.pytester.runpytest_subprocess(*args)

    def results(self, store: str = ".maestro/history.db") -> dict[str, str]:
        """What the last run's cases came to, by suite and title: the status, then the marks."""
        with open_history(self.path / store) as history:
            run = history.runs(limit=1)[0]
            rows = history.results(run.run_id)
        return {_title(row): " ".join([str(row.status), *sorted(map(str, row.marks))]) for row in rows}

    def ran(self) -> list[str]:
        """The cases that the adapter tried, in order."""
        log = self.path / "ran.log"
        return [line.rsplit(" ", 2)[0] for line in log.read_text().splitlines()] if log.exists() else []


def _title(row: Any) -> str:
    return f"{row.suite}::{row.name}[{row.params}]" if row.params else f"{row.suite}::{row.name}"


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    plugins = pytester.path / "plugins"
    info = plugins / "scripted-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: scripted\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[maestro_fabric]\nscripted = scripted_adapter\n")
    (plugins / "scripted_adapter.py").write_text(ADAPTER)
    pytester.syspathinsert(plugins)
    monkeypatch.setenv("PYTHONPATH", str(plugins) + os.pathsep + os.environ.get("PYTHONPATH", ""))
    monkeypatch.delenv("MAESTRO_ENV", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", WITHOUT_STRANGERS)  # pytester has taken it away
    return Project(pytester)
