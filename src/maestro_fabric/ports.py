"""What the engine needs from outside, as small protocols, and the deadline that flows down through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

from maestro_fabric.errors import DeadlineExceeded, PluginError
from maestro_fabric.events import Event
from maestro_fabric.model import Backoff, Case, CaseId, Outcome, Status

if TYPE_CHECKING:
    from maestro_fabric.config.models import Config, SuiteConfig

__all__ = [
    "ADAPTER_API",
    "OLDEST_ADAPTER_API",
    "Adapter",
    "Chance",
    "Child",
    "Clock",
    "Context",
    "Deadline",
    "Emit",
    "HealAnswer",
    "HealDecision",
    "HealRequest",
    "Healer",
    "ProcessRef",
    "Processes",
    "RunOptions",
    "SelectiveSession",
    "Session",
    "Sink",
    "StartChild",
]

ADAPTER_API = 1
"""The version of `Adapter` and `Session`. It grows when an adapter written for the last one would break."""
OLDEST_ADAPTER_API = 1
"""The oldest version that is still served: an adapter between the two runs, one outside is left out and named."""

Emit = Callable[[Event], None]


class Clock(Protocol):
    """Time: wall clock for records, monotonic for spans."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Chance(Protocol):
    """Randomness."""

    def uniform(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""


class Sink(Protocol):
    """Takes the events of a run, in order."""

    def receive(self, event: Event) -> None:
        """Take one event; must be quick."""

    def close(self) -> None:
        """No event follows; flush."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which no work is started or waited for. One flows down from the run to the last click.

    Attributes:
        at: The moment on ``clock.monotonic()``; infinity for none.
        clock: The clock that counts.
        limit_s: The span it was made from, for messages.
    """

    at: float
    clock: Clock
    limit_s: float

    @classmethod
    def after(cls, seconds: float | None, clock: Clock) -> Deadline:
        """A deadline so many seconds from now; ``None`` is never."""
        if seconds is None:
            return cls(at=float("inf"), clock=clock, limit_s=float("inf"))
        return cls(at=clock.monotonic() + seconds, clock=clock, limit_s=seconds)

    def within(self, seconds: float | None) -> Deadline:
        """The earlier of this deadline and one so many seconds from now."""
        if seconds is None:
            return self
        inner = Deadline.after(seconds, self.clock)
        return inner if inner.at < self.at else self

    @property
    def left_s(self) -> float:
        """Seconds left, never below 0; infinity without a limit."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the moment has come."""
        return self.clock.monotonic() >= self.at

    def check(self, what: str) -> None:
        """Raise when the time is over.

        Raises:
            DeadlineExceeded: naming ``what`` and the span.
        """
        if self.is_over:
            raise DeadlineExceeded(what, self.limit_s)


class Child(Protocol):
    """A program that was started so that nothing of it is left when it, or this process, has ended."""

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait until it ended; its exit status, or ``None`` when the time was over first."""

    def stop(self) -> None:
        """End it and all it started."""


class StartChild(Protocol):
    """Starts a `Child`."""

    def __call__(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        log_path: Path,
        pass_fds: Sequence[int] = (),
        *,
        stop_within_s: float = 5.0,
    ) -> Child:
        """Start a program whose output is appended to ``log_path``, and that inherits ``pass_fds``."""


def _refuse_child(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], log_path: Path, pass_fds: Sequence[int] = (), *, stop_within_s: float = 5.0
) -> Child:
    raise PluginError(f"this context starts no programs, so not {command[0]!r}: give it a start_child")


def _no_waits(backoff: Backoff) -> Iterator[float]:
    """The waits of a context that has none."""
    return repeat(0.0)


def _unknown_error(raised: BaseException) -> Status | None:
    """What a context without plugins says of an exception."""
    return None


class ProcessRef(NamedTuple):
    """A process, told apart from a later one with the same number by when it started, in the system's own form."""

    pid: int
    started: str


class Processes(Protocol):
    """The processes of this machine, for who must end what a program of somebody else has started."""

    def find(self, pid: int) -> ProcessRef | None:
        """The running process of that number; ``None`` when there is none."""

    def below(self, pid: int) -> Sequence[ProcessRef]:
        """The running children of a process, their children and so on, each after its parent."""

    def is_running(self, process: ProcessRef) -> bool:
        """Whether exactly this process still runs."""

    def kill(self, processes: Iterable[ProcessRef]) -> None:
        """Kill them; those that have ended already are no problem."""


class _NoProcesses:
    """What a context without the system's processes sees."""

    def find(self, pid: int) -> ProcessRef | None:
        return None

    def below(self, pid: int) -> Sequence[ProcessRef]:
        return ()

    def is_running(self, process: ProcessRef) -> bool:
        return False

    def kill(self, processes: Iterable[ProcessRef]) -> None:
        """There is nothing to kill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealRequest:
    """A locator that leads to no single element any more.

    Attributes:
        case: Whose step it is.
        step: The step's number as the file has it.
        doing: What the step does, e.g. ``click``.
        locator: The locator's keys and values, in JSON.
        old: The element when the locator last worked, by the fields of `maestro_fabric.healing.Fingerprint`.
        candidates: Every visible element of the page, likewise; ``enabled`` says whether it can be acted on.
        url: The page's address.
        must_not_heal: Why this step may not go on with another element; empty when it may.
        may_destroy: Whether the step says ``heal: true``, so that it may even act on what looks destructive.
    """

    case: CaseId
    step: str
    doing: str
    locator: str
    old: Mapping[str, Any]
    candidates: Sequence[Mapping[str, Any]]
    url: str = ""
    must_not_heal: str = ""
    may_destroy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HealDecision:
    """What a plugin's ``maestro_heal`` decides: ``heal``, ``propose`` or ``abstain``, and the chosen candidate's place in the list."""

    action: str
    index: int | None = None
    confidence: float = 1.0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealAnswer:
    """What becomes of a lost element.

    Attributes:
        decision: The answer.
        locators: Ways to find the chosen candidate, best first, each by the keys of a locator; the first that leads to it counts.
        runner_up: The next best element, for a person; empty without one.
        margin: By how much its score is behind.
        features: The chosen one's score by feature.
    """

    decision: HealDecision
    locators: Sequence[Mapping[str, Any]] = ()
    runner_up: str = ""
    margin: float = 0.0
    features: Mapping[str, float] = field(default_factory=dict)


class Healer(Protocol):
    """Knows elements again."""

    def wants(self, case: CaseId, step: str, locator: str) -> bool:
        """Whether an element that a locator found should be told, since it is not known or not known well any more."""

    def knows(self, case: CaseId, step: str, locator: str) -> Mapping[str, Any] | None:
        """The element when the locator last worked; ``None`` when nobody has told of it."""

    def answer(self, request: HealRequest) -> HealAnswer:
        """Whether and how to go on."""

    def is_rejected(self, case: CaseId, old: str, new: str) -> bool:
        """Whether a person said that this new locator does not stand for that old one; both in JSON."""

    def take_one(self) -> bool:
        """Use up one heal of the run's budget; whether there was one left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What a person asked for on the command line; ``slow_s`` is the wait after each step in seconds.

    ``update_visual`` stores the pictures that ``check_visual`` takes instead of comparing them. ``healing`` is the mode (empty: the
    file's), ``fail_on_heal`` makes a healed case fail, ``store`` is the history that knows elements (``None``: the file's).
    """

    headed: bool = False
    slow_s: float = 0.0
    pause: bool = False
    update_visual: bool = False
    healing: str = ""
    fail_on_heal: bool = False
    store: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What surrounds a suite while it is discovered and run.

    Attributes:
        config: The whole validated config.
        root: The folder of the config file; relative paths start here.
        artifacts: The run's folder for evidence; made when first written to.
        base_url: What relative addresses are relative to; empty when there is none.
        variables: ``vars``, the environment's and the command line's already laid over them.
        service_urls: Addresses of the services, by name.
        secret: Gives a secret's value by name; raises `ConfigError` when it is missing.
        redact: Replaces every secret given out so far by ``***``.
        clock: Time.
        chance: Randomness.
        worker: This process's name among its siblings; empty when alone.
        options: What a person asked for on the command line.
        start_child: Starts a program that ends with this process.
        processes: The processes of this machine.
        healer: Finds lost elements again; ``None`` when healing is off.
        waits_of: Gives the waits between tries, in seconds, without end.
        classify: What an exception means by the plugins; ``None`` when none knows.
        locate: Gives the place in the file of a path like ``("suites", 1, "cases", 0)``; ``None`` when unknown.
    """

    config: Config
    root: Path
    artifacts: Path
    clock: Clock
    chance: Chance
    base_url: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    service_urls: Mapping[str, str] = field(default_factory=dict)
    secret: Callable[[str], str]
    redact: Callable[[str], str]
    worker: str = ""
    options: RunOptions = RunOptions()
    start_child: StartChild = _refuse_child
    processes: Processes = field(default_factory=_NoProcesses)
    healer: Healer | None = None
    waits_of: Callable[[Backoff], Iterator[float]] = _no_waits
    classify: Callable[[BaseException], Status | None] = _unknown_error
    locate: Callable[[Sequence[str | int]], Any]


class Session(Protocol):
    """A suite being run in one process: a browser, a subprocess, a connection."""

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """Try a case once.

        An exception is not an outcome: it means that the session is broken, and it is closed and opened anew.

        Args:
            case: One of the cases that this suite's ``discover`` gave.
            emit: Takes events while the case runs.
            deadline: When to have answered; an adapter that cannot be interrupted kills what it started.
        """

    def close(self) -> None:
        """End everything that was started. Called once, also after a failure; a second call does nothing."""


@runtime_checkable
class SelectiveSession(Protocol):
    """A `Session` may have this too, when it runs many cases in one program and must know beforehand which."""

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for, in order; called once, before the first ``run``."""


class Adapter(Protocol):
    """Runs one kind of suite. An entry point of the group ``maestro_fabric`` registers a plugin that gives some.

    Attributes:
        name: The value of ``adapter:`` in the file.
        api: The `ADAPTER_API` it was written for.
        suite_model: The pydantic model of its suites, a subclass of `maestro_fabric.config.models.SuiteConfig`.
    """

    name: str
    api: int
    suite_model: type[SuiteConfig]

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """What is missing to run this suite, one line each with the command that mends it; empty when nothing is."""

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """The suite's cases, in the order in which they are written; the same each time."""

    def open(self, suite: SuiteConfig, context: Context) -> Session:
        """Start what the suite needs in this process."""
