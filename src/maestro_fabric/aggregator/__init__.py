"""The history: every attempt of every run in one SQLite file. Written by one writer a run, read by anybody."""

from __future__ import annotations

from maestro_fabric.aggregator.api import ResultStatus, TestResultAggregator
from maestro_fabric.aggregator.found import AttemptRow, CaseRow, ResultRow, RunRow, UnknownName
from maestro_fabric.aggregator.query import History, open_history
from maestro_fabric.aggregator.writer import StoreWriter

__all__ = [
    "AttemptRow",
    "CaseRow",
    "History",
    "ResultRow",
    "ResultStatus",
    "RunRow",
    "StoreWriter",
    "TestResultAggregator",
    "UnknownName",
    "open_history",
]
