"""When a process's owner is gone, the process and all it started end too, also after ``kill -9`` of the owner."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from maestro_fabric.system.processes import Process, end_process_tree, find_process, is_running, open_descriptor

__all__ = ["end_this_process", "program", "wait_until_gone", "watch_descriptor", "watch_parent", "watch_process"]

_CHECK_EVERY_S = 0.2
_GRACE_S = 1.0
_BARE = ("-I", "-S")


def watch_parent(parent_pid: int | None = None) -> None:
    """From now on this process, and all it started, ends when its parent is gone, whatever it is busy with.

    A small process beside this one watches both. A thread here would not do: it cannot run while C code holds the interpreter
    lock, as a regular expression that spins does. Nor would ``PR_SET_PDEATHSIG``: it is sent when the parent's *thread* ends that
    started this process, and it leaves the children of this process behind.

    On Windows a thread does it, without the promise for a process that spins.

    Args:
        parent_pid: The parent, or whoever else is the owner, when it is known: a parent that ended before this call has been
            replaced by another, which would be watched in vain. By default the parent of now.
    """
    parent, own = parent_pid or os.getppid(), os.getpid()
    if sys.platform == "win32":
        watch_process(parent, end_this_process)
        return
    own_process, parent_process = find_process(own), find_process(parent)
    if own_process is None or parent_process is None:
        end_this_process()
        return
    command = program("lifeline", str(parent), parent_process.started, str(own), own_process.started)
    # Waited for until it has put itself into the background, so that no test finds a child that it did not start.
    subprocess.run(  # noqa: S603  # our own program
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, check=True
    )


def watch_process(pid: int, on_gone: Callable[[], object]) -> threading.Thread:
    """Call ``on_gone`` in a thread as soon as that process has ended.

    Args:
        pid: The process to watch; none of that number counts as ended.
        on_gone: Called once, in a daemon thread.

    Returns:
        The thread, started.
    """
    process = find_process(pid)

    def watch() -> None:
        if process is not None:
            wait_until_gone(process)
        on_gone()

    return _start(watch)


def watch_descriptor(descriptor: int, on_gone: Callable[[], object]) -> threading.Thread:
    """Call ``on_gone`` in a thread as soon as the other end of a pipe is closed; what is written to it is thrown away.

    Args:
        descriptor: The end to read from.
        on_gone: Called once, in a daemon thread.

    Returns:
        The thread, started.
    """

    def watch() -> None:
        while os.read(descriptor, 4096):
            pass
        on_gone()

    return _start(watch)


def wait_until_gone(process: Process, *others: Process) -> None:
    """Wait until one of these processes has ended."""
    processes = (process, *others)
    _wait_by_descriptors(processes)
    _wait_by_kqueue(processes)
    while all(is_running(one) for one in processes):
        time.sleep(_CHECK_EVERY_S)


def end_this_process() -> None:
    """End everything this process started, then the process itself, without its clean-up: its owner is gone."""
    end_process_tree(os.getpid(), include_root=False, grace_s=_GRACE_S)
    os._exit(1)


def program(name: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package in a bare interpreter (see `maestro_fabric.system.start`).

    Without `site`: what others have put into the environment (``.pth`` files) is neither run nor waited for.
    """
    start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start.py")  # noqa: PTH100, PTH118, PTH120  # a quick start needs no pathlib
    return [sys.executable, *_BARE, start, name, *arguments]


def main(arguments: Sequence[str]) -> None:
    """The watcher's program: wait for the owner or the target to end, and end the target's tree when the owner ended.

    Args:
        arguments: Number and start of the owner, number and start of the target.
    """
    owner = Process(int(arguments[0]), 0, arguments[1])
    target = Process(int(arguments[2]), 0, arguments[3])
    if sys.platform != "win32" and os.fork():
        return
    wait_until_gone(owner, target)
    if is_running(target):
        end_process_tree(target.pid, grace_s=_GRACE_S)


def _start(watch: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=watch, name="maestro-lifeline", daemon=True)
    thread.start()
    return thread


def _wait_by_descriptors(processes: Sequence[Process]) -> None:
    """Wait until one has ended; return at once where the system cannot tell."""
    if sys.platform != "linux":
        return
    descriptors: list[int] = []
    poll = select.poll()
    try:
        for process in processes:
            descriptor = open_descriptor(process)
            if descriptor is None:
                return
            descriptors.append(descriptor)
            poll.register(descriptor, select.POLLIN)
        poll.poll()
    except ProcessLookupError:
        return
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _wait_by_kqueue(processes: Sequence[Process]) -> None:  # pragma: no cover - macOS: Linux has no kqueue
    """The same on macOS and the BSDs."""
    if sys.platform == "linux" or sys.platform == "win32":  # the form that type checkers follow
        return
    queue = select.kqueue()
    try:
        changes = [
            select.kevent(
                process.pid, filter=select.KQ_FILTER_PROC, flags=select.KQ_EV_ADD | select.KQ_EV_ONESHOT, fflags=select.KQ_NOTE_EXIT
            )
            for process in processes
        ]
        queue.control(changes, 1, None)
    except ProcessLookupError:
        return
    finally:
        queue.close()
