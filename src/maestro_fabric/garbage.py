"""The cyclic garbage collector kept away from what is made once and stays."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused(*, for_good: bool = False) -> Iterator[None]:
    """No cyclic garbage is looked for inside, nor at the end for what was made inside.

    A large file makes a million objects that all stay: the collector would look through them again and again, for two thirds
    of the time that loading and planning take. Where it does not run anyway, nothing changes; so this nests.

    Args:
        for_good: Whether what is there at the end lives as long as the process, and is never looked through again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        # All that is young would be looked through once more now, 0.2 s for 10,000 cases. Frozen and unfrozen it counts as old,
        # and waits for the next full collection. What somebody else has frozen must stay so (Python 3.12 starts with some).
        if for_good:
            gc.freeze()
        elif not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()
        gc.enable()
