"""The lines of behave's process read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from maestro_fabric import wire
from maestro_fabric.adapters.cucumber.said import Broken, Closed, ParseFailed, Said, Scenario, ScenarioStarted, Tried

__all__ = ["read_behave", "written"]

_KINDS: dict[str, type] = {kind.__name__: kind for kind in (Broken, Closed, ParseFailed, Scenario, ScenarioStarted, Tried)}


def written(said: Said) -> str:
    """One message as a line."""
    fields: Any = wire.encode(said)
    return json.dumps({"said": type(said).__name__, **fields}) + "\n"


def read_behave(lines: Iterable[str]) -> Iterator[Said]:
    """What behave's process says, until it says nothing more; a line cut off by its death is left out."""
    for line in lines:
        if not line.endswith("\n"):
            return
        data = json.loads(line)
        message: Any = wire.decode(data, _KINDS[data.pop("said")])
        yield message
