"""A plan run from the first suite to the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from maestro_fabric.engine.case import blocked, run_case
from maestro_fabric.engine.guards import Guards
from maestro_fabric.engine.services import ServiceStarter, service_down, start_services
from maestro_fabric.engine.sessions import SuiteSessions
from maestro_fabric.engine.verdicts import Verdict, exit_status, is_bad, left_out_needs, needs_unmet
from maestro_fabric.events import RunFinished, RunStarted, Warned
from maestro_fabric.model import Case, CaseResult, RunInfo, Status
from maestro_fabric.plan import Plan, PlannedSuite
from maestro_fabric.ports import Chance, Clock, Deadline, Emit
from maestro_fabric.quarantine import NO_QUARANTINE, Quarantine

__all__ = ["RunResult", "framed", "has_enough", "run_plan", "warn_of_deselected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What became of a run.

    Attributes:
        status: ``passed``, ``failed`` or ``interrupted``.
        exit_status: 0, 1 (something was bad), 2 (interrupted) or 5 (no case), as pytest has it.
        run_id: The run's id.
        cases: The results, in the order in which they came; of a container without trouble only those of the cases inside it.
    """

    status: str
    exit_status: int
    run_id: str
    cases: tuple[CaseResult, ...]


def run_plan(
    plan: Plan,
    *,
    run: RunInfo,
    sessions_for: Callable[[PlannedSuite], SuiteSessions],
    services: ServiceStarter,
    emit: Emit,
    clock: Clock,
    chance: Chance,
    maxfail: int = 0,
    guards: Guards | None = None,
    quarantine: Quarantine = NO_QUARANTINE,
) -> RunResult:
    """Run a plan, from `RunStarted` to `RunFinished`; sessions and services are closed on every way out.

    Args:
        plan: What to run.
        run: The run's id and facts.
        sessions_for: Gives a suite's sessions; called when its services are up.
        services: Starts and stops services.
        emit: Takes the events.
        clock: Time.
        chance: Jitter.
        maxfail: Stop after so many cases that failed or broke; 0 is never.
        guards: The circuit breakers and bulkheads of what cases depend on; ``None`` for none.
        quarantine: The failures that are known, and do not fail the run.
    """
    loop = _Loop(plan, sessions_for, services, quarantine.judging(emit), clock, chance, maxfail, guards, quarantine)
    return framed(loop.run, loop.results, run=run, services=services, emit=emit, clock=clock, quarantine=quarantine)


def framed(
    play: Callable[[], None],
    results: Sequence[CaseResult],
    *,
    run: RunInfo,
    services: ServiceStarter,
    emit: Emit,
    clock: Clock,
    quarantine: Quarantine,
) -> RunResult:
    """Tell the run's start, play, stop the services on every way out, and tell the run's end.

    Args:
        play: Runs the cases, adding to ``results``.
        results: What has come so far.
        run: The run's id and facts.
        services: Stopped at the end.
        emit: Takes the events.
        clock: Time.
        quarantine: Fails the run by entries that have expired and whose cases ran.
    """
    emit(RunStarted(run))
    status = "interrupted"
    try:
        play()
        code = exit_status([(result.status, result.marks) for result in results])
        code = code or int(bool(quarantine.ended_lines(result.case.id for result in results)))
        status = "failed" if code else "passed"
    except KeyboardInterrupt:
        code = 2
    finally:
        services.stop()
        emit(RunFinished(run.run_id, status, clock.now()))
    return RunResult(status=status, exit_status=code, run_id=run.run_id, cases=tuple(results))


def has_enough(results: Sequence[CaseResult], maxfail: int) -> bool:
    """Whether so many cases failed that the rest is not run. Blocked ones do not count: nothing was found out about them."""
    failures = (result for result in results if result.status is not Status.BLOCKED and is_bad(result.status, result.marks))
    return maxfail > 0 and sum(1 for _ in failures) >= maxfail


def warn_of_deselected(plan: Plan, suite: PlannedSuite, emit: Emit) -> None:
    """Say which suites that this one needs are not run whole."""
    left_out = {other.name: other.deselected for other in plan.suites}
    for line in left_out_needs(suite, left_out):
        emit(Warned(line))


class _Loop:
    """The suites of a plan, one after the other."""

    def __init__(
        self,
        plan: Plan,
        sessions_for: Callable[[PlannedSuite], SuiteSessions],
        services: ServiceStarter,
        emit: Emit,
        clock: Clock,
        chance: Chance,
        maxfail: int,
        guards: Guards | None,
        quarantine: Quarantine,
    ) -> None:
        self.plan = plan
        self.sessions_for = sessions_for
        self.services = services
        self.emit = emit
        self.clock = clock
        self.chance = chance
        self.maxfail = maxfail
        self.guards = guards
        self.quarantine = quarantine
        self.results: list[CaseResult] = []
        self.verdicts: dict[str, list[Verdict]] = {}

    def run(self) -> None:
        for suite in self.plan.suites:
            if suite.cases and not has_enough(self.results, self.maxfail):
                warn_of_deselected(self.plan, suite, self.emit)
                self._run_suite(suite)

    def _run_suite(self, suite: PlannedSuite) -> None:
        reason = needs_unmet(suite, self.verdicts)
        if reason:
            for case in suite.cases:
                self._block(suite, case, reason)
            return
        start_services(self.services, suite.cases)
        sessions = self.sessions_for(suite)
        try:
            for case in suite.cases:
                self._run_case(suite, case, sessions)
                if has_enough(self.results, self.maxfail):
                    return
        finally:
            fault = sessions.close()
            if fault is not None:
                self.emit(Warned(f"the session of {suite.name} could not be closed: {fault.type}: {fault.message}"))

    def _run_case(self, suite: PlannedSuite, case: Case, sessions: SuiteSessions) -> None:
        reason = service_down(self.services, case)
        if reason:
            self._block(suite, case, reason)
            return
        never = Deadline.after(None, self.clock)
        result = run_case(case, sessions, self.emit, clock=self.clock, chance=self.chance, deadline=never, guards=self.guards)
        self._note(suite, result)

    def _block(self, suite: PlannedSuite, case: Case, reason: str) -> None:
        result, event = blocked(case, reason, self.clock)
        self.emit(event)
        self._note(suite, result)

    def _note(self, suite: PlannedSuite, result: CaseResult) -> None:
        for counted in self.quarantine.judge(result).counted:
            self.results.append(counted)
            self.verdicts.setdefault(suite.name, []).append((counted.status, counted.marks))
