"""What is kept up at the end of each run, so that the questions of every day read a few rows and not millions."""

from __future__ import annotations

from collections.abc import Iterable

from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.sketch import write_sketches

__all__ = ["note_results", "write_rollups"]

# The newest run is the one with the highest number: a run that is merged in counts as new, as in a case's history.
_NEWER = """ON CONFLICT (case_id) DO UPDATE SET run_id = excluded.run_id, status = excluded.status, marks = excluded.marks
    WHERE excluded.run_id >= latest.run_id"""
_NOTE_RUN = f"INSERT INTO latest SELECT case_id, run_id, status, marks FROM attempt WHERE run_id = ? AND is_last = 1 {_NEWER}"  # noqa: S608 - constants, as below
_NOTE_ONE = f"INSERT INTO latest VALUES (?, ?, ?, ?) {_NEWER}"  # noqa: S608


def write_rollups(connection: Connection, run: int) -> None:
    """Keep the durations of a run that has ended, and its cases' newest results."""
    write_sketches(connection, run)
    connection.execute(_NOTE_RUN, (run,))


def note_results(connection: Connection, results: Iterable[tuple[int, int, int, int]]) -> None:
    """Keep results of a run that ended before they came: case, run, status and marks."""
    connection.executemany(_NOTE_ONE, list(results))
