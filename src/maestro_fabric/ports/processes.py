"""Programs that end with this process, and the processes of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

__all__ = ["Child", "ProcessRef", "Processes", "StartChild"]


class Child(Protocol):
    """A program that was started so that nothing of it is left when it, or this process, has ended."""

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait until it ended; its exit status, or ``None`` when the time was over first."""

    def interrupt(self) -> None:
        """Ask the program itself to stop, as Ctrl-C does; nothing where it has ended, or the system knows no such signal."""

    def stop(self) -> None:
        """End it and all it started."""


class StartChild(Protocol):
    """Starts a `Child`."""

    def __call__(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        log_path: Path,
        pass_fds: Sequence[int] = (),
        *,
        stop_within_s: float = 5.0,
    ) -> Child:
        """Start a program whose output is appended to ``log_path``, and that inherits ``pass_fds``."""


class ProcessRef(NamedTuple):
    """A process, told apart from a later one with the same number by when it started, in the system's own form."""

    pid: int
    started: str


class Processes(Protocol):
    """The processes of this machine, for who must end what a program of somebody else has started."""

    def find(self, pid: int) -> ProcessRef | None:
        """The running process of that number; ``None`` when there is none."""

    def below(self, pid: int) -> Sequence[ProcessRef]:
        """The running children of a process, their children and so on, each after its parent."""

    def is_running(self, process: ProcessRef) -> bool:
        """Whether exactly this process still runs."""

    def kill(self, processes: Iterable[ProcessRef]) -> None:
        """Kill them; those that have ended already are no problem."""
