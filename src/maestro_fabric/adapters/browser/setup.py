"""The suite's set-up in one worker: played before its first case, and again before the next one as long as it does not pass."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from maestro_fabric.adapters.browser.healing import Mending
from maestro_fabric.adapters.browser.play import Played
from maestro_fabric.model import Artifact, Fault, Outcome, Status

__all__ = ["Setup"]

State = TypeVar("State")

# A set-up that failed this often is not tried again: fifty cases would wait for it fifty times.
_MAX_FAILURES = 3


@dataclass(slots=True)
class Setup(Generic[State]):
    """What the set-up left, or how it failed.

    Attributes:
        state: What each case starts with, once the set-up has passed.
        is_done: Whether it has.
        failures: How often it did not.
        fault: Why it did not the last time.
        artifacts: That time's evidence.
        mending: What it has learnt and healed, until a case has told of it.
    """

    state: State | None = None
    is_done: bool = False
    failures: int = 0
    fault: Fault | None = None
    artifacts: tuple[Artifact, ...] = ()
    mending: Mending = field(default_factory=Mending)

    @property
    def is_due(self) -> bool:
        """Whether it is to be played before the next case."""
        return not self.is_done and self.failures < _MAX_FAILURES

    def note_passed(self, state: State) -> None:
        """It passed: keep what it left."""
        self.state, self.is_done, self.fault = state, True, None

    def note_failed(self, played: Played, artifacts: tuple[Artifact, ...]) -> None:
        """It did not pass: keep why, and what shows it."""
        self.failures += 1
        self.artifacts = artifacts
        again = "" if self.is_due else f"; it failed {_MAX_FAILURES} times and is not tried again"
        fault = played.fault
        self.fault = fault and replace(fault, message=f"the suite's set-up did not pass{again}\n{fault.message}")

    def take_mending(self) -> Mending:
        """What it has learnt and healed since it was asked last."""
        taken, self.mending = self.mending, Mending()
        return taken

    def outcome(self) -> Outcome | None:
        """What becomes of a case because of it; ``None`` when the case can be played."""
        return Outcome(status=Status.ERROR, fault=self.fault, artifacts=self.artifacts) if self.fault is not None else None
