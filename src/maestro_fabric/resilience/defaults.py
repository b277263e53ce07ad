"""The chance that the library takes when nobody gives it another, and how a task waits on any clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maestro_fabric.clock import SystemClock

if TYPE_CHECKING:
    from maestro_fabric.ports import Chance, Clock

__all__ = ["default_chance", "pause"]

# The engine names its clock and chance in `compose`. A library that is used alone has no such place: `SystemClock` and this module
# are its defaults, and every pattern takes others by its arguments ``clock`` and ``chance``.


def default_chance() -> Chance:
    """The machine's randomness: the module `random` has what the port asks for."""
    import random  # slow to import, and only retries need it

    return random


async def pause(clock: Clock, seconds: float) -> None:
    """Sleep in a task: by the clock's own ``pause`` where it has one, as the machine's and the fake one do."""
    await getattr(clock, "pause", SystemClock().pause)(seconds)
