"""Quantiles of many durations from counts in buckets: a run's are kept in a few bytes, and those of a day are their sum.

The buckets grow by 5 %, so that a quantile is right to 2.5 %. The counts of a run stand side by side in one large number, 32 bits
each: Python adds all buckets of two runs with one addition.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, log
from struct import unpack
from typing import TypeVar

from maestro_fabric.aggregator.connections import Connection, has_table

__all__ = ["Sketch", "sketch_of", "sketches", "write_sketches"]

_GROWTH = log(1.05)
_LANE_BITS = 32
_LANE_BYTES = _LANE_BITS // 8
_MAX_BUCKET = 600  # 1.05 ** 600 microseconds are 60 days

MIN_RESULTS = 100
"""A suite with fewer passes in a run has no sketch: its rows are as quick to read, and smaller than the buckets."""

_STORED = "SELECT run_id, suite_id, first, lanes FROM run_durations WHERE run_id BETWEEN ? AND ?"
_PASSES = """SELECT test_case.suite_id, attempt.duration_us FROM attempt JOIN test_case ON test_case.id = attempt.case_id
    WHERE attempt.run_id = ? AND attempt.status = 0 AND attempt.is_last = 1"""

G = TypeVar("G", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Sketch:
    """Counts of durations by bucket, in one number."""

    lanes: int = 0

    def __add__(self, other: Sketch) -> Sketch:
        return Sketch(self.lanes + other.lanes)

    def quantile(self, share: float) -> float:
        """The seconds that so large a share of the durations do not exceed, to 2.5 %; 0 when there is none."""
        return self.quantiles(share)[0]

    def quantiles(self, *shares: float) -> list[float]:
        """One quantile a share: to read the counts costs more than to find a place among them."""
        size = -(-self.lanes.bit_length() // _LANE_BITS)
        below = list(accumulate(unpack(f"<{size}I", self.lanes.to_bytes(size * _LANE_BYTES, "little"))))
        return [_middle_s(bisect_left(below, max(1, ceil(share * below[-1])))) if below else 0.0 for share in shares]


def sketch_of(durations_us: Iterable[int]) -> Sketch:
    """A sketch of durations in microseconds."""
    counts: dict[int, int] = {}
    for duration in durations_us:
        bucket = min(_MAX_BUCKET, ceil(log(duration) / _GROWTH)) if duration > 1 else 0
        counts[bucket] = counts.get(bucket, 0) + 1
    return Sketch(sum(count << bucket * _LANE_BITS for bucket, count in counts.items()))


def sketches(connection: Connection, groups: Mapping[tuple[int, int], G]) -> dict[G, Sketch]:
    """The durations of passes, added up by group.

    Args:
        connection: To the store.
        groups: For each (run, suite) that counts the group that it belongs to.

    Raises:
        sqlite3.Error: when the file cannot be read.
    """
    found: dict[G, int] = {}
    bounds = (min(run for run, _ in groups), max(run for run, _ in groups)) if groups else (0, -1)
    # A store of an older version on a read-only disk has no such table.
    stored = connection.execute(_STORED, bounds) if has_table(connection, "run_durations") else ()
    known = set()
    for run, suite, first, lanes in stored:
        group = groups.get((run, suite))
        if group is not None:
            found[group] = found.get(group, 0) + (int.from_bytes(lanes, "little") << first * _LANE_BITS)
            known.add((run, suite))
    missing = groups.keys() - known
    for run in sorted({run for run, _ in missing}):
        for suite, sketch in _read(connection, run).items():
            if (run, suite) in missing:
                group = groups[run, suite]
                found[group] = found.get(group, 0) + sketch.lanes
    return {group: Sketch(lanes) for group, lanes in found.items()}


def write_sketches(connection: Connection, run: int) -> None:
    """Keep the sketches of a run that has ended, one a suite that has enough results."""
    connection.execute("DELETE FROM run_durations WHERE run_id = ?", (run,))
    for suite, sketch in _read(connection, run, at_least=MIN_RESULTS).items():
        empty = (sketch.lanes & -sketch.lanes).bit_length() // _LANE_BITS
        lanes = sketch.lanes >> empty * _LANE_BITS
        stored = lanes.to_bytes((lanes.bit_length() + 7) // 8, "little")
        connection.execute("INSERT INTO run_durations (run_id, suite_id, first, lanes) VALUES (?, ?, ?, ?)", (run, suite, empty, stored))


def _read(connection: Connection, run: int, *, at_least: int = 1) -> dict[int, Sketch]:
    durations: dict[int, list[int]] = {}
    for suite, duration in connection.execute(_PASSES, (run,)):
        durations.setdefault(suite, []).append(duration)
    return {suite: sketch_of(found) for suite, found in durations.items() if len(found) >= at_least}


def _middle_s(bucket: int) -> float:
    return 1.05**bucket / 1.025 / 1e6 if bucket else 1e-6
