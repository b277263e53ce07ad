"""What became of a scenario of behave."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from maestro_fabric.model import Fault, Location, Outcome, Status, StepResult

__all__ = ["outcome_of"]

# behave's words; what is not here could not be judged.
_STATUSES = {
    "passed": Status.PASSED,
    "pending_warn": Status.PASSED,
    "xfailed": Status.PASSED,
    "xpassed": Status.PASSED,
    "failed": Status.FAILED,
    "skipped": Status.SKIPPED,
    "untested": Status.SKIPPED,
}


def outcome_of(scenario: Any, relative: Callable[[str], str]) -> Outcome:
    """The outcome of a scenario that has run.

    Args:
        scenario: behave's scenario.
        relative: Gives the path of a file as it is to be shown.
    """
    status = _STATUSES.get(scenario.status.name, Status.ERROR)
    steps = tuple(_step(number, step, relative) for number, step in enumerate(scenario.all_steps, 1))
    fault = _fault(scenario, relative) if status.is_bad else None
    reason = (scenario.skip_reason or "behave skipped it") if status is Status.SKIPPED else ""
    return Outcome(status=status, fault=fault, reason=reason, steps=steps, output=_output(scenario) if status.is_bad else "")


def _step(number: int, step: Any, relative: Callable[[str], str]) -> StepResult:
    status = _STATUSES.get(step.status.name, Status.ERROR)
    return StepResult(
        number=number,
        title=f"{step.keyword} {step.name}",
        status=status,
        duration_s=step.duration or 0.0,
        location=Location(relative(step.filename), step.line),
        message=_message(step) if status.is_bad else "",
    )


def _fault(scenario: Any, relative: Callable[[str], str]) -> Fault:
    """The first step that did not pass; without one, the hook or clean-up that broke."""
    step = next((step for step in scenario.all_steps if _STATUSES.get(step.status.name, Status.ERROR).is_bad), None)
    if step is None:
        message = scenario.error_message or f"behave says {scenario.status.name}"
        return Fault(type="HookFailed" if scenario.hook_failed else "ScenarioBroken", message=message, trace=_trace(scenario))
    return Fault(
        type=_type(step),
        message=f"{step.keyword} {step.name}\n{_message(step)}",
        trace=_trace(step),
        location=Location(relative(step.filename), step.line),
    )


def _type(step: Any) -> str:
    by_word = {"undefined": "UndefinedStep", "pending": "PendingStep", "hook_error": "HookFailed"}
    named = by_word.get(step.status.name)
    return named or (type(step.exception).__name__ if step.exception is not None else "Error")


def _message(step: Any) -> str:
    from behave.runner_util import make_undefined_step_snippet

    if step.status.name == "undefined":
        return f"no step definition matches this step; one could begin so:\n{make_undefined_step_snippet(step).strip()}"
    if step.exception is not None and step.status.name != "hook_error":
        return str(step.exception) or type(step.exception).__name__
    return step.error_message or f"behave says {step.status.name}"


def _trace(element: Any) -> str:
    if element.exception is None:
        return ""
    return "".join(traceback.format_exception(type(element.exception), element.exception, element.exc_traceback))


def _output(scenario: Any) -> str:
    return str(scenario.captured.output or "")
