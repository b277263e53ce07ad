"""A suite of test files being run: one process of the framework for all of them, another one for a further attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maestro_fabric.adapters.node.file_run import FileRun
from maestro_fabric.adapters.node.framework import RunningFramework, StartFramework
from maestro_fabric.adapters.node.inner import Teller
from maestro_fabric.adapters.program.cases import Trouble
from maestro_fabric.model import Case, CaseId, Outcome
from maestro_fabric.ports import Clock, Deadline, Emit

__all__ = ["FileSession", "TestFile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    """The body of a file's case: its absolute path, and how many files the whole suite has."""

    # The name does not make it a test of pytest's.
    __test__ = False

    path: Path
    siblings: int


class FileSession:
    """Asks one process for the outcome of file after file.

    Args:
        title: What the framework is called.
        start: Starts it for some files; for all of the suite when there are none.
        root: The folder that places are relative to.
        clock: Time.
    """

    def __init__(self, title: str, start: StartFramework, root: Path, clock: Clock) -> None:
        self._title = title
        self._start = start
        self._root = root
        self._clock = clock
        self._files: list[Path] = []
        self._run: FileRun | None = None
        self._answered: set[CaseId] = set()

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for; one process runs them all."""
        self._files = [case.body.path for case in cases if isinstance(case.body, TestFile)]

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """The outcome of a file, whose tests are told as they come.

        Raises:
            TypeError: for a case that another adapter has found.
        """
        if isinstance(case.body, Trouble):
            return case.body.outcome
        if not isinstance(case.body, TestFile):
            raise TypeError(f"{case.id} is no test file of this adapter")
        file = case.body.path
        teller = Teller(case, file, self._root, emit, self._clock)
        if case.id not in self._answered and (file in self._files or self._run is None):
            self._answered.add(case.id)
            self._run = self._run or self._new_run(self._files if file in self._files else [file], case.body.siblings)
            return self._run.outcome_of(file, teller, deadline)
        # A further attempt, while the others may still be running.
        again = self._new_run([file], case.body.siblings)
        try:
            return again.outcome_of(file, teller, deadline)
        finally:
            again.close()

    def close(self) -> None:
        """End the framework; a second call does nothing."""
        run, self._run = self._run, None
        if run is not None:
            run.close()

    def _new_run(self, chosen: Sequence[Path], siblings: int) -> FileRun:
        def start(files: Sequence[Path], *, one_by_one: bool) -> RunningFramework:
            # The framework finds all of its files by itself, and a command line has a limit.
            return self._start(() if len(files) == siblings else files, one_by_one=one_by_one)

        return FileRun(self._title, chosen, start, self._clock)
