"""The real processes of this machine, as adapters see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from maestro_fabric.ports import ProcessRef
from maestro_fabric.system.processes import Process, descendants, find_process, is_running, kill

__all__ = ["SystemProcesses"]


class SystemProcesses:
    """Looks into the system's table of processes anew at each question."""

    def find(self, pid: int) -> ProcessRef | None:
        """The running process of that number; ``None`` when there is none."""
        found = find_process(pid)
        return ProcessRef(found.pid, found.started) if found is not None else None

    def below(self, pid: int) -> Sequence[ProcessRef]:
        """The running children of a process, their children and so on, each after its parent."""
        return [ProcessRef(process.pid, process.started) for process in descendants(pid)]

    def is_running(self, process: ProcessRef) -> bool:
        """Whether exactly this process still runs; one that only waits to be reaped does not."""
        return is_running(_known(process))

    def kill(self, processes: Iterable[ProcessRef]) -> None:
        """Kill them; those that have ended already are no problem."""
        for process in processes:
            kill(_known(process))


def _known(process: ProcessRef) -> Process:
    # Its parent is not looked at by who knows the process itself.
    return Process(process.pid, 0, process.started)
