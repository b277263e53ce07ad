"""What did not pass, as pytest shows it: message, steps, evidence and earlier attempts, without our own traceback."""

from __future__ import annotations

from pathlib import PurePath

from _pytest._code.code import ExceptionChainRepr, ReprEntryNative, ReprFileLocation, ReprTraceback

from maestro_fabric.model import CaseResult, Fault, Outcome, Status, StepResult

__all__ = ["failure_of", "last_of", "message_of"]


def message_of(result: CaseResult) -> str:
    """Why a case did not pass; of a container without trouble, which cases inside it did not."""
    fault = last_of(result).fault
    if fault is not None:
        return fault.message
    bad = [inner.case.id.title for inner in result.inner if inner.status.is_bad]
    if bad:
        return f"{len(bad)} of {len(result.inner)} cases inside did not pass: {', '.join(bad)}"
    return result.reason or str(result.status)


def failure_of(result: CaseResult, *, artifacts: str, path: str) -> ExceptionChainRepr:
    """The failure for a person.

    Args:
        result: A case that did not pass, or a container in which one did not.
        artifacts: The evidence's folder, as it is shown.
        path: The file to blame when none is known.
    """
    location = (_fault(result).location if result.attempts else None) or result.case.location
    file, line = (location.file, location.line) if location else (path, 1)
    entry = ReprEntryNative([text + "\n" for text in _lines(result, artifacts)])
    crash = ReprFileLocation(file, line, message_of(result))
    return ExceptionChainRepr([(ReprTraceback([entry], None, style="native"), crash, None)])


def last_of(result: CaseResult) -> Outcome:
    """The last attempt's outcome; of a case that was not tried, what it came to without one."""
    return result.attempts[-1].outcome if result.attempts else Outcome(status=result.status, reason=result.reason)


def _fault(result: CaseResult) -> Fault:
    return last_of(result).fault or Fault(type="", message=message_of(result))


def _lines(result: CaseResult, artifacts: str) -> list[str]:
    """The failure as text: message, steps, evidence, and what earlier attempts said."""
    last = last_of(result)
    lines = _verdict(last.status, len(result.attempts))
    lines += _fault(result).message.splitlines()
    if last.steps:
        lines += ["", "steps:", *(_step_line(step) for step in last.steps)]
    if last.output:
        lines += ["", "output:", *(f"  {line}" for line in last.output.splitlines())]
    if last.artifacts:
        lines += ["", f"evidence in {artifacts}:", *(f"  {artifact.kind}: {artifact.path}" for artifact in last.artifacts)]
    for attempt in result.attempts[:-1]:
        fault = attempt.outcome.fault
        lines += ["", f"attempt {attempt.number} was {attempt.outcome.status}:", *(fault.message.splitlines() if fault else [])]
    if last.fault is not None and last.fault.trace and last.fault.type not in ("AssertionError", "ExpectationFailed") and not last.steps:
        lines += ["", *_without_engine(last.fault.trace)]
    return lines


def _verdict(status: Status, attempts: int) -> list[str]:
    """What the message does not say by itself: that the case was not judged, and that it was tried before."""
    words = ["error: the case could not be judged"] if status is Status.ERROR else []
    if attempts > 1:
        words = [f"{words[0] if words else status}, attempt {attempts} of {attempts}"]
    return words


def _without_engine(trace: str) -> list[str]:
    """A traceback without the frames between the item and the adapter."""
    head, *frames = trace.split('  File "')
    kept = [frame for frame in frames if PurePath(frame.partition('"')[0]).parts[-3:-1] != ("maestro_fabric", "engine")]
    return '  File "'.join([head, *kept]).splitlines()


def _step_line(step: StepResult) -> str:
    place = f"  {step.location}" if step.location else ""
    return f"  {step.shown_number}. {step.title}: {step.status} ({step.duration_s:.2f}s){place}"
