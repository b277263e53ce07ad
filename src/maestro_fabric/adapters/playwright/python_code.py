"""Locators by the keys that they have in the file, as Playwright's users write them in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from maestro_fabric.adapters.browser.python_calls import as_python

__all__ = ["code_of"]

_METHODS = {"label": "get_by_label", "text": "get_by_text", "placeholder": "get_by_placeholder", "test_id": "get_by_test_id"}


def code_of(locator: Mapping[str, Any]) -> str:
    """``get_by_role("button", name="Buy")``, after the page."""
    frames = locator.get("frame") or []
    parts = [as_python("frame_locator", [frame]) for frame in ([frames] if isinstance(frames, str) else frames)]
    exact = {"exact": True} if locator.get("exact") else {}
    if "role" in locator:
        named = {"name": locator["name"]} if locator.get("name") else {}
        parts.append(as_python("get_by_role", [locator["role"]], {**named, **exact}))
    elif "css" in locator:
        parts.append(as_python("locator", [locator["css"]]))
    elif "xpath" in locator:
        parts.append(as_python("locator", [f"xpath={locator['xpath']}"]))
    else:
        key = next(key for key in _METHODS if key in locator)
        parts.append(as_python(_METHODS[key], [locator[key]], {} if key == "test_id" else exact))
    return ".".join(parts)
