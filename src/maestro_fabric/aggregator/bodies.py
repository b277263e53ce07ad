"""What cases are made of, as sketches: a few hashes a case, by which a renamed case is known again. No run waits for them."""

from __future__ import annotations

import hashlib
import re
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from contextlib import closing
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from maestro_fabric.aggregator.database import connect, transaction

__all__ = ["keep_bodies", "likeness", "sketch_of"]

_SIZE = 12
"""So many hashes of 4 bytes a case: two sketches tell how much two bodies have in common to about 15 %."""
_MANY = 200
"""So many cases a run at most: those without a sketch first, then those whose sketch is oldest."""
_FEWEST = 4
"""A body with fewer pairs of words says nothing."""

_WORD = re.compile(r"""\w+|"[^"\n]*"|'[^'\n]*'|[=<>!+*/-]+""")
_NAME = re.compile(r"(?:def|class) +(\w*)")
_WANTED = """SELECT test_case.id, test_case.name, test_case.location FROM attempt JOIN test_case ON test_case.id = attempt.case_id
    LEFT JOIN body ON body.case_id = test_case.id WHERE attempt.run_id = (SELECT id FROM run WHERE run_id = ?) AND attempt.is_last = 1
    ORDER BY coalesce(body.seen_ms, 0) LIMIT ?"""
_KEEP = """INSERT INTO body (case_id, sketch, seen_ms) VALUES (?, ?, ?)
    ON CONFLICT (case_id) DO UPDATE SET sketch = excluded.sketch, seen_ms = excluded.seen_ms"""


def keep_bodies(store: Path, run_id: str, roots: Iterable[Path], *, now: float) -> int:
    """Sketch cases of a run, as they stand in its files; a locked or broken store is left alone.

    Args:
        store: The history.
        run_id: The run, which has ended.
        roots: The folders that locations, and the module paths in names, are relative to.
        now: Seconds since the epoch.

    Returns:
        How many cases were looked at.
    """
    try:
        with closing(connect(store)) as connection:
            wanted = connection.execute(_WANTED, (run_id, _MANY)).fetchall()
            folders = tuple(dict.fromkeys(root.absolute() for root in roots))
            rows = [(case, sketch_of(_body(folders, name, location), name), int(now * 1000)) for case, name, location in wanted]
            with transaction(connection):
                connection.executemany(_KEEP, rows)
            return len(rows)
    except sqlite3.Error:
        return 0  # a later run will do it
    finally:
        _lines_of.cache_clear()
        _definitions_of.cache_clear()


def sketch_of(body: str, name: str = "") -> bytes:
    """The sketch of a text, in which its own name does not count; empty when there is too little of it."""
    own = re.escape(name.rpartition(".")[2])
    words = _WORD.findall(re.sub(rf"(?<!\w){own}(?!\w)", "", body) if own else body)
    pairs = {f"{first} {second}" for first, second in pairwise(words)}
    if len(pairs) < _FEWEST:
        return b""
    hashes = sorted(int.from_bytes(hashlib.blake2b(pair.encode("utf-8", "replace"), digest_size=4).digest()) for pair in pairs)
    return struct.pack(f">{len(hashes[:_SIZE])}I", *hashes[:_SIZE])


def likeness(one: bytes, other: bytes) -> float | None:
    """How much two bodies have in common, from 0 to 1; ``None`` when one of them is not known."""
    if not one or not other:
        return None
    first, second = ({value for (value,) in struct.iter_unpack(">I", sketch)} for sketch in (one, other))
    lowest = sorted(first | second)[: max(len(first), len(second))]
    return sum(value in first and value in second for value in lowest) / len(lowest)


def _body(roots: tuple[Path, ...], name: str, location: str) -> str:
    """The text of a case: the block at its place, or the function of its name; empty when it is not found."""
    file, _, line = location.rpartition(":")
    if file and line.isdigit():
        for root in roots:
            lines = _lines_of(root / file)
            if lines:
                return _block(lines, int(line) - 1)
    return _function(roots, name)


def _function(roots: tuple[Path, ...], name: str) -> str:
    """The Python function that a name like ``tests.test_cart.TestCart.test_add`` means."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        for root in roots:
            file = root.joinpath(*parts[:length]).with_suffix(".py")
            lines = _lines_of(file)
            if lines:
                return _block(lines, _definitions_of(file).get(".".join(parts[length:]), -1))
    return ""


def _block(lines: tuple[str, ...], start: int) -> str:
    """A line with those below it that are indented more; decorators above it, and brackets that end it, belong to it."""
    if not 0 <= start < len(lines):
        return ""
    first = start
    while first < len(lines) - 1 and lines[first].lstrip().startswith("@"):
        first += 1
    return "\n".join([*lines[start : first + 1], *_below(lines, first)])


def _below(lines: tuple[str, ...], first: int) -> Iterator[str]:
    indent = _indent(lines[first])
    for line in lines[first + 1 :]:
        if line.strip() and _indent(line) <= indent and line.strip()[0] not in ")]}":
            return
        yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


@lru_cache(maxsize=8)
def _lines_of(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError):
        return ()


@lru_cache(maxsize=8)
def _definitions_of(file: Path) -> dict[str, int]:
    """The lines of a Python file's functions by name, those of classes as ``TestCart.test_add``."""
    found: dict[str, int] = {}
    around: list[tuple[int, str]] = []
    for number, line in enumerate(_lines_of(file)):
        text = line.lstrip()
        if text.startswith(("def ", "async def ", "class ")):
            indent = len(line) - len(text)
            while around and around[-1][0] >= indent:
                around.pop()
            around.append((indent, _NAME.match(text.removeprefix("async "))[1]))  # type: ignore[index]  # such a line has a name
            found.setdefault(".".join(name for _, name in around), number)
    return found
