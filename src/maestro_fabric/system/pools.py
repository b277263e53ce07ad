"""Processes that do work and tell of it while they do: `concurrent.futures` pools of this machine, or anybody's executor."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

from maestro_fabric.system.lifeline import watch_parent

__all__ = ["ExecutorPool", "Note", "ProcessPools", "Task"]

Task = Callable[[Any, Callable[[Any], None]], None]
"""What a worker does with a piece of work; it tells of it through its second argument. A function of a module."""

_STOP_WITHIN_S = 10.0
_telling: list[Connection] = []  # in a worker: where it tells; set once, when it starts


@dataclass(frozen=True, slots=True)
class Note:
    """What comes from a worker: ``told`` something, ``ended`` its work, or ``died`` (``what`` says why)."""

    worker: int
    kind: str
    what: Any = None


class ProcessPools:
    """So many process pools of one process each: one that dies takes no other down, and what it tells is its own.

    Args:
        size: How many processes.
        task: What they do.
    """

    def __init__(self, size: int, task: Task) -> None:
        self.size = size
        self._task = task
        self._notes: SimpleQueue[Note] = SimpleQueue()
        self._pools: dict[int, _Pool] = {}

    def give(self, worker: int, work: Any) -> None:
        """Let an idle worker do this; it is started when it is not there yet."""
        pool = self._pools.get(worker)
        if pool is None:
            pool = self._pools[worker] = _Pool(worker, self._notes)
        pool.submit(self._task, work, on_broken=lambda: self._pools.pop(worker, None))

    def hear(self) -> Note:
        """Wait for what comes next."""
        return self._notes.get()

    def close(self, *, is_interrupted: bool) -> None:
        """End all processes; what they have open is closed first, also when they are interrupted in mid-work."""
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.begin_to_close(is_interrupted=is_interrupted)
        for pool in pools:
            pool.wait()


class _Pool:
    """One process, and the thread that reads what it tells."""

    def __init__(self, worker: int, notes: SimpleQueue[Note]) -> None:
        self._worker = worker
        self._notes = notes
        self._reader, self._writer = get_context("spawn").Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin, initargs=(self._writer, os.getpid()))
        self._pid = 0
        self._listener = threading.Thread(target=self._listen, name=f"maestro-worker-{worker}", daemon=True)
        self._killer = threading.Timer(_STOP_WITHIN_S, self._signal, [signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM])
        self._killer.daemon = True

    def submit(self, task: Task, work: Any, on_broken: Callable[[], object]) -> None:
        future = self._executor.submit(_work, task, work)
        if not self._writer.closed:
            # The process has its own end by now. With ours open, its death would not end the pipe.
            self._writer.close()
            self._listener.start()

        def look(done: Future[None]) -> None:
            if not done.cancelled() and isinstance(done.exception(), BrokenExecutor):
                self._listener.join()  # what it told before it died comes first
                on_broken()
                self._notes.put(Note(self._worker, "died", "the worker's process died"))

        future.add_done_callback(look)

    def begin_to_close(self, *, is_interrupted: bool) -> None:
        if is_interrupted:
            self._signal(signal.SIGTERM)
        self._killer.start()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def wait(self) -> None:
        self._executor.shutdown(wait=True)
        self._killer.cancel()

    def _listen(self) -> None:
        with self._reader:
            while True:
                try:
                    kind, what = self._reader.recv()
                except (EOFError, OSError, pickle.UnpicklingError):  # also a message that a death broke off
                    return
                if kind == "pid":
                    self._pid = what
                else:
                    self._notes.put(Note(self._worker, kind, what))

    def _signal(self, number: int) -> None:
        if self._pid:
            try:
                os.kill(self._pid, number)
            except ProcessLookupError:
                return


class ExecutorPool:
    """The workers behind any `concurrent.futures.Executor`; what they tell comes when a piece of work has ended.

    Args:
        executor: Runs the work, in whatever process it likes.
        size: How many pieces it does at a time.
        task: What is done.
        close: Called at the end.
    """

    def __init__(self, executor: Executor, size: int, task: Task, close: Callable[[], object]) -> None:
        self.size = size
        self._executor = executor
        self._task = task
        self._close = close
        self._notes: SimpleQueue[Note] = SimpleQueue()
        self._given: dict[int, Future[list[Any]]] = {}

    def give(self, worker: int, work: Any) -> None:
        """Submit this as the work of that number."""

        def look(done: Future[list[Any]]) -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is not None:
                self._notes.put(Note(worker, "died", f"{type(error).__name__}: {error}"))
                return
            for told in done.result():
                self._notes.put(Note(worker, "told", told))
            self._notes.put(Note(worker, "ended"))

        future = self._given[worker] = self._executor.submit(_collect, self._task, work)
        future.add_done_callback(look)

    def hear(self) -> Note:
        """Wait for what comes next."""
        return self._notes.get()

    def close(self, *, is_interrupted: bool) -> None:
        """Give up what has not begun, and let go of the executor."""
        for future in self._given.values():
            future.cancel()  # not by `shutdown`: not every executor can
        self._executor.shutdown(wait=not is_interrupted)
        self._close()


def _begin(writer: Connection, parent_pid: int) -> None:
    """In a worker: end with the parent, leave Ctrl-C to it, and be interrupted by its SIGTERM."""
    watch_parent(parent_pid)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    _telling.append(writer)
    writer.send(("pid", os.getpid()))


def _interrupt(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once: what is closed now must not be cut off
    raise KeyboardInterrupt


def _work(task: Task, work: Any) -> None:
    writer = _telling[0]
    try:
        task(work, lambda told: writer.send(("told", told)))
    except Exception as exc:
        # The border to the parent process, which must hear of it to give the rest to another.
        writer.send(("died", f"{type(exc).__name__}: {exc}"))
    else:
        writer.send(("ended", None))


def _collect(task: Task, work: Any) -> list[Any]:
    told: list[Any] = []
    task(work, told.append)
    return told
