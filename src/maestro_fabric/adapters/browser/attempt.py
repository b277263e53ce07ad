"""One attempt of a case, the same for all engines: the suite's set-up if it is due, a scene, the steps, and what became of them."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Protocol, TypeVar, cast

from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.healing import Mending, with_heals
from maestro_fabric.adapters.browser.play import Played, play
from maestro_fabric.adapters.browser.scene import Scene, StepWatch
from maestro_fabric.adapters.browser.setup import Setup
from maestro_fabric.config.journey import Journey, PlannedStep
from maestro_fabric.errors import DeadlineExceeded, MaestroError, SessionLost
from maestro_fabric.model import Case, Fault, Outcome, Status
from maestro_fabric.ports import Context, Deadline

__all__ = ["Venue", "outcome_of", "play_attempt", "start_fault"]

State = TypeVar("State")


class Venue(Protocol[State]):
    """What an engine does around the steps of one attempt.

    Scenes are opened one at a time: the set-up's, then the case's.
    """

    def open(self, first: PlannedStep, state: State | None, evidence: Evidence) -> Scene:
        """A scene as new, but for the state that a set-up left."""
        ...

    def perform(self, scene: Scene, steps: tuple[PlannedStep, ...]) -> Outcome:
        """Play the case's steps, and take the evidence."""
        ...

    def collect(self, scene: Scene) -> State:
        """What the set-up left in its scene."""
        ...

    def keep(self, scene: Scene, played: Played) -> None:
        """Take the evidence of a set-up that did not pass."""
        ...

    def close(self, scene: Scene) -> None:
        """End what belongs to the scene alone."""
        ...

    def refuse(self, exc: Exception) -> Outcome:
        """What becomes of a case whose scene could not be opened."""
        ...


def play_attempt(case: Case, venue: Venue[State], setup: Setup[State], evidence: Evidence) -> Outcome:
    """Try the case once.

    Raises:
        SessionLost: when the browser has gone.
    """
    journey = cast("Journey", case.body)
    try:
        if journey.setup and setup.is_due:
            # Its evidence is the set-up's and not the case's, though it lies in the same folder.
            _set_up(journey.setup, venue, setup, Evidence(evidence.artifacts, evidence.case, evidence.attempt))
        if journey.setup and (spoilt := setup.outcome()) is not None:
            return with_heals(spoilt, setup.take_mending(), fail_on_heal=False)
        scene = venue.open(journey.steps[0], setup.state if journey.setup else None, evidence)
    except SessionLost:
        raise
    # The case's boundary as far as its start goes; `play` is that of the steps.
    except Exception as exc:
        return venue.refuse(exc)
    try:
        outcome = venue.perform(scene, journey.steps)
        return with_heals(outcome, setup.take_mending(), fail_on_heal=scene.surroundings.options.fail_on_heal)
    finally:
        venue.close(scene)


def outcome_of(scene: Scene, played: Played, metadata: Mapping[str, str]) -> Outcome:
    """What became of a case whose steps were played, after its evidence was taken."""
    lines = [*scene.output, *scene.dialogs.unexpected, *(scene.console if played.status is not Status.PASSED else [])]
    outcome = Outcome(
        status=played.status,
        fault=played.fault,
        steps=tuple(played.steps),
        artifacts=scene.evidence.written(),
        output=scene.surroundings.redact("\n".join(lines)),
        metadata=metadata,
    )
    return with_heals(outcome, scene.mending, fail_on_heal=scene.surroundings.options.fail_on_heal)


def start_fault(exc: Exception, context: Context, deadline: Deadline, watch: StepWatch) -> Fault:
    """The fault of a case whose scene could not be opened; only an error that is none of ours needs its traceback."""
    known = DeadlineExceeded("starting the browser for the case", deadline.limit_s) if watch.interrupted or deadline.is_over else exc
    trace = "" if isinstance(known, MaestroError) else "".join(traceback.format_exception(known))
    return Fault(type=type(known).__name__, message=context.redact(str(known)), trace=context.redact(trace))


def _set_up(steps: tuple[PlannedStep, ...], venue: Venue[State], setup: Setup[State], evidence: Evidence) -> None:
    scene = venue.open(steps[0], None, evidence)
    # It is the case that tells of the set-up's heals: nothing is healed silently.
    setup.mending = scene.mending = Mending(of="setup ")
    try:
        played = play(scene, steps)
        if played.status is Status.PASSED:
            setup.note_passed(venue.collect(scene))
            return
        venue.keep(scene, played)
        setup.note_failed(played, evidence.written())
    finally:
        venue.close(scene)
