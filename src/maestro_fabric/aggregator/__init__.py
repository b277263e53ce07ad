"""The history: every attempt of every run in one SQLite file. Written by one writer a run, read by anybody."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from maestro_fabric.aggregator.api import ResultStatus, TestResultAggregator
    from maestro_fabric.aggregator.found import AttemptRow, CaseRow, ResultRow, RunRow, UnknownName
    from maestro_fabric.aggregator.listing import Rows
    from maestro_fabric.aggregator.query import History, open_history
    from maestro_fabric.aggregator.window import Window
    from maestro_fabric.aggregator.writer import StoreWriter

__all__ = [
    "AttemptRow",
    "CaseRow",
    "History",
    "ResultRow",
    "ResultStatus",
    "Rows",
    "RunRow",
    "StoreWriter",
    "TestResultAggregator",
    "UnknownName",
    "Window",
    "open_history",
]

# Who writes a history does not pay for the import of what reads it (PEP 562): it is a fifth of what recording a small suite costs.
_HOMES = {
    "AttemptRow": "found",
    "CaseRow": "found",
    "History": "query",
    "ResultRow": "found",
    "ResultStatus": "api",
    "Rows": "listing",
    "RunRow": "found",
    "StoreWriter": "writer",
    "TestResultAggregator": "api",
    "UnknownName": "found",
    "Window": "window",
    "open_history": "query",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
