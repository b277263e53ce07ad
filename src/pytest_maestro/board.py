"""What the processes of one session tell each other between a worker's start and its end: files in the run's folder.

xdist's own channel takes what a worker must know only before it collects, and what it has found out only when it ends.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from maestro_fabric.folders import make_folder

__all__ = ["SERVICES", "TAGS", "Board"]

SERVICES = "services"
"""The note by which the controller tells its workers of the services."""
TAGS = "tags"
"""The note by which a worker tells the controller of the marks of native tests, by node id."""


class Board:
    """Notes of builtins, each under a name; who reads one sees all of it or nothing.

    Args:
        folder: The run's folder, the same in all its processes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, name: str) -> bool:
        """Whether somebody has written this note."""
        return self._path(name).exists()

    def write(self, name: str, note: Mapping[str, Any]) -> None:
        """Write a note, in place of an older one of that name."""
        make_folder(self._folder)
        path = self._path(name)
        half = path.with_suffix(f".{os.getpid()}")
        half.write_text(json.dumps(dict(note)), encoding="utf-8")
        half.replace(path)

    def read(self, name: str) -> dict[str, Any]:
        """A note; empty when nobody has written it."""
        try:
            note: dict[str, Any] = json.loads(self._path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return note

    def clear(self) -> None:
        """Remove all notes, and the folder when nothing else is in it."""
        for path in self._folder.glob("note-*"):
            path.unlink(missing_ok=True)
        with suppress(OSError):
            self._folder.rmdir()

    def _path(self, name: str) -> Path:
        return self._folder / f"note-{name}.json"
