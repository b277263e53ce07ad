"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding", "Path"]

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a config that has the right shape.

    Attributes:
        path: Where, as keys and indexes from the root.
        message: What is wrong, with the value.
        hint: What to do.
        at_key: Whether the last key of the path is to blame, and not its value.
    """

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
