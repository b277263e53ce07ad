"""Values at JSON paths."""

from __future__ import annotations

from typing import Any

from maestro_fabric.errors import ConfigError

__all__ = ["MISSING", "value_at"]

MISSING = object()
"""What `value_at` gives when nothing is there (``None`` is JSON's null)."""


def value_at(path: str, data: Any) -> Any:
    """What a path finds: the value, a list when it finds several, `MISSING` when it finds none.

    Raises:
        ConfigError: when the path cannot be read.

    Source:
        RFC 9535, JSONPath: Query Expressions for JSON.
    """
    # Imported late: only journeys that look into JSON pay for it.
    import jsonpath

    try:
        found = jsonpath.findall(path, data)
    except jsonpath.JSONPathError as exc:
        raise ConfigError(f"{path!r} is not a JSON path: {exc}") from exc
    if not found:
        return MISSING
    return found[0] if len(found) == 1 else found
