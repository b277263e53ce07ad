"""What becomes of a case: attempts, each with its outcome, and the final word; and the run that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maestro_fabric.model.cases import Case
from maestro_fabric.model.heals import Heal, Learnt
from maestro_fabric.model.places import Artifact, Location
from maestro_fabric.model.statuses import Mark, Status

__all__ = ["Attempt", "CaseResult", "Fault", "Outcome", "RunInfo", "StepResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why an attempt did not pass.

    Attributes:
        type: The exception's class name.
        message: One or more lines for a person.
        trace: The traceback as text; empty when it would say nothing more.
        location: The place in the config or the test file that is to blame, when known.
        is_outage: Whether it says that something beyond this process is down: no connection, no answer in time, a status of 500
            and more. Evidence for a circuit breaker.
    """

    type: str
    message: str
    trace: str = ""
    location: Location | None = None
    is_outage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of an attempt.

    Attributes:
        number: Its place among the steps that were played, from 1.
        title: What it does, in one line.
        status: What became of it.
        duration_s: Seconds.
        location: Where it is written.
        message: Why it did not pass; empty when it did.
        label: Its number as the file has it, ``1.2`` for the second step of a group that is used first; empty is ``number``.
    """

    number: int
    title: str
    status: Status
    duration_s: float
    location: Location | None = None
    message: str = ""
    label: str = ""

    @property
    def shown_number(self) -> str:
        """The number that a person is shown."""
        return self.label or str(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a session says of one attempt.

    Attributes:
        status: What happened.
        marks: What stands beside it.
        fault: Why it did not pass; ``None`` when it passed.
        reason: Why it was skipped or blocked; empty otherwise.
        steps: The steps that ran, in order; empty for adapters without steps.
        artifacts: Files kept, in the order in which they were made.
        output: Captured text (log steps, console), kept with attempts that did not plainly pass.
        metadata: Small facts for the history, as text.
        must_not_retry: Whether another try is ruled out (an answer of the healer, an open breaker).
        duration_s: The adapter's own measure in seconds, when the time around ``run`` holds more than this case (the start of
            a program that runs many); ``None`` otherwise.
        heals: What the healer answered, in order.
        learnt: Elements that were found by their locators, to know them again; kept when the case passes.
    """

    status: Status
    marks: frozenset[Mark] = frozenset()
    fault: Fault | None = None
    reason: str = ""
    steps: tuple[StepResult, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    output: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    must_not_retry: bool = False
    duration_s: float | None = None
    heals: tuple[Heal, ...] = ()
    learnt: tuple[Learnt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a case: ``number`` from 1, ``started_at`` in seconds since the epoch (UTC), ``duration_s`` in seconds."""

    number: int
    outcome: Outcome
    started_at: float
    duration_s: float
    worker: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """A case's final word: the last attempt's status, the marks, and every attempt, oldest first.

    Attributes:
        case: The case.
        status: The last attempt's.
        marks: What stands beside it.
        attempts: All tries, oldest first; empty for a case that was not tried.
        reason: Why it was skipped or blocked; empty otherwise.
        inner: Of a container the results of the cases inside it, in the order in which it first told of them.
    """

    case: Case
    status: Status
    marks: frozenset[Mark]
    attempts: tuple[Attempt, ...]
    reason: str = ""
    inner: tuple[CaseResult, ...] = ()

    @property
    def counted(self) -> tuple[CaseResult, ...]:
        """The results to count: its own, unless it is a container without trouble, and then those inside it."""
        own = (self,) if self.case.counts_as(self.status, self.marks) else ()
        return (*own, *self.inner)

    @property
    def duration_s(self) -> float:
        """The attempts' seconds, added up."""
        return sum(attempt.duration_s for attempt in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """One execution of a plan, as the history keeps it.

    Attributes:
        run_id: UUIDv7 as text, so that ids sort by time.
        started_at: Seconds since the epoch, UTC.
        orchestration_id: Groups the shards of one pipeline; any text.
        facts: Git commit, branch, dirty, CI provider and job, host, Python, config digest, by name.
    """

    run_id: str
    started_at: float
    orchestration_id: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
