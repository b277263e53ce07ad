"""Who takes the events of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from maestro_fabric.events import Event

__all__ = ["Emit", "Sink"]

Emit = Callable[[Event], None]


class Sink(Protocol):
    """Takes the events of a run, in order."""

    def receive(self, event: Event) -> None:
        """Take one event; must be quick."""

    def close(self) -> None:
        """No event follows; flush."""
