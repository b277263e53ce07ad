"""Every error this project raises, by what the caller can do about it.

MaestroError
├── ConfigError            fix the file: one or many problems, each with its place
├── PluginError            install or mend something (an extra, an adapter, a browser)
├── TransportError         try again: something beyond this process did not answer
│   └── SessionLost        the browser or program behind a session is gone; a new session may work
├── DeadlineExceeded       give more time, or find what hangs
│   └── TimeoutError       one call took too long; the built-in's subclass too
├── CallRefused            wait: a policy did not let the call through
│   ├── CircuitBreakerOpenError  what it calls is known to be down
│   ├── BulkheadFullError        too many are inside, and the queue is full or the wait was over
│   └── RateLimitExceeded        too many calls in too short a time
├── LocatorError           the page holds no such element, or too many
├── ElementNotReady        the element is there, but cannot be acted on: find what covers or disables it
├── ServiceError           a service did not become ready, or died
└── StoreError             the history could not be read or written
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import dataclass

from maestro_fabric.model import Location

__all__ = [
    "BulkheadFullError",
    "CallRefused",
    "CircuitBreakerOpenError",
    "ConfigError",
    "DeadlineExceeded",
    "ElementNotReady",
    "ExpectationFailed",
    "LocatorError",
    "MaestroError",
    "PluginError",
    "Problem",
    "RateLimitExceeded",
    "ServiceError",
    "SessionLost",
    "StoreError",
    "TimeoutError",
    "TransportError",
]


class MaestroError(Exception):
    """The root: catch this to catch all of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a config file.

    Attributes:
        message: What is wrong, with the value, e.g. ``unknown step 'clik'``.
        location: Where, 1-based; ``None`` when the file as a whole is meant.
        line_text: The offending source line, without its end.
        width: How many characters of it are meant (0: no caret line).
        hint: What to do, e.g. ``did you mean 'click'?``.
        path: The key's path, e.g. ``suites[1].cases[0].steps[2]``.
    """

    message: str
    location: Location | None = None
    line_text: str = ""
    width: int = 0
    hint: str = ""
    path: str = ""

    def __str__(self) -> str:
        """The problem as the terminal shows it: place, message, line, caret with the hint, path."""
        if self.location is None:
            head = self.message
        else:
            head = f"{self.location.file}:{self.location.line}:{self.location.column}: {self.message}"
        rows = [head]
        if self.location is not None and self.line_text and self.width:
            number = f"{self.location.line:>5}"
            indent = " " * (self.location.column - 1)
            rows.append(f"{number} | {self.line_text}")
            rows.append(f"{' ' * len(number)} | {indent}{'^' * self.width} {self.hint}".rstrip())
        elif self.hint:
            rows.append(f"  {self.hint}")
        if self.path:
            rows.append(f"  at {self.path}")
        return "\n".join(rows)


class ConfigError(MaestroError):
    """The config cannot be used; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(message=problems)]
        self.problems = tuple(problems)
        super().__init__("\n\n".join(str(problem) for problem in self.problems))


class PluginError(MaestroError):
    """An adapter, an extra or a program is missing or broken; the message says which command mends it."""


class TransportError(MaestroError):
    """Something beyond this process did not answer; another try may succeed."""


class SessionLost(TransportError):
    """The browser or program behind a session is gone; the session must be opened anew."""


class DeadlineExceeded(MaestroError):
    """Time ran out.

    Attributes:
        what: What ran out of time, e.g. ``case 'buy'``.
        limit_s: The time it had, in seconds.
    """

    def __init__(self, what: str, limit_s: float) -> None:
        self.what = what
        self.limit_s = limit_s
        super().__init__(f"{what} took longer than {limit_s:g} s")

    def __reduce__(self) -> tuple[type[DeadlineExceeded], tuple[object, ...]]:
        return type(self), (self.what, self.limit_s)


class TimeoutError(DeadlineExceeded, builtins.TimeoutError):  # noqa: A001 - the public name; who catches the built-in catches it
    """One call took longer than it may."""


class CallRefused(MaestroError):
    """A policy did not let a call through; what the call is for was not asked.

    Attributes:
        name: The policy's name.
        retry_in_s: Seconds after which another try may be let through; 0.0 when nobody knows.
    """

    def __init__(self, name: str, message: str, retry_in_s: float = 0.0) -> None:
        self.name = name
        self.retry_in_s = retry_in_s
        super().__init__(message)


class CircuitBreakerOpenError(CallRefused):
    """A circuit breaker is open: what it guards is known to be down.

    Attributes:
        name: The breaker's name.
        state: ``open``, or ``half_open`` while another caller probes.
        retry_in_s: Seconds until a probe is let through; infinity for one that was opened by hand.
        reason: Why it opened.
    """

    def __init__(self, name: str, state: str, retry_in_s: float, reason: str = "") -> None:
        self.state = state
        self.reason = reason
        if state == "half_open":
            when = "another call is probing whether it is back"
        elif retry_in_s == float("inf"):
            when = "it was opened by hand, close() ends that"
        else:
            when = f"a probe is let through in {retry_in_s:.3g} s"
        why = f" ({reason})" if reason else ""
        super().__init__(name, f"circuit breaker {name!r} is {state}{why}: {when}", retry_in_s)

    def __reduce__(self) -> tuple[type[CircuitBreakerOpenError], tuple[object, ...]]:
        return type(self), (self.name, self.state, self.retry_in_s, self.reason)


class BulkheadFullError(CallRefused):
    """A bulkhead has no place.

    Attributes:
        limit: How many may be inside.
        waited_s: How long this call waited, in seconds; 0.0 when the queue was full.
    """

    def __init__(self, name: str, limit: int, waited_s: float = 0.0) -> None:
        self.limit = limit
        self.waited_s = waited_s
        why = f"no place within {waited_s:.3g} s" if waited_s else "and nobody else may wait"
        super().__init__(name, f"bulkhead {name!r} is full: {limit} inside, {why}")

    def __reduce__(self) -> tuple[type[BulkheadFullError], tuple[object, ...]]:
        return type(self), (self.name, self.limit, self.waited_s)


class RateLimitExceeded(CallRefused):
    """A rate limit has no room for this call within the time that it may wait."""

    def __init__(self, name: str, retry_in_s: float) -> None:
        super().__init__(name, f"rate limit {name!r} is reached: the next call fits in {retry_in_s:.3g} s", retry_in_s)

    def __reduce__(self) -> tuple[type[RateLimitExceeded], tuple[object, ...]]:
        return type(self), (self.name, self.retry_in_s)


class LocatorError(MaestroError):
    """No element of the page matches a locator, or more than one does."""


class ElementNotReady(MaestroError):
    """An element was found and did not become visible, enabled or uncovered in time."""


class ServiceError(MaestroError):
    """A service did not become ready in time, or ended by itself."""


class StoreError(MaestroError):
    """The history could not be opened, read or written."""


class ExpectationFailed(AssertionError):
    """An ``expect`` was not met: the case is ``failed``, not ``error``. It is an assertion, so not a `MaestroError`."""
