"""A container without a framework behind it: it tells of the cases inside it as a script says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from maestro_fabric.events import AttemptFinished, AttemptStarted, CaseFinished
from maestro_fabric.model import Attempt, Case, CaseId, Outcome, Skip, Status
from maestro_fabric.ports import Deadline, Emit
from maestro_fabric.testing.fakes import passing

__all__ = ["holding"]


def holding(
    inner: Mapping[str, Outcome | Sequence[Outcome] | Skip], then: Outcome | BaseException | None = None
) -> Callable[[Case, Emit, Deadline], Outcome]:
    """One try of a container, for the script of a `FakeAdapter`: it tells of the cases inside, in order.

    Args:
        inner: What the cases come to, by name: an outcome, several that its framework made by itself, or a skip.
        then: The container's own outcome, or what it raises after the last case; it passes when absent.
    """

    def run(container: Case, emit: Emit, deadline: Deadline) -> Outcome:
        for name, said in inner.items():
            case = Case(id=CaseId(container.id.project, container.id.suite, f"{container.id.name} > {name}"), tags=container.tags)
            if isinstance(said, Skip):
                emit(CaseFinished(case, Status.SKIPPED, frozenset(), deadline.clock.now(), 0.0, said.reason))
            else:
                _tell_attempts(case, [said] if isinstance(said, Outcome) else said, emit, deadline)
        if isinstance(then, BaseException):
            raise then
        return then or passing()

    return run


def _tell_attempts(case: Case, outcomes: Sequence[Outcome], emit: Emit, deadline: Deadline) -> None:
    for number, outcome in enumerate(outcomes, start=1):
        now = deadline.clock.now()
        emit(AttemptStarted(case, number, now))
        attempt = Attempt(number=number, outcome=outcome, started_at=now, duration_s=outcome.duration_s or 0.0)
        emit(AttemptFinished(case, attempt, is_last=number == len(outcomes)))
