"""A plan run by several processes: this one decides, hears of everything, and starts the services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from maestro_fabric.engine.case import blocked
from maestro_fabric.engine.dispatch import Dispatcher, Job, Stage
from maestro_fabric.engine.loop import RunResult, framed, has_enough, warn_of_deselected
from maestro_fabric.engine.results import concluded, finished
from maestro_fabric.engine.services import ServiceStarter, service_down, start_services
from maestro_fabric.engine.verdicts import Verdict, needs_unmet
from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.model import Attempt, Case, CaseId, CaseResult, Fault, Outcome, RunInfo, Status
from maestro_fabric.plan import Plan
from maestro_fabric.ports import Clock, Emit
from maestro_fabric.quarantine import NO_QUARANTINE, Quarantine

__all__ = ["Died", "Ended", "Told", "Workers", "run_plan_on"]


@dataclass(frozen=True, slots=True)
class Told:
    """A worker tells of something that happened."""

    worker: int
    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """A worker has run all it was given."""

    worker: int


@dataclass(frozen=True, slots=True)
class Died:
    """A worker did not run all it was given; another takes its place."""

    worker: int
    why: str


class Workers(Protocol):
    """Processes that run cases, by number from 0."""

    @property
    def size(self) -> int:
        """How many there are."""

    def give(self, worker: int, suite: str, cases: Sequence[CaseId]) -> None:
        """Let an idle worker run these, one after the other."""

    def hear(self) -> Told | Ended | Died:
        """Wait for what comes next from any of them."""

    def close(self, *, is_interrupted: bool) -> None:
        """End them; in mid-work when the run is interrupted."""


def run_plan_on(
    workers: Workers,
    plan: Plan,
    *,
    run: RunInfo,
    services: ServiceStarter,
    emit: Emit,
    clock: Clock,
    seconds: Mapping[CaseId, float],
    maxfail: int = 0,
    quarantine: Quarantine = NO_QUARANTINE,
) -> RunResult:
    """Run a plan, from `RunStarted` to `RunFinished`, with the outcomes of `run_plan`.

    Args:
        workers: Run the cases; closed before the services are stopped.
        plan: What to run.
        run: The run's id and facts.
        services: Starts and stops services, here and once for all workers.
        emit: Takes the events, in this thread.
        clock: Time.
        seconds: How long cases usually take; the longest start first.
        maxfail: Hand out nothing more after so many cases that failed or broke; 0 is never. What runs then is run to its end.
        quarantine: The failures that are known, and do not fail the run; workers need not know them.
    """
    parallel = _Parallel(workers, plan, services, quarantine.judging(emit), clock, seconds, maxfail, quarantine)
    return framed(parallel.run, parallel.results, run=run, services=services, emit=emit, clock=clock, quarantine=quarantine)


class _Parallel:
    """The state of a run on workers."""

    def __init__(
        self,
        workers: Workers,
        plan: Plan,
        services: ServiceStarter,
        emit: Emit,
        clock: Clock,
        seconds: Mapping[CaseId, float],
        maxfail: int,
        quarantine: Quarantine,
    ) -> None:
        self.results: list[CaseResult] = []
        self._workers = workers
        self._plan = plan
        self._services = services
        self._emit = emit
        self._clock = clock
        self._maxfail = maxfail
        self._quarantine = quarantine
        self._cases = plan.cases
        self._places = {case.id: place for place, case in enumerate(plan.cases)}
        self._suites = {suite.name: suite for suite in plan.suites}
        self._verdicts: dict[str, list[Verdict]] = {}
        self._attempts: dict[CaseId, list[Attempt]] = {}
        # By worker: what it was given and has not ended, in order; it is busy with the first.
        self._held: dict[int, list[int]] = {}
        stages = [Stage(suite.name, suite.needs, suite.config.stays_together, suite.adapter) for suite in plan.suites]
        jobs = [Job(case.id.suite, seconds=seconds.get(case.id)) for case in plan.cases]
        self._dispatcher = Dispatcher(stages, jobs, lambda name: needs_unmet(self._suites[name], self._verdicts))

    def run(self) -> None:
        is_interrupted = True
        try:
            self._run()
            is_interrupted = False
        finally:
            self._workers.close(is_interrupted=is_interrupted)

    def _run(self) -> None:
        for suite in self._plan.suites:
            if suite.cases:
                warn_of_deselected(self._plan, suite, self._emit)
        self._hand_out()
        while self._held:
            message = self._workers.hear()
            if isinstance(message, Told):
                self._take(message.event, self._held.get(message.worker, []))
            else:
                self._leave(message)
            self._hand_out()

    def _hand_out(self) -> None:
        """Give idle workers what may run, and block what may not."""
        while not has_enough(self.results, self._maxfail):
            self._dispatcher.advance(self._block)
            idle = next((worker for worker in range(self._workers.size) if worker not in self._held), None)
            places = self._dispatcher.take(idle, self._workers.size) if idle is not None else []
            if idle is None or not places:
                return
            self._give(idle, places)

    def _give(self, worker: int, places: Sequence[int]) -> None:
        start_services(self._services, [self._cases[place] for place in places])
        runnable = []
        for place in places:
            reason = service_down(self._services, self._cases[place])
            if reason:
                self._block(place, reason)
                self._dispatcher.ended(place)
            else:
                runnable.append(place)
        if runnable:
            self._held[worker] = runnable
            self._workers.give(worker, self._cases[runnable[0]].id.suite, [self._cases[place].id for place in runnable])

    def _take(self, event: Event, held: list[int]) -> None:
        """Pass an event on, and keep what it means for the run."""
        self._emit(event)
        if isinstance(event, AttemptFinished):
            self._attempts.setdefault(event.case.id, []).append(event.attempt)
        if not isinstance(event, CaseFinished):
            return
        if event.is_counted:
            self._note(event)
        place = self._places.get(event.case.id)
        if place in held:
            held.remove(place)
            self._dispatcher.ended(place)

    def _note(self, event: CaseFinished) -> None:
        attempts = tuple(self._attempts.pop(event.case.id, ()))
        # The plan's case has what does not travel.
        place = self._places.get(event.case.id)
        case = event.case if place is None else self._cases[place]
        result = CaseResult(case=case, status=event.status, marks=event.marks, attempts=attempts, reason=event.reason)
        self.results.append(self._quarantine.judge(result))
        self._verdicts.setdefault(event.case.id.suite, []).append((event.status, self.results[-1].marks))

    def _leave(self, message: Ended | Died) -> None:
        """A worker has ended: with the case that it was busy with, and what comes after that goes to others."""
        held = self._held.pop(message.worker)
        if not held:
            return
        why = message.why if isinstance(message, Died) else "the worker ended without having run it"
        place, *rest = held
        self._tell_death(self._cases[place], why)
        self._dispatcher.ended(place)
        self._dispatcher.give_back(rest)

    def _tell_death(self, case: Case, why: str) -> None:
        earlier = self._attempts.get(case.id, [])
        outcome = Outcome(status=Status.ERROR, fault=Fault(type="WorkerDied", message=why))
        attempt = Attempt(number=len(earlier) + 1, outcome=outcome, started_at=self._clock.now(), duration_s=0.0)
        self._take(AttemptFinished(case, attempt, is_last=True), [])
        self._take(finished(concluded(case, self._attempts[case.id]), self._clock), [])

    def _block(self, place: int, reason: str) -> bool:
        _, event = blocked(self._cases[place], reason, self._clock)
        self._take(event, [])
        return True
