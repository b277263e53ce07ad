"""Time and chance, and the deadline that flows down from the run to the last click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from maestro_fabric.errors import DeadlineExceeded

__all__ = ["Chance", "Clock", "Deadline"]


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
