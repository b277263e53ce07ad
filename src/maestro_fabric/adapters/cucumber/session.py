"""A suite of features being run: one process for all its scenarios, another one for a further attempt or after a crash."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

from maestro_fabric.adapters.cucumber.said import Attached, Broken, Closed, Place, Said, Scenario, ScenarioStarted, Tried
from maestro_fabric.adapters.program.asked import Asked
from maestro_fabric.adapters.program.cases import Trouble
from maestro_fabric.adapters.program.ending import how_ended, with_output
from maestro_fabric.adapters.program.process import Program
from maestro_fabric.errors import DeadlineExceeded, SessionLost
from maestro_fabric.events import AttemptFinished
from maestro_fabric.model import Artifact, Attempt, Case, CaseId, Fault, Location, Outcome, Status
from maestro_fabric.ports import Deadline, Emit

__all__ = ["FeatureSession"]

Keep = Callable[[Sequence[Attached], CaseId, int], tuple[tuple[Artifact, ...], list[str]]]


class FeatureSession:
    """Asks one runner of features for the outcome of scenario after scenario.

    Args:
        runner: The runner's name.
        start: Starts it for some scenarios.
        keep: Writes what a try attached: files, and lines about what was not written.
        folder: Stands before the places that the runner names.
    """

    def __init__(self, runner: str, start: Callable[[Sequence[Scenario]], Program[Said]], keep: Keep, folder: str = "") -> None:
        self._runner = runner
        self._start = start
        self._keep = keep
        self._folder = folder
        self._asked = Asked()
        self._run: _Run | None = None
        self._numbers: Counter[CaseId] = Counter()
        self._start_failure: Fault | None = None
        self._failed_starts = 0

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for; one process runs them all."""
        self._asked.select([case for case in cases if isinstance(case.body, Scenario)])

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """The outcome of a scenario, as soon as the runner tells it.

        Raises:
            DeadlineExceeded: when the time is over; the runner was killed then.
            SessionLost: when the runner died in this scenario.
        """
        if isinstance(case.body, Trouble):
            return case.body.outcome
        run = self._run_for(case)
        if self._start_failure is not None:
            return self._not_started(self._start_failure)
        assert run is not None  # noqa: S101 - for the types: without a failure there is one
        place = cast("Scenario", case.body).place
        try:
            tried = run.wait_for(place, lambda earlier: self._tell(case, earlier, emit), deadline)
            outcome = self._ended(run) if tried is None else self._outcome(case, tried)
            if tried is not None and self._asked.is_done:
                outcome = self._after_all(run, outcome, deadline)
        except DeadlineExceeded:
            run.program.kill()
            raise DeadlineExceeded(f"scenario {case.id.title!r}", deadline.limit_s) from None
        return outcome

    def close(self) -> None:
        """End the runner: in good order when it has run everything, else after its hooks after all."""
        run, self._run = self._run, None
        if run is not None and self._asked.is_done and not run.is_busy:
            run.go_on()
            run.program.finish()
        elif run is not None:
            run.interrupt()

    def _run_for(self, case: Case) -> _Run | None:
        if self._asked.ask(case):
            # A further attempt starts with support code loaded anew; no runner can run a scenario twice.
            self._start_failure = None
            if self._run is not None:
                self._run.interrupt()
                self._run = None
        if self._run is None and self._start_failure is None:
            chosen = self._asked.from_here(case)
            self._run = _Run(self._start([cast("Scenario", each.body) for each in chosen]))
        return self._run

    def _tell(self, case: Case, earlier: Tried, emit: Emit) -> None:
        attempt = Attempt(number=1, outcome=self._outcome(case, earlier), started_at=earlier.started_at, duration_s=earlier.duration_s)
        emit(AttemptFinished(case, attempt, is_last=False))

    def _outcome(self, case: Case, tried: Tried) -> Outcome:
        self._numbers[case.id] += 1
        outcome = _placed(tried.outcome, self._folder)
        if tried.attached:
            artifacts, left_out = self._keep(tried.attached, case.id, self._numbers[case.id])
            outcome = replace(outcome, artifacts=artifacts, output="\n".join(filter(None, [outcome.output, *left_out])))
        return replace(outcome, duration_s=tried.duration_s)

    def _ended(self, run: _Run) -> Outcome:
        """What to say of a scenario that the runner did not tell of before it ended."""
        status, output = run.program.exit_status, run.program.last_output()
        if run.closed and run.broken is None:
            message = with_output(f"{self._runner} ended and did not run this scenario ({how_ended(status)})", output)
            return Outcome(status=Status.ERROR, fault=Fault(type="ScenarioNotRun", message=message))
        if run.broken is None and run.has_started:
            raise SessionLost(with_output(f"{self._runner} died in this scenario ({how_ended(status)})", output))
        if run.broken is not None:
            fault = Fault(type=run.broken.type, message=run.broken.message, trace=run.broken.trace)
        else:
            message = with_output(f"{self._runner} ended before the first scenario ({how_ended(status)})", output)
            fault = Fault(type="RunnerFailed", message=message)
        run.program.kill()
        self._run = None
        self._start_failure = fault
        self._failed_starts += 1
        return self._not_started(fault)

    def _not_started(self, fault: Fault) -> Outcome:
        # Each further attempt is a start of the whole runner: once for a suite is enough to see that it does not help.
        return Outcome(status=Status.ERROR, fault=fault, must_not_retry=self._failed_starts > 1)

    def _after_all(self, run: _Run, outcome: Outcome, deadline: Deadline) -> Outcome:
        """The outcome of the last scenario; hooks that break after it are its tear-down."""
        broken = run.wait_for_end(deadline)
        if broken is None or outcome.fault is not None:
            return outcome
        return replace(outcome, status=Status.ERROR, fault=Fault(type=broken.type, message=broken.message, trace=broken.trace))


class _Run:
    """A running process and what it has told so far."""

    def __init__(self, program: Program[Said]) -> None:
        self.program = program
        self.broken: Broken | None = None
        self.closed = False
        self.has_started = False
        self._is_waiting = False
        self._told: dict[Place, list[Tried]] = {}

    def wait_for(self, place: Place, tell: Callable[[Tried], None], deadline: Deadline) -> Tried | None:
        """The last try of a scenario, after telling those before; ``None`` when the process ended without it."""
        while True:
            for tried in self._told.pop(place, ()):
                if tried.is_last:
                    return tried
                tell(tried)
            self.go_on()
            message = self.program.hear(deadline)
            if message is None:
                return None
            self._note(message)

    def wait_for_end(self, deadline: Deadline) -> Broken | None:
        """What broke after the last scenario, if anything did."""
        self.go_on()
        for message in self.program.messages(deadline):
            self._note(message)
            self.go_on()
        return self.broken

    @property
    def is_busy(self) -> bool:
        """Whether it is in the middle of a scenario, and does not wait for the next one to be wanted."""
        return not self._is_waiting and not self.program.is_over

    def interrupt(self) -> None:
        """Have it run its hooks after all and end, then make sure of that. Only behave cuts off a scenario that still runs."""
        self.program.interrupt(is_busy=self.is_busy)

    def go_on(self) -> None:
        """Let it run the next scenario, if it waits for that."""
        if self._is_waiting:
            self.program.answer()
        self._is_waiting = False

    def _note(self, message: Said) -> None:
        if isinstance(message, Tried):
            self._told.setdefault(message.place, []).append(message)
            self._is_waiting = self._is_waiting or message.waits
        elif isinstance(message, ScenarioStarted):
            self.has_started = True
        elif isinstance(message, Broken):
            self.broken = message
        elif isinstance(message, Closed):
            self.closed = True


def _placed(outcome: Outcome, folder: str) -> Outcome:
    """The outcome with places as a reader beside the config sees them."""

    def placed(location: Location | None) -> Location | None:
        return location if location is None or not folder else replace(location, file=f"{folder}/{location.file}")

    steps = tuple(replace(step, location=placed(step.location)) for step in outcome.steps)
    fault = outcome.fault and replace(outcome.fault, location=placed(outcome.fault.location))
    return replace(outcome, steps=steps, fault=fault)
