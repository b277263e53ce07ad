"""The nearest right spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean"]


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``did you mean 'click'?``, or nothing when no known word is near."""
    near = difflib.get_close_matches(str(word).lower(), list(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else ""
