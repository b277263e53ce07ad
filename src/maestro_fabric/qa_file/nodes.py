"""Mappings and lists that remember where their parts stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

__all__ = ["Key", "Mark", "MarkedDict", "MarkedList", "Note", "Path", "has_part", "place_of"]

Key = str | int
Path = tuple[Key, ...]
Mark = int
"""A place: the number of characters before it. Lines are counted when somebody asks: PyYAML's own marks would be half a million objects."""


class MarkedDict(dict[str, Any]):
    """A mapping; ``marks`` holds its own place, then of each entry the key's and the value's, in the order of insertion."""

    __slots__ = ("marks",)
    marks: list[Mark]


class MarkedList(list[Any]):
    """A list; ``marks`` holds its own place, then each item's."""

    __slots__ = ("marks",)
    marks: list[Mark]


class Note(NamedTuple):
    """A text with ``${``: its path, and the container and key under which it can be replaced."""

    path: Path
    container: Any
    key: Key


def has_part(data: Any, key: Key) -> bool:
    """Whether a mapping has the key, or a list the index."""
    return key in data if isinstance(data, dict) else isinstance(data, list) and isinstance(key, int) and key < len(data)


def place_of(data: object, path: Sequence[Key], *, at_key: bool) -> Mark | None:
    """The place of what a path leads to, or of the nearest thing around it that has one.

    Args:
        data: A tree of `MarkedDict` and `MarkedList`.
        path: Keys and indexes from the root.
        at_key: Whether the last key is meant, and not its value.
    """
    mark = data.marks[0] if isinstance(data, (MarkedDict, MarkedList)) and data.marks else None
    last = len(path) - 1
    for number, key in enumerate(path):
        if isinstance(data, MarkedDict) and key in data:
            position = 2 * list(data).index(key)  # type: ignore[arg-type]  # a key of this mapping
            wanted = position + (1 if at_key and number == last else 2)
        elif isinstance(data, MarkedList) and isinstance(key, int) and key < len(data):
            wanted = key + 1
        else:
            return mark
        if wanted >= len(data.marks):
            return mark
        mark = data.marks[wanted]
        data = data[key]  # type: ignore[index]  # one of the two above
    return mark
