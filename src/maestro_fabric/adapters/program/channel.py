"""The way from a program to its owner: lines over a descriptor that it inherits, or a growing file where that cannot be."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Channel", "open_channel"]

_LOOK_EVERY_S = 0.05


@dataclass(slots=True, kw_only=True)
class Channel:
    """One program's lines, and the bytes that answer them.

    Attributes:
        up: The descriptor that the program writes to; ``None`` when it writes to ``path``.
        down: The descriptor that the program reads from; ``None`` when it is not answered.
        path: The file that the program writes to; ``None`` when it writes to ``up``.
    """

    up: int | None = None
    down: int | None = None
    path: Path | None = None
    _read_end: int | None = field(default=None, repr=False)
    _answer_end: int | None = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """Where the program writes, as text: a descriptor's number or a path."""
        return str(self.path if self.up is None else self.up)

    @property
    def inherited(self) -> tuple[int, ...]:
        """The descriptors that the program must inherit."""
        return tuple(descriptor for descriptor in (self.up, self.down) if descriptor is not None)

    def close_inherited(self) -> None:
        """Close this process's copies of what the program has inherited, so that its end is seen."""
        for descriptor in self.inherited:
            os.close(descriptor)

    def close(self) -> None:
        """Close everything of a program that was never started."""
        self.close_inherited()
        self.close_answers()
        if self._read_end is not None:
            os.close(self._read_end)
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def lines(self, is_alive: Callable[[], bool]) -> Iterator[str]:
        """What the program writes, until it has ended; the last line may be cut off by its death.

        Args:
            is_alive: Whether the program still runs.
        """
        if self._read_end is not None:
            with os.fdopen(self._read_end, encoding="utf-8", errors="replace") as lines:
                yield from lines
        elif self.path is not None:
            yield from _growing_lines(self.path, is_alive)

    def answer(self, data: bytes = b".") -> None:
        """Send something; nothing when nobody reads."""
        with suppress(BrokenPipeError):
            while self._answer_end is not None and data:
                data = data[os.write(self._answer_end, data) :]

    def close_answers(self) -> None:
        """Send end of file; a second call does nothing."""
        descriptor, self._answer_end = self._answer_end, None
        if descriptor is not None:
            os.close(descriptor)


def open_channel(*, answers: bool = False) -> Channel:
    """A channel for a program that is about to be started.

    Args:
        answers: Whether it waits for answers. Where descriptors are not inherited (Windows) nobody answers.
    """
    if sys.platform == "win32":
        handle, path = tempfile.mkstemp(suffix=".jsonl")
        os.close(handle)
        return Channel(path=Path(path))
    read_end, up = os.pipe()
    down, answer_end = os.pipe() if answers else (None, None)
    return Channel(up=up, down=down, _read_end=read_end, _answer_end=answer_end)


def _growing_lines(path: Path, is_alive: Callable[[], bool]) -> Iterator[str]:
    """The lines of a file that somebody writes, until that somebody is gone and all was read."""
    with path.open(encoding="utf-8", errors="replace") as lines:
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
                time.sleep(_LOOK_EVERY_S)
    path.unlink(missing_ok=True)
