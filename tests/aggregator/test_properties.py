"""Whatever is reported in whatever order, with commits, faults and closings in between: the file holds it, and the counts agree."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_fabric.aggregator import StoreWriter, open_history
from maestro_fabric.aggregator.records import Batch, CaseDetails, CaseKey, ErrorText, EvidenceText, Record, RunState, marks_code, marks_of
from maestro_fabric.aggregator.spill import Spill, read_spill
from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished, RunFinished, RunStarted
from maestro_fabric.model import Attempt, Case, CaseId, Fault, Mark, Outcome, RunInfo, Status
from maestro_fabric.testing import FakeClock

STATUS = st.sampled_from([Status.PASSED, Status.FAILED, Status.ERROR])
TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = st.sampled_from(["a", "b", "c"])
# What a case does: the statuses of its attempts, its final marks; and what the writer does after it.
CASES = st.lists(
    st.tuples(NAMES, st.lists(STATUS, max_size=3), st.frozensets(st.sampled_from(list(Mark)), max_size=2), st.booleans()), max_size=12
)


@settings(max_examples=40, deadline=None)
@given(cases=CASES, is_finished=st.booleans())
def test_every_attempt_is_kept_and_the_roll_up_equals_the_rows(cases, is_finished):
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "h.db"
        writer = StoreWriter(store, clock=FakeClock(), is_ticking=False)
        writer.receive(RunStarted(RunInfo(run_id="r", started_at=1_700_000_000.0)))
        for name, statuses, marks, is_flushed in cases:
            play(writer, name, statuses, marks, is_flushed=is_flushed)
        if is_finished:
            writer.receive(RunFinished("r", "passed", 1_700_000_009.0))
        writer.close()

        with open_history(store) as history:
            run, results, attempts = history.run("r"), history.results("r"), history.attempts("r")
    assert len(attempts) >= sum(len(statuses) for _, statuses, _, _ in cases)
    assert {row.name for row in results} == {name for name, *_ in cases}
    assert len(results) == len({row.case_id for row in results})
    assert run.counts["attempts"] == len(attempts)
    counted = Counter(row.status for row in results)
    assert {status: run.counts[status] for status in Status} == {status: counted[status] for status in Status}
    assert {mark: run.counts[mark] for mark in Mark} == {mark: sum(mark in row.marks for row in results) for mark in Mark}


def play(writer, name, statuses, marks, *, is_flushed):
    case = Case(id=CaseId("", "s", name))
    for number, status in enumerate(statuses, start=1):
        writer.receive(AttemptStarted(case, number, 1_700_000_001.0))
        fault = None if status is Status.PASSED else Fault(type="E", message=name)
        attempt = Attempt(number=number, outcome=Outcome(status=status, fault=fault), started_at=1_700_000_001.0, duration_s=0.1)
        writer.receive(AttemptFinished(case, attempt, number == len(statuses)))
        _ = is_flushed and writer.flush()
    writer.receive(CaseFinished(case, statuses[-1] if statuses else Status.BLOCKED, marks, 1_700_000_002.0, 0.1))


RECORDS = st.builds(
    Record,
    key=st.builds(CaseKey, TEXT, TEXT, TEXT, TEXT),
    number=st.integers(0, 5),
    status=st.integers(0, 4),
    marks=st.integers(0, 63),
    is_last=st.integers(0, 1),
    started_at=st.floats(0, 2e9),
    duration_s=st.floats(0, 1e6),
    worker=TEXT,
    error=st.none() | st.builds(ErrorText, TEXT, TEXT, TEXT, TEXT),
    metadata=TEXT,
    evidence=st.none() | st.builds(EvidenceText, TEXT, TEXT, TEXT),
)


@settings(deadline=None)
@given(records=st.lists(RECORDS, unique_by=lambda record: (record.key, record.number), max_size=5), text=TEXT)
def test_a_side_file_gives_back_what_was_written_into_it(records, text):
    run = RunState(RunInfo(run_id="r", started_at=1.5, orchestration_id=text, facts={"host": text}), "failed", 2.5)
    batch = Batch(run, records=records, details={CaseKey("", "s", text, ""): CaseDetails(text, "[]", "[]", "")}, must_recount=True)
    batch.running = {CaseKey("", "s", text, "p"): (1, 2.0, text)}
    with tempfile.TemporaryDirectory() as folder:
        spill = Spill(Path(folder) / "h.db", "r")
        spill.write(batch)
        spill.write(batch)
        assert spill.path is not None
        assert read_spill(spill.path) == batch


@given(st.frozensets(st.sampled_from(list(Mark))))
def test_marks_survive_their_bitmask(marks):
    assert marks_of(marks_code(marks)) == marks


@settings(max_examples=20, deadline=None)
@given(names=st.lists(TEXT, min_size=1, max_size=8))
def test_any_name_comes_back_as_it_was(names):
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "h.db"
        writer = StoreWriter(store, clock=FakeClock(), is_ticking=False)
        writer.receive(RunStarted(RunInfo(run_id="r", started_at=1.0)))
        for name in names:
            writer.add_plain(suite=name, name=name, params=name, status=Status.PASSED, started_at=1.0, duration_s=0.0)
        writer.close()
        with closing(sqlite3.connect(store)) as connection:
            found = connection.execute("SELECT DISTINCT suite, name, params FROM results").fetchall()
    assert set(found) == {(name, name, name) for name in names}
