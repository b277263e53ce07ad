"""An adapter whose cases do what the file says; copied into the projects of tests that start processes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, ClassVar, Literal

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
    tries: ClassVar[dict[Any, int]] = {}

    def __init__(self, context):
        self.context = context
        with Path("sessions.log").open("a") as log:
            log.write(f"open {os.getpid()}\n")

    def select(self, cases):
        with Path("selected.log").open("a") as log:
            log.write(" ".join(case.id.name for case in cases) + "\n")

    def run(self, case, emit, deadline):
        key = Path.cwd(), case.id
        number = self.tries[key] = self.tries.get(key, 0) + 1
        with Path("ran.log").open("a") as log:
            log.write(f"{case.id} {self.context.worker} {os.getpid()}\n")
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
        time.sleep(float([*case.body.split(), "0.3"][1]))
        return self.do_pass(case, number)

    def do_hang(self, case, number):
        while True:
            pass

    def do_container(self, case, number, emit, deadline):
        said = {
            "pass": passing(),
            "fail": failing("3 != 2"),
            "skip": Skip("todo"),
            "block": failing("no grid", status=Status.BLOCKED),
            "secret": failing("hunter2 is wrong"),
            "flaky": passing() if number > 1 else failing("not yet"),
        }
        told = dict(part.split("=") for part in case.body.split()[1:])
        for name, word in told.items():
            if word == "hang":
                Path("hangs").touch()
                self.do_hang(case, number)
            if word == "die":
                raise RuntimeError("node died")
            if word == "blocked":
                return Outcome(status=Status.BLOCKED, reason="npm install")
            if word == "crash":
                self.do_crash(case, number)
            if word == "wait":
                while not Path("go").exists():
                    time.sleep(0.01)
                word = "pass"
            holding({name: said[word]})(case, emit, deadline)
        return Outcome(status=Status.PASSED)

    def do_url(self, case, number):
        url = self.context.service_urls[case.services[0]]
        import urllib.request

        urllib.request.urlopen(url).read()  # noqa: S310 - a service of the test
        return Outcome(status=Status.PASSED)

    def close(self):
        with Path("sessions.log").open("a") as log:
            log.write(f"close {os.getpid()}\n")


class Adapter(FakeAdapter):
    name = "scripted"
    suite_model = ScriptedSuite

    def discover(self, suite, context):
        cases = []
        for index, written in enumerate(suite.cases):
            for params in written.get("params", [""]):
                place = context.locate(("suites", [s.name for s in context.config.suites].index(suite.name), "cases", index))
                cases.append(
                    Case(
                        id=CaseId(context.config.project, suite.name, written["name"], params),
                        location=place,
                        body=written.get("do", "pass"),
                        tags=tuple(suite.tags) + tuple(written.get("tags", ())),
                        services=tuple(suite.services),
                        owner=suite.owner,
                        policy=Policy(retry=Retry(times=written.get("retry", 0), on=frozenset({Status.ERROR, Status.FAILED}))),
                        container=written.get("do", "").startswith("container "),
                        skip=Skip(written["skip"]) if "skip" in written else None,
                        xfail=Xfail(written["xfail"], strict=written.get("strict", False)) if "xfail" in written else None,
                    )
                )
        return cases

    def open(self, suite, context):
        return Session(context)


class Whole(Adapter):
    name = "whole"
    suite_model = WholeSuite


@hookimpl
def maestro_adapters():
    return [Adapter(), Whole()]
