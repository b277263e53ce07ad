"""The block between ``---`` and ``...`` of TAP: its top-level keys as text.

TAP's blocks are a small part of YAML, and often not quite YAML, so no YAML reader is used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import dedent

__all__ = ["read_diagnostics"]

_KEY = re.compile(r"(?P<key>[A-Za-z_][\w -]*):(?:\s+(?P<value>.*))?$")


def read_diagnostics(lines: Sequence[str]) -> dict[str, str]:
    """The values by key; of a nested or block value its lines, dedented."""
    rows = dedent("\n".join(lines)).splitlines()
    found: dict[str, list[str]] = {}
    key = ""
    for row in rows:
        match = _KEY.match(row)
        if match is not None:
            key = match["key"]
            found[key] = [match["value"] or ""]
        elif key:
            found[key].append(row)
    return {key: _value(first, rest) for key, (first, *rest) in found.items()}


def _value(first: str, rest: Sequence[str]) -> str:
    first = first.strip()
    if rest and (not first or re.fullmatch(r"[|>][+-]?\d?", first)):
        return dedent("\n".join(rest)).strip("\n")
    if len(first) > 1 and first[0] == first[-1] == "'":
        return first[1:-1].replace("''", "'")
    if len(first) > 1 and first[0] == first[-1] == '"':
        return first[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\")
    return first
