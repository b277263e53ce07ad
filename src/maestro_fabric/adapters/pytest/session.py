"""A pytest suite being run: one process for all its cases, another one for a further attempt or after a crash."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from maestro_fabric.adapters.program.asked import Asked
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.adapters.pytest.process import PytestProcess
from maestro_fabric.errors import DeadlineExceeded, SessionLost
from maestro_fabric.model import Case, Fault, Outcome, Status
from maestro_fabric.ports import Deadline, Emit

__all__ = ["NativeTest", "PytestSession"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeTest:
    """The body of a case of a pytest suite.

    Attributes:
        nodeid: pytest's node id, relative to its rootdir.
        path: The module's absolute path; empty for one that could not be collected.
        failure: Why it could not be collected; empty when it could.
        siblings: How many cases the whole suite has.
    """

    nodeid: str
    path: str = ""
    failure: str = ""
    siblings: int = 1

    @property
    def argument(self) -> str:
        """What selects exactly this test, from any folder."""
        return "::".join([self.path, *self.nodeid.split("::")[1:]])

    @property
    def rootdir(self) -> str:
        """The rootdir of pytest, to which the node id is relative."""
        return self.path.removesuffix(self.nodeid.partition("::")[0]).rstrip("/\\") or self.path


class PytestSession:
    """Asks one pytest for the outcome of case after case.

    Args:
        start: Starts pytest with the arguments that say what to run.
        paths: What to run when that is the whole suite.
    """

    def __init__(self, start: Callable[[Sequence[str]], PytestProcess], paths: Sequence[str]) -> None:
        self._start = start
        self._paths = paths
        self._process: PytestProcess | None = None
        self._asked = Asked()
        self._folder = tempfile.TemporaryDirectory(prefix="maestro-")

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for; one process runs them all."""
        self._asked.select(cases)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """The outcome of a case, as soon as pytest tells it.

        Raises:
            DeadlineExceeded: when the time is over; pytest was killed then.
            SessionLost: when pytest died in this case.
        """
        native = cast("NativeTest", case.body)
        if native.failure:
            return Outcome(
                status=Status.ERROR, fault=Fault(type="CollectionError", message=_last_line(native.failure), trace=native.failure)
            )
        process = self._process_for(case)
        try:
            outcome = process.outcome_of(case.id, emit, deadline)
        except DeadlineExceeded:
            process.kill()
            raise DeadlineExceeded(f"test {case.id.title!r}", deadline.limit_s) from None
        if outcome is not None:
            return outcome
        if process.has_collected and not process.ended_in_order:
            raise SessionLost(with_output(f"pytest died in this test ({how_ended(process.exit_status)})", process.last_output()))
        message = with_output(f"pytest ended and did not run this test ({how_ended(process.exit_status)})", process.last_output())
        return Outcome(status=Status.ERROR, fault=Fault(type="TestNotRun", message=message))

    def close(self) -> None:
        """End pytest: in good order when it has run everything, else after its fixtures were torn down."""
        process, self._process = self._process, None
        if process is not None and self._asked.is_done and not process.is_busy:
            process.finish()
        elif process is not None:
            process.interrupt()
        self._folder.cleanup()

    def _process_for(self, case: Case) -> PytestProcess:
        is_again = self._asked.ask(case)
        if self._process is not None and is_again:
            # A further attempt starts with fresh fixtures of every scope; pytest cannot run an item twice.
            self._process.interrupt()
            self._process = None
        if self._process is None:
            self._process = self._start(self._arguments(self._asked.from_here(case)))
        return self._process

    def _arguments(self, cases: Sequence[Case]) -> Sequence[str]:
        tests = [native for each in cases if not (native := cast("NativeTest", each.body)).failure]
        if len(cases) == tests[0].siblings:
            return self._paths
        # A file, since a command line has a limit. The rootdir would else be guessed from what is selected.
        chosen = Path(self._folder.name) / "selected.txt"
        chosen.write_text("\n".join(test.argument for test in tests), encoding="utf-8")
        return [f"--rootdir={tests[0].rootdir}", f"--confcutdir={tests[0].rootdir}", f"@{chosen}"]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # pytest marks the lines of the exception itself with an E.
    marked = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    return (marked or lines or ["this module could not be collected"])[-1]
