"""Writes a batch into the tables, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.bulk import BulkInsert
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.database import transaction
from maestro_fabric.aggregator.names import StoreIds
from maestro_fabric.aggregator.records import RUN_STATUSES, Batch, CaseKey, PlainPass, Record, RunState, clean
from maestro_fabric.aggregator.rollups import note_results, write_rollups

__all__ = ["Tables"]

_UPSERT_RUN = """INSERT INTO run (run_id, orchestration_id, status, started_ms, duration_ms, facts) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (run_id) DO UPDATE SET status = excluded.status, duration_ms = excluded.duration_ms, facts = excluded.facts"""
_REPLACED = ("status", "marks", "is_last", "started_ms", "duration_us", "worker_id", "error_id", "metadata_id")
_OR_REPLACE = f"ON CONFLICT (case_id, run_id, number) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _REPLACED)}"
# The last three may be NULL; sqlite3 looks for an adapter for each None that it is given, which costs as much as the insert.
_INSERT_ATTEMPT = f"INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, 0), nullif(?, 0), nullif(?, 0)) {_OR_REPLACE}"  # noqa: S608 - a constant
_INSERT_PASSES = BulkInsert("INSERT INTO attempt", "(?, ?, 1, 0, 0, 1, ?, ?, nullif(?, 0), NULL, NULL)", _OR_REPLACE)
_INSERT_EVIDENCE = """INSERT INTO evidence (run_id, case_id, number, steps, artifacts, output) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (run_id, case_id, number) DO UPDATE
    SET steps = excluded.steps, artifacts = excluded.artifacts, output = excluded.output"""
# A case that was run twice in one run has one result, the last.
_TAKE_BACK = """UPDATE attempt SET is_last = 0 WHERE run_id = ? AND is_last = 1
    AND number < (SELECT max(number) FROM attempt AS other WHERE other.case_id = attempt.case_id AND other.run_id = attempt.run_id)"""


class Tables:
    """The writing side of a store's tables. Not safe for threads by itself: the caller holds the lock."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._names = StoreIds(connection)
        self._runs: dict[str, tuple[int, str, float | None]] = {}

    def write(self, batch: Batch) -> None:
        """Write all of it or nothing.

        Raises:
            sqlite3.Error: when the file does not take it; the batch is unchanged.
        """
        try:
            self._write_whole(batch)
        except UnicodeEncodeError:
            # Bytes that were no text when a test showed them. Seldom enough to look for only now.
            self._write_whole(_cleaned(batch))

    def _write_whole(self, batch: Batch) -> None:
        try:
            with transaction(self.connection):
                self._write(batch)
        except BaseException:
            self._names.forget()
            self._runs.clear()
            raise

    def _write(self, batch: Batch) -> None:
        was_running = self._runs.get(batch.run.info.run_id, (0, ""))[1] == "running"
        run = self._run(batch.run)
        base = _run_start_ms(batch.run)
        if batch.passes:
            self._write_passes(run, base, batch.passes)
        if batch.records:
            self._write_records(run, base, batch.records)
        for key, details in batch.details.items():
            self._names.update_details(self._names.cases((key,))[key], details)
        if batch.learnt or batch.heals:
            self._write_healing(run, batch)
        if batch.running is not None:
            self._write_running(run, base, batch.running)
        if batch.must_recount:
            self.connection.execute(_TAKE_BACK, (run,))
            totals.recount(self.connection, run)
        elif batch.totals:
            suites = {self._names.suite(*suite): counts for suite, counts in batch.totals.items()}
            totals.write_totals(self.connection, run, suites)
        if batch.must_recount or (was_running and batch.run.status != "running"):
            write_rollups(self.connection, run)
        elif batch.run.status != "running":
            ids = self._names.cases([record.key for record in batch.records])
            results = ((ids[record.key], run, record.status, record.marks) for record in batch.records if record.is_last)
            note_results(self.connection, results)

    def _run(self, state: RunState) -> int:
        known = self._runs.get(state.info.run_id)
        if known is not None and known[1:] == (state.status, state.duration_s):
            return known[0]
        duration_ms = None if state.duration_s is None else round(state.duration_s * 1000)
        status = RUN_STATUSES.index(state.status)
        info = state.info
        facts = json.dumps(dict(info.facts), sort_keys=True)
        self.connection.execute(_UPSERT_RUN, (info.run_id, info.orchestration_id, status, _run_start_ms(state), duration_ms, facts))
        run = int(self.connection.execute("SELECT id FROM run WHERE run_id = ?", (info.run_id,)).fetchone()[0])
        self._runs[info.run_id] = (run, state.status, state.duration_s)
        return run

    def _write_passes(self, run: int, base: int, passes: list[PlainPass]) -> None:
        names = self._names
        ids = names.cases([cast("CaseKey", taken[0]) for taken in passes])
        values: list[int] = []
        for key, started_at, duration_s, worker in passes:
            worker_id = (names.worker(worker) or 0) if worker else 0
            values += (ids[cast("CaseKey", key)], run, int(started_at * 1000) - base, int(duration_s * 1_000_000), worker_id)
        _INSERT_PASSES.execute(self.connection, values)

    def _write_records(self, run: int, base: int, records: list[Record]) -> None:
        names = self._names
        ids = names.cases([record[0] for record in records])
        rows = []
        for key, number, status, marks, is_last, started_at, duration_s, worker, error, metadata, evidence in records:
            case = ids[key]
            rows.append(
                (
                    case,
                    run,
                    number,
                    status,
                    marks,
                    is_last,
                    int(started_at * 1000) - base,
                    int(duration_s * 1_000_000),
                    (names.worker(worker) or 0) if worker else 0,
                    (names.error(error) or 0) if error else 0,
                    (names.metadata(metadata) or 0) if metadata else 0,
                )
            )
            if evidence:
                self.connection.execute(_INSERT_EVIDENCE, (run, case, number, *evidence))
        self.connection.executemany(_INSERT_ATTEMPT, rows)

    def _write_healing(self, run: int, batch: Batch) -> None:
        from maestro_fabric.aggregator.heals import write_heals, write_learnt  # few runs heal

        write_learnt(self.connection, self._names, run, batch.learnt)
        write_heals(self.connection, self._names, run, batch.heals)

    def _write_running(self, run: int, base: int, running: dict[CaseKey, tuple[int, float, str]]) -> None:
        ids = self._names.cases(running)
        self.connection.execute("DELETE FROM running WHERE run_id = ?", (run,))
        rows: Iterable[tuple[int, int, int, int, int | None]] = (
            (run, ids[key], number, int(started_at * 1000) - base, self._names.worker(worker))
            for key, (number, started_at, worker) in running.items()
        )
        self.connection.executemany("INSERT INTO running VALUES (?, ?, ?, ?, ?)", list(rows))


def _cleaned(batch: Batch) -> Batch:
    info = replace(batch.run.info, orchestration_id=clean(batch.run.info.orchestration_id))
    return Batch(
        run=replace(batch.run, info=info),
        records=clean(batch.records),
        passes=clean(batch.passes),
        totals=clean(batch.totals),
        details=clean(batch.details),
        running=clean(batch.running),
        must_recount=batch.must_recount,
        learnt=clean(batch.learnt),
        heals=clean(batch.heals),
    )


def _run_start_ms(state: RunState) -> int:
    return int(state.info.started_at * 1000)
