"""The real time and the real chance."""

from __future__ import annotations

import random

from maestro_fabric.clock import SystemClock

__all__ = ["SystemChance", "SystemClock"]


class SystemChance:
    """The machine's randomness."""

    def __init__(self) -> None:
        self._random = random.SystemRandom()

    def uniform(self, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        return self._random.uniform(low, high)
