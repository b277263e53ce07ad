"""The report files that a program leaves: which of them are its own, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from maestro_fabric.adapters.command.ctrf import read_ctrf
from maestro_fabric.adapters.command.junit import read_junit
from maestro_fabric.adapters.command.reported import Reported, ReportError
from maestro_fabric.adapters.command.tap import read_tap

__all__ = ["READERS", "Left", "ReportFiles"]

READERS: Mapping[str, Callable[[bytes], tuple[Reported, ...]]] = {"junit": read_junit, "tap": read_tap, "ctrf": read_ctrf}
_MAX_BYTES = 200_000_000


@dataclass(slots=True)
class Left:
    """What a program has left.

    Attributes:
        cases: The cases, in the order of the files' names.
        problem: Why that is not to be trusted as a whole; empty when it is.
        notes: What a person should know, one line each.
    """

    cases: list[Reported] = field(default_factory=list)
    problem: str = ""
    notes: list[str] = field(default_factory=list)


class ReportFiles:
    """The files that match a path or glob, as they are before the program starts.

    Args:
        format_: ``junit``, ``tap`` or ``ctrf``.
        folder: What the pattern is relative to.
        pattern: A path or a glob.
    """

    def __init__(self, format_: str, folder: Path, pattern: str) -> None:
        self._read = READERS[format_]
        self._folder = folder
        self._pattern = pattern
        # Not by the clock: file systems stamp coarsely, and a copied file may keep its old time.
        self._before = {path: _state(path) for path in self._matching()}

    def read(self) -> Left:
        """What the program has written since; a file that it did not touch is not its own."""
        left = Left()
        found = self._matching()
        fresh = [path for path in found if self._before.get(path) != _state(path)]
        stale = [self._shown(path) for path in found if path not in fresh]
        if not fresh:
            what = f"is stale: {', '.join(stale)} is older than the start" if stale else "is missing"
            left.problem = f"the report {self._pattern!r} {what}"
        elif stale:
            left.notes.append(f"not read, since older than the start: {', '.join(stale)}")
        for path in fresh:
            try:
                left.cases += self._read_file(path)
            except ReportError as exc:
                left.cases += exc.cases
                left.problem = left.problem or f"the report {self._shown(path)!r} cannot be used: {exc}"
        return left

    def _read_file(self, path: Path) -> tuple[Reported, ...]:
        size = path.stat().st_size
        if size > _MAX_BYTES:
            raise ReportError(f"it has {size / 1e6:.0f} MB, more than {_MAX_BYTES / 1e6:.0f}")
        if not size:
            raise ReportError("it is empty")
        return self._read(path.read_bytes())

    def _matching(self) -> list[Path]:
        pattern = Path(self._pattern)
        if pattern.is_absolute():
            found = Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor)))
        else:
            found = self._folder.glob(self._pattern)
        return sorted(path for path in found if path.is_file())

    def _shown(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix() if path.is_relative_to(self._folder) else str(path)


def _state(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
