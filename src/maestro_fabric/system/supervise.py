"""The supervisor's program: runs one command and ends everything that came of it when the command or its owner is gone.

It says what happens in lines of JSON on its standard output: ``{"pid": …}``, ``{"refused": …}``, ``{"exited": …}``.
The standard library only, since it must start quickly: see `maestro_fabric.system.start`.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from maestro_fabric.system.lifeline import watch_descriptor, watch_process
from maestro_fabric.system.processes import SIGKILL, descendants, end_process_tree

__all__ = ["main"]

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_OWNER_GONE = "owner gone"
_COMMAND_ENDED = "command ended"
_ALL_ENDED = "all ended"
_REAP_WITHIN_S = 1.0
# What a shell answers for a command that it cannot run.
_CANNOT_RUN = 127


def main(arguments: Sequence[str]) -> None:
    """Run the command that the first line of the standard input specifies in JSON (see `maestro_fabric.system.supervisor`).

    What follows on the standard input is the lifeline: its end means that the owner is gone. Standard error is the command's output.

    Args:
        arguments: What is run, for people who look at the list of processes; not used.
    """
    specification = json.loads(_read_line(0))
    happenings: queue.SimpleQueue[str] = queue.SimpleQueue()
    _leave_the_terminal(happenings)
    _adopt_orphans()
    child = _start(specification)
    watch_descriptor(0, lambda: happenings.put(_OWNER_GONE))
    # The pipe alone would not do: a child that the owner forked holds its other end as well.
    watch_process(specification["owner"], lambda: happenings.put(_OWNER_GONE))
    reaper = _Reaper(child, happenings)
    reaper.start()
    _supervise(happenings, reaper, keep_daemons=specification["keep_daemons"])
    if reaper.returncode is not None:
        _say(exited=reaper.returncode)
    end_process_tree(os.getpid(), include_root=False, grace_s=specification["stop_within_s"])
    reaper.join(_REAP_WITHIN_S)
    _say(exited=-SIGKILL if reaper.returncode is None else reaper.returncode)
    # Not sys.exit: a child that cannot be killed must not hold this process.
    os._exit(0)


class _Reaper(threading.Thread):
    """Waits for every child, the orphans that came here included, and keeps how the command itself ended."""

    def __init__(self, child: subprocess.Popen[bytes], happenings: queue.SimpleQueue[str]) -> None:
        super().__init__(name="maestro-reaper", daemon=True)
        self._child = child
        self._happenings = happenings
        self.returncode: int | None = None

    def run(self) -> None:
        if sys.platform == "win32":
            self.returncode = self._child.wait()
            self._happenings.put(_COMMAND_ENDED)
        else:
            self._reap()
        self._happenings.put(_ALL_ENDED)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, 0)
            except ChildProcessError:
                return
            if pid == self._child.pid:
                self.returncode = os.waitstatus_to_exitcode(status)
                self._happenings.put(_COMMAND_ENDED)


def _supervise(happenings: queue.SimpleQueue[str], reaper: _Reaper, *, keep_daemons: bool) -> None:
    """Return when it is time to end what is left.

    A command that ends well and leaves a child behind has put itself into the background, which services do; the child
    then stands for it. Only a subreaper sees that child.
    """
    while happenings.get() == _COMMAND_ENDED:
        if not (keep_daemons and reaper.returncode == 0 and descendants(os.getpid())):
            return


def _start(specification: dict[str, Any]) -> subprocess.Popen[bytes]:
    pass_fds = specification["pass_fds"]
    try:
        child = subprocess.Popen(  # noqa: S603  # what the file says is to be run
            specification["command"],
            cwd=specification["cwd"],
            stdin=subprocess.DEVNULL,
            stdout=2,
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=_end_with_parent(os.getpid()),
        )
    except (OSError, ValueError) as error:
        _say(refused=str(error), exited=_CANNOT_RUN)
        os._exit(_CANNOT_RUN)
    for descriptor in pass_fds:
        # Else whoever reads from it never sees the command's end.
        os.close(descriptor)
    _say(pid=child.pid)
    return child


def _end_with_parent(supervisor: int) -> Callable[[], None] | None:
    """What the command's process does before it becomes the command: it ends when the supervisor is killed (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = _prctl()

    def prepare() -> None:
        prctl(_PR_SET_PDEATHSIG, SIGKILL)
        if os.getppid() != supervisor:
            os._exit(_CANNOT_RUN)

    return prepare


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        _prctl()(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl() -> Callable[[int, int], int]:
    function: Callable[[int, int, int, int, int], int] = ctypes.CDLL(None).prctl
    return lambda option, value: function(option, value, 0, 0, 0)


def _leave_the_terminal(happenings: queue.SimpleQueue[str]) -> None:
    """Ctrl-C is the owner's to answer; a SIGTERM of this process's own means that it shall end all."""
    # Handlers and not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: happenings.put(_OWNER_GONE))
    if sys.platform != "win32":
        signal.signal(signal.SIGHUP, lambda *_: None)


def _read_line(descriptor: int) -> bytes:
    line = b""
    while not line.endswith(b"\n") and (chunk := os.read(descriptor, 65536)):
        line += chunk
    return line


def _say(**news: object) -> None:
    try:
        os.write(1, json.dumps(news).encode() + b"\n")
    except BrokenPipeError:
        # The owner is gone, and with it the one who wanted to know.
        return
