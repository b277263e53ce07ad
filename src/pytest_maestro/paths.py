"""Paths as people read them."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["shown"]


def shown(path: Path) -> str:
    """The path relative to the current folder when it lies below it."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
