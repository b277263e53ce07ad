"""Work in processes and on executors, told while it is done."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from maestro_fabric.system.pools import ExecutorPool, Note, ProcessPools

gate = threading.Event()


def task(work: Any, tell: Callable[[Any], None]) -> None:
    """What the workers of these tests do: a word says what."""
    if work == "wait":
        gate.wait(10)
    elif work == "break":
        raise ValueError("broken work")
    elif work == "die":
        tell("before")
        os.kill(os.getpid(), signal.SIGKILL)
    tell((work, os.getpid()))


@pytest.fixture
def pools() -> Iterator[ProcessPools]:
    made = ProcessPools(2, task)
    yield made
    made.close(is_interrupted=True)


def test_a_process_tells_while_it_works_and_is_used_again(pools: ProcessPools) -> None:
    pools.give(0, "a")
    first, ended = pools.hear(), pools.hear()
    pools.give(0, "b")
    second = pools.hear()

    assert (first.worker, first.kind, first.what[0]) == (0, "told", "a")
    assert ended == Note(0, "ended")
    assert second.what == ("b", first.what[1])


def test_work_that_breaks_says_so_and_the_process_stays(pools: ProcessPools) -> None:
    pools.give(1, "break")

    assert pools.hear() == Note(1, "died", "ValueError: broken work")
    pools.give(1, "a")
    assert pools.hear().kind == "told"


def test_what_a_process_told_before_it_died_comes_first_and_another_takes_its_place(pools: ProcessPools) -> None:
    pools.give(0, "die")

    assert [pools.hear(), pools.hear()] == [Note(0, "told", "before"), Note(0, "died", "the worker's process died")]
    pools.give(0, "a")
    assert pools.hear().what[0] == "a"


def test_any_executor_tells_when_a_piece_of_work_has_ended() -> None:
    closed = []
    pool = ExecutorPool(ThreadPoolExecutor(1), 1, task, lambda: closed.append(True))
    pool.give(0, "a")

    assert [pool.hear().kind, pool.hear().kind] == ["told", "ended"]
    pool.give(0, "break")
    assert pool.hear() == Note(0, "died", "ValueError: broken work")
    pool.close(is_interrupted=False)
    assert closed == [True]


def test_what_an_executor_has_not_begun_is_given_up_at_an_interrupt() -> None:
    pool = ExecutorPool(ThreadPoolExecutor(1), 2, task, lambda: None)
    pool.give(0, "wait")
    pool.give(1, "a")

    pool.close(is_interrupted=True)
    gate.set()

    assert pool.hear().what[0] == "wait"
    assert pool.hear() == Note(0, "ended")
