"""What the history says of a quarantine: entries whose cases have recovered, and flaky cases that have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from maestro_fabric.aggregator.answers import FlakyRow
from maestro_fabric.aggregator.connections import Connection
from maestro_fabric.aggregator.flaky import MIN_CLEAN_TRIES, FlakyState
from maestro_fabric.aggregator.flaky_query import find_flaky
from maestro_fabric.aggregator.window import RECENT
from maestro_fabric.model import CaseId
from maestro_fabric.quarantine import Quarantine, QuarantineEntry

__all__ = ["QuarantineAdvice", "find_advice", "known_cases"]

_CASES = "SELECT test_case.id, project, suite.name, test_case.name, params FROM test_case JOIN suite ON suite.id = test_case.suite_id"
_PASSES = """SELECT count(*) FROM attempt WHERE case_id = :case AND status = 0 AND number > 0 AND run_id >
    coalesce((SELECT max(run_id) FROM attempt WHERE case_id = :case AND status IN (1, 2) AND number > 0), 0)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineAdvice:
    """What to change.

    Attributes:
        recovered: Entries to remove, with how often their cases have passed since they last failed (the least of several cases).
        flaky: Flaky cases to put in, those first that fail most often.
    """

    recovered: tuple[tuple[QuarantineEntry, int], ...]
    flaky: tuple[FlakyRow, ...]


def known_cases(connection: Connection) -> dict[int, CaseId]:
    """All cases of the store, by their numbers.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    return {case: CaseId(*identity) for case, *identity in connection.execute(_CASES)}


def find_advice(connection: Connection, quarantine: Quarantine) -> QuarantineAdvice:
    """What the newest hundred runs say.

    An entry has recovered when each of its cases has passed at least 20 times since it last failed, and is neither flaky nor
    suspected; ``docs/flaky.md`` has the rules of these states.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    cases = known_cases(connection)
    rows = {row.case_id: row for row in find_flaky(connection, RECENT)}
    unstable = {case for case, row in rows.items() if row.state in (FlakyState.FLAKY, FlakyState.SUSPECTED)}
    covered = _covered(quarantine, cases)
    recovered = []
    for entry, numbers in covered.items():
        if unstable.isdisjoint(numbers):
            passes = min(int(connection.execute(_PASSES, {"case": case}).fetchone()[0]) for case in numbers)
            if passes >= MIN_CLEAN_TRIES:
                recovered.append((entry, passes))
    taken = {case for numbers in covered.values() for case in numbers}
    flaky = (row for case, row in rows.items() if row.state == FlakyState.FLAKY and case not in taken)
    return QuarantineAdvice(recovered=tuple(recovered), flaky=tuple(flaky))


def _covered(quarantine: Quarantine, cases: Mapping[int, CaseId]) -> Mapping[QuarantineEntry, Sequence[int]]:
    covered: dict[QuarantineEntry, list[int]] = {entry: [] for entry in quarantine.entries}
    for number, case in cases.items():
        entry = quarantine.entry_of(case)
        if entry is not None:
            covered[entry].append(number)
    return {entry: numbers for entry, numbers in covered.items() if numbers}
