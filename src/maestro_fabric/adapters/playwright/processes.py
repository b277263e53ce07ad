"""Ends the processes behind a browser that does not answer."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import defaultdict
from pathlib import Path

__all__ = ["descendants", "is_running", "kill_all"]


def descendants(pid: int) -> list[int]:
    """The process ids of a process's children, their children and so on, parents first."""
    children = _children_by_parent()
    found: list[int] = []
    queue = [pid]
    while queue:
        queue.extend(children.get(queue[0], ()))
        found.append(queue.pop(0))
    return found[1:]


def is_running(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill_all(pids: list[int]) -> None:
    """Kill processes; those that are gone already are no problem."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for pid, parent in _from_proc() if Path("/proc/self/stat").exists() else _from_ps():
        children[parent].append(pid)
    return children


def _from_proc() -> list[tuple[int, int]]:
    pairs = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            # After the last ")": a program's name may hold spaces and brackets.
            stat = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            pairs.append((int(folder.name), int(stat[1])))
    return pairs


def _from_ps() -> list[tuple[int, int]]:
    listing = subprocess.run(["/bin/ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False)
    rows = (line.split() for line in listing.stdout.splitlines())
    return [(int(row[0]), int(row[1])) for row in rows if len(row) == 2]
