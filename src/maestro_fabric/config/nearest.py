"""The nearest right spelling."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """``did you mean 'click'?``, or nothing when no known word is near."""
    near = nearest(str(word), known)
    return f"did you mean {near!r}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one; empty when none is near."""
    near = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return near[0] if near else ""
