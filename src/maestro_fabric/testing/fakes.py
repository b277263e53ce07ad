"""Fakes: time that only moves when told, chance without chance, scripted sessions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from maestro_fabric.config.models import Config, SuiteConfig
from maestro_fabric.errors import ServiceError
from maestro_fabric.events import Event
from maestro_fabric.model import Case, CaseId, Fault, Outcome, Status
from maestro_fabric.ports import ADAPTER_API, Context, Deadline, Emit

__all__ = [
    "FakeAdapter",
    "FakeClock",
    "FakeServices",
    "FakeSession",
    "FakeSuite",
    "FixedChance",
    "RecordingSink",
    "failing",
    "make_context",
    "passing",
]

E = TypeVar("E")
Scripted = Outcome | BaseException | Callable[[Case, Emit, Deadline], Outcome]


class FakeClock:
    """A clock that stands still until somebody sleeps or calls `advance`.

    Args:
        now: Where the wall clock stands at first, in seconds since the epoch.

    Attributes:
        slept: Every span that was slept, in seconds, oldest first.
    """

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self._start = now
        self._passed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Seconds from the clock's start."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self.slept.append(seconds)
        self.advance(seconds)

    async def pause(self, seconds: float) -> None:
        """Let time pass at once, for patterns around coroutines."""
        self.sleep(seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass without a sleep being noted."""
        with self._lock:
            self._passed += seconds


class FixedChance:
    """Chance that always lies at the same place of the span: 0.0 its low end, 1.0 its high end."""

    def __init__(self, share: float = 1.0) -> None:
        self._share = share

    def uniform(self, low: float, high: float) -> float:
        """The number at the fixed place between ``low`` and ``high``."""
        return low + (high - low) * self._share


class RecordingSink:
    """Keeps every event.

    Attributes:
        events: The events, oldest first.
        is_closed: Whether ``close`` was called.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.is_closed = False

    def receive(self, event: Event) -> None:
        """Keep one event."""
        self.events.append(event)

    def close(self) -> None:
        """Note that no event follows."""
        self.is_closed = True

    def of(self, kind: type[E]) -> list[E]:
        """The events of one class, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def kinds(self) -> list[str]:
        """The class names of the events, oldest first."""
        return [type(event).__name__ for event in self.events]


class FakeSuite(SuiteConfig):
    """The suites of `FakeAdapter`: the names of the cases stand in the file, and of the containers, which `holding` scripts."""

    adapter: Literal["fake"] = "fake"
    cases: list[str] = Field(default_factory=list)
    containers: list[str] = Field(default_factory=list)


@dataclass(slots=True)
class FakeSession:
    """A session that gives what its script says, case by case, and passes what the script does not name.

    Attributes:
        script: What each further attempt of a case gives, by the case's name: an outcome, an exception to raise, or a function.
        ran: The names of the cases that were tried, oldest first.
        is_closed: Whether ``close`` was called.
    """

    script: dict[str, list[Scripted]]
    ran: list[str] = field(default_factory=list)
    is_closed: bool = False

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """The next thing in the case's script.

        Raises:
            BaseException: the one that the script has there.
        """
        self.ran.append(case.id.name)
        waiting = self.script.get(case.id.name)
        if not waiting:
            return passing()
        scripted = waiting.pop(0)
        if isinstance(scripted, BaseException):
            raise scripted
        return scripted if isinstance(scripted, Outcome) else scripted(case, emit, deadline)

    def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True


class FakeAdapter:
    """An adapter without a world behind it.

    Args:
        script: See `FakeSession.script`; all sessions share it.
        missing: What ``check`` answers.
        open_errors: Raised by the first calls of ``open``, one each.

    Attributes:
        sessions: Every session that was opened, oldest first.
    """

    name = "fake"
    api = ADAPTER_API
    suite_model: type[SuiteConfig] = FakeSuite

    def __init__(
        self, script: Mapping[str, Sequence[Scripted]] = {}, *, missing: Sequence[str] = (), open_errors: Sequence[BaseException] = ()
    ) -> None:
        self._script = {name: list(scripted) for name, scripted in script.items()}
        self._missing = missing
        self._open_errors = list(open_errors)
        self.sessions: list[FakeSession] = []

    def check(self, suite: SuiteConfig, context: Context) -> Sequence[str]:
        """What was given as ``missing``."""
        return self._missing

    def discover(self, suite: SuiteConfig, context: Context) -> Sequence[Case]:
        """One case for each name in the suite's ``cases``, then a container for each in ``containers``."""
        if not isinstance(suite, FakeSuite):
            return []
        shared: dict[str, Any] = {"tags": tuple(suite.tags), "services": tuple(suite.services)}
        names = [(name, False) for name in suite.cases] + [(name, True) for name in suite.containers]
        return [Case(id=CaseId(context.config.project, suite.name, name), container=is_one, **shared) for name, is_one in names]

    def open(self, suite: SuiteConfig, context: Context) -> FakeSession:
        """A new session.

        Raises:
            BaseException: the next of ``open_errors``, as long as there are any.
        """
        if self._open_errors:
            raise self._open_errors.pop(0)
        self.sessions.append(FakeSession(self._script))
        return self.sessions[-1]


class FakeServices:
    """Services that start at once, but for those that are said to fail.

    Args:
        failing: Why services do not start, by name.

    Attributes:
        started: The names that were started, oldest first.
        failed: Why services did not start, by name.
        dead: Add a name to let a started service be gone.
        is_stopped: Whether ``stop`` was called.
    """

    def __init__(self, failing: Mapping[str, str] = {}) -> None:
        self._failing = dict(failing)
        self.started: list[str] = []
        self.failed: dict[str, str] = {}
        self.dead: set[str] = set()
        self.is_stopped = False

    @property
    def urls(self) -> Mapping[str, str]:
        """An address for each started service."""
        return {name: f"http://{name}.test" for name in self.started}

    def start(self, names: Sequence[str], deadline: Deadline | None = None) -> None:
        """Start services.

        Raises:
            ServiceError: for one that is said to fail.
        """
        for name in names:
            if name in self._failing:
                self.failed[name] = self._failing[name]
                raise ServiceError(self._failing[name])
            self.started.append(name)

    def is_alive(self, name: str) -> bool:
        """Whether it was not declared dead."""
        return name not in self.dead

    def stop(self) -> None:
        """Note that all were stopped."""
        self.is_stopped = True


def passing(**details: Any) -> Outcome:
    """An outcome that passed."""
    return Outcome(status=Status.PASSED, **details)


def failing(message: str = "no", *, status: Status = Status.FAILED, **details: Any) -> Outcome:
    """An outcome that failed, or has another bad status."""
    return Outcome(status=status, fault=Fault(type="AssertionError", message=message), **details)


def make_context(
    config: Config | None = None, *, root: Path = Path(), clock: FakeClock | None = None, secrets: Mapping[str, str] = {}, **details: Any
) -> Context:
    """A context for an adapter under test; every secret in ``secrets`` is redacted from the start."""

    def redact(text: str) -> str:
        for value in secrets.values():
            text = text.replace(value, "***")
        return text

    given: dict[str, Any] = {
        "config": config or Config(version=1, project="test"),
        "root": root,
        "artifacts": root / "artifacts",
        "clock": clock or FakeClock(),
        "chance": FixedChance(),
        "secret": lambda name: secrets[name],
        "redact": redact,
        "locate": lambda path: None,
    }
    return Context(**(given | details))
