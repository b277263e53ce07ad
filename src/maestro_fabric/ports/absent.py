"""What a context is made of when nobody gives it the real thing: no programs, no waits, no plugins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

from maestro_fabric.errors import PluginError
from maestro_fabric.model import Backoff, Status
from maestro_fabric.ports.processes import Child, ProcessRef

__all__ = ["NoProcesses", "no_waits", "refuse_child", "unknown_error"]


def refuse_child(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], log_path: Path, pass_fds: Sequence[int] = (), *, stop_within_s: float = 5.0
) -> Child:
    """Say that no program can be started.

    Raises:
        PluginError: always.
    """
    raise PluginError(f"this context starts no programs, so not {command[0]!r}: give it a start_child")


class NoProcesses:
    """What a context without the system's processes sees."""

    def find(self, pid: int) -> ProcessRef | None:
        """There is none."""
        return None

    def below(self, pid: int) -> Sequence[ProcessRef]:
        """There are none."""
        return ()

    def is_running(self, process: ProcessRef) -> bool:
        """It does not."""
        return False

    def kill(self, processes: Iterable[ProcessRef]) -> None:
        """There is nothing to kill."""


def no_waits(backoff: Backoff) -> Iterator[float]:
    """The waits of a context that has none."""
    return repeat(0.0)


def unknown_error(raised: BaseException) -> Status | None:
    """What a context without plugins says of an exception."""
    return None
