"""Text → plain data with a place for every key and value, from libyaml's events.

PyYAML's constructor makes a node object for everything first and then walks it; this builder takes the events as they come,
several times faster, and refuses what could make a small file large (docs/adr/0001-yaml-loading.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.parser import Parser as _Parser
from yaml.reader import Reader, ReaderError
from yaml.scanner import Scanner

from maestro_fabric.qa_file.anchors import Anchored, AnchorError, Anchors, merge_into, note_texts
from maestro_fabric.qa_file.nodes import Key, Mark, MarkedDict, MarkedList, Note
from maestro_fabric.qa_file.scalars import CORE_TAGS, ScalarReader

__all__ = ["MAX_DEPTH", "Document", "Trouble", "read"]

MAX_DEPTH = 50
"""How deep mappings and lists may be nested."""
_MERGE_KEY = "<<"
_NO_KEY: Any = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something wrong at a place of the text; ``width`` characters are meant, ``other`` is where the same stands too."""

    message: str
    mark: Mark | None
    width: int = 1
    hint: str = ""
    other: Mark | None = None


@dataclass(slots=True)
class Document:
    """What a text holds: its data, the texts with ``${``, what is wrong, and where the document begins."""

    data: Any = None
    notes: list[Note] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    start: Mark | None = None


class _Stop(Exception):
    """Nothing after this can be read."""


class _PureParser(Reader, Scanner, _Parser):
    """PyYAML's parser without libyaml: ten times slower, the same events."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        _Parser.__init__(self)


def read(text: str, *, with_libyaml: bool = yaml.__with_libyaml__) -> Document:
    """The one document of a text. Nothing is raised: `Document.troubles` tells what is wrong, and the data may be partial."""
    builder = _Builder()
    troubles = builder.document.troubles
    try:
        builder.build(_parser(text, with_libyaml=with_libyaml))
    except _Stop:
        builder.document.data = None
    except yaml.MarkedYAMLError as exc:
        builder.document.data = None
        troubles.append(_syntax_trouble(text, exc))
    except ReaderError as exc:
        builder.document.data = None
        troubles.append(_character_trouble(exc))
    return builder.document


def _parser(text: str, *, with_libyaml: bool) -> Any:
    if with_libyaml:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # absent without libyaml

        return CParser(text)
    return _PureParser(text)


class _Builder:
    """One pass over the events, with an own stack: recursion would cost a call a node and fail on deep input."""

    def __init__(self) -> None:
        self.document = Document()
        self._anchors = Anchors()
        self._merges: dict[int, list[Any]] = {}
        self._scalars = ScalarReader()
        # Of each container around the current one: itself, the key under which the next one in stands, and its anchor.
        self._frames: list[tuple[Any, Any, str | None]] = []

    def build(self, parser: Any) -> None:
        """Read all events of a parser."""
        get = parser.get_event
        get()  # the stream's start
        event = get()
        if type(event) is yaml.StreamEndEvent:
            return
        self.document.start = event.start_mark.index
        self._fill(get)
        event = get()
        if type(event) is not yaml.StreamEndEvent:
            self._stop("a second document begins here: one file is one document", event.start_mark.index, 3)

    def _fill(self, get: Any) -> None:
        """The document's content: one loop with few calls, since it runs 700,000 times for a large file."""
        scalar, map_start, list_start = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        map_end, list_end, alias = yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.AliasEvent
        starters, frames = self._scalars.starters, self._frames
        known: dict[str, Any] = {}
        container: Any = None
        is_map = False
        key: Any = _NO_KEY
        key_mark: Any = None
        anchor: str | None = None
        while True:
            event = get()
            kind = type(event)
            value: Any
            if kind is scalar:
                text = event.value
                if is_map and key is _NO_KEY:
                    key, key_mark = text, event.start_mark.index
                    if text in container or event.anchor is not None or event.tag is not None:
                        self._check_key(event, container)
                    continue
                if event.implicit[0]:
                    if text[:1] not in starters:
                        value = text
                    elif text in known:
                        value = known[text]
                    else:
                        value = known[text] = self._scalars.read(text)
                else:
                    value = text if event.tag is None else self._read_tagged(event)
                if "${" in text and container is not None:
                    self._note(container, key if is_map else len(container))
                if event.anchor is not None:
                    self._anchors.add(event.anchor, Anchored(value))
            elif kind is map_end or kind is list_end:
                if anchor is not None:
                    self._anchors.close(anchor)
                if is_map and self._merges and id(container) in self._merges:
                    self._merge(container)
                container, key, anchor = frames.pop()
                if container is None:
                    get()  # the document's end
                    return
                is_map = type(container) is MarkedDict
                if is_map:
                    key = _NO_KEY
                continue
            elif kind is map_start or kind is list_start:
                value = MarkedDict() if kind is map_start else MarkedList()
                value.marks = [event.start_mark.index]
                if event.tag is not None and event.tag not in CORE_TAGS:
                    self._refuse_tag(event)
            elif kind is alias:
                value = self._follow(event, container, key)
            else:
                return

            mark = event.start_mark.index
            if is_map:
                if key is _NO_KEY:
                    self._stop("a key must be a text here, not a list, a mapping or an alias", mark)
                if key == _MERGE_KEY:
                    self._merges.setdefault(id(container), []).append((value, mark))
                else:
                    container[key] = value
                    container.marks += (key_mark, mark)
            elif container is not None:
                container.append(value)
                container.marks.append(mark)
            else:
                self.document.data = value
            if kind is map_start or kind is list_start:
                frames.append((container, key if is_map else len(container or ()) - 1, anchor))
                if len(frames) > MAX_DEPTH:
                    self._stop(f"more than {MAX_DEPTH} levels are nested here", mark)
                container, is_map, anchor = value, kind is map_start, event.anchor
                if anchor is not None:
                    self._anchors.add(anchor, Anchored(value, is_open=True))
            key = _NO_KEY

    def _path(self) -> tuple[Key, ...]:
        return tuple(key for _, key, _ in self._frames[1:])

    def _note(self, container: Any, key: Key) -> None:
        self.document.notes.append(Note((*self._path(), key), container, key))

    def _check_key(self, event: Any, container: MarkedDict) -> None:
        text, mark = event.value, event.start_mark.index
        if event.anchor is not None:
            self._anchors.add(event.anchor, Anchored(text))
        if event.tag is not None and event.tag not in CORE_TAGS:
            self._refuse_tag(event)
        if text in container:
            first = container.marks[2 * list(container).index(text) + 1]
            self.document.troubles.append(Trouble(f"the key {text!r} is written twice", mark, max(1, len(text)), other=first))

    def _read_tagged(self, event: Any) -> Any:
        if event.tag not in CORE_TAGS and event.tag != "!":
            self._refuse_tag(event)
        try:
            return self._scalars.read_tagged(event.value, event.tag)
        except ValueError as exc:
            self.document.troubles.append(Trouble(str(exc), event.start_mark.index))
            return event.value

    def _refuse_tag(self, event: Any) -> None:
        if event.tag != "!":
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            hint = "only !!str, !!int, !!float, !!bool, !!null, !!map and !!seq are read"
            self.document.troubles.append(Trouble(f"unknown tag {tag!r}", event.start_mark.index, len(tag), hint))

    def _follow(self, event: Any, container: Any, key: Any) -> Any:
        """The value an alias stands for, its texts with ``${`` noted once more at this place."""
        try:
            anchored = self._anchors.follow(event.anchor, room=MAX_DEPTH - len(self._frames))
        except AnchorError as exc:
            self._stop(str(exc), event.start_mark.index, len(event.anchor) + 1)
        if container is None or key == _MERGE_KEY or (type(container) is MarkedDict and key is _NO_KEY):
            return anchored.value
        here = key if type(container) is MarkedDict else len(container)
        if isinstance(anchored.value, str) and "${" in anchored.value:
            self._note(container, here)
        path = (*self._path(), here)
        self.document.notes += [Note(path + note.path, note.container, note.key) for note in anchored.notes]
        return anchored.value

    def _merge(self, container: MarkedDict) -> None:
        """Lay the values of ``<<`` under the keys that a mapping has itself."""
        path = self._path()
        notes = self.document.notes
        # Notes made inside an inline `<<: {…}` name a path that does not exist after the merge.
        notes[:] = [note for note in notes if note.path[: len(path) + 1] != (*path, _MERGE_KEY)]
        for value, mark in self._merges.pop(id(container)):
            sources = value if isinstance(value, MarkedList) else [value]
            for source in sources:
                if not isinstance(source, MarkedDict):
                    self.document.troubles.append(Trouble("'<<' takes a mapping or a list of mappings", mark))
                    return
                added = merge_into(container, source)
                for key in added:
                    notes += note_texts(container, key, path)

    def _stop(self, message: str, mark: Mark, width: int = 1) -> Any:
        self.document.troubles.append(Trouble(message, mark, width))
        raise _Stop


def _syntax_trouble(text: str, exc: yaml.MarkedYAMLError) -> Trouble:
    mark = exc.problem_mark or exc.context_mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return Trouble("a tab cannot stand here: YAML is indented with spaces", mark.index)
    if exc.problem and exc.problem.startswith("mapping values are not allowed"):
        message = "a key cannot stand here: its line is indented too far, or a text that holds ': ' needs quotes"
    else:
        message = " ".join(part for part in (exc.problem, exc.context) if part)
    return Trouble(message, None if mark is None else mark.index)


def _character_trouble(exc: ReaderError) -> Trouble:
    character = exc.character if isinstance(exc.character, int) else ord(str(exc.character)[:1] or "?")
    return Trouble(f"the character U+{character:04X} is not allowed in YAML", exc.position)
