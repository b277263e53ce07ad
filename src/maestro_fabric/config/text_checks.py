"""Texts of steps that can be judged before the run: patterns, JSON paths, files. A text with ``${`` waits for its values."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

__all__ = ["trouble_of_file", "trouble_of_json_path", "trouble_of_pattern"]

_Trouble = tuple[str, str]
"""What is wrong, and what to do."""


@lru_cache(maxsize=1024)
def trouble_of_pattern(text: str) -> _Trouble | None:
    """Why a text is no regular expression; ``None`` when it is one."""
    if "${" in text:
        return None
    try:
        re.compile(text)
    except re.error as exc:
        return f"{text!r} is not a regular expression: {exc}", r"write \( for a literal ("
    return None


@lru_cache(maxsize=1024)
def trouble_of_json_path(text: str) -> _Trouble | None:
    """Why a text is no JSON path; ``None`` when it is one.

    Source:
        RFC 9535, JSONPath: Query Expressions for JSON.
    """
    if "${" in text:
        return None
    # Imported late: 70 ms that only files with such a step pay for.
    import jsonpath

    try:
        jsonpath.compile(text)
    except jsonpath.JSONPathError as exc:
        return f"{text!r} is not a JSON path: {str(exc).splitlines()[0]}", "write one like $.items[0].name"
    return None


def trouble_of_file(text: str) -> _Trouble | None:
    """Why a text cannot name a file below the config's folder; ``None`` when it can. An absolute path waits for the run."""
    if "${" in text or posixpath.normpath(text).split("/")[0] != "..":
        return None
    return f"{text!r} is not below the config's folder", "put the file below the folder of the config"
