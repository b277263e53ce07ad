"""What became of a session's cases, counted for the closing section and for suites that need others."""

from __future__ import annotations

from collections import Counter, defaultdict

from maestro_fabric.model import Case, Mark, Status

__all__ = ["Tally"]

_NAMED_MARKS = (Mark.FLAKY, Mark.HEALED, Mark.DEGRADED, Mark.QUARANTINED, Mark.XPASSED)


class Tally:
    """Counts results as they come.

    Attributes:
        statuses: Cases by status.
        marks: Cases by mark.
        named: Titles of the cases that have a mark a person should look at, by mark.
        errors: Titles of the cases that could not be judged.
        blocked: Titles of the blocked cases, by reason.
        bad: The statuses that are not fine, with their marks, by suite.
    """

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.marks: Counter[Mark] = Counter()
        self.named: dict[Mark, list[str]] = {mark: [] for mark in _NAMED_MARKS}
        self.errors: list[str] = []
        self.blocked: dict[str, list[str]] = defaultdict(list)
        self.bad: dict[str, list[tuple[Status, frozenset[Mark]]]] = defaultdict(list)

    @property
    def needs_a_look(self) -> bool:
        """Whether something did not pass, or has a mark that a person should look at."""
        return any(status.is_bad for status in self.statuses) or any(self.named.values())

    def add(self, case: Case, status: Status, marks: frozenset[Mark], reason: str) -> None:
        """Count one case's final word."""
        self.statuses[status] += 1
        for mark in marks:
            self.marks[mark] += 1
            if mark in self.named:
                self.named[mark].append(str(case.id))
        if status is Status.ERROR:
            self.errors.append(str(case.id))
        if status is Status.BLOCKED:
            self.blocked[reason].append(str(case.id))
        if status.is_bad:
            self.bad[case.id.suite].append((status, marks))

    def add_plain_pass(self) -> None:
        """Count a case that passed, and nothing else."""
        self.statuses[Status.PASSED] += 1
