"""One tree from the main file and those that it includes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from maestro_fabric.config.nearest import did_you_mean
from maestro_fabric.errors import ConfigError, Problem
from maestro_fabric.qa_file.nodes import Key, MarkedDict, MarkedList, Note
from maestro_fabric.qa_file.reader import Document, Trouble, read
from maestro_fabric.qa_file.source import Source, read_source
from maestro_fabric.qa_file.tree import Tree

__all__ = ["read_single", "read_tree"]

_NAMED_SECTIONS = ("groups", "policies", "services", "vars")
_SECTIONS = (*_NAMED_SECTIONS, "suites")


def read_tree(path: Path, problems: list[Problem]) -> Tree | None:
    """Read a config and what it includes.

    Args:
        path: The main file.
        problems: Gets everything that is wrong.

    Returns:
        The joined tree; ``None`` when the main file cannot be read at all.
    """
    try:
        source = read_source(path)
    except ConfigError as exc:
        problems += exc.problems
        return None
    tree = read_single(source, problems)
    if tree is None:
        return None
    for included in list(_included(tree, path.parent, problems)):
        _join(tree, included, problems)
    return tree


def read_single(source: Source, problems: list[Problem]) -> Tree | None:
    """The tree of one file, whatever it may include; ``None`` when it is no mapping."""
    document = _read_document(source, problems)
    return None if document is None else Tree(document.data, source, document.notes, sources=[source])


def _read_document(source: Source, problems: list[Problem]) -> Document | None:
    """The file's document when it is a mapping; troubles become problems."""
    document = read(source.text)
    problems += [_problem(source, trouble) for trouble in document.troubles]
    if isinstance(document.data, MarkedDict):
        return document
    if not document.troubles:
        empty = document.start is None or document.data is None
        message = "the file is empty" if empty else "the file must be a mapping: key: value, one a line"
        problems.append(source.problem(message, None if empty else document.start))
    return None


def _problem(source: Source, trouble: Trouble) -> Problem:
    hint = trouble.hint if trouble.other is None else f"it stands on line {source.location(trouble.other).line} too"  # type: ignore[union-attr]
    return source.problem(trouble.message, trouble.mark, width=trouble.width, hint=hint)


def _included(tree: Tree, root: Path, problems: list[Problem]) -> Iterator[Path]:
    patterns = tree.data.get("include")
    if not isinstance(patterns, MarkedList):
        return  # absent, or of a shape that the validation refuses
    seen = {tree.main.path.resolve()}
    for number, pattern in enumerate(patterns):
        if not isinstance(pattern, str):
            continue
        place = ("include", number)
        if pattern.startswith("/") or ".." in Path(pattern).parts or not pattern:
            problems.append(tree.problem(f"{pattern!r} is not below the folder of this file", place))
            continue
        found = sorted(root.glob(pattern))
        if not found:
            problems.append(tree.problem(f"{pattern!r} matches no file", place))
        for path in found:
            resolved = path.resolve()
            if not resolved.is_relative_to(root.resolve()):
                problems.append(tree.problem(f"{pattern!r} finds {path.name!r}, a link to outside the folder of this file", place))
            elif resolved not in seen:
                seen.add(resolved)
                yield path


def _join(tree: Tree, path: Path, problems: list[Problem]) -> None:
    try:
        source = read_source(path)
    except ConfigError as exc:
        problems += exc.problems
        return
    tree.sources.append(source)
    document = _read_document(source, problems)
    if document is None:
        return
    part = Tree(document.data, source, document.notes)
    moved: dict[tuple[Key, ...], tuple[Key, ...]] = {}
    for section, value in document.data.items():
        expected: Any = MarkedList if section == "suites" else MarkedDict
        if section not in _SECTIONS:
            hint = did_you_mean(section, _SECTIONS) or f"an included file has {', '.join(_SECTIONS[:-1])} and suites"
            problems.append(part.problem(f"unknown key {section!r} in an included file", (section,), hint=hint, at_key=True))
        elif value is not None and not isinstance(value, expected):
            kind = "a list" if expected is MarkedList else "a mapping"
            problems.append(part.problem(f"{section!r} must be {kind}", (section,)))
        elif section == "suites":
            moved |= _append_suites(tree, source, value)
        elif value is not None:
            moved |= _add_names(tree, part, section, problems)
    for note in document.notes:
        target = moved.get(note.path[:2])
        if target is not None:
            container = tree.data[str(note.path[0])] if len(note.path) == 2 else note.container
            key = target[1] if len(note.path) == 2 else note.key
            tree.notes.append(Note((*target, *note.path[2:]), container, key))


def _append_suites(tree: Tree, source: Source, suites: MarkedList | None) -> dict[tuple[Key, ...], tuple[Key, ...]]:
    target = tree.data.get("suites")
    if target is None:
        target = tree.data["suites"] = MarkedList()
        target.marks = [tree.data.marks[0]]
        _add_marks(tree)
    if not isinstance(target, MarkedList):
        return {}
    moved: dict[tuple[Key, ...], tuple[Key, ...]] = {}
    for number, suite in enumerate(suites or ()):
        path = ("suites", len(target))
        moved["suites", number] = path
        tree.parts[path] = source
        target.append(suite)
        target.marks.append(suites.marks[number + 1])  # type: ignore[union-attr]  # read by us, so marked
    return moved


def _add_names(tree: Tree, part: Tree, section: str, problems: list[Problem]) -> dict[tuple[Key, ...], tuple[Key, ...]]:
    target = tree.data.get(section)
    if target is None:
        target = tree.data[section] = MarkedDict()
        target.marks = [tree.data.marks[0]]
        _add_marks(tree)
    if not isinstance(target, MarkedDict):
        return {}
    moved: dict[tuple[Key, ...], tuple[Key, ...]] = {}
    added: MarkedDict = part.data[section]
    for position, (name, value) in enumerate(added.items()):
        if name in target:
            hint = f"it stands at {tree.locate((section, name))} too"
            problems.append(part.problem(f"{section}.{name} is written twice", (section, name), hint=hint, at_key=True))
            continue
        moved[section, name] = (section, name)
        tree.parts[section, name] = part.main
        target[name] = value
        target.marks += added.marks[2 * position + 1 : 2 * position + 3]
    return moved


def _add_marks(tree: Tree) -> None:
    """Places for an entry that was added to the root (or replaced a null there)."""
    missing = 2 * len(tree.data) + 1 - len(tree.data.marks)
    tree.data.marks += [tree.data.marks[0]] * missing
