"""Locators as the script in the page takes them."""

from __future__ import annotations

from typing import Any

from maestro_fabric.adapters.browser.scope import as_bool, as_int
from maestro_fabric.config.steps import Target

__all__ = ["frames_of", "locator_of"]


def locator_of(target: Target, key: str, test_id_attribute: str) -> dict[str, Any]:
    """A target as the script in the page takes it."""
    number = None if target.nth is None else as_int(target.nth)
    return {
        "key": key,
        "value": getattr(target, key),
        "name": target.name,
        "exact": as_bool(target.exact),
        "attribute": test_id_attribute,
        "nth": number if number is None else (number - 1 if number > 0 else number),
    }


def frames_of(target: Target) -> tuple[str, ...]:
    """The CSS of the frames to go through, from the outside in."""
    return (target.frame,) if isinstance(target.frame, str) else tuple(target.frame or ())
