"""What a service has written, read from the file that it writes to."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from maestro_fabric.folders import make_folder

__all__ = ["ServiceLog"]

_TAIL_BYTES = 65536
_CHUNK_BYTES = 1 << 20
_LINE_CHARACTERS = 500


class ServiceLog:
    """A service's output; it may be read while it is written, and be of any size.

    Args:
        path: The file; made anew, empty.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._searched = 0
        self._rest = ""
        make_folder(path.parent)
        path.write_bytes(b"")

    def start_again(self) -> None:
        """From now on only what comes is searched: the service is started once more and appends."""
        self._searched = self.path.stat().st_size
        self._rest = ""

    def has_line(self, pattern: re.Pattern[str]) -> bool:
        """Whether a line matches that was not looked at before; looks at 1 MiB at most, so call it again and again."""
        with self.path.open("rb") as stream:
            stream.seek(self._searched)
            chunk = stream.read(_CHUNK_BYTES)
        self._searched += len(chunk)
        # A prompt has no end of line, so the unfinished last line counts too; it is looked at again when more of it has come.
        lines = (self._rest + chunk.decode(errors="replace")).splitlines(keepends=True)
        self._rest = lines[-1][-_TAIL_BYTES:] if lines and not lines[-1].endswith("\n") else ""
        return any(pattern.search(line) for line in lines)

    def last_lines(self, count: int) -> list[str]:
        """The last lines, oldest first, each cut to 500 characters; empty when nothing was written."""
        with self.path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - _TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
        return [line[:_LINE_CHARACTERS] for line in lines[-count:]]

    def rewrite(self, change: Callable[[str], str]) -> None:
        """Replace each line by what ``change`` makes of it; the service must have ended."""
        with tempfile.NamedTemporaryFile("w", dir=self.path.parent, delete=False, errors="surrogateescape") as copy:
            try:
                with self.path.open(errors="surrogateescape") as stream:
                    copy.writelines(change(line) for line in stream)
                Path(copy.name).replace(self.path)
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    Path(copy.name).unlink()
                raise
