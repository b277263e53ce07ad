"""Hands tests to xdist's workers: a suite only after those it needs, suites that stay together to one worker, the longest first.

A worker runs a test only when it knows the next one, so it would keep its last test back until it gets another. Whatever a
worker is given therefore ends with the hidden barrier item that `pytest_maestro.xdist` appends to its collection: it runs all
of it and is then idle, and what is longest now is given to whoever is idle first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]  # xdist has no types

from maestro_fabric.engine import Dispatcher, Job, Stage

__all__ = ["PlanScheduling"]


class PlanScheduling(LoadScheduling):  # type: ignore[misc]  # as above
    """xdist's scheduler for a config; what to run next is the `Dispatcher`'s word.

    Args:
        config: pytest's config.
        log: xdist's log.
        stages: The suites, each after those it needs.
        jobs: What is known of each test of a collection: its suite, its group, its usual duration.
        reason: Why a suite is blocked, now that all it needs has ended; empty when it is not.
        block: Reports a blocked test.
        is_stopping: Whether nothing new is to be started or reported.
    """

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        stages: Sequence[Stage],
        jobs: Callable[[Sequence[str]], Sequence[Job]],
        reason: Callable[[str], str],
        block: Callable[[str, str], None],
        is_stopping: Callable[[], bool],
    ) -> None:
        super().__init__(config, log)
        self.collection: list[str] | None = None
        self.maxschedchunk: int | None = config.getoption("maxschedchunk")
        self._stages = stages
        self._jobs_of = jobs
        self._reason = reason
        self._block = block
        self._is_stopping = is_stopping
        self._dispatcher = Dispatcher((), (), reason)
        self._barrier = 0
        # By a test whose worker died: what that worker had still to run. Given out when the crash has been judged.
        self._crashed: dict[int, list[int]] = {}

    @property
    def tests_finished(self) -> bool:
        """Whether the workers can be told to end: each then runs what it was given."""
        if not self.collection_is_completed:
            return False
        return self._is_stopping() or self._is_all_handed_out

    @property
    def has_pending(self) -> bool:
        """Whether tests are waiting or running."""
        return not self._is_all_handed_out or any(self._real(held) for held in self.node2pending.values())

    def schedule(self) -> None:
        """Begin, or give a worker that came later its share."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                self.log("**Different tests collected, aborting run**")
                return
            self.collection = list(next(iter(self.node2collection.values())))
            self._barrier = len(self.collection)
            self._dispatcher = Dispatcher(self._stages, self._jobs_of(self.collection), self._reason)
        self._advance()

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """A test has ended, or a barrier was passed."""
        self.node2pending[node].remove(item_index)
        if item_index != self._barrier:
            self._dispatcher.ended(item_index)
        self._advance()

    def mark_test_pending(self, item: str) -> None:
        """Give a test out again, as rerunfailures asks after a crash, and with it what its worker had still to run."""
        index = (self.collection or []).index(item)
        self._dispatcher.give_back([index, *self._crashed.pop(index, [])])
        self._advance()

    def remove_node(self, node: Any) -> str | None:
        """Take back what a worker held; the test that it ran is judged by `crash_reported`."""
        held: list[int] = self.node2pending.pop(node)
        if self.collection is None or not held:
            return None
        rest = self._real(held[1:])
        if held[0] == self._barrier:
            self._dispatcher.give_back(rest)
            self._advance()
            return None
        self._crashed[held[0]] = rest
        return self.collection[held[0]]

    def crash_reported(self, nodeid: str) -> None:
        """The report of a crash was logged: the test has ended, unless it was given out again before."""
        if self.collection is None or nodeid not in self.collection:
            return
        index = self.collection.index(nodeid)
        if index in self._crashed:
            self._dispatcher.ended(index)
            self._dispatcher.give_back(self._crashed.pop(index))
        self._advance()

    def check_schedule(self, node: Any, duration: float = 0) -> None:
        """Not one worker but all are looked at: what one has ended may be what another waits for."""
        self._advance()

    @property
    def _is_all_handed_out(self) -> bool:
        return self.collection is not None and not (self._dispatcher.has_work or self._dispatcher.is_waiting or self._crashed)

    def _real(self, held: Sequence[int]) -> list[int]:
        return [index for index in held if index != self._barrier]

    def _advance(self) -> None:
        """Release suites whose needs have ended, report those that are blocked, and hand out."""
        if self.collection is None or self._is_stopping():
            return
        self._dispatcher.advance(self._report_blocked)
        if not self._is_stopping():
            self._hand_out()

    def _report_blocked(self, index: int, reason: str) -> bool:
        if self._is_stopping():
            return False
        self._block((self.collection or [])[index], reason)
        return True

    def _hand_out(self) -> None:
        """Give every idle worker something; tell all to end when nothing is left to give."""
        nodes = [node for node in self.node2pending if node in self.node2collection and not node.shutting_down]
        for node in nodes:
            if not self._real(self.node2pending[node]):
                self._give(node, self._dispatcher.take(node, len(nodes), self.maxschedchunk))
        if self._is_all_handed_out:
            for node in nodes:
                node.shutdown()

    def _give(self, node: Any, indices: list[int]) -> None:
        if indices:
            self.node2pending[node].extend([*indices, self._barrier])
            node.send_runtest_some([*indices, self._barrier])
