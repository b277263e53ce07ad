"""One pytest in a process of its own, that runs on only when it is asked to."""

from __future__ import annotations

import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from maestro_fabric.adapters.pytest.stream import SPEC_VARIABLE, Closed, Collected, Said, StreamSpec, read_lines
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.events import AttemptFinished, CaseFinished
from maestro_fabric.model import Attempt, CaseId, Outcome
from maestro_fabric.ports import Child, Deadline, Emit, StartChild

__all__ = ["PytestProcess"]

_KILL_AFTER_S = 0.5
_FINISH_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.2
_TAIL_LINES = 25
_TAIL_BYTES = 16_384


class PytestProcess:
    """A running pytest and what it has said so far.

    Args:
        arguments: pytest's arguments, without the stream's.
        cwd: Its folder.
        env: Laid over this process's environment.
        log_path: Takes its output; the folder must exist.
        spec: What it must know about the suite.
        start_child: Starts the process.
        asks: Whether it waits after each case until the next one is wanted.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log_path: Path,
        spec: StreamSpec,
        start_child: StartChild,
        asks: bool = True,
    ) -> None:
        self._log_path = log_path
        self._log_start = log_path.stat().st_size if log_path.exists() else 0
        self._messages: queue.SimpleQueue[Said | None] = queue.SimpleQueue()
        self._attempts: dict[CaseId, Attempt] = {}
        self._earlier: dict[CaseId, list[AttemptFinished]] = {}
        self._finished: dict[CaseId, Outcome] = {}
        self._down: int | None = None
        self._is_waiting = False
        self.has_collected = False
        self.is_over = False
        self.ended_in_order = False
        self._start_child = start_child
        start = self._start_with_file if sys.platform == "win32" else self._start_with_pipes
        self._child, lines = start(arguments, cwd, {**os.environ, **env}, spec, asks=asks)
        threading.Thread(target=self._listen, args=(lines,), name="maestro-pytest", daemon=True).start()

    def messages(self, deadline: Deadline) -> Iterator[Said]:
        """What it says, until it ends.

        Raises:
            DeadlineExceeded: when the time is over first.
        """
        while (message := self._hear(deadline)) is not None:
            yield message

    def outcome_of(self, case_id: CaseId, emit: Emit, deadline: Deadline) -> Outcome | None:
        """What became of a case; ``None`` when pytest ended without telling.

        Args:
            case_id: One of the cases that it runs.
            emit: Takes an `AttemptFinished` for each attempt that was repeated inside pytest, by pytest-rerunfailures say.
            deadline: When to have answered.

        Raises:
            DeadlineExceeded: when the time is over first.
        """
        while True:
            for event in self._earlier.pop(case_id, ()):
                emit(event)
            if case_id in self._finished:
                return self._finished.pop(case_id)
            self._permit()
            message = self._hear(deadline)
            if message is None:
                return None
            self._note(message)

    @property
    def exit_status(self) -> int | None:
        """How it ended; ``None`` while it runs."""
        return self._child.wait(_FINISH_WITHIN_S) if self.is_over else None

    def last_output(self) -> str:
        """The last lines that it wrote."""
        with self._log_path.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, size - _TAIL_BYTES))
            lines = log.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def finish(self) -> None:
        """Let it run to its end, then make sure of that."""
        self._permit()
        self._wait_and_stop()

    def interrupt(self) -> None:
        """Have it tear down its fixtures and end, then make sure of that."""
        self._close_down()
        self._wait_and_stop()

    def kill(self) -> None:
        """End it at once, and all it started."""
        self._child.stop()
        self._close_down()

    def _wait_and_stop(self) -> None:
        self._child.wait(_FINISH_WITHIN_S)
        self.kill()

    def _start_with_pipes(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], spec: StreamSpec, *, asks: bool
    ) -> tuple[Child, Iterator[str]]:
        up_read, up_write = os.pipe()
        down_read, self._down = os.pipe()
        spec = replace(spec, down=down_read if asks else None)
        command = [sys.executable, "-m", "pytest", "--maestro-stream", str(up_write), *arguments]
        try:
            environment = {**env, SPEC_VARIABLE: spec.as_text()}
            child = self._start_child(
                command, cwd, environment, self._log_path, pass_fds=(up_write, down_read), stop_within_s=_KILL_AFTER_S
            )
        finally:
            os.close(up_write)
            os.close(down_read)
        return child, _lines_of(up_read)

    def _start_with_file(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str], spec: StreamSpec, *, asks: bool
    ) -> tuple[Child, Iterator[str]]:
        """For systems where descriptors are not inherited: a file instead of the pipe, and nobody is asked."""
        handle, path = tempfile.mkstemp(suffix=".jsonl")
        os.close(handle)
        spec = replace(spec, path=path)
        command = [sys.executable, "-m", "pytest", "--maestro-stream", "0", *arguments]
        child = self._start_child(command, cwd, {**env, SPEC_VARIABLE: spec.as_text()}, self._log_path, stop_within_s=_KILL_AFTER_S)
        return child, _growing_lines(Path(path), lambda: child.is_alive)

    def _listen(self, lines: Iterator[str]) -> None:
        try:
            for message in read_lines(lines):
                self._messages.put(message)
        finally:
            self._messages.put(None)

    def _hear(self, deadline: Deadline) -> Said | None:
        if self.is_over:
            return None
        while True:
            with suppress(queue.Empty):
                # In short waits, so that Ctrl-C and other clocks than the machine's are noticed.
                message = self._messages.get(timeout=min(_LOOK_EVERY_S, max(deadline.left_s, 0.001)))
                break
            if deadline.is_over:
                raise DeadlineExceeded("pytest", deadline.limit_s)
        self.is_over = message is None
        self.has_collected = self.has_collected or isinstance(message, Collected)
        self.ended_in_order = self.ended_in_order or isinstance(message, Closed)
        return message

    def _note(self, message: Said) -> None:
        if isinstance(message, AttemptFinished) and not message.is_last:
            self._earlier.setdefault(message.case.id, []).append(message)
        elif isinstance(message, AttemptFinished):
            self._attempts[message.case.id] = message.attempt
        elif isinstance(message, CaseFinished):
            last = self._attempts.pop(message.case.id, None)
            outcome, duration_s = (last.outcome, last.duration_s) if last else (Outcome(status=message.status), message.duration_s)
            self._finished[message.case.id] = replace(
                outcome, status=message.status, marks=message.marks, reason=message.reason, duration_s=duration_s
            )
            self._is_waiting = True

    def _permit(self) -> None:
        if self._is_waiting and self._down is not None:
            with suppress(BrokenPipeError):
                os.write(self._down, b".")
        self._is_waiting = False

    def _close_down(self) -> None:
        down, self._down = self._down, None
        if down is not None:
            os.close(down)


def _lines_of(descriptor: int) -> Iterator[str]:
    with os.fdopen(descriptor, encoding="utf-8") as lines:
        yield from lines


def _growing_lines(path: Path, is_alive: Callable[[], bool]) -> Iterator[str]:
    """The lines of a file that somebody writes, until that somebody is gone and all was read."""
    with path.open(encoding="utf-8") as lines:
        rest = ""
        while True:
            was_alive = is_alive()
            rest += lines.readline()
            if rest.endswith("\n"):
                yield rest
                rest = ""
            elif not was_alive:
                break
            else:
                time.sleep(_LOOK_EVERY_S / 4)
    path.unlink(missing_ok=True)
