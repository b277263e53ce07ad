"""What patterns tell: one stream of events, for logs, metrics and the engine.

A call that simply goes well tells nothing: it is no news, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = [
    "BreakerChanged",
    "CallRejected",
    "FallbackUsed",
    "OnEvent",
    "ResilienceEvent",
    "RetryScheduled",
    "RetryStopped",
    "RetrySucceeded",
    "TimedOut",
    "Waited",
    "listening",
    "tell",
]


@dataclass(frozen=True, slots=True)
class BreakerChanged:
    """A circuit breaker went from one state to another (``closed``, ``open``, ``half_open``); ``reason`` says why."""

    name: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class CallRejected:
    """A breaker, a bulkhead or a rate limit did not let a call through."""

    pattern: str
    name: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Waited:
    """A call waited before it was let through, by a bulkhead or a rate limit."""

    pattern: str
    name: str
    waited_s: float


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """An attempt (from 1) was no good, another follows after ``wait_s`` seconds. Without ``error`` it was its result that was no good."""

    name: str
    attempt: int
    wait_s: float
    error: Exception | None


@dataclass(frozen=True, slots=True)
class RetrySucceeded:
    """An attempt after the first was good; ``elapsed_s`` is the time since the first began."""

    name: str
    attempts: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RetryStopped:
    """No further attempt follows one that was no good, and why."""

    name: str
    attempts: int
    elapsed_s: float
    reason: Literal["attempts", "not retryable", "budget", "deadline", "retry-after"]
    error: Exception | None


@dataclass(frozen=True, slots=True)
class TimedOut:
    """A call took longer than ``limit_s`` seconds, and was ended or left to itself."""

    name: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class FallbackUsed:
    """A fallback stood in: the ``number``-th spare, from 1. What came of it is ``degraded``, not plainly good."""

    name: str
    number: int
    error: Exception


ResilienceEvent = BreakerChanged | CallRejected | Waited | RetryScheduled | RetrySucceeded | RetryStopped | TimedOut | FallbackUsed


class OnEvent(Protocol):
    """Takes each event in the thread or task in which it happened; must be quick and must not raise."""

    def __call__(self, event: ResilienceEvent, /) -> None:
        """Take one event."""


_LISTENERS: ContextVar[tuple[OnEvent, ...]] = ContextVar("maestro_resilience_listeners", default=())


@contextmanager
def listening(on_event: OnEvent) -> Iterator[None]:
    """Until the end of the block, ``on_event`` gets the events of every pattern in this thread or task, and in tasks begun in it."""
    before = _LISTENERS.set((*_LISTENERS.get(), on_event))
    try:
        yield
    finally:
        _LISTENERS.reset(before)


def tell(own: OnEvent | None, event: ResilienceEvent) -> None:
    """Give an event to a pattern's own listener, and to those of the thread or task."""
    if own is not None:
        own(event)
    for listener in _LISTENERS.get():
        listener(event)
