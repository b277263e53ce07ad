"""Plays steps, one after the other, and says what became of each. The case's boundary: here every exception ends."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from maestro_fabric.adapters.browser.steps import ACTIONS
from maestro_fabric.adapters.browser.titles import describe_step
from maestro_fabric.config.journey import PlannedStep
from maestro_fabric.errors import DeadlineExceeded, ExpectationFailed, MaestroError, SessionLost
from maestro_fabric.model import Fault, Location, Policy, Status, StepResult
from maestro_fabric.outages import is_outage

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["Played", "play"]

_SERVER_ERROR = 500
_ASKING_S = 2.0


@dataclass(slots=True)
class Played:
    """What became of the steps: how they ended, why, and each of them."""

    status: Status = Status.PASSED
    fault: Fault | None = None
    steps: list[StepResult] = field(default_factory=list)


def play(scene: Scene, steps: Sequence[PlannedStep]) -> Played:
    """Play the steps up to the first that does not pass.

    Raises:
        SessionLost: when the browser has gone.
    """
    played = Played()
    for planned in steps:
        if planned.policy is None:
            _play_step(scene, planned, played)
        else:
            _play_under_policy(scene, planned, planned.policy, played)
        if played.status is not Status.PASSED:
            return played
        if scene.surroundings.options.slow_s:
            scene.page.wait_for_timeout(scene.surroundings.options.slow_s * 1000)
    _finish(scene, played)
    return played


def _play_under_policy(scene: Scene, planned: PlannedStep, policy: Policy, played: Played) -> None:
    """Play a step under its own policy. Every try is kept as a step that was played; the engine marks the case by them."""
    around, limit, healed = scene.deadline, scene.deadline.within(policy.deadline_s), len(scene.mending.heals)
    waits = scene.surroundings.waits_of(policy.retry.backoff)
    try:
        for number in range(1 + policy.retry.times):
            scene.deadline = limit.within(policy.attempt_timeout_s)
            _play_step(scene, planned, played)
            if played.status not in policy.retry.on or number == policy.retry.times or played.status is Status.BLOCKED:
                break
            wait_s = next(waits)
            # Nothing follows an answer of the healer: it would be hidden.
            if wait_s >= limit.left_s or len(scene.mending.heals) > healed:
                break
            played.status, played.fault = Status.PASSED, None
            scene.page.wait_for_timeout(wait_s * 1000)
    finally:
        scene.deadline = around
    if planned.fallback and played.status is Status.ERROR and len(scene.mending.heals) == healed:
        _play_fallback(scene, planned.fallback, played)


def _play_fallback(scene: Scene, steps: Sequence[PlannedStep], played: Played) -> None:
    """Play these in place of a step that could not be judged; when they do not pass either, its own fault stays."""
    status, fault = played.status, played.fault
    played.status, played.fault = Status.PASSED, None
    for planned in steps:
        _play_step(scene, planned, played)
        if played.status is not Status.PASSED:
            played.status, played.fault = status, fault
            return


def _play_step(scene: Scene, planned: PlannedStep, played: Played) -> None:
    started = time.monotonic()
    title, scene.planned = planned.action, planned
    soft_before = len(scene.soft_failures)
    fault, status = None, Status.PASSED
    try:
        step = scene.scope.resolve(planned.value, planned.scope) if planned.is_late else planned.value
        title = describe_step(planned.action, step)
        scene.begin(getattr(step, "within", None))
        ACTIONS[planned.action](step, scene)
        scene.dialogs.check()
    except Exception as exc:
        fault, status = _judge(exc, scene, title)
    soft = scene.soft_failures[soft_before:]
    if fault is None and soft:
        status = Status.FAILED
        scene.soft_failures[soft_before:] = [_message(planned, title, "\n".join(soft), scene)]
    played.steps.append(
        StepResult(
            number=len(played.steps) + 1,
            title=scene.surroundings.redact(title),
            status=status,
            duration_s=time.monotonic() - started,
            location=planned.location,
            message=fault.message if fault is not None else scene.surroundings.redact("\n".join(soft)),
            label=planned.number,
        )
    )
    if fault is not None:
        played.fault, played.status = _with_soft(fault, scene), status


def _finish(scene: Scene, played: Played) -> None:
    """What can only be judged at the end: soft expectations, and a dialog that was to come."""
    try:
        if scene.dialogs.is_awaited():
            scene.poll(lambda: not scene.dialogs.is_awaited(), None)
        scene.dialogs.check()
        scene.dialogs.check_came()
    except Exception as exc:
        fault, played.status = _judge(exc, scene, "dialog")
        played.fault = _with_soft(fault, scene)
        return
    if scene.soft_failures:
        played.status = Status.FAILED
        message = "\n\n".join(scene.soft_failures)
        played.fault = Fault(type=ExpectationFailed.__name__, message=message, location=_first_unmet(played))


def _judge(exc: Exception, scene: Scene, title: str) -> tuple[Fault, Status]:
    """The fault, with the place, the step, and whatever is likely to explain it.

    Raises:
        SessionLost: when the browser has gone.
    """
    known = _known(exc, scene)
    body = str(known) or type(known).__name__
    status = scene.surroundings.classify(known) or (Status.FAILED if isinstance(known, AssertionError) else Status.ERROR)
    # Ours say all there is to say; a traceback helps with a `call` step's function.
    trace = "" if isinstance(known, MaestroError | ExpectationFailed) else "".join(traceback.format_exception(known))
    is_down = is_outage(known)
    # A page that did not come in time would not tell either.
    answer = "" if is_down else _server_error(scene)
    message = _message(scene.planned, title, f"{body}\n{answer}" if answer else body, scene)
    return Fault(
        type=type(known).__name__,
        message=message,
        trace=scene.surroundings.redact(trace),
        location=scene.planned.location,
        is_outage=status is not Status.FAILED and (is_down or bool(answer)),
    ), status


def _server_error(scene: Scene) -> str:
    """That the page came with a status of 500 and more, by an ``open``, a click or a form; empty otherwise."""
    if scene.watch.interrupted:
        return ""
    # A page whose script spins does not answer, and is interrupted.
    scene.watch.stop_at = time.monotonic() + _ASKING_S
    with suppress(*scene.engine.faults.errors):
        address, status = scene.engine.origin(scene.page)
        if status >= _SERVER_ERROR:
            return f"{address} was answered with status {status}"
    return ""


def _known(exc: Exception, scene: Scene) -> Exception:
    faults = scene.engine.faults
    cause = exc if isinstance(exc, faults.errors) else exc.__cause__
    gone = isinstance(cause, faults.errors) and faults.is_closed(cause)
    if scene.watch.interrupted:
        return _out_of_time(scene, "")
    if gone and not scene.engine.answers():
        raise SessionLost(f"the browser has gone (killed, or crashed) during step {_place(scene.planned)}") from exc
    if gone:
        return MaestroError(f"the page was closed while the step ran: {exc}")
    if scene.deadline.is_over and not isinstance(exc, DeadlineExceeded):
        return _out_of_time(scene, str(exc))
    return faults.translate(exc) if isinstance(exc, faults.errors) else exc


def _out_of_time(scene: Scene, last: str) -> DeadlineExceeded:
    if not scene.deadline.is_over:
        return DeadlineExceeded("the step, which did not answer (a script that never ends?), and", scene.settings.within)
    error = DeadlineExceeded(f"the case, in step {scene.planned.number},", scene.deadline.limit_s)
    if last:
        error.args = (f"{error.args[0]}; until then: {last}",)
    return error


def _message(planned: PlannedStep, title: str, body: str, scene: Scene) -> str:
    lines = [f"step {_place(planned)}: {title}", *(f"  {line}" for line in body.splitlines())]
    lines += [f"  {line}" for line in scene.dialogs.unexpected]
    return scene.surroundings.redact("\n".join(lines))


def _place(planned: PlannedStep) -> str:
    return f"{planned.number} ({planned.location})" if planned.location is not None else planned.number


def _with_soft(fault: Fault, scene: Scene) -> Fault:
    if not scene.soft_failures:
        return fault
    return replace(fault, message="\n\n".join([fault.message, "before that, softly:", *scene.soft_failures]))


def _first_unmet(played: Played) -> Location | None:
    return next((step.location for step in played.steps if step.status is Status.FAILED), None)
