"""Runs a case in a thread of its own, and ends what does not end in time: nothing else interrupts a call that waits for a browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TypeVar

from maestro_fabric.errors import SessionLost

__all__ = ["Watch", "run_watched"]

Result = TypeVar("Result")

# How long a killed browser may take to be noticed.
_GRACE_S = 3.0
_LOOK_S = 1.0


@dataclass(slots=True)
class Watch:
    """What the thread that watches knows of a case; set by the thread that runs it.

    Attributes:
        stop_at: The moment on ``time.monotonic()`` at which the case is interrupted.
        interrupted: Whether it was.
        kill: Ends the browser, which makes the calls that wait for it raise.
    """

    stop_at: float = float("inf")
    interrupted: bool = False
    kill: Callable[[], None] | None = None

    def interrupt(self) -> None:
        """Make the calls that wait raise."""
        self.interrupted = True
        if self.kill is not None:
            self.kill()


def run_watched(work: Callable[[], Result], watch: Watch) -> Result:
    """What the work gives.

    Raises:
        SessionLost: when killing the browser did not end the work.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as exc:
            future.set_exception(exc)

    threading.Thread(target=run, name="maestro-selenium", daemon=True).start()
    try:
        while not wait([future], timeout=max(0.0, min(_LOOK_S, watch.stop_at - time.monotonic()))).done:
            if time.monotonic() >= watch.stop_at:
                _end(future, watch)
                break
    except BaseException:
        # Ctrl-C in the thread that watches: the case must not go on behind its back.
        watch.interrupt()
        raise
    return future.result()


def _end(future: Future[Result], watch: Watch) -> None:
    watch.interrupt()
    if not wait([future], timeout=_GRACE_S).done:
        # Not the browser hangs but our thread, in a `call` step's function: nothing ends a thread.
        raise SessionLost("the case did not end with its browser and was given up; a `call` step's function may hang")
