"""Runs a command so that nothing of it is left when it, or this process, has ended.

A small process between this one and the command (`maestro_fabric.system.supervise`) does the ending, so that it also
happens after ``kill -9`` of this one. On Linux every descendant is found, daemons included; on macOS those that stay in the
command's process group or below it; on Windows only what ``taskkill /T`` reaches.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from maestro_fabric.errors import ServiceError
from maestro_fabric.system.lifeline import program
from maestro_fabric.system.processes import SIGKILL, end_process_tree, end_processes, find_marked

__all__ = ["MARK", "Supervised"]

MARK = "MAESTRO_SUPERVISED"
"""The environment variable by which what a command started is found again when its supervisor was killed."""

_LONGER_THAN_KILLING_S = 8.0
_LABEL_CHARACTERS = 200


class Supervised:
    """A running command.

    Args:
        command: The program and its arguments.
        cwd: The folder it runs in.
        env: Its whole environment.
        log_path: A file that its output is appended to; its folder must exist.
        pass_fds: Descriptors it inherits, under their own numbers (not on Windows).
        stop_within_s: Seconds between asking it to end and killing it.
        keep_daemons: A command that exits with 0 and leaves a child in the background goes on as that child; otherwise
            what it leaves behind is ended.

    Raises:
        ServiceError: When the supervisor itself cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        log_path: Path,
        pass_fds: Sequence[int] = (),
        *,
        stop_within_s: float = 5.0,
        keep_daemons: bool = False,
    ) -> None:
        self._owner = os.getpid()
        self._stop_within_s = stop_within_s
        self._mark = os.urandom(16).hex()
        self._heard = b""
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._exited: int | None = None
        self._refused = ""
        self._is_stopped = False
        self._process = _start_supervisor(command, {**env, MARK: self._mark}, log_path, pass_fds)
        specification = {
            "command": list(command),
            "cwd": str(cwd),
            "pass_fds": list(pass_fds),
            "stop_within_s": stop_within_s,
            "keep_daemons": keep_daemons,
            "owner": self._owner,
        }
        self._send(specification)

    @property
    def pid(self) -> int | None:
        """The command's process; ``None`` until it is known (see `wait`) and when it could not be started."""
        self._hear()
        return self._pid

    @property
    def supervisor_pid(self) -> int:
        """The supervisor's process: the parent of the command, and of what the command leaves behind."""
        return self._process.pid

    @property
    def refused(self) -> str:
        """Why the command could not be started at all; empty when it could, or when that is not known yet."""
        self._hear()
        return self._refused

    @property
    def exit_status(self) -> int | None:
        """How the command ended, negative for a signal; ``None`` while it runs.

        After the supervisor was killed it is that of ``SIGKILL``, which the command gets then.
        """
        self._hear()
        return self._exited

    @property
    def is_alive(self) -> bool:
        """Whether the command, or the daemon it became, runs under its supervisor."""
        return self.exit_status is None

    def wait(self, timeout_s: float | None = None) -> int | None:
        """Wait until the command and all it started have ended.

        Args:
            timeout_s: Seconds to wait at most; ``None`` is without limit.

        Returns:
            The exit status; ``None`` when the time was over first.
        """
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        return self.exit_status

    def interrupt(self) -> None:
        """Ask the command itself to stop, as Ctrl-C does; nothing where it has ended, and on Windows."""
        if sys.platform != "win32" and os.getpid() == self._owner and self.is_alive and self._pid is not None:
            # It may end, and be reaped by its supervisor, at just this moment.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGINT)

    def let_go(self) -> None:
        """Have everything ended without waiting for it; `stop` then waits."""
        if os.getpid() == self._owner and self._process.stdin is not None:
            # The pipe is broken when the supervisor has ended before.
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()

    def stop(self) -> None:
        """End the command and all it started: ask, wait, kill. A second call, or one in a forked child, does nothing."""
        if self._is_stopped or os.getpid() != self._owner:
            return
        self.let_go()
        if self.wait(self._stop_within_s + _LONGER_THAN_KILLING_S) is None:
            end_process_tree(self._process.pid, grace_s=0)
            self._process.wait()
        self._hear()
        self._is_stopped = True
        if self._process.stdout is not None:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _send(self, specification: Mapping[str, object]) -> None:
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both are pipes")
        if sys.platform != "win32":
            os.set_blocking(self._process.stdout.fileno(), False)
        # A supervisor that ended at once is noticed by whoever asks for the exit status.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(specification).encode() + b"\n")
            self._process.stdin.flush()

    def _hear(self) -> None:
        """Take in what the supervisor has said so far, without waiting, and notice when it is gone."""
        with self._lock:
            if not self._is_stopped and os.getpid() == self._owner:
                self._take_in()

    def _take_in(self) -> None:
        is_gone = self._process.poll() is not None
        if is_gone or sys.platform != "win32":
            self._read()
        if is_gone and self._exited is None:
            # The kernel ends the command with its supervisor, but not what the command started.
            self._exited = -SIGKILL
            self._sweep()

    def _read(self) -> None:
        if self._process.stdout is None:
            return
        # A pipe of a few short lines: what is there comes in one read.
        self._heard += self._process.stdout.read() or b""
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            news = json.loads(line)
            self._pid = news.get("pid", self._pid)
            self._refused = news.get("refused", self._refused)
            self._exited = news.get("exited", self._exited)

    def _sweep(self) -> None:
        """End what a killed supervisor left behind."""
        if sys.platform == "linux":
            end_processes(lambda: find_marked(MARK, self._mark), grace_s=min(1.0, self._stop_within_s))
        elif self._pid is not None and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, SIGKILL)


def _start_supervisor(command: Sequence[str], env: Mapping[str, str], log_path: Path, pass_fds: Sequence[int]) -> subprocess.Popen[bytes]:
    try:
        with log_path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # our own program
                program("supervise", " ".join(command)[:_LABEL_CHARACTERS]),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=env,
                pass_fds=pass_fds,
                # Ctrl-C reaches the owner alone, which then ends this in its own order.
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        raise ServiceError(f"cannot start {command[0]!r}: {error}") from error
