"""A case while it is played: its page, its variables, its time, and what was noticed on the way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from maestro_fabric.adapters.browser.calls import Exchange
from maestro_fabric.adapters.browser.dialogs import Dialogs
from maestro_fabric.adapters.browser.engine import Engine
from maestro_fabric.adapters.browser.evidence import Evidence
from maestro_fabric.adapters.browser.healing import Mending
from maestro_fabric.adapters.browser.responses import Response
from maestro_fabric.adapters.browser.scope import Scope, as_seconds
from maestro_fabric.adapters.browser.urls import join_url
from maestro_fabric.config.journey import PlannedStep
from maestro_fabric.config.models import BrowserConfig
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.ports import Context, Deadline

__all__ = ["Scene", "StepWatch"]

# A step's own timeouts end it; this much later it is interrupted from outside (a script that spins has no timeout).
_INTERRUPT_AFTER_S = 30.0
# The case's deadline ends a step by its timeouts; interrupting waits this much longer, so that evidence can be taken.
_DEADLINE_SLACK_S = 0.25
_MAX_CONSOLE = 100
_MAX_EXCHANGES = 20


class StepWatch(Protocol):
    """What the thread that watches a case is told, and what it tells.

    Attributes:
        stop_at: The moment on ``time.monotonic()`` at which the case is interrupted.
        interrupted: Whether it was.
    """

    stop_at: float
    interrupted: bool


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a step can use.

    Attributes:
        engine: The case's browser.
        page: The current tab, an `engine.Tab`; a ``call`` step's function gets it as it is.
        settings: The suite's ``browser``.
        surroundings: The run's context.
        scope: The variables.
        evidence: Where files are kept.
        deadline: The case's.
        watch: What the watching thread is told.
        dialogs: Answers dialogs.
        planned: The step that runs.
        output: Lines for the attempt's output.
        console: Errors that the pages reported.
        responses: Answers to ``request``, by their ``as`` name; ``""`` is the last.
        exchanges: The latest calls with their answers.
        soft_failures: Unmet soft expectations.
        mending: What was learnt of elements, and what the healer answered.
    """

    engine: Engine
    page: Any
    settings: BrowserConfig
    surroundings: Context
    scope: Scope
    evidence: Evidence
    deadline: Deadline
    watch: StepWatch
    dialogs: Dialogs
    planned: PlannedStep
    output: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    responses: dict[str, Response] = field(default_factory=dict)
    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=_MAX_EXCHANGES))
    soft_failures: list[str] = field(default_factory=list)
    mending: Mending = field(default_factory=Mending)

    def limit_s(self, within: float | str | None) -> float:
        """How long the step may wait: what it says itself or the suite's ``within``, never longer than the case has.

        Raises:
            DeadlineExceeded: when the case has no time left.
        """
        wanted = self.settings.within if within is None else as_seconds(within)
        left = self.deadline.left_s
        if left <= 0:
            raise DeadlineExceeded("the case", self.deadline.limit_s)
        return min(wanted, left)

    def limit_ms(self, within: float | str | None) -> float:
        """`limit_s` for the engine, to which 0 would mean no limit."""
        return max(1.0, self.limit_s(within) * 1000)

    def begin(self, within: float | str | None) -> None:
        """A step starts: tell the watch when it must have ended."""
        limit = self.limit_s(within)
        # How long a function of the user's may take is not ours to say; the case's deadline does.
        own_end = float("inf") if self.planned.action == "call" else time.monotonic() + limit + _INTERRUPT_AFTER_S
        self.watch.stop_at = min(own_end, time.monotonic() + self.deadline.left_s + _DEADLINE_SLACK_S)

    def poll(self, is_done: Callable[[], bool], within: float | str | None) -> bool:
        """Ask until the answer is yes or the time is over; whether it was yes. The page's events are served meanwhile."""
        until = time.monotonic() + self.limit_s(within)
        pauses_ms = iter((20, 50))
        while not is_done():
            left_ms = (until - time.monotonic()) * 1000
            if left_ms <= 0:
                return False
            self.page.wait_for_timeout(max(1.0, min(left_ms, next(pauses_ms, 80))))
        return True

    def absolute(self, url: str) -> str:
        """The whole address of a relative one."""
        return join_url(self.surroundings.base_url, url)

    def log(self, line: str) -> None:
        """Add a line to the attempt's output."""
        self.output.append(line)

    def note(self, line: str) -> None:
        """Keep an error that a page reported."""
        if len(self.console) < _MAX_CONSOLE:
            self.console.append(line)
