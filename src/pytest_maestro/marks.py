"""What the marks of a native test say."""

from __future__ import annotations

import pytest

__all__ = ["marked_policy", "tags_of"]

_MARK = "maestro"
# What these say is not by which tests are chosen.
_NO_TAGS = frozenset({_MARK, "filterwarnings", "parametrize", "skip", "skipif", "tryfirst", "trylast", "usefixtures", "xfail"})


def tags_of(item: pytest.Item) -> tuple[str, ...]:
    """The names of a test's marks, nearest first, but those that tell pytest how to run it."""
    return tuple(dict.fromkeys(mark.name for mark in item.iter_markers() if mark.name not in _NO_TAGS))


def marked_policy(item: pytest.Item) -> str | None:
    """The policy that a test's nearest ``@pytest.mark.maestro(policy=…)`` names; ``None`` without such a mark.

    Raises:
        UsageError: for a mark that says anything else.
    """
    mark = item.get_closest_marker(_MARK)
    if mark is None:
        return None
    name = mark.kwargs.get("policy")
    if mark.args or set(mark.kwargs) != {"policy"} or not isinstance(name, str):
        raise pytest.UsageError(f"{item.nodeid}: the mark is written @pytest.mark.maestro(policy='NAME')")
    return name
