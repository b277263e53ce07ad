"""quarantine.yaml → `Quarantine`, with the place of every entry; and entries written into its text, which else stays as it is."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from maestro_fabric.config.quarantine import QuarantineConfig
from maestro_fabric.errors import ConfigError, Problem
from maestro_fabric.qa_file.includes import read_single
from maestro_fabric.qa_file.nodes import MarkedList
from maestro_fabric.qa_file.source import Source, read_source
from maestro_fabric.qa_file.translate import Translation
from maestro_fabric.qa_file.tree import Tree
from maestro_fabric.quarantine import Quarantine, QuarantineEntry

__all__ = ["put_entry", "read_quarantine", "take_entry"]

_HEAD = """# Cases that may fail for a while. `maestro quarantine` keeps this file, and so may you.
cases:
"""
_OPTIONAL = ("owner", "link", "added")


def read_quarantine(path: Path, *, today: date) -> Quarantine:
    """The entries of a file; none when there is no such file.

    Raises:
        ConfigError: with everything that is wrong with it.
    """
    return Quarantine(_read(read_source(path))[0], today) if path.exists() else Quarantine((), today)


def put_entry(path: Path, entry: QuarantineEntry) -> bool:
    """Write an entry into a file, in the order of the cases; one of the same case is replaced. The file is made when it is not there.

    Returns:
        Whether it is new.

    Raises:
        ConfigError: when the file is wrong, or written in a way in which no entry can be put in safely.
    """
    text = read_source(path).text if path.exists() else _HEAD
    entries, lines, begins = _blocks(path, text)
    found = next((number for number, known in enumerate(entries) if known.case == entry.case), None)
    if found is not None:
        start = entries[found].location.line - 1  # type: ignore[union-attr]  # read from a file
        end = _end(lines, begins, found)
        changed = [*lines[:start], *_block(entry, _indent(lines, entries)), *lines[end:]]
    else:
        after = next((number for number, known in enumerate(entries) if known.case > entry.case), len(entries))
        place = begins[after] if after < len(entries) else _end(lines, begins, len(entries) - 1) if entries else len(lines)
        changed = [*lines[:place], *_block(entry, _indent(lines, entries)), *lines[place:]]
    _write(path, changed, {known.case for known in entries} | {entry.case})
    return found is None


def take_entry(path: Path, case: str) -> None:
    """Remove the entry of a case from a file, with the comments right above it.

    Raises:
        ConfigError: when there is none, or the file is wrong or written in a way in which it cannot be removed safely.
    """
    entries, lines, begins = _blocks(path, read_source(path).text)
    number = next((number for number, known in enumerate(entries) if known.case == case), None)
    if number is None:
        raise ConfigError(f"{path}: {case!r} is not in quarantine")
    end = begins[number + 1] if number + 1 < len(begins) else _end(lines, begins, number)
    changed = [*lines[: begins[number]], *lines[end:]]
    if len(entries) == 1:
        changed = [line if line.strip() != "cases:" else "cases: []" for line in changed]
    _write(path, changed, {known.case for known in entries} - {case})


def _read(source: Source) -> tuple[list[QuarantineEntry], Tree]:
    problems: list[Problem] = []
    tree = read_single(source, problems)
    if tree is None or problems:
        raise ConfigError(problems)
    try:
        config = QuarantineConfig.model_validate(tree.data)
    except ValidationError as exc:
        found = Translation(tree, QuarantineConfig.model_json_schema(), ()).problems(exc.errors(include_url=False))
        raise ConfigError(found.problems) from None
    entries = [QuarantineEntry(**dict(written), location=tree.locate(("cases", number))) for number, written in enumerate(config.cases)]
    doubles = [number for number, entry in enumerate(entries) if entry.case in {other.case for other in entries[:number]}]
    if doubles:
        message = "{!r} is written twice: keep one of the entries"
        raise ConfigError([tree.problem(message.format(entries[number].case), ("cases", number, "case")) for number in doubles])
    return entries, tree


def _blocks(path: Path, text: str) -> tuple[list[QuarantineEntry], list[str], list[int]]:
    """The entries of a text, its lines, and the line from 0 on which each entry begins, with the comments right above it."""
    entries, tree = _read(Source(path, str(path), text)) if text is not _HEAD else ([], None)
    lines = text.splitlines()
    cases: Any = tree.data.get("cases") if tree is not None else None
    if entries and (not isinstance(cases, MarkedList) or not all(_dash(lines, entry).startswith("- ") for entry in entries)):
        raise ConfigError(f"{path}: the entries are not written as `- case: …`, one below the other: change the file by hand")
    if not entries and text is not _HEAD:
        lines = _without_empty_list(lines)
    begins = []
    for entry in entries:
        line = entry.location.line - 1  # type: ignore[union-attr]  # read from a file
        while lines[line - 1].lstrip().startswith("#") and line > 1:
            line -= 1
        begins.append(line)
    return entries, lines, begins


def _dash(lines: list[str], entry: QuarantineEntry) -> str:
    return lines[entry.location.line - 1].lstrip()  # type: ignore[union-attr]  # read from a file


def _without_empty_list(lines: list[str]) -> list[str]:
    """The lines with ``cases:`` open for entries."""
    kept = [line for line in lines if line.split("#")[0].replace(" ", "") not in ("cases:", "cases:[]", "{}")]
    return [*kept, "cases:"]


def _end(lines: list[str], begins: list[int], number: int) -> int:
    """Where an entry's lines end; what stands above the next entry is that one's, and comments below the last are the file's."""
    end = begins[number + 1] if number + 1 < len(begins) else len(lines)
    while end > begins[number] + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _indent(lines: list[str], entries: list[QuarantineEntry]) -> str:
    if not entries:
        return "  "
    first = lines[entries[0].location.line - 1]  # type: ignore[union-attr]  # read from a file
    return first[: len(first) - len(first.lstrip())]


def _block(entry: QuarantineEntry, indent: str) -> list[str]:
    rows = [f"{indent}- case: {_scalar(entry.case)}", f"{indent}  until: {entry.until}", f"{indent}  reason: {_scalar(entry.reason)}"]
    rest = {name: getattr(entry, name) for name in _OPTIONAL}
    return rows + [f"{indent}  {name}: {value if isinstance(value, date) else _scalar(value)}" for name, value in rest.items() if value]


def _scalar(text: str) -> str:
    """A text as YAML reads it back: in double quotes, unless it is plain words."""
    is_plain = text[:1].isalnum() and not any(sign in text for sign in (": ", " #", "\n", "\t", '"', "\\")) and not text.endswith(":")
    return text if is_plain and not _means_other(text) else json.dumps(text, ensure_ascii=False)


def _means_other(text: str) -> bool:
    return text[0].isdigit() or text.lower() in ("true", "false", "yes", "no", "on", "off", "null", "y", "n")


def _write(path: Path, lines: list[str], expected: set[str]) -> None:
    """Write the lines, once they read as what they are meant to say: what is not exactly that must not be written."""
    text = "\n".join(lines) + "\n"
    if {entry.case for entry in _read(Source(path, str(path), text))[0]} != expected:
        raise ConfigError(f"{path}: it cannot be changed safely: change it by hand")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
