"""What a program wrote to its output."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

__all__ = ["Log"]

_TAIL_LINES = 25
_TAIL_BYTES = 16_384


class Log:
    """The part of a log file that is written from now on; the file need not exist yet.

    Args:
        path: The file; its folder must exist when something is to be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = path.stat().st_size if path.exists() else 0

    def tail(self) -> str:
        """The last lines; empty when nothing was written."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, size - _TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])

    def hide(self, redact: Callable[[str], str]) -> None:
        """Replace secrets; to be called when nobody writes any more."""
        if not self.path.exists():
            return
        with self.path.open("r+b") as file:
            file.seek(self._start)
            written = file.read()
            plain = redact(written.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
            if plain != written:
                file.seek(self._start)
                file.write(plain)
                file.truncate()
