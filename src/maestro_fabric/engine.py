"""One case tried under its policy, and a plan run from the first suite to the last. Knows only ports."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from maestro_fabric.config.models import SuiteConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, RunFinished, RunStarted, Warned
from maestro_fabric.model import Attempt, Case, CaseResult, Fault, Mark, Outcome, Policy, RunInfo, Status
from maestro_fabric.plan import Plan, PlannedSuite, longest_wait_s
from maestro_fabric.ports import Adapter, Chance, Clock, Context, Deadline, Emit, SelectiveSession, Session

__all__ = ["RunResult", "ServiceStarter", "SuiteSessions", "blocked", "exit_status", "needs_unmet", "run_case", "run_plan"]

T = TypeVar("T")
Verdict = tuple[Status, frozenset[Mark]]


class ServiceStarter(Protocol):
    """What the engine needs of services; see `maestro_fabric.system.services.Services`."""

    @property
    def failed(self) -> Mapping[str, str]:
        """Why services did not start, by name."""

    def start(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        """Start what is not running yet; raises `ServiceError`."""

    def is_alive(self, name: str) -> bool:
        """Whether a started service is still there."""

    def stop(self) -> None:
        """Stop all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What became of a run.

    Attributes:
        status: ``passed``, ``failed`` or ``interrupted``.
        exit_status: 0, 1 (something was bad), 2 (interrupted) or 5 (no case), as pytest has it.
        run_id: The run's id.
        cases: The results, in the order in which they came.
    """

    status: str
    exit_status: int
    run_id: str
    cases: tuple[CaseResult, ...]


class SuiteSessions:
    """A suite's session in this process: opened when first asked for, opened anew after it broke.

    Args:
        adapter: Opens sessions.
        suite_config: The suite's config.
        context: What surrounds the suite.
        cases: The chosen cases, for sessions that must know them beforehand.
    """

    def __init__(self, adapter: Adapter, suite_config: SuiteConfig, context: Context, cases: Sequence[Case] = ()) -> None:
        self.context = context
        self._adapter = adapter
        self._suite_config = suite_config
        self._left = {case.id: case for case in cases}
        self._session: Session | None = None

    def get(self) -> Session:
        """The session, opened if there is none; raises what the adapter raises."""
        if self._session is None:
            session = self._adapter.open(self._suite_config, self.context)
            self._session = session
            if isinstance(session, SelectiveSession):
                session.select(tuple(self._left.values()))
        return self._session

    def finished(self, case: Case) -> None:
        """Note that a case will not be asked for again, so that a session opened anew leaves it out."""
        self._left.pop(case.id, None)

    def discard(self) -> Fault | None:
        """Close a session that may be broken; the next `get` opens another. What closing raised is returned."""
        session, self._session = self._session, None
        if session is None:
            return None
        _, fault = _contain(session.close)
        return fault

    def close(self) -> Fault | None:
        """Close the session, if there is one; the same as `discard`."""
        return self.discard()


def run_case(
    case: Case, sessions: SuiteSessions, emit: Emit, *, clock: Clock, chance: Chance, worker: str = "", deadline: Deadline
) -> CaseResult:
    """Try a case under its policy, telling every attempt, and the case's end as the last event.

    Args:
        case: What to run.
        sessions: Gives the session; a broken one is discarded.
        emit: Takes the events.
        clock: Time.
        chance: Jitter.
        worker: This process's name among its siblings.
        deadline: When the run must have ended; the policy's deadline lies within it.

    Raises:
        KeyboardInterrupt: passed on, after the session was closed; the case then has no end.
    """
    trial = _Trial(case, sessions, emit, clock=clock, chance=chance, worker=worker, deadline=deadline.within(case.policy.deadline_s))
    result = trial.result()
    sessions.finished(case)
    emit(_finished(result, clock))
    return result


def blocked(case: Case, reason: str, clock: Clock) -> tuple[CaseResult, CaseFinished]:
    """The result and the event of a case that is not run because of something it depends on."""
    result = CaseResult(case=case, status=Status.BLOCKED, marks=frozenset(), attempts=(), reason=reason)
    return result, _finished(result, clock)


def needs_unmet(planned_suite: PlannedSuite, statuses: Mapping[str, Sequence[Verdict]]) -> str:
    """Why a suite is blocked, empty when it is not.

    A need passes when all its selected cases passed, were skipped or are quarantined.

    Args:
        planned_suite: The suite that needs others.
        statuses: What became of the cases run so far, by suite; a missing suite had no selected case.
    """
    unmet = []
    for need in planned_suite.needs:
        bad = Counter(status for status, marks in statuses.get(need, ()) if _is_bad(status, marks))
        if bad:
            counts = ", ".join(f"{bad[status]} {status}" for status in Status if bad[status])
            unmet.append(f"{need}, which did not pass ({counts})")
    return f"needs {' and '.join(unmet)}" if unmet else ""


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every case is fine, 1 when one failed, broke or was blocked and is not quarantined, 5 when there is none."""
    if not verdicts:
        return 5
    return int(any(_is_bad(status, marks) for status, marks in verdicts))


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
    """
    emit(RunStarted(run))
    loop = _Loop(plan, sessions_for, services, emit, clock, chance, maxfail)
    status = "interrupted"
    try:
        loop.run()
        code = exit_status([(result.status, result.marks) for result in loop.results])
        status = "failed" if code else "passed"
    except KeyboardInterrupt:
        code = 2
    finally:
        services.stop()
        emit(RunFinished(run.run_id, status, clock.now()))
    return RunResult(status=status, exit_status=code, run_id=run.run_id, cases=tuple(loop.results))


class _Trial:
    """The attempts of one case."""

    def __init__(
        self, case: Case, sessions: SuiteSessions, emit: Emit, *, clock: Clock, chance: Chance, worker: str, deadline: Deadline
    ) -> None:
        self.case = case
        self.policy: Policy = case.policy
        self.sessions = sessions
        self.emit = emit
        self.clock = clock
        self.chance = chance
        self.worker = worker
        self.deadline = deadline

    def result(self) -> CaseResult:
        if self.case.skip is not None:
            return self._without_attempt(Status.SKIPPED, self.case.skip.reason)
        if self.deadline.is_over:
            return self._without_attempt(Status.BLOCKED, f"not started: {_left(self.deadline)}")
        attempts: list[Attempt] = []
        wait_s: float | None = 0.0
        while wait_s is not None:
            if wait_s:
                self.clock.sleep(wait_s)
            attempt = self._attempt(len(attempts) + 1)
            wait_s, note = self._wait_before_next(attempt)
            attempts.append(_with_note(attempt, note))
            self.emit(AttemptFinished(self.case, attempts[-1], is_last=wait_s is None))
        return self._concluded(attempts)

    def _without_attempt(self, status: Status, reason: str) -> CaseResult:
        return CaseResult(case=self.case, status=status, marks=frozenset(), attempts=(), reason=reason)

    def _attempt(self, number: int) -> Attempt:
        started_at, started = self.clock.now(), self.clock.monotonic()
        self.emit(AttemptStarted(self.case, number, started_at, self.worker))
        outcome, fault = _contain(self._try_once, on_interrupt=self.sessions.discard)
        if outcome is None:
            self.sessions.discard()
            outcome = Outcome(status=Status.ERROR, fault=fault)
        duration_s = self.clock.monotonic() - started if outcome.duration_s is None else outcome.duration_s
        outcome = _redacted(_judged(self.case, outcome), self.sessions.context.redact)
        return Attempt(number=number, outcome=outcome, started_at=started_at, duration_s=duration_s, worker=self.worker)

    def _try_once(self) -> Outcome:
        session = self.sessions.get()
        return session.run(self.case, self.emit, self.deadline.within(self.policy.attempt_timeout_s))

    def _wait_before_next(self, attempt: Attempt) -> tuple[float | None, str]:
        """How long to wait before another attempt, ``None`` for no other one, and what is to be said about that."""
        retry, outcome = self.policy.retry, attempt.outcome
        if outcome.status not in retry.on or not outcome.status.is_bad or outcome.status is Status.BLOCKED:
            return None, ""
        if outcome.must_not_retry or attempt.number > retry.times:
            return None, ""
        wait_s = longest_wait_s(retry.backoff, attempt.number)
        if retry.backoff.jitter == "full":
            wait_s = self.chance.uniform(0.0, wait_s)
        if wait_s >= self.deadline.left_s:
            return None, f"not tried again: {_left(self.deadline)}"
        return wait_s, ""

    def _concluded(self, attempts: Sequence[Attempt]) -> CaseResult:
        last = attempts[-1].outcome
        is_flaky = last.status is Status.PASSED and any(attempt.outcome.status is not Status.PASSED for attempt in attempts)
        marks = last.marks | {Mark.FLAKY} if is_flaky else last.marks
        return CaseResult(case=self.case, status=last.status, marks=marks, attempts=tuple(attempts), reason=last.reason)


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
    ) -> None:
        self.plan = plan
        self.sessions_for = sessions_for
        self.services = services
        self.emit = emit
        self.clock = clock
        self.chance = chance
        self.maxfail = maxfail
        self.results: list[CaseResult] = []
        self.verdicts: dict[str, list[Verdict]] = {}

    def run(self) -> None:
        for suite in self.plan.suites:
            if suite.cases and not self.has_enough:
                self._warn_of_deselected(suite)
                self._run_suite(suite)

    @property
    def has_enough(self) -> bool:
        """Whether so many cases failed that the rest is not run. Blocked ones do not count: nothing was found out about them."""
        failures = (result for result in self.results if result.status is not Status.BLOCKED and _is_bad(result.status, result.marks))
        return self.maxfail > 0 and sum(1 for _ in failures) >= self.maxfail

    def _warn_of_deselected(self, suite: PlannedSuite) -> None:
        for need in (other for other in self.plan.suites if other.name in suite.needs and other.deselected):
            cases = "1 case, which counts" if need.deselected == 1 else f"{need.deselected} cases, which count"
            self.emit(Warned(f"{suite.name} needs {need.name}, of which the selection leaves out {cases} as passed"))

    def _run_suite(self, suite: PlannedSuite) -> None:
        reason = needs_unmet(suite, self.verdicts)
        if reason:
            for case in suite.cases:
                self._block(suite, case, reason)
            return
        self._start_services(suite)
        sessions = self.sessions_for(suite)
        try:
            for case in suite.cases:
                self._run_case(suite, case, sessions)
                if self.has_enough:
                    return
        finally:
            fault = sessions.close()
            if fault is not None:
                self.emit(Warned(f"the session of {suite.name} could not be closed: {fault.type}: {fault.message}"))

    def _start_services(self, suite: PlannedSuite) -> None:
        wanted = dict.fromkeys(name for case in suite.cases if case.skip is None for name in case.services)
        for name in wanted:
            # One by one: a service that fails must not keep the others from starting. It has told why by an event, and
            # `failed` says it again for each case.
            with suppress(ServiceError):
                self.services.start([name])

    def _run_case(self, suite: PlannedSuite, case: Case, sessions: SuiteSessions) -> None:
        reason = "" if case.skip else self._service_down(case)
        if reason:
            self._block(suite, case, reason)
            return
        never = Deadline.after(None, self.clock)
        self._note(suite, run_case(case, sessions, self.emit, clock=self.clock, chance=self.chance, deadline=never))

    def _service_down(self, case: Case) -> str:
        for name in case.services:
            why = self.services.failed.get(name)
            if why is not None:
                first_line = why.splitlines()[0] if why else "it did not start"
                return first_line if name in first_line else f"the service {name!r} did not start: {first_line}"
            if not self.services.is_alive(name):
                return f"the service {name!r} ended during the run; its log is among the artifacts"
        return ""

    def _block(self, suite: PlannedSuite, case: Case, reason: str) -> None:
        result, event = blocked(case, reason, self.clock)
        self.emit(event)
        self._note(suite, result)

    def _note(self, suite: PlannedSuite, result: CaseResult) -> None:
        self.results.append(result)
        self.verdicts.setdefault(suite.name, []).append((result.status, result.marks))


def _contain(action: Callable[[], T], *, on_interrupt: Callable[[], object] | None = None) -> tuple[T | None, Fault | None]:
    """What an adapter's code gives, or what it raised as a fault: the one place where every exception is caught."""
    try:
        return action(), None
    except Exception as exc:
        trace = "".join(traceback.format_exception(exc))
        return None, Fault(type=type(exc).__name__, message=str(exc) or type(exc).__name__, trace=trace)
    except BaseException:
        if on_interrupt is not None:
            on_interrupt()
        raise


def _judged(case: Case, outcome: Outcome) -> Outcome:
    """The outcome as ``xfail`` makes it: an expected failure is skipped, an unexpected pass is marked, or failed when strict."""
    if case.xfail is None:
        return outcome
    if outcome.status in (Status.FAILED, Status.ERROR):
        return replace(outcome, status=Status.SKIPPED, marks=outcome.marks | {Mark.XFAILED}, reason=case.xfail.reason)
    if outcome.status is not Status.PASSED:
        return outcome
    if case.xfail.strict:
        message = f"unexpected pass: {case.xfail.reason}"
        return replace(outcome, status=Status.FAILED, fault=Fault(type="UnexpectedPass", message=message), reason=message)
    return replace(outcome, marks=outcome.marks | {Mark.XPASSED}, reason=case.xfail.reason)


def _redacted(outcome: Outcome, redact: Callable[[str], str]) -> Outcome:
    fault = outcome.fault and replace(outcome.fault, message=redact(outcome.fault.message), trace=redact(outcome.fault.trace))
    return replace(
        outcome,
        fault=fault,
        reason=redact(outcome.reason),
        steps=tuple(replace(step, title=redact(step.title), message=redact(step.message)) for step in outcome.steps),
        output=redact(outcome.output),
        metadata={name: redact(value) for name, value in outcome.metadata.items()},
    )


def _with_note(attempt: Attempt, note: str) -> Attempt:
    """The attempt with a line added to its real error."""
    outcome = attempt.outcome
    if not note or outcome.fault is None:
        return attempt
    fault = replace(outcome.fault, message=f"{outcome.fault.message}\n{note}")
    return replace(attempt, outcome=replace(outcome, fault=fault))


def _left(deadline: Deadline) -> str:
    return f"{deadline.left_s:.1f}s left of {deadline.limit_s:g}s"


def _finished(result: CaseResult, clock: Clock) -> CaseFinished:
    return CaseFinished(result.case, result.status, result.marks, clock.now(), result.duration_s, result.reason)


def _is_bad(status: Status, marks: frozenset[Mark]) -> bool:
    return status.is_bad and Mark.QUARANTINED not in marks
