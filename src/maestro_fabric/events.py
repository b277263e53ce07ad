"""Everything that happens in a run, in the past tense. Sinks read them; workers send them as builtins."""

from __future__ import annotations

from dataclasses import dataclass

from maestro_fabric.model import Attempt, Case, Mark, RunInfo, Status

__all__ = [
    "AttemptFinished",
    "AttemptStarted",
    "CaseFinished",
    "Event",
    "RunFinished",
    "RunStarted",
    "ServiceChanged",
    "Warned",
]


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
    """A try of a case has ended; ``is_last`` says that none follows."""

    case: Case
    attempt: Attempt
    is_last: bool


@dataclass(frozen=True, slots=True)
class CaseFinished:
    """A case has its final status. A blocked or skipped case has this event and no attempt."""

    case: Case
    status: Status
    marks: frozenset[Mark]
    finished_at: float
    duration_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """A service was started, became ready, failed or was stopped (``state``)."""

    name: str
    state: str
    detail: str = ""


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


Event = RunStarted | AttemptStarted | AttemptFinished | CaseFinished | ServiceChanged | Warned | RunFinished
