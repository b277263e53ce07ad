"""The vocabulary: what a case is, and what can become of it. Values only; nothing here does anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = [
    "Artifact",
    "Attempt",
    "Backoff",
    "Breaker",
    "Bulkhead",
    "Case",
    "CaseId",
    "CaseResult",
    "Fault",
    "Heal",
    "Learnt",
    "Location",
    "Mark",
    "Outcome",
    "Policy",
    "Retry",
    "RunInfo",
    "Skip",
    "Status",
    "StepResult",
    "Xfail",
]


class Status(StrEnum):
    """What became of a case or an attempt; exactly one."""

    PASSED = "passed"
    FAILED = "failed"  # an assertion said no
    ERROR = "error"  # it could not be judged
    SKIPPED = "skipped"
    BLOCKED = "blocked"  # something it depends on is down or failed: not this case's fault

    @property
    def is_bad(self) -> bool:
        """Whether this status alone makes the exit status 1."""
        return self in (Status.FAILED, Status.ERROR, Status.BLOCKED)


class Mark(StrEnum):
    """What stands beside a status and never replaces it."""

    FLAKY = "flaky"  # passed after another attempt did not
    HEALED = "healed"  # passed on a healed locator
    DEGRADED = "degraded"  # passed on a fallback
    QUARANTINED = "quarantined"  # failed, known, does not fail the run
    XFAILED = "xfailed"
    XPASSED = "xpassed"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; ``line`` and ``column`` count from 1, ``file`` is shown as given."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class CaseId:
    """The identity of a case in the history: never a path or a node id.

    Attributes:
        project: The project that owns the suite.
        suite: The suite's name.
        name: The case's name in its suite; holds no ``::``.
        params: The parameter id, without brackets; empty for a case without parameters.
    """

    project: str
    suite: str
    name: str
    params: str = ""

    @property
    def title(self) -> str:
        """The name with its parameters: ``buy one item[tea]``."""
        return f"{self.name}[{self.params}]" if self.params else self.name

    def __str__(self) -> str:
        return f"{self.suite}::{self.title}"


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


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file kept as evidence; ``path`` is relative to the artifacts folder, with forward slashes."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heal:
    """An answer of the healer to a lost element.

    Attributes:
        action: ``heal``, ``propose`` or ``abstain``.
        step: The step's number as the file has it.
        doing: What the step does, e.g. ``click``.
        old: The locator that found nothing, as the file has it: its keys and values, in JSON.
        new: The locator for the element that was found; empty when there is none.
        confidence: How likely it is the same element, from 0 to 1.
        reason: Why this answer, for a person.
        runner_up: The next best element's locator or text; empty without one.
        margin: By how much its score is behind.
        features: The score by feature, in JSON.
        location: Where the step is written.
        artifacts: Pictures of both elements, as far as there are any.
        engine: The version that decided.
    """

    action: str
    step: str
    doing: str
    old: str
    new: str = ""
    confidence: float = 0.0
    reason: str = ""
    runner_up: str = ""
    margin: float = 0.0
    features: str = "{}"
    location: Location | None = None
    artifacts: tuple[Artifact, ...] = ()
    engine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What an element was like when its locator worked.

    Attributes:
        step: The step's number as the file has it.
        locator: Its keys and values, in JSON.
        element: The fingerprint, in JSON.
        others: Those of the page's other elements that one can act on, in JSON.
    """

    step: str
    locator: str
    element: str
    others: str = "[]"


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
class Backoff:
    """The waits between tries, in seconds; ``jitter`` is ``none`` or ``full`` (uniform from 0 to the wait).

    ``kind`` is ``constant``, ``linear``, ``exponential`` or ``decorrelated``, whose chance is its own.

    Source:
        https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter, decorrelated jitter).
    """

    kind: str = "exponential"
    first_s: float = 0.2
    max_s: float = 5.0
    jitter: str = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Further tries: ``times`` beyond the first, only after an attempt whose status is in ``on``."""

    times: int = 0
    on: frozenset[Status] = frozenset({Status.ERROR})
    backoff: Backoff = Backoff()


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """When a dependency counts as down, and for how long nobody asks it; times in seconds.

    Attributes:
        dependency: The name of a service, or a host.
        failures: It opens at so many failures, from at least two cases.
        window_s: Failures of the last so many seconds count; ``None`` for failures in a row.
        open_for_s: So long its cases are blocked, before a probe.
    """

    dependency: str
    failures: int = 5
    window_s: float | None = None
    open_for_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulkhead:
    """How many attempts may use a dependency at once, in all workers of a run; who finds no place waits ``wait_s`` seconds."""

    dependency: str
    limit: int
    wait_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a case is tried; times in seconds, ``None`` is without limit.

    Attributes:
        name: Its name in the config; empty for the default.
        deadline_s: The whole case, all attempts and waits.
        attempt_timeout_s: One attempt.
        retry: Further tries.
        breakers: Those of the policy and of the case's services, by dependency.
        bulkheads: The same.
        fallback: The group of steps that is played when the case could not be judged; empty for none.
        max_attempts_total: So many tries of a step at most, those of its own policy and of the case's multiplied.
        chosen_by: Who names it: ``case``, ``suite``, ``run``, ``step``, ``mark``; empty for the default.
    """

    name: str = ""
    deadline_s: float | None = None
    attempt_timeout_s: float | None = None
    retry: Retry = Retry()
    breakers: tuple[Breaker, ...] = ()
    bulkheads: tuple[Bulkhead, ...] = ()
    fallback: str = ""
    max_attempts_total: int = 12
    chosen_by: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether a case under it is simply tried once."""
        limits = self.deadline_s is not None or self.attempt_timeout_s is not None
        return not (limits or self.retry.times or self.breakers or self.bulkheads or self.fallback)


@dataclass(frozen=True, slots=True)
class Skip:
    """The case is not run, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Xfail:
    """The case is expected not to pass; ``strict`` makes an unexpected pass ``failed``."""

    reason: str
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test as the plan holds it.

    Attributes:
        id: Its identity.
        location: Where it is written.
        tags: Markers to select by.
        owner: Who looks after it; empty when nobody is named.
        links: Addresses that belong to it.
        policy: How it is tried, resolved.
        services: Names of the services it needs running.
        skip: Set when it is not to be run.
        xfail: Set when it is expected not to pass.
        body: What its adapter needs to run it; nobody else looks inside.
        spare: What is run instead when it could not be judged, a case with the same identity; ``None`` without a fallback.
        container: Whether it holds cases that are not known beforehand: a Jest file, a program that leaves a report.
        inside: The name of the container that told of this case, set by the engine; empty for a case of the plan.
    """

    id: CaseId
    location: Location | None = None
    tags: tuple[str, ...] = ()
    owner: str = ""
    links: tuple[str, ...] = ()
    policy: Policy = Policy()
    services: tuple[str, ...] = ()
    skip: Skip | None = None
    xfail: Xfail | None = None
    body: object = None
    spare: Case | None = None
    container: bool = False
    inside: str = ""

    def counts_as(self, status: Status, marks: frozenset[Mark]) -> bool:
        """Whether this verdict is a result of its own: that of a container without trouble is none, the cases inside it are."""
        return not self.container or status is not Status.PASSED or bool(marks)


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


# `::` separates the parts of a pytest node id, so a name must not hold it (pytest splits on it).
NAME_PATTERN = re.compile(r"^(?!.*::)[^\x00-\x1f\x7f]+$")
