"""The process that the contract kills: runs a suite and says on its standard output how far it is."""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import cast

from maestro_fabric.engine import run_case
from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.ports import Adapter, Deadline
from maestro_fabric.testing.trial import prepare_trial

__all__ = ["main"]

_LONGEST_S = 120.0


def main(module: str, file: str, name: str, path: str, quick_case: str) -> None:
    """Run the config's suite with the adapter of that name; killed before it ends."""
    adapter = cast("type[Adapter]", reduce(getattr, name.split("."), _module(module, file)))
    prepared = prepare_trial(adapter, Path(path))
    print(json.dumps([str(case.id) for case in prepared.plan.cases]), flush=True)

    def hear(event: Event) -> None:
        if isinstance(event, AttemptFinished | CaseFinished) and event.case.id.title == quick_case:
            print("the quick case has ended", flush=True)

    (suite,) = prepared.plan.suites
    sessions = prepared.sessions(suite, prepared.context())
    for case in suite.cases:
        run_case(case, sessions, hear, clock=prepared.clock, chance=prepared.chance, deadline=Deadline.after(_LONGEST_S, prepared.clock))


def _module(name: str, file: str) -> ModuleType:
    """The adapter's module, by its name or, for one that is no part of a package, by its file."""
    try:
        return importlib.import_module(name)
    except ImportError:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


if __name__ == "__main__":
    main(*json.loads(sys.argv[1]))
