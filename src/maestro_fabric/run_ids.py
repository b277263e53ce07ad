"""Ids of runs: UUIDv7, so that they sort by time."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from maestro_fabric.clock import SystemClock

if TYPE_CHECKING:
    from maestro_fabric.ports import Clock

__all__ = ["RunIds", "new_run_id"]

_RANDOM_BITS = 62


class RunIds:
    """Gives ids of which each is greater than the one before, also within one tick of the clock or when it goes back.

    Args:
        clock: Gives the time in an id.
        random_bytes: Gives so many random bytes.

    Source:
        RFC 9562, section 5.7 (layout) and section 6.2, method 3 (12 bits of sub-millisecond time).
    """

    def __init__(self, clock: Clock, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self._clock = clock
        self._random_bytes = random_bytes
        self._last = -1
        self._lock = threading.Lock()

    def new(self) -> str:
        """The next id, as text with hyphens."""
        with self._lock:
            # 48 bits of milliseconds and 12 bits of their fraction are one number, counted in 1/4096 ms.
            tick = max(int(self._clock.now() * 1000 * 4096), self._last + 1)
            self._last = tick
        milliseconds, fraction = divmod(tick, 4096)
        noise = int.from_bytes(self._random_bytes(8), "big") >> (64 - _RANDOM_BITS)
        value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | noise
        return str(uuid.UUID(int=value))


def new_run_id() -> str:
    """A new id for a run, greater than all that this process was given before."""
    return _of_this_process().new()


@cache
def _of_this_process() -> RunIds:
    return RunIds(SystemClock())
