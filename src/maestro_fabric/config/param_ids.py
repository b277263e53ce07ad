"""The ids of parameters, as pytest makes them: ``tea``, ``tea-3``, ``order0`` for what has no short text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from maestro_fabric.config.templates import unescape

__all__ = ["id_of_mapping", "id_of_values", "make_unique"]

_MAX_CHARACTERS = 60


def id_of_values(values: Iterable[tuple[str, int, Any]]) -> str:
    """The id of named values, each with its number among the values of that name."""
    return "-".join(_id_of(name, number, value) for name, number, value in values)


def id_of_mapping(row: Mapping[str, Any], number: int) -> str:
    """The id of one row: its ``id``, or its values joined."""
    if "id" in row:
        return _id_of("id", number, row["id"])
    return id_of_values((name, number, value) for name, value in row.items())


def make_unique(ids: Sequence[str]) -> list[str]:
    """The ids with a number behind each that occurs more than once."""
    counts = Counter(ids)
    taken = {text for text, count in counts.items() if count == 1}
    unique = []
    numbers: Counter[str] = Counter()
    for text in ids:
        candidate = text
        while counts[text] > 1:
            candidate = f"{text}{numbers[text]}"
            numbers[text] += 1
            if candidate not in taken:
                break
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _id_of(name: str, number: int, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, (int, float)):
        return str(value)
    text = unescape(value) if isinstance(value, str) else ""
    is_short = 0 < len(text) <= _MAX_CHARACTERS and text.isprintable() and "::" not in text and text == text.strip()
    return text if is_short else f"{name}{number}"
