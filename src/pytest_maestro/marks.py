"""What the marks of a native test say."""

from __future__ import annotations

import pytest

__all__ = ["marked_policy"]

_MARK = "maestro"


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
