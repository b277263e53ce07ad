"""Hands tests to xdist's workers so that a suite starts only after those it needs have ended.

A worker runs a test only when it knows the next one, so it keeps its last test back until it gets another. When the next
suite waits for just that test, nothing would ever move; such a worker is sent the hidden barrier item that
`pytest_maestro.xdist` appends to its collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]

__all__ = ["NeedsScheduling", "Stage"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A suite and the names of those it needs."""

    name: str
    needs: tuple[str, ...]


class NeedsScheduling(LoadScheduling):  # type: ignore[misc]
    """xdist's load scheduling, one group of suites after the other.

    Args:
        config: pytest's config.
        log: xdist's log.
        stages: The suites, each after those it needs.
        suite_of: The suite of a node id; empty for a test that no suite names.
        reason: Why a suite is blocked, now that all it needs has ended; empty when it is not.
        block: Reports a blocked test.
        is_stopping: Whether nothing new is to be started or reported.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        stages: Sequence[Stage],
        suite_of: Callable[[str], str],
        reason: Callable[[str], str],
        block: Callable[[str, str], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        super().__init__(config, log)
        self.collection: list[str] | None = None
        self.maxschedchunk: int | None = config.getoption("maxschedchunk")
        self._stages = {stage.name: stage for stage in stages}
        self._suite_of = suite_of
        self._reason = reason
        self._block = block
        self._is_stopping = is_stopping
        # By suite: the indices of its tests that have not ended.
        self._open: dict[str, set[int]] = {}
        self._waiting: dict[str, list[int]] = {}
        self._suites: list[str] = []
        self._crashed: set[int] = set()

    @property
    def tests_finished(self) -> bool:
        """Whether the workers can be told to end: each then runs the one test that it keeps back."""
        if not self.collection_is_completed:
            return False
        if self._is_stopping():
            return True
        if self.pending or self._waiting or self._crashed:
            return False
        return all(len(self._real(held)) < 2 for held in self.node2pending.values())

    @property
    def has_pending(self) -> bool:
        """Whether tests are waiting or running."""
        return bool(self.pending or self._waiting or any(self.node2pending.values()))

    def schedule(self) -> None:
        """Begin, or give a worker that came later its share."""
        if self.collection is not None:
            self._hand_out()
            return
        if not self._check_nodes_have_same_collection():
            self.log("**Different tests collected, aborting run**")
            return
        self.collection = list(next(iter(self.node2collection.values())))
        self._suites = [self._suite_of(nodeid) for nodeid in self.collection]
        for index, suite in enumerate(self._suites):
            self._open.setdefault(suite, set()).add(index)
            self._waiting.setdefault(suite, []).append(index)
        self._advance()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """A test has ended, or a barrier was passed."""
        self.node2pending[node].remove(item_index)
        if item_index != self._barrier:
            self._end(item_index)
        self._advance()

    def mark_test_pending(self, item: str) -> None:
        """Give a test out again, as rerunfailures asks after a crash."""
        index = self._collected.index(item)
        self._crashed.discard(index)
        self.pending.insert(0, index)
        self._hand_out()

    def remove_node(self, node: Any) -> str | None:
        """Take back what a worker held; the test that it ran is judged by `crash_reported`."""
        held: list[int] = self.node2pending.pop(node)
        if not held:
            return None
        first, rest = held[0], self._real(held[1:])
        self.pending[:0] = rest
        if first == self._barrier:
            self._hand_out()
            return None
        self._crashed.add(first)
        return self._collected[first]

    def crash_reported(self, nodeid: str, *, is_repeated: bool) -> None:
        """The report of a crash was logged: the test has ended, unless it is tried again."""
        if self.collection is None or nodeid not in self.collection:
            return
        index = self.collection.index(nodeid)
        if index in self._crashed and not is_repeated:
            self._crashed.discard(index)
            self._end(index)
        self._advance()

    def check_schedule(self, node: Any, duration: float = 0) -> None:
        """Not one worker but all are looked at: what one has ended may be what another waits for."""
        self._hand_out()

    @property
    def _collected(self) -> list[str]:
        return self.collection or []

    @property
    def _barrier(self) -> int:
        return len(self._collected)

    def _real(self, held: Sequence[int]) -> list[int]:
        return [index for index in held if index != self._barrier]

    def _end(self, index: int) -> None:
        self._open[self._suites[index]].discard(index)

    def _advance(self) -> None:
        """Release suites whose needs have ended, report those that are blocked, and hand out."""
        if not self._is_stopping():
            for suite in list(self._stages_in_order()):
                self._release(suite)
        self._hand_out()

    def _stages_in_order(self) -> list[str]:
        # In the order of needs, so that what a blocked suite blocks is seen in the same round.
        known = [name for name in self._stages if name in self._waiting]
        return [*(name for name in self._waiting if name not in self._stages), *known]

    def _release(self, suite: str) -> None:
        stage = self._stages.get(suite)
        if stage is not None and any(self._open.get(need) for need in stage.needs):
            return
        indices = self._waiting.pop(suite)
        reason = self._reason(suite) if stage is not None and stage.needs else ""
        if not reason:
            self.pending.extend(indices)
            return
        for index in indices:
            if self._is_stopping():
                return
            self._block(self._collected[index], reason)
            self._end(index)

    def _hand_out(self) -> None:
        """Give tests to the workers that hold the fewest, then see to those that starve."""
        if self.collection is None or self._is_stopping():
            return
        nodes = [node for node in self.node2pending if node in self.node2collection and not node.shutting_down]
        while self.pending and nodes:
            node = min(nodes, key=lambda node: len(self._real(self.node2pending[node])))
            held = len(self._real(self.node2pending[node]))
            share = len(self.pending) // len(nodes)
            if held >= max(2, share // 4):
                break
            # One at a time when there are few: a slow journey must not wait behind another while a worker is idle.
            self._send_tests(node, min(max(1, share // 2 - held) if share >= 4 else 1, self.maxschedchunk or len(self._collected)))
        if self.pending:
            return
        for node in nodes:
            self._see_to(node)

    def _see_to(self, node: Any) -> None:
        """A worker that keeps a test back gets the barrier when others wait for it, and is told to end when nobody does."""
        held = self.node2pending[node]
        if self._waiting or self._crashed:
            if held and held[-1] != self._barrier:
                held.append(self._barrier)
                node.send_runtest_some([self._barrier])
        elif self._is_all_handed_out():
            node.shutdown()

    def _is_all_handed_out(self) -> bool:
        return not (self.pending or self._waiting or self._crashed)
