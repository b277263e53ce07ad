"""What every command's JSON says of a case."""

from __future__ import annotations

from typing import Any

from maestro_fabric.model import Case

__all__ = ["identity_as_data"]


def identity_as_data(case: Case) -> dict[str, Any]:
    """Which case it is: ``id``, ``suite``, ``name`` and ``params``."""
    return {"id": str(case.id), "suite": case.id.suite, "name": case.id.name, "params": case.id.params}
