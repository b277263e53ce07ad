"""Events become the next batch: pure, in memory, and quick, since it happens between two tests."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import cast

from maestro_fabric.aggregator import totals
from maestro_fabric.aggregator.records import (
    INTERRUPTED,
    MAX_SECONDS,
    STATUS_CODES,
    Batch,
    CaseKey,
    PlainPass,
    Record,
    RunState,
    attempt_record,
    details_of,
    heal_record,
    key_of,
    learnt_records,
    marks_code,
    reason_error,
    sane_seconds,
)
from maestro_fabric.events import AttemptFinished, AttemptStarted, BreakerChanged, CaseFinished, Event, Healed, RunFinished
from maestro_fabric.model import RunInfo, Status

__all__ = ["Pending"]


class Pending:
    """What a run has reported and is not in the file yet.

    Args:
        info: The run.
    """

    def __init__(self, info: RunInfo) -> None:
        self.run = RunState(info)
        self.running: dict[CaseKey, tuple[int, float, str]] = {}
        self._written_running: dict[CaseKey, tuple[int, float, str]] = {}
        self._written_run: tuple[str, float | None] | None = None
        # The newest attempt of cases without a final word yet, and how many attempts each case of the run has.
        self._unjudged: dict[CaseKey, Record] = {}
        self._counts: dict[CaseKey, int] = {}
        self._finished: set[CaseKey] = set()
        self._batch = Batch(self.run)

    def __bool__(self) -> bool:
        batch = self._batch
        is_run_new = self._written_run != (self.run.status, self.run.duration_s)
        return bool(
            batch.records
            or batch.passes
            or batch.heals
            or batch.totals
            or batch.details
            or is_run_new
            or self.running != self._written_running
        )

    def take(self, event: Event) -> None:
        """Note an event of the run; those that the store does not keep are passed over."""
        if isinstance(event, AttemptStarted):
            self.running[key_of(event.case.id)] = (event.number, event.started_at, event.worker)
        elif isinstance(event, AttemptFinished):
            self._take_attempt(event)
        elif isinstance(event, CaseFinished):
            self._take_case(event)
        elif isinstance(event, BreakerChanged):
            self._take_breaker(event)
        elif isinstance(event, Healed):
            self._batch.heals.append(heal_record(event, number=self._counts.get(key_of(event.case.id), event.attempt)))
        elif isinstance(event, RunFinished):
            self.end(event.status, event.finished_at)

    def _take_breaker(self, event: BreakerChanged) -> None:
        """Note what a circuit breaker did among the run's facts, as JSON: there are few, and who asks for them asks for the run."""
        info = self.run.info
        told = {name: value for name, value in asdict(event).items() if name != "worker"}
        earlier = json.loads(info.facts.get("breakers", "[]"))
        self.run.info = replace(info, facts={**info.facts, "breakers": json.dumps([*earlier, told], ensure_ascii=False)})

    def take_plain(self, key: CaseKey, status: Status, started_at: float, duration_s: float, worker: str) -> None:
        """Note a case with one attempt that has nothing but a status."""
        if self.running:
            self.running.pop(key, None)
        number = self._counts.get(key, 0) + 1
        self._counts[key] = number
        self._note_result(key)
        code = STATUS_CODES[status]
        record = Record(key, number, code, 0, 1, sane_seconds(started_at), sane_seconds(duration_s), worker)
        self._batch.records.append(record)
        counts = self._totals(key)
        totals.add_attempt(counts, record)
        counts[code] += 1

    def take_passes(self, passes: Iterable[PlainPass]) -> None:
        """Note many cases that plainly passed, quicker than one by one."""
        batch, known, finished, running = self._batch, self._counts, self._finished, self.running
        suite: tuple[str, ...] = ()
        counts: list[int] = []
        for taken in passes:
            fields, started_at, duration_s, worker = taken
            # A case's key everywhere: it equals the named tuple with the same fields, and finds the same entries.
            key = cast("CaseKey", fields)
            if key in known or not (0 <= started_at < MAX_SECONDS and 0 <= duration_s < MAX_SECONDS):
                self.take_plain(CaseKey(*key), Status.PASSED, started_at, duration_s, worker)
                continue
            known[key] = 1
            if key in finished:
                batch.must_recount = True
            else:
                finished.add(key)
            if running:
                running.pop(key, None)
            batch.passes.append(taken)
            if key[:2] != suite:
                suite, counts = key[:2], self._totals(key)
            totals.add_pass(counts, duration_s)

    def end(self, status: str, finished_at: float) -> None:
        """The run is over; cases still in flight get an attempt that says that they were interrupted."""
        for key, (number, started_at, worker) in self.running.items():
            count = max(number, self._counts.get(key, 0) + 1)
            lasted_s = sane_seconds(finished_at - started_at)
            self._add(Record(key, count, STATUS_CODES[Status.ERROR], 0, 1, sane_seconds(started_at), lasted_s, worker, INTERRUPTED))
        self.running.clear()
        for record in self._unjudged.values():
            self._add_final(record)
        self._unjudged.clear()
        # Ctrl-C may have hit between a row and its count.
        self._batch.must_recount = self._batch.must_recount or status == "interrupted"
        self.run.status = status
        self.run.duration_s = sane_seconds(finished_at - self.run.info.started_at)

    def batch(self) -> Batch:
        """What is to be written now; it stays pending until `written`."""
        self._batch.running = dict(self.running) if self.running != self._written_running else None
        return self._batch

    def written(self) -> None:
        """The last `batch` is safe."""
        if self._batch.running is not None:
            self._written_running = self._batch.running
        self._written_run = (self.run.status, self.run.duration_s)
        self._batch = Batch(self.run)

    def _take_attempt(self, event: AttemptFinished) -> None:
        key = key_of(event.case.id)
        self.running.pop(key, None)
        # A case that is run twice in one run (xdist's --dist=each) starts again at 1: nothing may be overwritten.
        number = max(event.attempt.number, self._counts.get(key, 0) + 1)
        record = attempt_record(event.case, event.attempt, number=number, is_last=event.is_last)
        self._add(record)
        if event.attempt.outcome.learnt:
            self._batch.learnt += learnt_records(event.case, event.attempt)
        self._unjudged[key] = record
        self._batch.details[key] = details_of(event.case)

    def _take_case(self, event: CaseFinished) -> None:
        key = key_of(event.case.id)
        self.running.pop(key, None)
        if not event.is_counted:
            return  # a container: what is inside it are the cases
        self._batch.details[key] = details_of(event.case)
        status, marks = STATUS_CODES[event.status], marks_code(event.marks)
        last = self._unjudged.pop(key, None)
        if last is None:
            self._add_without_attempt(key, event, status, marks)
        elif (last.status, last.marks, last.is_last) != (status, marks, 1):
            if last.is_last:
                totals.add_result(self._totals(key), status=last.status, marks=last.marks, sign=-1)
            else:
                self._note_result(key)
            totals.add_result(self._totals(key), status=status, marks=marks)
            error = last.error or (reason_error(event.reason) if event.status is not Status.PASSED else None)
            self._batch.records.append(last._replace(status=status, marks=marks, is_last=1, error=error))

    def _add_without_attempt(self, key: CaseKey, event: CaseFinished, status: int, marks: int) -> None:
        number = self._counts[key] + 1 if key in self._counts else 0
        duration_s = sane_seconds(event.duration_s)
        started_at = sane_seconds(event.finished_at - duration_s)
        self._add(Record(key, number, status, marks, 1, started_at, duration_s, "", reason_error(event.reason)))

    def _add_final(self, record: Record) -> None:
        """An attempt that was to be followed by another, and was not, is the case's result."""
        if not record.is_last and record.key not in self._finished:
            self._batch.records.append(record._replace(is_last=1))
            totals.add_result(self._totals(record.key), status=record.status, marks=record.marks)
            self._note_result(record.key)

    def _add(self, record: Record) -> None:
        key = record.key
        self._batch.records.append(record)
        self._counts[key] = record.number
        totals.add_attempt(self._totals(key), record)
        if record.is_last:
            totals.add_result(self._totals(key), status=record.status, marks=record.marks)
            self._note_result(key)

    def _note_result(self, key: CaseKey) -> None:
        if key in self._finished:
            self._batch.must_recount = True
        self._finished.add(key)

    def _totals(self, key: CaseKey) -> list[int]:
        counts = self._batch.totals.get(key[:2])
        if counts is None:
            counts = self._batch.totals[key[:2]] = totals.empty()
        return counts
