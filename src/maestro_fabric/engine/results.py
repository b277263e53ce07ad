"""What attempts come to: the pieces that a case and the cases inside a container share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from maestro_fabric.events import CaseFinished
from maestro_fabric.model import Attempt, Case, CaseResult, Mark, Outcome, Status
from maestro_fabric.ports import Clock

__all__ = ["concluded", "finished", "redacted", "was_tried", "with_step_marks", "without_attempt", "without_spare"]


def concluded(case: Case, attempts: Sequence[Attempt]) -> CaseResult:
    """The final word of a case with these attempts; one that passed after another did not is flaky."""
    last = attempts[-1].outcome
    is_flaky = last.status is Status.PASSED and any(attempt.outcome.status is not Status.PASSED for attempt in attempts)
    marks = last.marks | {Mark.FLAKY} if is_flaky else last.marks
    return CaseResult(case=case, status=last.status, marks=marks, attempts=tuple(attempts), reason=last.reason)


def without_attempt(case: Case, status: Status, reason: str) -> CaseResult:
    """The final word of a case that was not tried."""
    return CaseResult(case=case, status=status, marks=frozenset(), attempts=(), reason=reason)


def was_tried(outcome: Outcome) -> bool:
    """Whether there was an attempt at all: of a case that its session skipped or blocked there was none."""
    return outcome.status not in (Status.SKIPPED, Status.BLOCKED) or Mark.XFAILED in outcome.marks


def finished(result: CaseResult, clock: Clock) -> CaseFinished:
    """The event of a final word."""
    return CaseFinished(result.case, result.status, result.marks, clock.now(), result.duration_s, result.reason)


def with_step_marks(outcome: Outcome) -> Outcome:
    """The outcome, marked when a step of it was tried again, or was replaced by its fallback: it is never plainly green."""
    if outcome.status is not Status.PASSED or all(step.status is Status.PASSED for step in outcome.steps):
        return outcome
    is_degraded = any("fallback" in step.label for step in outcome.steps)
    return replace(outcome, marks=outcome.marks | {Mark.DEGRADED if is_degraded else Mark.FLAKY})


def without_spare(own: Outcome, spare: Outcome, name: str) -> Outcome:
    """What an attempt comes to in which the fallback did not pass either: the case's own outcome, with a word on the fallback."""
    fault = own.fault
    if fault is not None:
        why = spare.fault.message if spare.fault is not None else spare.reason
        fault = replace(fault, message=f"{fault.message}\nits fallback {name!r} did not pass either: {why}")
    return replace(spare, status=own.status, fault=fault, reason=own.reason)


def redacted(outcome: Outcome, redact: Callable[[str], str]) -> Outcome:
    """The outcome with every secret replaced."""
    fault = outcome.fault and replace(outcome.fault, message=redact(outcome.fault.message), trace=redact(outcome.fault.trace))
    return replace(
        outcome,
        fault=fault,
        reason=redact(outcome.reason),
        steps=tuple(replace(step, title=redact(step.title), message=redact(step.message)) for step in outcome.steps),
        output=redact(outcome.output),
        metadata={name: redact(value) for name, value in outcome.metadata.items()},
        heals=tuple(replace(heal, old=redact(heal.old), new=redact(heal.new), reason=redact(heal.reason)) for heal in outcome.heals),
        learnt=tuple(replace(one, element=redact(one.element), others=redact(one.others)) for one in outcome.learnt),
    )
