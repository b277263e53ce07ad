"""Anchors, aliases and merge keys, with a bound on what they may grow into."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from maestro_fabric.qa_file.nodes import Key, MarkedDict, MarkedList, Note, Path

__all__ = ["MAX_ALIASED_NODES", "AnchorError", "Anchored", "Anchors", "merge_into", "note_texts"]

MAX_ALIASED_NODES = 1_000_000
"""How many nodes all aliases of a file together may stand for."""


class AnchorError(ValueError):
    """An alias names nothing, itself, or too much."""


@dataclass(slots=True)
class Anchored:
    """What an anchor names.

    Attributes:
        value: The value itself; every alias shares it.
        is_open: Whether it is still being read, so that an alias would be inside itself.
        size: Its nodes, aliases followed; 0 until the first alias asks.
        height: The levels nested in it.
        notes: Its texts with ``${``, paths starting below it.
    """

    value: Any
    is_open: bool = False
    size: int = 0
    height: int = 0
    notes: list[Note] = field(default_factory=list)


class Anchors:
    """The anchors of one document."""

    def __init__(self) -> None:
        self._by_name: dict[str, Anchored] = {}
        self._aliased_nodes = 0

    def add(self, name: str, anchored: Anchored) -> None:
        """Remember what a name stands for; a later anchor of the same name takes its place, as YAML says."""
        self._by_name[name] = anchored

    def close(self, name: str) -> None:
        """The container behind a name has been read."""
        self._by_name[name].is_open = False

    def follow(self, name: str, *, room: int) -> Anchored:
        """What an alias stands for.

        Raises:
            AnchorError: when it names nothing or itself, is more than ``room`` levels high, or all aliases stand for too much.
        """
        anchored = self._by_name.get(name)
        if anchored is None:
            raise AnchorError(f"no anchor '&{name}' stands before this")
        if anchored.is_open:
            raise AnchorError(f"'*{name}' stands inside what it names")
        if not anchored.size:
            _measure(anchored)
        self._aliased_nodes += anchored.size
        if self._aliased_nodes > MAX_ALIASED_NODES:
            raise AnchorError(f"the aliases up to here stand for more than {MAX_ALIASED_NODES:,} values")
        if anchored.height > room:
            raise AnchorError(f"'*{name}' nests too deep here")
        return anchored


def merge_into(target: MarkedDict, source: MarkedDict) -> list[str]:
    """Copy the entries that the target lacks, with their places; the keys added."""
    added = []
    for position, (key, value) in enumerate(source.items()):
        if key not in target:
            target[key] = value
            target.marks += source.marks[2 * position + 1 : 2 * position + 3]
            added.append(key)
    return added


def note_texts(container: Any, key: Key, path: Path) -> list[Note]:
    """Notes of the texts with ``${`` at and below one entry of a container that stands at ``path``."""
    value = container[key]
    here = (*path, key)
    if isinstance(value, str):
        return [Note(here, container, key)] if "${" in value else []
    return [note for inner in _keys(value) for note in note_texts(value, inner, here)]


def _measure(anchored: Anchored) -> None:
    anchored.size, anchored.height = _size_and_height(anchored.value)
    anchored.notes = [note for key in _keys(anchored.value) for note in note_texts(anchored.value, key, ())]


def _size_and_height(value: Any) -> tuple[int, int]:
    parts = [_size_and_height(value[key]) for key in _keys(value)]
    if not isinstance(value, (MarkedDict, MarkedList)):
        return 1, 0
    return 1 + sum(size for size, _ in parts), 1 + max((height for _, height in parts), default=0)


def _keys(value: Any) -> Any:
    if isinstance(value, MarkedDict):
        return list(value)
    return range(len(value)) if isinstance(value, MarkedList) else ()
