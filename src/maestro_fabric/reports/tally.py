"""What became of a run's cases, counted for its closing summary and for suites that need others."""

from __future__ import annotations

from collections import Counter, defaultdict

from maestro_fabric.events import AttemptStarted, BreakerChanged, CaseFinished, Event, Healed, Warned
from maestro_fabric.model import Case, Heal, Mark, Status

__all__ = ["Tally"]

_NAMED_MARKS = (Mark.FLAKY, Mark.HEALED, Mark.DEGRADED, Mark.QUARANTINED, Mark.XPASSED)


class Tally:
    """Counts results as they come; a sink, for who has events.

    Attributes:
        statuses: Cases by status.
        marks: Cases by mark.
        named: Titles of the cases that have a mark a person should look at, by mark.
        errors: Titles of the cases that could not be judged.
        blocked: Titles of the blocked cases, by reason.
        bad: The statuses that are not fine, with their marks, by suite.
        breakers: What became of the circuit breakers, by dependency, oldest first.
        heals: What the healer answered, each with the case's title.
        warnings: What a person should know besides, each once.
        running: Titles of the cases that were begun and have not ended; at a run's end, those that it cut off.
    """

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.marks: Counter[Mark] = Counter()
        self.named: dict[Mark, list[str]] = {mark: [] for mark in _NAMED_MARKS}
        self.errors: list[str] = []
        self.blocked: dict[str, list[str]] = defaultdict(list)
        self.bad: dict[str, list[tuple[Status, frozenset[Mark]]]] = defaultdict(list)
        self.breakers: dict[str, list[BreakerChanged]] = defaultdict(list)
        self.heals: list[tuple[str, Heal]] = []
        self.warnings: dict[str, None] = {}
        self.running: dict[str, None] = {}

    @property
    def needs_a_look(self) -> bool:
        """Whether something did not pass or did not end, or has a mark that a person should look at."""
        return bool(self.running) or bool(self.breakers) or any(status.is_bad for status in self.statuses) or any(self.named.values())

    def receive(self, event: Event) -> None:
        """Take one event of the run."""
        match event:
            case AttemptStarted():
                self.running[str(event.case.id)] = None
            case BreakerChanged():
                self.breakers[event.dependency].append(event)
            case Healed():
                self.heals.append((str(event.case.id), event.heal))
            case Warned():
                self.warnings[event.message] = None
            case CaseFinished():
                self.running.pop(str(event.case.id), None)
                if event.is_counted:
                    self.add(event.case, event.status, event.marks, event.reason)

    def close(self) -> None:
        """Nothing to do: everything was counted."""

    def add(self, case: Case, status: Status, marks: frozenset[Mark], reason: str) -> None:
        """Count one case's final word."""
        self.statuses[status] += 1
        for mark in marks:
            self.marks[mark] += 1
            if mark in self.named:
                self.named[mark].append(f"{case.id}: {reason}" if reason and mark is Mark.QUARANTINED else str(case.id))
        if status is Status.ERROR and Mark.QUARANTINED not in marks:
            self.errors.append(str(case.id))
        if status is Status.BLOCKED:
            self.blocked[reason].append(str(case.id))
        if status.is_bad:
            self.bad[case.id.suite].append((status, marks))

    def add_plain_passes(self, count: int) -> None:
        """Count so many cases that passed, of which nothing else is to be said."""
        if count:
            self.statuses[Status.PASSED] += count
