"""What the verdicts on cases mean for the suites that need them and for the exit status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from maestro_fabric.model import Mark, Status
from maestro_fabric.plan import PlannedSuite

__all__ = ["Verdict", "exit_status", "is_bad", "left_out_needs", "needs_unmet"]

Verdict = tuple[Status, frozenset[Mark]]
"""A case's status and marks."""


def needs_unmet(planned_suite: PlannedSuite, statuses: Mapping[str, Sequence[Verdict]]) -> str:
    """Why a suite is blocked, empty when it is not.

    A need passes when all its selected cases passed, were skipped or are quarantined.

    Args:
        planned_suite: The suite that needs others.
        statuses: What became of the cases run so far, by suite; a missing suite had no selected case.
    """
    unmet = []
    for need in planned_suite.needs:
        bad = Counter(status for status, marks in statuses.get(need, ()) if is_bad(status, marks))
        if bad:
            counts = ", ".join(f"{bad[status]} {status}" for status in Status if bad[status])
            unmet.append(f"{need}, which did not pass ({counts})")
    return f"needs {' and '.join(unmet)}" if unmet else ""


def left_out_needs(planned_suite: PlannedSuite, left_out: Mapping[str, int | None]) -> list[str]:
    """A warning for each suite that this one needs and of which the selection leaves out cases: they count as passed.

    Args:
        planned_suite: The suite that needs others.
        left_out: How many cases are left out, by suite; ``None`` for a whole suite whose cases nobody has counted.
    """
    return [
        f"{planned_suite.name} needs {need}, of which the selection leaves out {_counted(left_out[need])} as passed"
        for need in planned_suite.needs
        if left_out.get(need, 0) != 0
    ]


def exit_status(verdicts: Sequence[Verdict]) -> int:
    """0 when every case is fine, 1 when one failed, broke or was blocked and is not quarantined, 5 when there is none."""
    if not verdicts:
        return 5
    return int(any(is_bad(status, marks) for status, marks in verdicts))


def is_bad(status: Status, marks: frozenset[Mark]) -> bool:
    """Whether this verdict alone makes the exit status 1."""
    return status.is_bad and Mark.QUARANTINED not in marks


def _counted(count: int | None) -> str:
    if count is None:
        return "everything, which counts"
    return "1 case, which counts" if count == 1 else f"{count} cases, which count"
