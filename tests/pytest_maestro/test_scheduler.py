"""Our xdist scheduler with simulated workers that do as xdist's do: they run a test only when they know the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.test_dispatch import plans

from maestro_fabric.engine import Job, Stage

pytestmark = pytest.mark.needs_xdist


class Worker:
    """What the scheduler knows of a worker, and what xdist's worker does with what it is sent."""

    def __init__(self) -> None:
        self.gateway, self.id = self, "gw"
        self.queue: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.queue.extend(indices)

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def can_run(self) -> bool:
        return len(self.queue) > 1 or (bool(self.queue) and self.shutting_down)


class Config:
    """The two answers that xdist's base class wants."""

    @staticmethod
    def getvalue(name: str) -> list[str]:
        return ["popen"] * 2

    @staticmethod
    def getoption(name: str) -> None:
        return None


class Simulation:
    """A session with workers that one can let die."""

    def __init__(self, stages: Sequence[Stage], jobs: Sequence[Job]) -> None:
        from xdist.remote import Producer

        from pytest_maestro.scheduler import PlanScheduling

        self.jobs = jobs
        self.ids = [f"test_{index}" for index in range(len(jobs))]
        self.needs = {stage.name: stage.needs for stage in stages}
        self.ran: list[int] = []
        self.blocked: list[str] = []
        self.is_stopping = False
        self.bad: set[str] = set()
        self.scheduling: Any = PlanScheduling(
            Config(),
            Producer("test", enabled=False),
            stages,
            lambda ids: jobs,
            self.reason,
            lambda nodeid, _: self.blocked.append(nodeid),
            self.stopping,
        )
        self.workers: list[Worker] = []
        self.add_worker()
        self.add_worker()

    def reason(self, suite: str) -> str:
        return "bad" if self.bad.intersection(self.needs[suite]) else ""

    def stopping(self) -> bool:
        return self.is_stopping

    def add_worker(self) -> None:
        worker = Worker()
        self.workers.append(worker)
        self.scheduling.add_node(worker)
        self.scheduling.add_node_collection(worker, self.ids)
        if self.scheduling.collection_is_completed:
            self.scheduling.schedule()

    def step(self, worker: Worker) -> None:
        """Let a worker run what is first in its queue."""
        index = worker.queue.pop(0)
        if index < len(self.jobs):
            self.begin(index)
        self.scheduling.mark_test_complete(worker, index)

    def die(self, worker: Worker, *, is_repeated: bool) -> None:
        """Let a worker die in what is first in its queue, and another come."""
        crashed = self.scheduling.remove_node(worker)
        self.workers.remove(worker)
        if crashed is not None:
            if is_repeated:
                self.scheduling.mark_test_pending(crashed)
            else:
                self.begin(self.ids.index(crashed))
            self.scheduling.crash_reported(crashed)
        self.add_worker()

    def begin(self, index: int) -> None:
        missing = set(range(len(self.jobs))) - set(self.ran)
        assert not any(self.jobs[other].suite in self.needs.get(self.jobs[index].suite, ()) for other in missing)
        self.ran.append(index)

    @property
    def movable(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.can_run]


@settings(deadline=None)  # a busy machine is no failure
@given(plans(), st.data())
def test_a_run_with_workers_that_die_ends_and_every_test_ran_once(plan: tuple[list[Stage], list[Job]], data: st.DataObject) -> None:
    simulation = Simulation(*plan)
    deaths = data.draw(st.integers(0, 4))

    while len(simulation.ran) < len(simulation.jobs):
        assert simulation.movable, "a deadlock: no worker can run what it has"
        worker = data.draw(st.sampled_from(simulation.movable))
        if deaths and data.draw(st.booleans(), label="dies"):
            deaths -= 1
            simulation.die(worker, is_repeated=data.draw(st.booleans(), label="is repeated"))
        else:
            simulation.step(worker)

    assert sorted(simulation.ran) == list(range(len(simulation.jobs)))
    assert simulation.scheduling.tests_finished
    while simulation.movable:
        simulation.step(simulation.movable[0])
    assert not simulation.scheduling.has_pending
    assert all(worker.shutting_down or not simulation.jobs for worker in simulation.workers)


def test_the_test_in_which_a_worker_died_is_named_and_none_when_it_ran_none() -> None:
    simulation = Simulation([Stage("a"), Stage("b", ("a",))], [Job("a", seconds=9.0), Job("a", seconds=1.0), Job("b")])
    first, second = simulation.workers
    simulation.step(second)

    assert simulation.scheduling.remove_node(second) is None
    assert simulation.scheduling.remove_node(first) == "test_0"


def test_what_was_blocked_is_reported_and_a_stop_ends_everything() -> None:
    simulation = Simulation([Stage("a"), Stage("b", ("a",)), Stage("c", ("a",))], [Job("a"), Job("a"), Job("b"), Job("c")])
    first, second = simulation.workers
    simulation.bad = {"a"}
    simulation.step(first)
    assert not simulation.scheduling.tests_finished

    simulation.step(second)

    assert simulation.blocked == ["test_2", "test_3"]
    assert simulation.scheduling.tests_finished
    simulation.is_stopping = True
    simulation.scheduling.check_schedule(first)
    assert simulation.scheduling.tests_finished


def test_workers_that_collected_different_tests_are_given_none() -> None:
    simulation = Simulation([], [])
    other = Simulation([], [Job("a")])
    other.scheduling.collection = None
    other.scheduling.node2collection[other.workers[0]] = ["another"]
    other.scheduling.config = None

    other.scheduling.schedule()

    assert other.scheduling.collection is None
    assert simulation.scheduling.tests_finished
