"""A running program that tells in lines what happens."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from maestro_fabric.adapters.program.channel import Channel, open_channel
from maestro_fabric.adapters.program.log import Log
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.folders import make_folder
from maestro_fabric.ports import Child, Deadline, StartChild

__all__ = ["Launch", "Program", "wait_for_end"]

T = TypeVar("T")

_KILL_AFTER_S = 0.5
_FINISH_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a program is started.

    Attributes:
        command: The program and its arguments.
        env: Laid over this process's environment.
    """

    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class Program(Generic[T]):
    """A program and what it has said so far.

    Args:
        name: What it is called in messages.
        launch: Gives the command and environment, which must tell the program of ``channel.target``.
        cwd: Its folder.
        log_path: Takes its output; its folder is made.
        start_child: Starts it.
        read: Makes messages of its lines; must stop at a line that its death cut off.
        answers: Whether it waits for `answer` now and then.
        stop_within_s: Seconds between asking it to end and killing it.
        redact: Replaces secrets in its log, when it has ended.
    """

    def __init__(
        self,
        name: str,
        launch: Callable[[Channel], Launch],
        *,
        cwd: Path,
        log_path: Path,
        start_child: StartChild,
        read: Callable[[Iterable[str]], Iterator[T]],
        answers: bool = False,
        stop_within_s: float = _KILL_AFTER_S,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        make_folder(log_path.parent)
        self._name = name
        self._log = Log(log_path)
        self._read = read
        self._redact = redact
        self._messages: queue.SimpleQueue[T | None] = queue.SimpleQueue()
        self._channel = open_channel(answers=answers)
        self.is_over = False
        try:
            how = launch(self._channel)
            self._child = start_child(
                how.command,
                cwd,
                {**os.environ, **how.env},
                log_path,
                pass_fds=self._channel.inherited,
                stop_within_s=stop_within_s,
            )
        except BaseException:
            self._channel.close()
            raise
        self._channel.close_inherited()
        threading.Thread(target=self._listen, name=f"maestro-{name}", daemon=True).start()

    def hear(self, deadline: Deadline) -> T | None:
        """The next message; ``None`` when the program has ended, or has closed its channel.

        Raises:
            DeadlineExceeded: when the time is over first.
        """
        while not self.is_over:
            with suppress(queue.Empty):
                # In short waits, so that Ctrl-C and other clocks than the machine's are noticed.
                message = self._messages.get(timeout=min(_LOOK_EVERY_S, max(deadline.left_s, 0.001)))
                self.is_over = message is None
                return message
            if deadline.is_over:
                raise DeadlineExceeded(self._name, deadline.limit_s)
        return None

    def messages(self, deadline: Deadline) -> Iterator[T]:
        """What it says, until it ends.

        Raises:
            DeadlineExceeded: when the time is over first.
        """
        while (message := self.hear(deadline)) is not None:
            yield message

    def answer(self) -> None:
        """Let it go on."""
        self._channel.answer()

    @property
    def is_answered(self) -> bool:
        """Whether it can be answered at all, and asked for more."""
        return self._channel.down is not None and self._child.is_alive

    def ask(self, line: str, log_path: Path) -> None:
        """Have a program that waits do more.

        Args:
            line: What it is told.
            log_path: Takes its output from now on, which it must see to itself; its folder is made.
        """
        make_folder(log_path.parent)
        self._hide()  # it waits, and so writes nothing
        self._log = Log(log_path)
        self._channel.answer(line.encode() + b"\n")

    @property
    def exit_status(self) -> int | None:
        """How it ended; ``None`` while it runs."""
        return self._child.wait(_FINISH_WITHIN_S) if self.is_over else None

    def last_output(self) -> str:
        """The last lines that it wrote to its log."""
        return self._log.tail()

    def finish(self) -> None:
        """Let it run to its end, then make sure of that."""
        self._child.wait(_FINISH_WITHIN_S)
        self.kill()

    def interrupt(self, *, is_busy: bool) -> None:
        """Have it tear down and end by itself, then make sure of that.

        Args:
            is_busy: It is in the middle of something, which Ctrl-C cuts off; else it waits for `answer`, and sees that none will come.
        """
        self._channel.close_answers()
        if is_busy:
            self._child.interrupt()
        self.finish()

    def kill(self) -> None:
        """End it at once, and all it started."""
        self._child.stop()
        self._channel.close_answers()
        self._hide()

    def _hide(self) -> None:
        if self._redact is not None:
            self._log.hide(self._redact)

    def _listen(self) -> None:
        try:
            for message in self._read(self._channel.lines(lambda: self._child.is_alive)):
                self._messages.put(message)
        finally:
            self._messages.put(None)


def wait_for_end(child: Child, deadline: Deadline, what: str) -> int:
    """How a child that streams nothing ended.

    Args:
        child: What was started.
        deadline: When it must have ended; the caller stops it when it has not.
        what: What it is, for the message.

    Raises:
        DeadlineExceeded: when the time is over first.
    """
    while (status := child.wait(min(_LOOK_EVERY_S, max(deadline.left_s, 0.001)))) is None:
        deadline.check(what)
    return status
