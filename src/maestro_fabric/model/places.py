"""A line of a file, and a file that was kept."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Artifact", "Location"]


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file; ``line`` and ``column`` count from 1, ``file`` is shown as given."""

    file: str
    line: int
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file kept as evidence; ``path`` is relative to the artifacts folder, with forward slashes."""

    kind: str
    path: str
