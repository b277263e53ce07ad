"""What a run of files makes of a process that says and does strange things."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from maestro_fabric.adapters.node.file_run import FileRun
from maestro_fabric.adapters.node.inner import Teller
from maestro_fabric.adapters.node.messages import (
    Failure,
    FileBegan,
    FileEnded,
    Message,
    RunBegan,
    RunEnded,
    TestBegan,
    TestRecord,
    TestTried,
)
from maestro_fabric.errors import DeadlineExceeded
from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.model import Case, CaseId, Outcome, Status
from maestro_fabric.ports import Deadline
from maestro_fabric.testing import FakeClock

ROOT = Path("/web")
A, B = ROOT / "a.test.js", ROOT / "b.test.js"
NO = Failure(text="Error: expect(1).toBe(2)\n    at Object.<anonymous> (/web/a.test.js:3:7)", is_assertion=True)
NO_DISK = Failure(text="OSError: no disk", is_assertion=False)


def passed(*titles: str, number: int = 1) -> TestRecord:
    return TestRecord(titles=titles, status="passed", number=number)


def failed(*titles: str, failures: tuple[Failure, ...] = (NO,), number: int = 1, project: str = "") -> TestRecord:
    return TestRecord(titles=titles, status="failed", failures=failures, number=number, project=project)


@dataclass
class ScriptedProcess:
    """Says what it is told to; a number is time that passes, and without a word it has ended."""

    script: Iterator[Message | float]
    clock: FakeClock
    exit_status: int | None = 0
    is_killed: bool = False

    def hear(self, deadline: Deadline) -> Message | None:
        said = next(self.script, None)
        if isinstance(said, float):
            self.clock.sleep(said)
            if deadline.is_over:
                raise DeadlineExceeded("script", deadline.limit_s)
            return self.hear(deadline)
        return said

    def last_output(self) -> str:
        return "last words"

    def kill(self) -> None:
        self.is_killed = True


@dataclass
class Stage:
    """Starts the scripted processes in turn, and notes for which files."""

    scripts: list[list[Message | float]]
    exit_status: int = 0
    clock: FakeClock = field(default_factory=FakeClock)
    started: list[tuple[list[Path], bool]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run = FileRun("Jest", [A, B], self._start, self.clock)

    def _start(self, files: Sequence[Path], *, one_by_one: bool) -> ScriptedProcess:
        self.started.append((list(files), one_by_one))
        return ScriptedProcess(iter(self.scripts[len(self.started) - 1]), self.clock, self.exit_status)

    def outcome_of(self, path: Path, limit_s: float | None = None) -> Outcome:
        container = Case(id=CaseId("shop", "widgets", path.name), container=True)
        teller = Teller(container, path, ROOT, self.events.append, self.clock)
        return self.run.outcome_of(path, teller, Deadline.after(limit_s, self.clock))

    @property
    def told(self) -> list[tuple[str, str, bool]]:
        return [
            (event.case.id.title.partition(" > ")[2], str(event.attempt.outcome.status), event.is_last)
            for event in self.events
            if isinstance(event, AttemptFinished)
        ]


def both_fine() -> list[Message | float]:
    return [FileEnded(file=str(path), tests=(passed("x"),)) for path in (B, A)] + [RunEnded()]


def test_files_are_answered_in_the_order_asked_whatever_order_they_ran_in() -> None:
    stage = Stage([both_fine()])

    assert [stage.outcome_of(path).status for path in (A, B)] == [Status.PASSED, Status.PASSED]
    assert stage.told == [("x", "passed", True), ("x", "passed", True)]
    assert stage.started == [([A, B], False)]


def test_a_try_that_failed_waits_for_the_next_one() -> None:
    tries = [failed("x"), passed("x", number=2), failed("y", failures=(NO_DISK,))]
    script = [*(TestTried(file=str(A), test=each) for each in tries), FileEnded(file=str(A), tests=(tries[1], tries[2]))]
    stage = Stage([[*script, FileEnded(file=str(B)), RunEnded()]])

    stage.outcome_of(A)

    assert stage.told == [("x", "failed", False), ("x", "passed", True), ("y", "error", True)]


def test_tries_that_were_not_told_are_attempts_without_a_reason() -> None:
    stage = Stage([[FileEnded(file=str(A), tests=(passed("x", number=3),)), FileEnded(file=str(B)), RunEnded()]])

    stage.outcome_of(A)

    assert stage.told == [("x", "error", False), ("x", "error", False), ("x", "passed", True)]


def test_the_last_word_of_a_file_counts_more_than_what_was_told_before() -> None:
    stage = Stage([[TestTried(file=str(A), test=passed("x")), FileEnded(file=str(A), tests=(failed("x"),)), FileEnded(file=str(B))]])

    stage.outcome_of(A)

    assert stage.told == [("x", "passed", True), ("x", "failed", True)]


def test_a_skipped_test_is_told_once_without_an_attempt() -> None:
    skipped = TestRecord(titles=("x",), status="skipped", reason="no printer")
    stage = Stage([[FileEnded(file=str(A), tests=(skipped, skipped)), FileEnded(file=str(B)), RunEnded()]])

    stage.outcome_of(A)

    ends = [(event.case.id.name, event.reason) for event in stage.events if isinstance(event, CaseFinished)]
    assert ends == [("a.test.js > x", "no printer"), ("a.test.js > x #2", "no printer")]


def test_a_process_that_dies_alone_with_a_file_is_that_files_error_and_what_was_held_back_is_told() -> None:
    death = [FileBegan(file=str(A)), TestTried(file=str(A), test=failed("x")), TestBegan(file=str(A), titles=("y",))]
    stage = Stage([death, [FileEnded(file=str(B)), RunEnded()]], exit_status=7)

    outcome = stage.outcome_of(A)

    assert outcome.fault is not None
    assert outcome.fault.message == "Jest died in 'y' (exit status 7):\nlast words"
    assert stage.told == [("x", "failed", True)]
    assert stage.outcome_of(B).status is Status.PASSED
    assert stage.started == [([A, B], False), ([B], False)]


def test_a_process_that_dies_with_several_files_runs_again_without_workers() -> None:
    death = [FileBegan(file=str(B)), FileBegan(file=str(A)), TestTried(file=str(A), test=passed("x"))]
    again = [FileBegan(file=str(A)), TestTried(file=str(A), test=passed("x"))]
    stage = Stage([death, [*again, FileEnded(file=str(A), tests=(passed("x"),)), FileEnded(file=str(B)), RunEnded()]])

    assert [stage.outcome_of(path).status for path in (A, B)] == [Status.PASSED, Status.PASSED]
    assert stage.told == [("x", "passed", True)]
    assert stage.started == [([A, B], False), ([A, B], True)]


def test_a_file_is_late_by_its_own_time_and_not_by_that_of_those_before_it() -> None:
    slow = [FileBegan(file=str(B)), 4.0, FileEnded(file=str(B)), FileBegan(file=str(A)), 4.0, FileEnded(file=str(A)), RunEnded()]
    stage = Stage([slow])

    assert stage.outcome_of(A, limit_s=5.0).status is Status.PASSED


def test_a_file_that_hangs_before_the_one_asked_for_is_ended_and_the_other_runs() -> None:
    stage = Stage([[FileBegan(file=str(B)), TestBegan(file=str(B), titles=("spins",)), 6.0], [FileEnded(file=str(A)), RunEnded()]])

    assert stage.outcome_of(A, limit_s=5.0).status is Status.PASSED
    late = stage.outcome_of(B, limit_s=5.0)
    assert late.fault is not None
    assert late.fault.message == "it was still running after 5s, in 'spins'; its process was ended"


@pytest.mark.parametrize(
    ("script", "limit_s", "told"),
    [([6.0], 5.0, "Jest ran no file within 5s"), ([], None, "Jest ended before it ran a file (exit status 1):\nlast words")],
)
def test_a_start_that_fails_is_one_error_and_blocks_the_rest(script: list[Message | float], limit_s: float | None, told: str) -> None:
    stage = Stage([script], exit_status=1)

    first = stage.outcome_of(A, limit_s)

    assert first.fault is not None
    assert first.fault.message == told
    assert stage.outcome_of(B) == Outcome(status=Status.BLOCKED, reason="Jest did not run: see a.test.js")


def test_a_file_that_is_left_out_without_a_failure_is_an_error() -> None:
    stage = Stage([[FileEnded(file=str(A)), RunEnded()]])
    stage.outcome_of(A)

    left_out = stage.outcome_of(B)

    assert left_out.fault is not None
    assert left_out.fault.message.startswith("Jest ended and did not run this file (exit status 0)")


def test_a_process_that_does_not_end_after_its_last_file_is_ended_and_no_error() -> None:
    stage = Stage([[*both_fine(), 60.0]], exit_status=1)

    assert [stage.outcome_of(path).status for path in (A, B)] == [Status.PASSED, Status.PASSED]


def test_a_file_of_several_projects_is_told_when_all_of_them_have_run_it() -> None:
    ends = [FileEnded(file=str(A), tests=(failed("x", project=name),), error="broken", seconds=1.0) for name in ("one", "two")]
    stage = Stage([[RunBegan(runs=4), FileBegan(file=str(A)), TestTried(file=str(A), test=passed("x")), *ends, RunEnded()]])

    outcome = stage.outcome_of(A)

    assert stage.told == [("x[one]", "failed", True), ("x[two]", "failed", True)]
    assert (outcome.status, outcome.duration_s) == (Status.ERROR, 2.0)


def test_what_is_said_of_unknown_files_is_left_aside() -> None:
    stage = Stage([[FileBegan(file="/elsewhere.js"), FileEnded(file=str(A)), TestBegan(file=str(A), titles=("late",)), *both_fine()]])

    assert [stage.outcome_of(path).status for path in (A, B)] == [Status.PASSED, Status.PASSED]
