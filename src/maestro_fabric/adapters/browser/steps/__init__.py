"""What each step does: one table from the action's name to its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from maestro_fabric.adapters.browser.steps import data, element, expectation, navigation, network, page_checks

if TYPE_CHECKING:
    from maestro_fabric.adapters.browser.scene import Scene

__all__ = ["ACTIONS"]

ACTIONS: Mapping[str, Callable[[Any, Scene], None]] = {
    **element.ACTIONS,
    **navigation.ACTIONS,
    **network.ACTIONS,
    **data.ACTIONS,
    **expectation.ACTIONS,
    **page_checks.ACTIONS,
}
"""Every step of the language; ``use`` is unfolded before anything runs."""
