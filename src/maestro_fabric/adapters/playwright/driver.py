"""The one thread of this process that owns sync Playwright, so that an event loop in the main thread does not matter.

Whole cases are handed to it, since each hand-over costs more than a call. The caller's thread watches meanwhile: what
does not end in time is interrupted, then killed, then given up.
"""

from __future__ import annotations

import atexit
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from maestro_fabric.adapters.playwright.browsers import Browsers
from maestro_fabric.adapters.playwright.internals import accept_end_of_driver, close_context_soon, driver_pid, ignored_loss
from maestro_fabric.errors import PluginError, SessionLost
from maestro_fabric.ports import Processes, ProcessRef

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

__all__ = ["Driver", "Watch", "acquire_driver"]

Result = TypeVar("Result")

# How long an interrupted case may take to let go, then a killed browser to be noticed.
GRACE_S = 2.0
# Browsers outlive their suite for this long, for the next one to use.
LINGER_S = 3.0
_LOOK_S = 1.0


@dataclass(slots=True)
class Watch:
    """What the thread that watches a case knows of it; set by the thread that runs it.

    Attributes:
        stop_at: The moment on ``time.monotonic()`` at which the case is interrupted.
        context: What is closed then.
        interrupted: Whether it was.
    """

    stop_at: float = float("inf")
    context: BrowserContext | None = None
    interrupted: bool = False

    def interrupt(self) -> None:
        """Make the calls that wait in the case's pages raise."""
        self.interrupted = True
        if self.context is not None:
            close_context_soon(self.context, "interrupted: no time is left")


@dataclass(slots=True, eq=False)
class Driver:
    """The thread, Playwright's driver process, and the browsers."""

    processes: Processes
    users: int = 0
    _tasks: queue.SimpleQueue[tuple[Callable[[Browsers], Any], Future[Any]] | None] = field(default_factory=queue.SimpleQueue)
    _thread: threading.Thread | None = None
    _process: ProcessRef | None = None
    _seen_below: tuple[ProcessRef, ...] = ()
    is_over: bool = False

    def run(self, work: Callable[[Browsers], Result], watch: Watch) -> Result:
        """What the work gives, done in the driver's thread and watched from this one.

        Raises:
            SessionLost: when neither interrupting nor killing the browsers ended the work.
        """
        future: Future[Result] = Future()
        self._start()
        self._tasks.put((work, future))
        try:
            self._see_through(future, watch)
        except BaseException:
            # Ctrl-C in the thread that watches: the case must not go on behind its back.
            watch.interrupt()
            raise
        return future.result()

    def is_alive(self) -> bool:
        """Whether it can take work: neither ended nor given up, and its process not killed."""
        if not self.is_over and self._process is not None and not self.processes.is_running(self._process):
            self.is_over = True
            self._tasks.put(None)
        return not self.is_over

    def release(self) -> None:
        """One user less. Browsers and driver end a little after the last, unless another one comes."""
        with _LOCK:
            self.users -= 1
        self._tasks.put(None)

    def kill_browsers(self) -> None:
        """Kill every browser of this process; the driver goes on and starts new ones."""
        if self._process is not None:
            self.processes.kill(self.processes.below(self._process.pid))

    def end(self) -> None:
        """End browsers, driver and thread now; for the process's exit."""
        self.is_over = True
        self._tasks.put(None)
        if self._thread is not None:
            self._thread.join(GRACE_S)
            if self._thread.is_alive():
                self._kill_process()

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="maestro-playwright", daemon=True)
            self._thread.start()
            atexit.register(self.end)

    def _see_through(self, future: Future[Any], watch: Watch) -> None:
        while not _is_done(future, min(_LOOK_S, watch.stop_at - time.monotonic())):
            if time.monotonic() >= watch.stop_at:
                break
            self._kill_orphans()
        else:
            return
        watch.interrupt()
        if _is_done(future, GRACE_S):
            return
        self.kill_browsers()
        if _is_done(future, GRACE_S):
            return
        # Not the browser hangs but our thread, in a `call` step's function: nothing ends a thread.
        self.is_over = True
        self._kill_process()
        raise SessionLost("the browser's thread did not answer and was given up; a `call` step's function may hang")

    def _kill_orphans(self) -> None:
        """End the browsers whose start script was killed.

        Debian's browsers are started by a shell script that waits for them. Without it they run on, and Playwright neither
        hears of their end nor ends them.
        """
        if self._process is not None:
            below = tuple(self.processes.below(self._process.pid))
            # Each after its parent: a page's process that ended before its browser would read as a crash of the page.
            self.processes.kill(process for process in self._seen_below if process not in below and self.processes.is_running(process))
            self._seen_below = below

    def _kill_process(self) -> None:
        if self._process is not None:
            self.processes.kill([*self.processes.below(self._process.pid), self._process])

    def _serve(self) -> None:
        """The thread: start Playwright, do what comes, end when nobody uses it any more."""
        try:
            manager, playwright = _start_playwright()
        except Exception as exc:
            # The border of the thread: whatever it was, those who wait in other threads must hear of it.
            self._fail_all(exc)
            return
        pid = driver_pid(manager)
        self._process = self.processes.find(pid) if pid is not None else None
        accept_end_of_driver(manager)
        browsers = Browsers(playwright)
        try:
            while self._do_next(browsers):
                pass
        finally:
            atexit.unregister(self.end)
            browsers.close()
            _stop(playwright)

    def _do_next(self, browsers: Browsers) -> bool:
        try:
            task = self._tasks.get(timeout=LINGER_S if self.users == 0 else None)
        except queue.Empty:
            return not self._is_left()
        if task is None:
            return not self.is_over
        work, future = task
        try:
            future.set_result(work(browsers))
        except BaseException as exc:
            future.set_exception(exc)
        return not self.is_over

    def _is_left(self) -> bool:
        with _LOCK:
            self.is_over = self.is_over or self.users == 0
            return self.is_over

    def _fail_all(self, exc: Exception) -> None:
        self.is_over = True
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task[1].set_exception(exc)


def acquire_driver(processes: Processes) -> Driver:
    """This process's driver, started when it is first needed; give it back by `Driver.release`."""
    with _LOCK:
        if not _CURRENT or not _CURRENT[-1].is_alive():
            _CURRENT[:] = [Driver(processes)]
        _CURRENT[-1].users += 1
        return _CURRENT[-1]


def _is_done(future: Future[Any], timeout_s: float) -> bool:
    return bool(wait([future], timeout=max(0.0, timeout_s)).done)


def _start_playwright() -> tuple[Any, Any]:
    from playwright.sync_api import Error, sync_playwright

    manager = sync_playwright()
    try:
        return manager, manager.start()
    except Error as exc:
        raise PluginError(f"Playwright's driver did not start: {exc}; try `pip install --force-reinstall playwright`") from exc


def _stop(playwright: Any) -> None:
    # A driver process that was killed cannot be stopped any more.
    with ignored_loss():
        playwright.stop()


# State of the process and not of an object, because what it counts is: one browser serves all suites of a worker,
# whatever sessions and adapters they are run by.
_LOCK = threading.Lock()
_CURRENT: list[Driver] = []
