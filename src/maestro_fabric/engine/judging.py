"""What one attempt's outcome means under its case: an expected failure, a further try, a line for a person."""

from __future__ import annotations

from dataclasses import replace

from maestro_fabric.model import Attempt, Case, Fault, Mark, Outcome, Retry, Status

__all__ = ["asks_for_another", "judged", "why_not_run", "with_note"]


def asks_for_another(outcome: Outcome, retry: Retry) -> bool:
    """Whether this is one of the outcomes after which the policy tries again."""
    status = outcome.status
    return status in retry.on and status.is_bad and status is not Status.BLOCKED and not outcome.must_not_retry


def judged(case: Case, outcome: Outcome) -> Outcome:
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


def why_not_run(outcome: Outcome) -> str:
    """Why a case was skipped or blocked by its session."""
    lines = outcome.reason or (outcome.fault.message if outcome.fault is not None else "")
    return lines or str(outcome.status)


def with_note(attempt: Attempt, note: str) -> Attempt:
    """The attempt with a line added to its real error."""
    outcome = attempt.outcome
    if not note or outcome.fault is None:
        return attempt
    fault = replace(outcome.fault, message=f"{outcome.fault.message}\n{note}")
    return replace(attempt, outcome=replace(outcome, fault=fault))
