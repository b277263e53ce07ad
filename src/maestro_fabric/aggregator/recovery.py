"""What an opening makes good: side files are read in, and runs whose process is gone are ended."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.database import transaction
from maestro_fabric.aggregator.names import StoreIds
from maestro_fabric.aggregator.records import INTERRUPTED, RUN_STATUSES, STATUS_CODES
from maestro_fabric.aggregator.rollups import write_rollups
from maestro_fabric.aggregator.rows import Tables
from maestro_fabric.aggregator.spill import find_spills, read_spill
from maestro_fabric.life_lock import is_held
from maestro_fabric.model import Status

__all__ = ["needs_recovery", "recover"]

_NAME_RUNNING = """INSERT INTO attempt SELECT case_id, run_id, max(number, 1 + coalesce(
        (SELECT max(number) FROM attempt AS other WHERE other.case_id = running.case_id AND other.run_id = running.run_id), 0)),
    ?, 0, 1, started_ms, 0, worker_id, ?, NULL FROM running WHERE run_id = ?"""
_TAKE_BACK_RUNNING = """UPDATE attempt SET is_last = 0
    WHERE run_id = :run AND case_id IN (SELECT case_id FROM running WHERE run_id = :run)"""
# Of a case that was waiting between two attempts, the last attempt is the result.
_JUDGE_UNJUDGED = """UPDATE attempt SET is_last = 1 WHERE run_id = :run
    AND number = (SELECT max(number) FROM attempt AS other WHERE other.case_id = attempt.case_id AND other.run_id = attempt.run_id)
    AND NOT EXISTS
        (SELECT 1 FROM attempt AS other WHERE other.case_id = attempt.case_id AND other.run_id = attempt.run_id AND other.is_last)"""
_END = """UPDATE run SET status = :status, duration_ms =
    coalesce((SELECT max(started_ms + duration_us / 1000) FROM attempt WHERE run_id = :run), 0) WHERE id = :run AND status = 0"""


def recover(connection: sqlite3.Connection, store: Path) -> list[str]:
    """Read side files of ended runs in, and mark runs that nobody holds any more as interrupted.

    Returns:
        What a person should know: side files that cannot be read, which are put aside under another name.

    Raises:
        sqlite3.Error: when the file does not take it; what was done until then stays.
    """
    tables = Tables(connection)
    warnings = []
    for path in find_spills(store):
        try:
            _take_in(tables, store, path)
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            aside = path.with_name(f"{path.name}.unreadable")
            path.replace(aside)
            warnings.append(f"results of an earlier run in {str(aside)!r} cannot be read into the store: {error}")
    for run, run_id in _unended(connection):
        if not is_held(store, run_id):
            _interrupt(connection, run)
    return warnings


def needs_recovery(connection: sqlite3.Connection, store: Path) -> bool:
    """Whether `recover` would find something to do; only reads."""
    return bool(find_spills(store)) or any(not is_held(store, run_id) for _, run_id in _unended(connection))


def _unended(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    return connection.execute("SELECT id, run_id FROM run WHERE status = 0 ORDER BY id").fetchall()


def _take_in(tables: Tables, store: Path, path: Path) -> None:
    """Read one side file in; only then it is removed, and reading it twice gives the same."""
    try:
        batch = read_spill(path)
    except FileNotFoundError:
        return  # another process has just taken it in
    if batch is None or is_held(store, batch.run.info.run_id):
        return
    tables.write(batch)
    with suppress(OSError):  # a folder that has become read-only: it is read again next time, to the same end
        path.unlink()


def _interrupt(connection: sqlite3.Connection, run: int) -> None:
    with transaction(connection):
        error = StoreIds(connection).error(INTERRUPTED)
        connection.execute(_TAKE_BACK_RUNNING, {"run": run})
        connection.execute(_NAME_RUNNING, (STATUS_CODES[Status.ERROR], error, run))
        connection.execute("DELETE FROM running WHERE run_id = ?", (run,))
        connection.execute(_JUDGE_UNJUDGED, {"run": run})
        totals.recount(connection, run)
        write_rollups(connection, run)
        connection.execute(_END, {"run": run, "status": RUN_STATUSES.index("interrupted")})
