"""Which cases are run next when several processes run a plan: suites after their needs, the longest cases first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from statistics import median_low

__all__ = ["Dispatcher", "Job", "Stage"]

_LEAST_S = 0.05
_SHARES = 4
_SHARES_UNKNOWN = 8


@dataclass(frozen=True, slots=True)
class Stage:
    """A suite.

    Attributes:
        name: Its name.
        needs: The names of those it needs.
        stays_together: Whether its cases must run one after the other in one process.
        tool: What a process starts for its first case and then has for all further ones, e.g. a browser with its driver, by the
            adapter's name; suites may share it. Empty where there is nothing to start.
    """

    name: str
    needs: tuple[str, ...] = ()
    stays_together: bool = False
    tool: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A case to run.

    Attributes:
        suite: The suite's name; empty for a test that no suite names.
        group: Cases of one group are given out in their order, several at once: the file of Python tests, which share fixtures.
            Empty for a case that shares nothing with its neighbours.
        seconds: How long it usually takes; ``None`` when nobody knows.
    """

    suite: str
    group: str = ""
    seconds: float | None = None


class _Lot:
    """Cases that are released and not given out, in the order in which they will be."""

    def __init__(self, indices: Sequence[int], seconds: Sequence[float], *, is_whole: bool) -> None:
        self.indices = list(indices)
        self.is_whole = is_whole
        self._seconds = seconds
        self._next = 0
        # For each place, how long what comes from there on takes together, and the longest case of it: it cannot end sooner.
        self._totals, self._peaks = [0.0], [0.0]
        for index in reversed(self.indices):
            self._totals.append(self._totals[-1] + seconds[index])
            self._peaks.append(max(self._peaks[-1], seconds[index]))
        self._totals.reverse()
        self._peaks.reverse()

    @property
    def total_s(self) -> float:
        return self._totals[self._next]

    @property
    def length_s(self) -> float:
        """How long it keeps one process busy at least."""
        return self.total_s if self.is_whole else self._peaks[self._next]

    @property
    def rank(self) -> tuple[float, int]:
        """The longest first, of equals the first in the file."""
        return -self.length_s, self.indices[self._next]

    def take(self, limit_s: float, most: int) -> list[int]:
        """The next cases, at least one."""
        end, sum_s = self._next, 0.0
        while end < len(self.indices) and (end == self._next or self.is_whole or (sum_s < limit_s and end - self._next < most)):
            sum_s += self._seconds[self.indices[end]]
            end += 1
        taken, self._next = self.indices[self._next : end], end
        return taken

    @property
    def is_empty(self) -> bool:
        return self._next == len(self.indices)


class Dispatcher:
    """Gives cases to whoever is idle, each exactly once, unless they are given back.

    The greedy rule is longest processing time first: of what may run, the case that usually takes longest is next. Where
    nothing is known, cases count alike and the order of the file holds. Short cases are given out several at once, fewer the
    less is left, so that the processes end together.

    Only where the history knows how long cases take, and while no case is so long that it decides when the run ends, a process goes on
    with the tool that it has started alone, so that not all of them start all browsers and programs of a mixed plan; and what other
    suites wait for comes first.

    Args:
        stages: The suites, each after those it needs.
        jobs: The cases, in the order of the file; they are named by their place in it.
        reason: Why a suite is blocked, asked when all it needs has ended; empty when it is not.

    Source:
        Graham, "Bounds on multiprocessing timing anomalies", 1969 (longest first: at most 4/3 of the best).
    """

    def __init__(self, stages: Sequence[Stage], jobs: Sequence[Job], reason: Callable[[str], str]) -> None:
        self._stages = {stage.name: stage for stage in stages}
        self._jobs = jobs
        self._reason = reason
        self._open: dict[str, set[int]] = {}
        self._waiting: dict[str, list[int]] = {}
        self._lots: list[_Lot] = []
        self._owners: dict[str, set[Hashable]] = {}
        known = [job.seconds for job in jobs if job.seconds is not None]
        self._is_known = bool(known)
        usual = median_low(known) if known else 1.0
        self._seconds = [usual if job.seconds is None else job.seconds for job in jobs]
        for index, job in enumerate(jobs):
            self._open.setdefault(job.suite, set()).add(index)
            self._waiting.setdefault(job.suite, []).append(index)

    @property
    def has_work(self) -> bool:
        """Whether `take` would give something now."""
        return bool(self._lots)

    @property
    def is_waiting(self) -> bool:
        """Whether suites wait for what they need."""
        return bool(self._waiting)

    def advance(self, block: Callable[[int, str], bool]) -> None:
        """Release the suites whose needs have ended.

        Args:
            block: Takes each case of a suite that is blocked, with the reason; false to go no further.
        """
        # In the order of needs, so that what a blocked suite blocks is seen in the same round.
        in_order = [
            *(name for name in self._waiting if name not in self._stages),
            *(name for name in self._stages if name in self._waiting),
        ]
        for suite in in_order:
            stage = self._stage_of(suite)
            if any(self._open.get(need) for need in stage.needs):
                continue
            reason = self._reason(suite) if stage.needs else ""
            if not reason:
                self._add_lots(self._waiting.pop(suite), is_whole=stage.stays_together)
                continue
            waiting = self._waiting[suite]
            while waiting:
                if not block(waiting[0], reason):
                    return
                self.ended(waiting.pop(0))
            del self._waiting[suite]

    def take(self, worker: Hashable, workers: int, most: int | None = None) -> list[int]:
        """The cases that an idle worker runs next, one after the other; empty when there is nothing to run now.

        Args:
            worker: Which one it is.
            workers: How many there are.
            most: Not more than so many, but for a suite that stays together.
        """
        if not self._lots:
            return []
        left_s = sum(each.total_s for each in self._lots)
        lot = self._choose(worker, left_s / workers)
        self._owners.setdefault(self._stage(lot).tool, set()).add(worker)
        is_single = not self._jobs[lot.rank[1]].group
        shares = _SHARES_UNKNOWN if is_single and not self._is_known else _SHARES
        limit_s = max(left_s / (shares * workers), _LEAST_S if self._is_known else 0.0)
        taken = lot.take(limit_s, most or len(self._jobs))
        if lot.is_empty:
            self._lots.remove(lot)
        return taken

    def ended(self, index: int) -> None:
        """A case has its final word."""
        self._open[self._jobs[index].suite].discard(index)

    def give_back(self, indices: Sequence[int]) -> None:
        """Cases of one `take` were not run after all, because their worker is gone."""
        if indices:
            stage = self._stages.get(self._jobs[indices[0]].suite)
            self._lots.append(_Lot(indices, self._seconds, is_whole=stage is not None and stage.stays_together))

    def _choose(self, worker: Hashable, share_s: float) -> _Lot:
        """What a worker goes on with.

        Args:
            worker: Which one.
            share_s: What is left for each of them.
        """
        longest = min(self._lots, key=lambda lot: lot.rank)
        if longest.length_s >= share_s or not self._is_known:
            return longest
        awaited = {need for suite in self._waiting for need in self._stage_of(suite).needs}
        return min(self._lots, key=lambda lot: (self._reluctance(worker, self._stage(lot), awaited), lot.rank))

    def _reluctance(self, worker: Hashable, stage: Stage, awaited: Collection[str]) -> int:
        """How little a suite suits a worker.

        First what other suites wait for, then what the worker alone has the tool for, then a tool that nobody has started, one that it
        shares, or none, and last one that only others have.
        """
        if stage.name in awaited:
            return -1
        tool = stage.tool
        owners = self._owners.get(tool, set())
        if not tool or (worker in owners and len(owners) > 1):
            return 2
        if worker in owners:
            return 0
        return 3 if owners else 1

    def _stage(self, lot: _Lot) -> Stage:
        return self._stage_of(self._jobs[lot.rank[1]].suite)

    def _stage_of(self, suite: str) -> Stage:
        return self._stages.get(suite) or Stage(suite)

    def _add_lots(self, indices: Sequence[int], *, is_whole: bool) -> None:
        if is_whole:
            self._lots.append(_Lot(indices, self._seconds, is_whole=True))
            return
        groups: dict[str, list[int]] = {}
        for index in indices:
            groups.setdefault(self._jobs[index].group, []).append(index)
        for group, members in groups.items():
            if not group:
                members.sort(key=lambda index: (-self._seconds[index], index))
            self._lots.append(_Lot(members, self._seconds, is_whole=False))
