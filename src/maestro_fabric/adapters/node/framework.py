"""What a run of test files asks of the process of their framework."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from maestro_fabric.adapters.node.messages import Message
from maestro_fabric.ports import Deadline

__all__ = ["RunningFramework", "StartFramework"]


class RunningFramework(Protocol):
    """A process of the framework; a `maestro_fabric.adapters.program.process.Program` is one."""

    def hear(self, deadline: Deadline) -> Message | None:
        """The next message; ``None`` when it has ended. Raises `DeadlineExceeded`."""

    @property
    def exit_status(self) -> int | None:
        """How it ended; ``None`` while it runs."""

    def last_output(self) -> str:
        """The last lines that it wrote."""

    def kill(self) -> None:
        """End it and all it started."""


class StartFramework(Protocol):
    """Starts a `RunningFramework`."""

    def __call__(self, files: Sequence[Path], *, one_by_one: bool) -> RunningFramework:
        """Start it for those files; ``one_by_one`` is without workers of its own, so that the file that kills it is known."""
