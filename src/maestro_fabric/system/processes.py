"""Which processes descend from one, and how to end them for certain.

The standard library only, and little of it: the supervisor imports this in a process of its own and must start quickly.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "SIGKILL",
    "Process",
    "descendants",
    "end_process_tree",
    "end_processes",
    "find_marked",
    "find_process",
    "is_running",
    "kill",
    "open_descriptor",
]

_CHECK_EVERY_S = 0.02
_KILL_WITHIN_S = 5.0
SIGKILL = 9
"""Its number, since Windows has no `signal.SIGKILL` to name."""

_ENDED_STATES = frozenset("ZXx")


class Process(NamedTuple):
    """A process, told apart from a later one with the same number by when it started.

    A named tuple and not a dataclass: importing dataclasses takes longer than the supervisor's whole start.

    Attributes:
        pid: Its number.
        parent: Its parent's number when it was looked at.
        started: When it started, in the system's own form.
    """

    pid: int
    parent: int
    started: str


def descendants(pid: int) -> tuple[Process, ...]:
    """The running children of a process, their children and so on, each after its parent; never the process itself."""
    return _below([pid], _all_processes())


def find_process(pid: int) -> Process | None:
    """The running process of that number; ``None`` when there is none."""
    if sys.platform == "linux":
        return _read_stat(pid)
    return next((process for process in _all_processes() if process.pid == pid), None)


def is_running(process: Process) -> bool:
    """Whether exactly this process still runs; one that only waits to be reaped does not."""
    found = find_process(process.pid)
    return found is not None and found.started == process.started


def find_marked(name: str, value: str) -> tuple[Process, ...]:
    """The processes that were started with an environment variable of that value; empty where that cannot be seen (not Linux)."""
    if sys.platform != "linux":
        return ()
    mark = f"{name}={value}".encode()
    return tuple(process for process in _all_processes() if mark in _environment_of(process.pid))


def end_process_tree(pid: int, *, include_root: bool = True, grace_s: float = 2.0) -> bool:
    """End a process and everything below it: ask, wait, then kill.

    Args:
        pid: The root.
        include_root: ``False`` ends only what is below it.
        grace_s: Seconds between asking and killing.

    Returns:
        Whether none is left.
    """
    root = find_process(pid)

    def find() -> tuple[Process, ...]:
        below = descendants(pid)
        return (root, *below) if root is not None and include_root else below

    return end_processes(find, grace_s=grace_s)


def end_processes(find: Callable[[], Sequence[Process]], *, grace_s: float) -> bool:
    """End what ``find`` gives, and all that descends from it, also when it is born meanwhile.

    Args:
        find: Gives the processes to end; asked again until nothing new comes.
        grace_s: Seconds between asking (SIGTERM) and killing (SIGKILL).

    Returns:
        Whether none is left.
    """
    asked: set[Process] = set()
    give_up_asking = time.monotonic() + grace_s
    while (left := _still_there(find(), asked)) and time.monotonic() < give_up_asking:
        for process in left - asked:
            _signal(process, signal.SIGTERM)
        asked |= left
        time.sleep(_CHECK_EVERY_S)
    give_up = time.monotonic() + _KILL_WITHIN_S
    while (left := _still_there(find(), asked)) and time.monotonic() < give_up:
        for process in left:
            kill(process)
        asked |= left
        time.sleep(_CHECK_EVERY_S)
    return not left


def _still_there(found: Iterable[Process], asked: Iterable[Process]) -> set[Process]:
    """Those of both that run, and what is below them: a child whose parent has ended is no longer found from the root."""
    running = {process.pid: process for process in _all_processes()}
    known = [process for process in {*found, *asked} if process.pid in running and running[process.pid].started == process.started]
    # This process and its parents are never the target: somebody must be left to finish.
    spared = {os.getpid()}
    return {p for p in (*known, *_below([p.pid for p in known], running.values())) if p.pid not in spared}


def _below(roots: Iterable[int], processes: Iterable[Process]) -> tuple[Process, ...]:
    children: dict[int, list[Process]] = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    found: list[Process] = []
    waiting = list(roots)
    seen = set(waiting)
    while waiting:
        for child in children.get(waiting.pop(0), ()):
            if child.pid not in seen:
                seen.add(child.pid)
                found.append(child)
                waiting.append(child.pid)
    return tuple(found)


def kill(process: Process) -> None:
    """Kill exactly this process; nothing happens when it has ended, or is another user's."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S603, S607  # Windows' own
    else:
        _signal(process, SIGKILL)


def _signal(process: Process, number: int) -> None:
    """Send a signal to exactly this process; nothing happens when it has ended."""
    try:
        descriptor = open_descriptor(process)
        if descriptor is None:
            if is_running(process):
                os.kill(process.pid, number)
            return
        _send(descriptor, number)
    except (ProcessLookupError, PermissionError):
        # Ended meanwhile, or run by another user (sudo): neither can be ended from here.
        return


def open_descriptor(process: Process) -> int | None:
    """A descriptor of exactly this process, to be closed by the caller: readable when it has ended (Linux).

    Returns:
        The descriptor; ``None`` where the system has none.

    Raises:
        ProcessLookupError: When the process has ended.

    Source:
        pidfd_open(2), Linux 5.3.
    """
    if sys.platform != "linux":
        return None
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError as error:
        if error.errno in (errno.ENOSYS, errno.EPERM):
            return None
        raise
    # Compared after opening, so that a number given anew is never meant.
    if is_running(process):
        return descriptor
    os.close(descriptor)
    raise ProcessLookupError(process.pid)


def _send(descriptor: int, number: int) -> None:
    if sys.platform == "linux":
        try:
            signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _all_processes() -> tuple[Process, ...]:
    if sys.platform == "linux":
        names = os.listdir("/proc")  # noqa: PTH208  # pathlib is slow to import
        return tuple(found for name in names if name.isdigit() and (found := _read_stat(int(name))) is not None)
    if sys.platform == "win32":
        return _ask_windows()
    return _ask_ps()


def _read_stat(pid: int) -> Process | None:
    """One line of /proc.

    Source:
        proc_pid_stat(5): the name in parentheses may hold anything; then come state, parent, and as the 22nd field the start time.
    """
    try:
        # Not pathlib: importing it would double the supervisor's start.
        with open(f"/proc/{pid}/stat", "rb") as stream:  # noqa: PTH123  # as above
            fields = stream.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0].decode() in _ENDED_STATES:
        return None
    return Process(pid=pid, parent=int(fields[1]), started=fields[19].decode())


def _environment_of(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as stream:  # noqa: PTH123  # as above
            return stream.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return []


def _ask_ps() -> tuple[Process, ...]:
    command = ["ps", "-axo", "pid=,ppid=,stat=,lstart="]
    table = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603  # a fixed command
    rows = (line.split(maxsplit=3) for line in table.splitlines())
    return tuple(Process(int(row[0]), int(row[1]), row[3].strip()) for row in rows if len(row) == 4 and row[2][0] != "Z")


def _ask_windows() -> tuple[Process, ...]:  # pragma: no cover - there is no tasklist elsewhere
    # Only what still runs, without parents: on Windows `taskkill /T` walks the tree.
    table = subprocess.run(["tasklist", "/FO", "CSV", "/NH"], capture_output=True, text=True, check=False).stdout  # noqa: S607  # Windows' own
    rows = (line.split('","') for line in table.splitlines())
    return tuple(Process(int(row[1]), 0, "") for row in rows if len(row) > 1 and row[1].isdigit())
