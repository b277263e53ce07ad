"""Everything that happens in a run, in the past tense. Sinks read them; workers send them as builtins."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model import Attempt, Case, Heal, Mark, RunInfo, Status

__all__ = [
    "AttemptFinished",
    "AttemptStarted",
    "BreakerChanged",
    "CaseFinished",
    "Event",
    "FallbackUsed",
    "Healed",
    "RunFinished",
    "RunStarted",
    "ServiceChanged",
    "Warned",
    "blocked_by_breaker",
]


def blocked_by_breaker(dependency: str) -> str:
    """Why a case is blocked whose dependency is known to be down."""
    return f"{dependency} is down: its circuit breaker is open"


@dataclass(frozen=True, slots=True)
class RunStarted:
    """The first event of a run."""

    run: RunInfo


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """A try of a case begins; ``started_at`` in seconds since the epoch."""

    case: Case
    number: int
    started_at: float
    worker: str = ""


@dataclass(frozen=True, slots=True)
class AttemptFinished:
    """A try of a case has ended; ``is_last`` says that none follows.

    A case inside a container that may be tried again as a whole is told with ``is_last`` false; its `CaseFinished` is the last word.
    """

    case: Case
    attempt: Attempt
    is_last: bool


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """A case has its final status. A blocked or skipped case has this event and no attempt.

    A container has this event after those of the cases inside it; `is_counted` says whether it is a result of its own.
    """

    case: Case
    status: Status
    marks: frozenset[Mark]
    finished_at: float
    duration_s: float
    reason: str = ""

    @property
    def is_counted(self) -> bool:
        """Whether this is a result to keep and to count; of a container without trouble only the cases inside it are."""
        return self.case.counts_as(self.status, self.marks)


@dataclass(frozen=True, slots=True)
class Healed:
    """The healer was asked for a lost element in the attempt of that number, and answered; ``heal.action`` says what."""

    case: Case
    attempt: int
    heal: Heal


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """A service was started, became ready, failed or was stopped (``state``)."""

    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """The circuit breaker of a dependency went from one state to another (``closed``, ``open``, ``half_open``), and why.

    ``changed_at`` in seconds since the epoch; ``worker`` is the process that saw it happen.
    """

    dependency: str
    before: str
    after: str
    reason: str
    changed_at: float
    worker: str = ""

    @property
    def blocks_with(self) -> str:
        """The reason of the cases that are blocked while it is open; the same for all, so that they are told as one."""
        return blocked_by_breaker(self.dependency)


@dataclass(frozen=True, slots=True)
class FallbackUsed:
    """A case could not be judged, so its fallback is tried: ``name`` is that of the group of steps."""

    case: Case
    name: str


@dataclass(frozen=True, slots=True)
class Warned:
    """Something a person should know that is no case's fault."""

    message: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The last event of a run: ``passed``, ``failed`` or ``interrupted``; ``finished_at`` in seconds since the epoch."""

    run_id: str
    status: str
    finished_at: float


Event = (
    RunStarted
    | AttemptStarted
    | AttemptFinished
    | CaseFinished
    | Healed
    | ServiceChanged
    | BreakerChanged
    | FallbackUsed
    | Warned
    | RunFinished
)
