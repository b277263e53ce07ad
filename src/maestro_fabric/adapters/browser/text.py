"""Texts as a person reads them, and the difference between two of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Unmet", "fold", "quote", "show_unmet"]

_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Unmet:
    """Something expected, and what was seen instead."""

    expected: str
    seen: str


def fold(text: str) -> str:
    """The text on one line: every run of white space is one space, none at the ends."""
    return " ".join(text.split())


def quote(text: str, marks: str = '"') -> str:
    """The text in quotation marks, its middle left out when it is long."""
    if len(text) > _MAX_SHOWN:
        text = f"{text[: _MAX_SHOWN - 60]} … {text[-55:]}"
    return f"{marks}{text}{marks}"


def show_unmet(unmet: Sequence[Unmet]) -> str:
    """One pair of lines for each thing."""
    return "\n".join(f"expected: {one.expected}\nseen:     {one.seen}" for one in unmet)
