"""How the end of a program is told."""

from __future__ import annotations

import signal

__all__ = ["how_ended", "with_output"]


def how_ended(status: int | None) -> str:
    """``exit status 3``, or the signal that ended it: ``killed by SIGKILL``."""
    if status is None or status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        # A real-time signal has no name.
        return f"killed by signal {-status}"


def with_output(message: str, output: str) -> str:
    """A message, and below it what the program wrote, if it wrote anything."""
    return f"{message}:\n{output}" if output.strip() else message
