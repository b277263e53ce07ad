"""How long to wait before each further attempt. Values that make a fresh row of waits for every call.

Source:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full and decorrelated jitter).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, repeat
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from maestro_fabric.ports import Chance

__all__ = ["Backoff", "Constant", "Decorrelated", "Exponential", "FullJitter", "Linear"]


class Backoff(Protocol):
    """Gives the waits of a call."""

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds to wait after the first attempt, the second, and so on without end."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Always ``seconds``."""

    seconds: float

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds after each attempt."""
        return repeat(self.seconds)


@dataclass(frozen=True, slots=True)
class Linear:
    """``first_s``, twice that, three times that, up to ``max_s``."""

    first_s: float
    max_s: float = 60.0

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds after each attempt."""
        return (min(self.first_s * number, self.max_s) for number in count(1))


@dataclass(frozen=True, slots=True)
class Exponential:
    """``first_s``, then each wait ``factor`` times the last, up to ``max_s``."""

    first_s: float
    factor: float = 2.0
    max_s: float = 60.0

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds after each attempt."""
        wait_s = self.first_s
        while True:
            wait_s = min(wait_s, self.max_s)  # in each step: a power of the factor would overflow one day
            yield wait_s
            wait_s *= self.factor


@dataclass(frozen=True, slots=True)
class FullJitter:
    """Anything from 0 to the wait of another backoff, so that many callers do not come back at the same moment."""

    longest: Backoff

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds after each attempt."""
        return (chance.uniform(0.0, wait_s) for wait_s in self.longest.waits(chance))


@dataclass(frozen=True, slots=True)
class Decorrelated:
    """Anything from ``first_s`` to three times the last wait, up to ``max_s``."""

    first_s: float
    max_s: float = 60.0

    def waits(self, chance: Chance) -> Iterator[float]:
        """Seconds after each attempt."""
        wait_s = self.first_s
        while True:
            wait_s = min(self.max_s, chance.uniform(self.first_s, wait_s * 3))
            yield wait_s
