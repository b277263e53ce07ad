"""One case tried under its policy."""

from __future__ import annotations

from dataclasses import replace

from maestro_fabric.engine.backoff import waits_of
from maestro_fabric.engine.guards import Guards
from maestro_fabric.engine.inner import InnerCases
from maestro_fabric.engine.judging import asks_for_another, judged, why_not_run, with_note
from maestro_fabric.engine.results import concluded, finished, redacted, was_tried, with_step_marks, without_attempt, without_spare
from maestro_fabric.engine.sessions import SuiteSessions, contain
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event, FallbackUsed, Healed, Warned
from maestro_fabric.model import Attempt, Case, CaseResult, Mark, Outcome, Policy, Status
from maestro_fabric.ports import Chance, Clock, Deadline, Emit

__all__ = ["blocked", "run_case"]


def run_case(
    case: Case,
    sessions: SuiteSessions,
    emit: Emit,
    *,
    clock: Clock,
    chance: Chance,
    worker: str = "",
    deadline: Deadline,
    guards: Guards | None = None,
) -> CaseResult:
    """Try a case under its policy, telling every attempt, and the case's end as the last event.

    Of a container, the cases inside are told while it runs, and it is tried again when one of them asks for that. A case whose
    dependency is known to be down is blocked at once.

    Args:
        case: What to run.
        sessions: Gives the session; a broken one is discarded.
        emit: Takes the events.
        clock: Time.
        chance: Jitter.
        worker: This process's name among its siblings.
        deadline: When the run must have ended; the policy's deadline lies within it.
        guards: The circuit breakers and bulkheads; ``None`` for none.

    Raises:
        KeyboardInterrupt: passed on, after the session was closed; the case then has no end.
    """
    deadline = deadline.within(case.policy.deadline_s)
    trial = _Trial(case, sessions, emit, clock=clock, chance=chance, worker=worker, deadline=deadline, guards=guards)
    result = trial.result()
    sessions.finished(case)
    emit(finished(result, clock))
    return result


def blocked(case: Case, reason: str, clock: Clock) -> tuple[CaseResult, CaseFinished]:
    """The result and the event of a case that is not run because of something it depends on; one to be skipped stays that."""
    status, why = (Status.BLOCKED, reason) if case.skip is None else (Status.SKIPPED, case.skip.reason)
    result = without_attempt(case, status, why)
    return result, finished(result, clock)


class _Trial:
    """The attempts of one case."""

    def __init__(
        self,
        case: Case,
        sessions: SuiteSessions,
        emit: Emit,
        *,
        clock: Clock,
        chance: Chance,
        worker: str,
        deadline: Deadline,
        guards: Guards | None,
    ) -> None:
        self.case = case
        self.policy: Policy = case.policy
        self.sessions = sessions
        self.emit = emit
        self.clock = clock
        self.guards = guards
        self.worker = worker
        self.deadline = deadline
        self.attempts: list[Attempt] = []
        self.redact = sessions.context.redact
        self.inner = InnerCases(case, emit, redact=self.redact, worker=worker, clock=clock) if case.container else None
        self._waits = waits_of(self.policy.retry.backoff, chance)
        self._verdict: Status | None = None
        self._began = 0.0, 0.0
        self._untold = 0

    def result(self) -> CaseResult:
        if self.case.skip is not None:
            return without_attempt(self.case, Status.SKIPPED, self.case.skip.reason)
        if self.deadline.is_over:
            return without_attempt(self.case, Status.BLOCKED, f"not started: {_left(self.deadline)}")
        return self._with_inner(self._with_fallback(self._try()))

    def _try(self) -> CaseResult:
        """The attempts, up to the last that the policy asks for."""
        tries = 0
        wait_s: float | None = 0.0
        while wait_s is not None:
            if wait_s:
                self.clock.sleep(wait_s)
            tries += 1
            if self.inner is not None:
                self.inner.begin(may_be_repeated=tries <= self.policy.retry.times)
            attempt, refusal = self._guarded_attempt()
            if attempt is None:
                return self._refused(refusal)
            if not self.attempts and not was_tried(attempt.outcome):
                outcome = attempt.outcome
                return without_attempt(self.case, outcome.status, why_not_run(outcome))
            wait_s, note = self._wait_before_next(attempt, tries)
            self.attempts.append(with_note(attempt, note))
            self._tell_attempts(is_last=wait_s is None and not self._has_fallback(attempt.outcome))
            if note and attempt.outcome.fault is None:
                self.emit(Warned(f"{self.case.id}: {note}"))
        return concluded(self.case, self.attempts)

    def _guarded_attempt(self) -> tuple[Attempt | None, str]:
        """An attempt, or why none can be made: what the case depends on is down, or has no place."""
        if self.guards is None:
            return self._attempt(), ""
        entry = self.guards.enter(self.case, self.emit, self.deadline)
        if entry.reason:
            return None, entry.reason
        attempt: Attempt | None = None
        try:
            attempt = self._attempt()
        finally:
            entry.leave(self._telling(attempt) if attempt is not None else None)
        return attempt, ""

    def _telling(self, attempt: Attempt) -> Outcome:
        """What an attempt says of what it depends on: of a container, also what a case in it says."""
        outcomes = (attempt.outcome, *(self.inner.outcomes if self.inner is not None else ()))
        return next((outcome for outcome in outcomes if outcome.status is Status.ERROR), attempt.outcome)

    def _refused(self, reason: str) -> CaseResult:
        """The word on a case that is let in no more: blocked, or what its attempts have come to so far."""
        if not self.attempts:
            return without_attempt(self.case, Status.BLOCKED, reason)
        return replace(concluded(self.case, self.attempts), reason=f"not tried again: {reason}")

    def _has_fallback(self, outcome: Outcome) -> bool:
        """Whether something is played instead after this. Never after an answer of the healer, which would be hidden by it."""
        return self.case.spare is not None and outcome.status in (Status.ERROR, Status.BLOCKED) and not outcome.must_not_retry

    def _with_fallback(self, result: CaseResult) -> CaseResult:
        """The result, or, when the case could not be judged and what is played instead passes, that: degraded."""
        spare = self.case.spare
        last = result.attempts[-1].outcome if result.attempts else Outcome(status=result.status)
        if spare is None or not self._has_fallback(last) or self.deadline.is_over:
            return result
        self.emit(FallbackUsed(self.case, self.policy.fallback))
        attempt = self._attempt(spare)
        has_passed = attempt.outcome.status is Status.PASSED
        own = replace(last, reason=last.reason or result.reason)
        self.attempts.append(attempt if has_passed else replace(attempt, outcome=without_spare(own, attempt.outcome, self.policy.fallback)))
        self._tell_attempts(is_last=True)
        if not has_passed:
            return replace(result, attempts=tuple(self.attempts))
        return replace(result, status=Status.PASSED, marks=attempt.outcome.marks | {Mark.DEGRADED}, attempts=tuple(self.attempts))

    def _tell_attempts(self, *, is_last: bool) -> None:
        """Tell the newest attempt; one of a container that had no trouble only when another had: it is no result of its own."""
        if self.inner is not None and all(attempt.outcome.status is Status.PASSED for attempt in self.attempts):
            return
        untold = self.attempts[self._untold :]
        self._untold = len(self.attempts)
        for attempt in untold:
            self.emit(AttemptFinished(self.case, attempt, is_last=is_last and attempt is untold[-1]))
            for heal in attempt.outcome.heals:
                self.emit(Healed(self.case, attempt.number, heal))

    def _with_inner(self, result: CaseResult) -> CaseResult:
        return result if self.inner is None else replace(result, inner=self.inner.conclude())

    def _attempt(self, spare: Case | None = None) -> Attempt:
        self._began = self.clock.now(), self.clock.monotonic()
        self._tell_start()
        case = spare or self.case
        outcome, fault = contain(lambda: self._try_once(case), on_interrupt=self.sessions.discard, on_error=self._classify)
        if outcome is None:
            self.sessions.discard()
            status = self._verdict or Status.ERROR
            outcome = Outcome(status=status, fault=fault, reason=fault.message if fault and status is Status.BLOCKED else "")
        started_at, started = self._began
        duration_s = self.clock.monotonic() - started if outcome.duration_s is None else outcome.duration_s
        outcome = redacted(judged(self.case, with_step_marks(outcome)), self.redact)
        if self.inner is not None:
            self.inner.end(outcome.fault)
        return Attempt(number=len(self.attempts) + 1, outcome=outcome, started_at=started_at, duration_s=duration_s, worker=self.worker)

    def _try_once(self, case: Case) -> Outcome:
        session = self.sessions.get()
        return session.run(case, self._hear, self.deadline.within(self.policy.attempt_timeout_s))

    def _classify(self, raised: Exception) -> None:
        self._verdict = self.sessions.context.classify(raised)

    def _hear(self, event: Event) -> None:
        """What a session tells while it runs the case; tries that it made by itself and that did not count are attempts too."""
        if self.inner is not None and self.inner.take(event):
            return
        if not isinstance(event, AttemptFinished):
            self.emit(event)
            return
        outcome = redacted(event.attempt.outcome, self.redact)
        self.attempts.append(replace(event.attempt, number=len(self.attempts) + 1, outcome=outcome, worker=self.worker))
        self._tell_attempts(is_last=False)
        self._began = self.clock.now(), self.clock.monotonic()
        self._tell_start()

    def _tell_start(self) -> None:
        self.emit(AttemptStarted(self.case, len(self.attempts) + 1, self._began[0], self.worker))

    def _wait_before_next(self, attempt: Attempt, tries: int) -> tuple[float | None, str]:
        """How long to wait before another attempt, ``None`` for no other one, and what is to be said about that.

        Args:
            attempt: The last one.
            tries: How often the session was asked; attempts that it made by itself do not use up the policy's retries.
        """
        retry, outcome = self.policy.retry, attempt.outcome
        outcomes = [outcome, *(self.inner.outcomes if self.inner is not None else ())]
        if tries > retry.times or outcome.must_not_retry or not any(asks_for_another(each, retry) for each in outcomes):
            return None, ""
        wait_s = next(self._waits)
        if wait_s >= self.deadline.left_s:
            return None, f"not tried again: {_left(self.deadline)}"
        closed = self.guards.why_closed(self.case, wait_s) if self.guards is not None else ""
        return (None, f"not tried again: {closed}") if closed else (wait_s, "")


def _left(deadline: Deadline) -> str:
    return f"{deadline.left_s:.1f}s left of {deadline.limit_s:g}s"
