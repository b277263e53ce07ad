"""The time and chance that the library takes when nobody gives it others.

The engine names its clock in `compose`. A library that is used alone has no such place, so the defaults stand here, once, and every
pattern takes others by its arguments ``clock`` and ``chance``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maestro_fabric.ports import Chance, Clock

__all__ = ["MachineClock", "default_chance", "pause"]


class MachineClock:
    """The machine's clock, for threads and for tasks. `monotonic` is the built-in itself: it stands on the path of every call."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)

    @staticmethod
    async def pause(seconds: float) -> None:
        """Let other tasks run for so long."""
        import asyncio  # not loaded by those who only use threads

        await asyncio.sleep(seconds)


def default_chance() -> Chance:
    """The machine's randomness: the module `random` has what the port asks for."""
    import random

    return random


async def pause(clock: Clock, seconds: float) -> None:
    """Sleep in a task: by the clock's own ``pause`` where it has one, as the fake clock does."""
    await getattr(clock, "pause", MachineClock.pause)(seconds)
