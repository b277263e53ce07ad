"""Adapters: each brings one kind of suite into a run, and arrives by entry point like a stranger's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter

__all__ = ["SeleniumAdapter"]


def __getattr__(name: str) -> Any:
    # Late: every adapter imports this package, and few need Selenium's.
    if name == "SeleniumAdapter":
        from maestro_fabric.adapters.selenium.adapter import SeleniumAdapter

        return SeleniumAdapter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
