"""A command suite being run: one run of its program gives the outcome of all its cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from maestro_fabric.adapters.command.execution import Executed
from maestro_fabric.adapters.command.identity import inner_case
from maestro_fabric.adapters.command.reported import Reported, Try
from maestro_fabric.adapters.program.asked import Asked
from maestro_fabric.adapters.program.cases import Trouble
from maestro_fabric.events import AttemptFinished, CaseFinished, Warned
from maestro_fabric.model import Attempt, Case, Fault, Mark, Outcome, Status
from maestro_fabric.ports import Clock, Deadline, Emit

__all__ = ["CommandSession", "Listed", "Whole"]

Execute = Callable[[Sequence[str], Callable[[Reported], None], Deadline], Executed]


@dataclass(frozen=True, slots=True)
class Whole:
    """The body of the container: the program, and what its list (``listed``) does not name."""

    listed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """The body of a case that the list (``listed``) names."""

    listed: frozenset[str]
    name: str


class CommandSession:
    """Runs the program once for all its cases, and again for a further attempt.

    Args:
        execute: Runs it for some listed names (all when there are none), telling each case as soon as it is known.
        clock: Time.
    """

    def __init__(self, execute: Execute, clock: Clock) -> None:
        self._execute = execute
        self._listed: frozenset[str] = frozenset()
        self._clock = clock
        self._asked = Asked()
        self._executed: Executed | None = None
        self._by_name: dict[str, Reported] = {}

    def select(self, cases: Sequence[Case]) -> None:
        """Take the cases that will be asked for; one run gives them all."""
        self._asked.select(cases)

    def run(self, case: Case, emit: Emit, deadline: Deadline) -> Outcome:
        """What the report says of the case; the container's own outcome is the program's."""
        if isinstance(case.body, Trouble):
            return case.body.outcome
        self._listed = cast("Whole | Listed", case.body).listed
        is_again = self._asked.ask(case)
        is_starter = is_again or self._executed is None
        if is_starter:
            self._start(case, emit, deadline)
        executed = cast("Executed", self._executed)
        # Who started the program says what was wrong with it, so that it is said once.
        fault = executed.fault if is_starter else None
        if isinstance(case.body, Listed):
            return self._listed_outcome(case, case.body.name, emit, fault)
        return Outcome(status=Status.PASSED if fault is None else Status.ERROR, fault=fault)

    def close(self) -> None:
        """Nothing is left running: `run` waits for the program's end."""

    def _start(self, case: Case, emit: Emit, deadline: Deadline) -> None:
        chosen = [each.body.name for each in self._asked.from_here(case) if isinstance(each.body, Listed)]
        started_at = self._clock.now()

        def hear(reported: Reported) -> None:
            if isinstance(case.body, Whole) and self._name_of(reported) is None:
                _tell(case, reported, emit, started_at)

        self._executed = self._execute(chosen if len(chosen) < len(self._listed) else (), hear, deadline)
        found = ((self._name_of(reported), reported) for reported in self._executed.cases)
        self._by_name = {name: reported for name, reported in found if name is not None}
        for note in self._executed.notes:
            emit(Warned(f"{case.id.suite}: {note}"))

    def _name_of(self, reported: Reported) -> str | None:
        """The listed name of a reported case; ``None`` when the list does not name it."""
        return next((name for name in (reported.name, *reported.other_names) if name in self._listed), None)

    def _listed_outcome(self, case: Case, name: str, emit: Emit, fault: Fault | None) -> Outcome:
        reported = self._by_name.get(name)
        if reported is None:
            message = "the list names this case, but the report says nothing of it"
            return Outcome(status=Status.ERROR, fault=fault or Fault(type="NotReported", message=message))
        for earlier in reported.tries[:-1]:
            emit(AttemptFinished(case, _attempt(earlier, self._clock.now()), is_last=False))
        last = reported.tries[-1]
        outcome = replace(last.outcome, duration_s=last.duration_s)
        if fault is not None and not outcome.status.is_bad:
            outcome = replace(outcome, status=Status.ERROR, fault=fault)
        return outcome


def _tell(container: Case, reported: Reported, emit: Emit, started_at: float) -> None:
    inner = inner_case(container, reported)
    last = reported.tries[-1].outcome
    if last.status is Status.SKIPPED and Mark.XFAILED not in last.marks:
        emit(CaseFinished(inner, Status.SKIPPED, frozenset(), started_at, 0.0, last.reason))
        return
    for number, each in enumerate(reported.tries, 1):
        emit(AttemptFinished(inner, _attempt(each, started_at), is_last=number == len(reported.tries)))


def _attempt(tried: Try, started_at: float) -> Attempt:
    return Attempt(
        number=1,
        outcome=tried.outcome,
        started_at=started_at if tried.started_at is None else tried.started_at,
        duration_s=tried.duration_s,
    )
