"""One case tried under its policy."""

from __future__ import annotations

from dataclasses import replace

from maestro_fabric.engine.inner import InnerCases
from maestro_fabric.engine.results import concluded, finished, redacted, was_tried, without_attempt
from maestro_fabric.engine.sessions import SuiteSessions, contain
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, Event, Warned
from maestro_fabric.model import Attempt, Case, CaseResult, Fault, Mark, Outcome, Policy, Retry, Status
from maestro_fabric.plan import longest_wait_s
from maestro_fabric.ports import Chance, Clock, Deadline, Emit

__all__ = ["blocked", "run_case"]


def run_case(
    case: Case, sessions: SuiteSessions, emit: Emit, *, clock: Clock, chance: Chance, worker: str = "", deadline: Deadline
) -> CaseResult:
    """Try a case under its policy, telling every attempt, and the case's end as the last event.

    Of a container, the cases inside are told while it runs, and it is tried again when one of them asks for that.

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
        self.attempts: list[Attempt] = []
        self.redact = sessions.context.redact
        self.inner = InnerCases(case, emit, redact=self.redact, worker=worker, clock=clock) if case.container else None
        self._began = 0.0, 0.0
        self._untold = 0

    def result(self) -> CaseResult:
        if self.case.skip is not None:
            return without_attempt(self.case, Status.SKIPPED, self.case.skip.reason)
        if self.deadline.is_over:
            return without_attempt(self.case, Status.BLOCKED, f"not started: {_left(self.deadline)}")
        tries = 0
        wait_s: float | None = 0.0
        while wait_s is not None:
            if wait_s:
                self.clock.sleep(wait_s)
            tries += 1
            if self.inner is not None:
                self.inner.begin(may_be_repeated=tries <= self.policy.retry.times)
            attempt = self._attempt()
            if not self.attempts and not was_tried(attempt.outcome):
                outcome = attempt.outcome
                return self._with_inner(without_attempt(self.case, outcome.status, outcome.reason or str(outcome.status)))
            wait_s, note = self._wait_before_next(attempt, tries)
            self.attempts.append(_with_note(attempt, note))
            self._tell_attempts(is_last=wait_s is None)
            if note and attempt.outcome.fault is None:
                self.emit(Warned(f"{self.case.id}: {note}"))
        return self._with_inner(concluded(self.case, self.attempts))

    def _tell_attempts(self, *, is_last: bool) -> None:
        """Tell the newest attempt; one of a container that had no trouble only when another had: it is no result of its own."""
        if self.inner is not None and all(attempt.outcome.status is Status.PASSED for attempt in self.attempts):
            return
        untold = self.attempts[self._untold :]
        self._untold = len(self.attempts)
        for attempt in untold:
            self.emit(AttemptFinished(self.case, attempt, is_last=is_last and attempt is untold[-1]))

    def _with_inner(self, result: CaseResult) -> CaseResult:
        return result if self.inner is None else replace(result, inner=self.inner.conclude())

    def _attempt(self) -> Attempt:
        self._began = self.clock.now(), self.clock.monotonic()
        self._tell_start()
        outcome, fault = contain(self._try_once, on_interrupt=self.sessions.discard)
        if outcome is None:
            self.sessions.discard()
            outcome = Outcome(status=Status.ERROR, fault=fault)
        started_at, started = self._began
        duration_s = self.clock.monotonic() - started if outcome.duration_s is None else outcome.duration_s
        outcome = redacted(_judged(self.case, outcome), self.redact)
        if self.inner is not None:
            self.inner.end(outcome.fault)
        return Attempt(number=len(self.attempts) + 1, outcome=outcome, started_at=started_at, duration_s=duration_s, worker=self.worker)

    def _try_once(self) -> Outcome:
        session = self.sessions.get()
        return session.run(self.case, self._hear, self.deadline.within(self.policy.attempt_timeout_s))

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
        if tries > retry.times or outcome.must_not_retry or not any(_asks_for_another(each, retry) for each in outcomes):
            return None, ""
        wait_s = longest_wait_s(retry.backoff, tries)
        if retry.backoff.jitter == "full":
            wait_s = self.chance.uniform(0.0, wait_s)
        if wait_s >= self.deadline.left_s:
            return None, f"not tried again: {_left(self.deadline)}"
        return wait_s, ""


def _asks_for_another(outcome: Outcome, retry: Retry) -> bool:
    """Whether this is one of the outcomes after which the policy tries again."""
    status = outcome.status
    return status in retry.on and status.is_bad and status is not Status.BLOCKED and not outcome.must_not_retry


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


def _with_note(attempt: Attempt, note: str) -> Attempt:
    """The attempt with a line added to its real error."""
    outcome = attempt.outcome
    if not note or outcome.fault is None:
        return attempt
    fault = replace(outcome.fault, message=f"{outcome.fault.message}\n{note}")
    return replace(attempt, outcome=replace(outcome, fault=fault))


def _left(deadline: Deadline) -> str:
    return f"{deadline.left_s:.1f}s left of {deadline.limit_s:g}s"
