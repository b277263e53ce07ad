"""One pytest in a process of its own, that runs on only when it is asked to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maestro_fabric.adapters.program.channel import Channel
from maestro_fabric.adapters.program.process import Launch, Program
from maestro_fabric.adapters.pytest.stream import SPEC_VARIABLE, STREAM_PLUGIN, Closed, Collected, Said, StreamSpec, read_lines
from maestro_fabric.events import AttemptFinished, CaseFinished
from maestro_fabric.model import Attempt, CaseId, Outcome
from maestro_fabric.ports import Deadline, Emit, StartChild

__all__ = ["PytestProcess"]


class PytestProcess:
    """A running pytest and what it has said so far.

    Args:
        arguments: pytest's arguments, without the stream's.
        cwd: Its folder.
        env: Laid over this process's environment.
        log_path: Takes its output.
        spec: What it must know about the suite.
        start_child: Starts the process.
        asks: Whether it waits after each case until the next one is wanted.
        redact: Replaces secrets in its log, when it has ended.
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
        redact: Callable[[str], str] | None = None,
    ) -> None:
        self._attempts: dict[CaseId, Attempt] = {}
        self._earlier: dict[CaseId, list[AttemptFinished]] = {}
        self._finished: dict[CaseId, Outcome] = {}
        self._is_waiting = False
        self.has_collected = False
        self.ended_in_order = False

        def launch(channel: Channel) -> Launch:
            path = None if channel.path is None else str(channel.path)
            own = replace(spec, down=channel.down, path=path)
            command = [sys.executable, "-m", "pytest", "-p", STREAM_PLUGIN, "--maestro-stream", str(channel.up or 0), *arguments]
            return Launch(command=command, env={**env, SPEC_VARIABLE: own.as_text()})

        self._program = Program(
            "pytest", launch, cwd=cwd, log_path=log_path, start_child=start_child, read=read_lines, answers=asks, redact=redact
        )

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
        return self._program.exit_status

    def last_output(self) -> str:
        """The last lines that it wrote."""
        return self._program.last_output()

    @property
    def is_busy(self) -> bool:
        """Whether it is in the middle of a test, and does not wait for the next one to be wanted."""
        return not self._is_waiting and not self._program.is_over

    def finish(self) -> None:
        """Let it run to its end, then make sure of that."""
        self._permit()
        self._program.finish()

    def interrupt(self) -> None:
        """Have it tear down its fixtures and end, a test that still runs being cut off, then make sure of that."""
        self._program.interrupt(is_busy=self.is_busy)

    def kill(self) -> None:
        """End it at once, and all it started."""
        self._program.kill()

    def _hear(self, deadline: Deadline) -> Said | None:
        message = self._program.hear(deadline)
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
        if self._is_waiting:
            self._program.answer()
        self._is_waiting = False
