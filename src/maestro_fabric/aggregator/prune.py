"""Removes old results from a history; the counts of their runs stay, so that curves go on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.database import explain, open_database, transaction
from maestro_fabric.clock import SystemClock
from maestro_fabric.errors import StoreError
from maestro_fabric.places import Place

__all__ = ["prune_store"]

_PATIENCE_S = 40.0
_OLD = "SELECT id FROM run WHERE status > 0 AND started_ms < ?"
_BAD = f"SELECT case_id, run_id FROM attempt WHERE status IN (1, 2, 4) AND run_id IN ({_OLD})"  # noqa: S608 - a constant
# A case whose attempts did not all pass is kept whole: a failure without the pass after it would look like a regression.
_PASSES = f"DELETE FROM attempt WHERE run_id IN ({_OLD}) AND (case_id, run_id) NOT IN ({_BAD})"  # noqa: S608
_ALL = (
    f"DELETE FROM attempt WHERE run_id IN ({_OLD})",  # noqa: S608
    f"DELETE FROM evidence WHERE run_id IN ({_OLD})",  # noqa: S608
)
_UNUSED = (
    "DELETE FROM error WHERE id NOT IN (SELECT error_id FROM attempt WHERE error_id IS NOT NULL)",
    "DELETE FROM metadata WHERE id NOT IN (SELECT metadata_id FROM attempt WHERE metadata_id IS NOT NULL)",
)


def prune_store(place: Place, *, keep_s: float, keep_failures_s: float, now: float) -> int:
    """Remove the results of runs that are older, keep the runs with their counts and durations, and give the room back.

    Args:
        place: The store: a file, or a team's database.
        keep_s: Passes of this many seconds before ``now`` stay.
        keep_failures_s: So do failures, with their evidence, of this many; not less than ``keep_s``.
        now: Seconds since the epoch.

    Returns:
        How many attempts were removed.

    Raises:
        StoreError: when the file cannot be written; then nothing was removed.
    """
    passes_ms, failures_ms = int((now - keep_s) * 1000), int((now - max(keep_s, keep_failures_s)) * 1000)
    with closing(_open(place)) as connection:
        try:
            with transaction(connection):
                removed = connection.execute(_PASSES, (passes_ms, passes_ms)).rowcount
                removed += connection.execute(_ALL[0], (failures_ms,)).rowcount
                connection.execute(_ALL[1], (failures_ms,))
                for statement in _UNUSED:
                    connection.execute(statement)
            if removed and isinstance(place, Path):
                connection.execute("VACUUM")  # a database does it itself
        except sqlite3.Error as error:
            raise StoreError(explain(place, error)) from error
    return removed


def _open(place: Place) -> Connection:
    if not isinstance(place, Path):
        from maestro_fabric.aggregator.postgres import connect_to_database

        return connect_to_database(place, to_write=True)
    if not place.exists():
        raise StoreError(f"there is no store {str(place)!r}")
    return open_database(place.absolute(), clock=SystemClock(), patience_s=_PATIENCE_S)
