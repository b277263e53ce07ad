"""A plan on workers, with workers that are simulated in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from maestro_fabric.config.models import Config
from maestro_fabric.engine import Died, Ended, RunResult, SuiteSessions, Told, run_case, run_plan_on
from maestro_fabric.events import CaseFinished, RunFinished, RunStarted, Warned
from maestro_fabric.model import Case, CaseId, RunInfo, Status
from maestro_fabric.plan import build_plan, select_cases
from maestro_fabric.ports import Deadline
from maestro_fabric.testing import (
    FakeAdapter,
    FakeClock,
    FakeServices,
    FakeSuite,
    FixedChance,
    RecordingSink,
    failing,
    holding,
    make_context,
)


class TwoWorkers:
    """Workers that run what they are given at once, in this process, unless they are said to die in a case."""

    size = 2

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.given: list[tuple[int, list[str]]] = []
        self.closed: list[bool] = []
        self.notes: deque[Told | Ended | Died] = deque()

    def give(self, worker: int, suite: str, cases: Sequence[CaseId]) -> None:
        self.given.append((worker, [case_id.name for case_id in cases]))
        for case_id in cases:
            how = self.bench.trouble.get(case_id.name)
            if how is not None:
                how(worker)
                return
            self.run(worker, case_id)
        self.notes.append(Ended(worker))

    def run(self, worker: int, case_id: CaseId) -> None:
        bench, case = self.bench, self.bench.cases[case_id]
        sessions = SuiteSessions(bench.adapter, bench.suites[case_id.suite], bench.context)
        never = Deadline.after(None, bench.clock)
        run_case(
            case,
            sessions,
            lambda event: self.notes.append(Told(worker, event)),
            clock=bench.clock,
            chance=FixedChance(),
            worker=f"w{worker}",
            deadline=never,
        )

    def hear(self) -> Told | Ended | Died:
        return self.notes.popleft()

    def close(self, *, is_interrupted: bool) -> None:
        self.closed.append(is_interrupted)


class Bench:
    """A plan of fake suites on two workers."""

    def __init__(self, suites: list[dict[str, Any]], script: Mapping[str, Sequence[Any]] = {}, **services: str) -> None:
        self.clock = FakeClock()
        self.sink = RecordingSink()
        self.adapter = FakeAdapter(script)
        self.services = FakeServices(services)
        self.trouble: dict[str, Callable[[int], None]] = {}
        config = Config(version=1, project="p", suites=[FakeSuite(**suite) for suite in suites])
        self.suites = {suite.name: suite for suite in config.suites}
        self.context = make_context(config, clock=self.clock)
        self.plan = build_plan(config, {suite.name: self.adapter.discover(suite, self.context) for suite in config.suites})
        self.cases = {case.id: case for case in self.plan.cases}
        self.workers = TwoWorkers(self)

    def choose(self, is_chosen: Callable[[Case], bool]) -> None:
        self.plan = select_cases(self.plan, is_chosen)

    def run(self, *, maxfail: int = 0, seconds: Mapping[str, float] = {}) -> RunResult:
        return run_plan_on(
            self.workers,
            self.plan,
            run=RunInfo(run_id="r", started_at=0.0),
            services=self.services,
            emit=self.sink.receive,
            clock=self.clock,
            seconds={case_id: seconds[case_id.name] for case_id in self.cases if case_id.name in seconds},
            maxfail=maxfail,
        )

    def statuses(self, result: RunResult) -> dict[str, str]:
        return {case.case.id.name: str(case.status) for case in result.cases}


def test_needs_hold_and_the_run_is_framed() -> None:
    bench = Bench([{"name": "a", "cases": ["one", "two"]}, {"name": "b", "needs": ["a"], "cases": ["three"]}])

    result = bench.run()

    assert (result.status, result.exit_status) == ("passed", 0)
    assert [names for _, names in bench.workers.given] == [["one"], ["two"], ["three"]]
    assert isinstance(bench.sink.events[0], RunStarted)
    assert isinstance(bench.sink.events[-1], RunFinished)
    assert bench.workers.closed == [False]
    assert bench.services.is_stopped


def test_the_longest_case_is_given_first() -> None:
    bench = Bench([{"name": "a", "cases": ["short", "long", "middle"]}])

    bench.run(seconds={"short": 1.0, "long": 9.0, "middle": 5.0})

    assert [names for _, names in bench.workers.given] == [["long"], ["middle"], ["short"]]


def test_what_is_inside_a_container_counts_for_needs() -> None:
    bench = Bench(
        [{"name": "js", "containers": ["a.js"]}, {"name": "b", "needs": ["js"], "cases": ["z"]}], {"a.js": [holding({"adds": failing()})]}
    )

    result = bench.run()

    assert bench.statuses(result) == {"a.js > adds": "failed", "z": "blocked"}
    assert result.exit_status == 1


def test_a_worker_that_dies_is_an_error_of_its_case_and_others_run_the_rest() -> None:
    bench = Bench([{"name": "a", "cases": ["one", "two", "three", "four"]}])
    bench.trouble["two"] = lambda worker: bench.workers.notes.append(Died(worker, "killed"))

    result = bench.run(seconds=dict.fromkeys(["one", "two", "three", "four"], 0.001))

    assert bench.workers.given[0][1] == ["one", "two", "three", "four"]
    assert bench.statuses(result) == {"one": "passed", "two": "error", "three": "passed", "four": "passed"}
    died = next(case for case in result.cases if case.status is Status.ERROR)
    assert died.attempts[0].outcome.fault is not None
    assert (died.attempts[0].outcome.fault.type, died.attempts[0].outcome.fault.message) == ("WorkerDied", "killed")


def test_a_worker_that_ends_without_running_a_case_is_an_error_too() -> None:
    bench = Bench([{"name": "a", "cases": ["one"]}])
    bench.trouble["one"] = lambda worker: bench.workers.notes.append(Ended(worker))

    assert bench.statuses(bench.run()) == {"one": "error"}


def test_a_service_that_is_not_there_blocks_here_and_nothing_is_given_out() -> None:
    bench = Bench([{"name": "a", "services": ["web"], "cases": ["one"]}, {"name": "b", "needs": ["a"], "cases": ["two"]}], web="no port")

    result = bench.run()

    assert bench.statuses(result) == {"one": "blocked", "two": "blocked"}
    assert not bench.workers.given


def test_after_enough_failures_nothing_more_is_given_out() -> None:
    bench = Bench([{"name": "a", "cases": [f"c{number}" for number in range(6)]}], {f"c{number}": [failing()] for number in range(6)})

    result = bench.run(maxfail=1)

    assert len(result.cases) == 2
    assert result.exit_status == 1


def test_an_interrupt_ends_the_workers_before_the_services() -> None:
    bench = Bench([{"name": "a", "cases": ["one", "two", "three"]}])

    def interrupt(worker: int) -> None:
        raise KeyboardInterrupt

    bench.trouble["three"] = interrupt

    result = bench.run()

    assert (result.status, result.exit_status) == ("interrupted", 2)
    assert bench.workers.closed == [True]
    assert bench.services.is_stopped


def test_what_the_selection_leaves_out_of_a_need_is_warned_of() -> None:
    bench = Bench([{"name": "a", "cases": ["one", "two"]}, {"name": "b", "needs": ["a"], "cases": ["three"]}])
    bench.choose(lambda case: case.id.name != "one")

    bench.run()

    assert bench.sink.of(Warned) == [Warned("b needs a, of which the selection leaves out 1 case, which counts as passed")]
    assert len(bench.sink.of(CaseFinished)) == 2


def test_a_run_without_cases_has_the_exit_status_of_none() -> None:
    assert Bench([]).run().exit_status == 5
