"""The config's data, joined from the files that it is written in, with the place of every part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from maestro_fabric.errors import Problem
from maestro_fabric.model import Location
from maestro_fabric.qa_file.nodes import Key, MarkedDict, Note, Path, place_of
from maestro_fabric.qa_file.source import Source

__all__ = ["Tree", "path_text"]


@dataclass
class Tree:
    """The joined data.

    Attributes:
        data: The whole, shaped like one file.
        main: The file that was asked for.
        notes: The texts with ``${``, paths from the root.
        parts: The file of each part that another one brought, by the first two keys of its path.
        sources: All files, the main one first.
    """

    data: MarkedDict
    main: Source
    notes: list[Note]
    parts: dict[Path, Source] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)

    def source_of(self, path: Sequence[Key]) -> Source:
        """The file in which a path's end is written."""
        return self.parts.get(tuple(path[:2]), self.main) if self.parts else self.main

    def locate(self, path: Sequence[Key]) -> Location | None:
        """The place of a path's end: of an entry its key, of an item the item."""
        return self.source_of(path).location(place_of(self.data, path, at_key=True))

    def problem(
        self, message: str, path: Sequence[Key], *, hint: str = "", at_key: bool = False, shown: Sequence[Key] | None = None
    ) -> Problem:
        """A problem at the end of a path.

        Args:
            message: What is wrong.
            path: Where.
            hint: What to do.
            at_key: Whether the last key is to blame, and not its value.
            shown: The path that the message shows, when it is another one.
        """
        mark = place_of(self.data, path, at_key=at_key)
        width = len(str(path[-1])) if at_key and path else 0
        return self.source_of(path).problem(message, mark, width=width, hint=hint, path=path_text(path if shown is None else shown))


def path_text(path: Sequence[Key]) -> str:
    """A path for people: ``suites[1].cases[0].steps[2]``."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}"
    return text.removeprefix(".")
