"""What may not be healed however sure one is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["destructive_word", "destructive_word_of", "obstacle_of"]

_WORDS = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TELLING = ("accessible_name", "text", "label", "test_id", "id", "name", "classes", "alt", "href")


def destructive_word(text: str, words: Sequence[str]) -> str:
    """The first of the words (or groups of words) that a text holds, in any spelling: ``deleteAll`` holds delete; empty for none."""
    said = _spelt(text)
    return next((word for word in words if _spelt(word).strip() and _spelt(word) in said), "")


def destructive_word_of(locator: str, words: Sequence[str]) -> str:
    """The same of a locator's values, given in JSON."""
    return destructive_word(" ".join(map(str, json.loads(locator).values())), words)


def obstacle_of(candidate: Mapping[str, Any], words: Sequence[str], *, may_destroy: bool) -> str:
    """Why nobody may act on a candidate; empty when one may.

    Args:
        candidate: An element of the page, by the fields of a fingerprint, with ``visible`` and ``enabled``.
        words: Those that make an element destructive.
        may_destroy: Whether the step says ``heal: true``.
    """
    if not candidate.get("visible") and candidate.get("type") != "file":
        return "the best match is not visible"
    if not candidate.get("enabled"):
        return "the best match is not enabled"
    word = destructive_word(" ".join(str(candidate.get(key, "")) for key in _TELLING), words)
    if word and not may_destroy:
        return f"the best match may be destructive ({word!r}), and the step does not say heal: true"
    return ""


def _spelt(text: str) -> str:
    return f" {' '.join(_WORDS.findall(_CAMEL.sub(' ', text).lower()))} "
