"""The cases inside containers, in the process that records: told as their reports come, counted when their item has ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from maestro_fabric.events import AttemptFinished, CaseFinished, Event
from maestro_fabric.model import Attempt, CaseId, Fault, Mark, Status
from maestro_fabric.reports.tally import Tally

__all__ = ["InnerRecording", "with_earlier"]


@dataclass(slots=True)
class _Container:
    """What was told of the cases inside one item.

    Attributes:
        earlier: Their attempts in runs of the item that rerunfailures repeats.
        now: Those in the run that goes on.
        results: The last word on each.
    """

    earlier: dict[CaseId, list[Attempt]] = field(default_factory=lambda: defaultdict(list))
    now: dict[CaseId, list[Attempt]] = field(default_factory=lambda: defaultdict(list))
    results: dict[CaseId, CaseFinished] = field(default_factory=dict)


class InnerRecording:
    """Tells events at once; a case is counted only when its item has ended, since rerunfailures may run the item again.

    Args:
        emit: Takes the events.
        tally: Counts the cases.
        judge: Marks what is quarantined in a case's last event, by that and the fault of its last attempt.
    """

    def __init__(self, emit: Callable[[Event], None], tally: Tally, judge: Callable[[CaseFinished, Fault | None], CaseFinished]) -> None:
        self._emit = emit
        self._tally = tally
        self._judge = judge
        self._open: dict[str, _Container] = {}

    def take(self, nodeid: str, events: Sequence[Event]) -> None:
        """Tell what a report of this item carried."""
        container = self._open.setdefault(nodeid, _Container())
        for event in events:
            if isinstance(event, AttemptFinished):
                earlier = container.earlier[event.case.id]
                attempt = replace(event.attempt, number=event.attempt.number + len(earlier))
                container.now[event.case.id].append(attempt)
                self._emit(replace(event, attempt=attempt))
            elif isinstance(event, CaseFinished):
                tried = container.now[event.case.id]
                fault = tried[-1].outcome.fault if tried else None
                last = self._judge(with_earlier(event, container.earlier[event.case.id]), fault)
                container.results[event.case.id] = last
                self._emit(last)

    def close(self, nodeid: str, *, is_repeated: bool) -> None:
        """The item has ended, or the run of it that will be repeated."""
        container = self._open.get(nodeid)
        if container is None:
            return
        if is_repeated:
            for case_id, attempts in container.now.items():
                container.earlier[case_id] += attempts
            container.now.clear()
            return
        del self._open[nodeid]
        for event in container.results.values():
            self._tally.add(event.case, event.status, event.marks, event.reason)

    def close_all(self) -> None:
        """No report follows: items that were cut off have ended too."""
        for nodeid in list(self._open):
            self.close(nodeid, is_repeated=False)


def with_earlier(event: CaseFinished, earlier: Sequence[Attempt]) -> CaseFinished:
    """The last word on a case that had these attempts before."""
    if not earlier:
        return event
    marks = event.marks | {Mark.FLAKY} if event.status is Status.PASSED and _any_bad(earlier) else event.marks
    return replace(event, marks=marks, duration_s=event.duration_s + sum(attempt.duration_s for attempt in earlier))


def _any_bad(attempts: Sequence[Attempt]) -> bool:
    return any(attempt.outcome.status is not Status.PASSED for attempt in attempts)
