"""How long cases usually take, so that a parallel run can start the longest first."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from statistics import median_low

from maestro_fabric.aggregator.database import connect_to_read
from maestro_fabric.errors import StoreError
from maestro_fabric.model import CaseId

__all__ = ["usual_seconds"]

_NEWEST_RUNS = 10
# All attempts of a run together: that is how long the case keeps a process busy. Number 0 is a case that was not tried.
_QUERY = """SELECT suite.project, suite.name, test_case.name, test_case.params, sum(attempt.duration_us)
    FROM attempt JOIN test_case ON test_case.id = attempt.case_id JOIN suite ON suite.id = test_case.suite_id
    WHERE attempt.number > 0 AND attempt.run_id IN (SELECT id FROM run WHERE status ORDER BY started_ms DESC LIMIT ?)
    GROUP BY attempt.run_id, attempt.case_id"""
_INSIDE = " > "


def usual_seconds(store: Path) -> dict[CaseId, float]:
    """The median of each case's seconds in the newest runs; of a container the sum of the cases inside it.

    Empty when there is no history, or it cannot be read: a run can do without.
    """
    found: dict[CaseId, list[float]] = defaultdict(list)
    try:
        with closing(connect_to_read(store)) as connection:
            for project, suite, name, params, duration_us in connection.execute(_QUERY, (_NEWEST_RUNS,)):
                found[CaseId(project, suite, name, params)].append(duration_us / 1e6)
    except (StoreError, sqlite3.Error):
        return {}
    usual = {case_id: median_low(seconds) for case_id, seconds in found.items()}
    return {**_containers(usual), **usual}


def _containers(usual: dict[CaseId, float]) -> dict[CaseId, float]:
    """A container without trouble has no row; the names of the cases inside begin with its own."""
    sums: dict[CaseId, float] = defaultdict(float)
    for case_id, seconds in usual.items():
        name, separator, _ = case_id.name.partition(_INSIDE)
        if separator:
            sums[CaseId(case_id.project, case_id.suite, name)] += seconds
    return dict(sums)
