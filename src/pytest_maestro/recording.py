"""The run in the process that records it: opens the history, hears of every test, and ends the run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from maestro_fabric.aggregator.writer import StoreWriter
from maestro_fabric.errors import StoreError
from maestro_fabric.events import Event, RunFinished, RunStarted
from maestro_fabric.model import RunInfo
from maestro_fabric.reports.closing import Closing
from maestro_fabric.run_ids import new_run_id
from maestro_fabric.system.clock import SystemClock
from maestro_fabric.system.facts import gather_facts
from pytest_maestro.attachments import BLOCKED, INNER, Attachments
from pytest_maestro.listening import listen
from pytest_maestro.mending import artifacts_beside
from pytest_maestro.names import Names
from pytest_maestro.options import Options
from pytest_maestro.paths import shown
from pytest_maestro.pushing import find_pusher
from pytest_maestro.recorder import Recorder
from pytest_maestro.terminal import register_terminal

if TYPE_CHECKING:
    from maestro_fabric.aggregator.push import Pusher
    from maestro_fabric.compose import Prepared
    from maestro_fabric.plugins import HookSink
    from maestro_fabric.quarantine import Quarantine
    from pytest_maestro.running import Bad, Running

__all__ = ["Recording", "register_recording"]


class Recording:
    """Begins and ends the run.

    Args:
        store: The history's file.
        run: The run's id and facts.
        prepared: The config; ``None`` without one.
        names: Gives identities.
        running: What runs the config's cases; ``None`` without one.
        attachments: What reports are completed with.
        quarantine: The failures that are known; ``None`` for none.

    Attributes:
        pusher: Sends the run to a team's database; ``None`` when the history is a file.
    """

    def __init__(
        self,
        store: Path,
        run: RunInfo,
        prepared: Prepared | None,
        names: Names,
        running: Running | None,
        attachments: Attachments,
        quarantine: Quarantine | None,
    ) -> None:
        self.store = store
        self.run = run
        self.warnings: list[str] = []
        self._prepared = prepared
        self._names = names
        self._running = running
        self._attachments = attachments
        self._quarantine = quarantine
        self.pusher: Pusher | None = None
        self._writer: StoreWriter | None = None
        self._hooks: HookSink | None = None
        self._emit: Callable[[Event], None] = _nowhere
        self._has_begun = False
        self._held: list[Event] = []
        self._give_back: Callable[[], None] = _nothing
        self.recorder: Recorder | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Open the history before the first worker starts. The run begins with its first case: one of nothing is not worth a row.

        Raises:
            UsageError: when it cannot be opened; the message says what to do.
        """
        try:
            self._writer = StoreWriter(self.store, clock=SystemClock(), is_ticking=False)  # the recorder has a thread
        except StoreError as exc:
            raise pytest.UsageError(str(exc)) from None
        self._emit = self._writer.receive
        if self._prepared is not None:
            self._hooks = self._prepared.plugins.event_sink()
            self._emit = _both(self._writer, self._hooks)
            self._give_back = self._prepared.take_folder()
        judge = self._quarantine.judge_event if self._quarantine else None
        self.recorder = Recorder(
            self._names, self._tell, self._writer, has_listeners=self._hooks is not None, begin=self._begin, judge=judge
        )
        if self._running is not None:
            self._running.join(self._tell, self.recorder.tally.bad)
            from pytest_maestro.breakers import BreakerNews

            session.config.pluginmanager.register(BreakerNews(self._tell, self.recorder.tally), "maestro-breakers")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Listen to the tests. Only now: until here, plugins may put a terminal reporter of their own in place of pytest's."""
        if self.recorder is not None:
            listen(session, self.recorder, self._attachments, is_configured=self._prepared is not None)
        return (yield)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected has a row of its own."""
        if report.failed and report.nodeid and self.recorder is not None:
            self.recorder.collection_failed(report)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """End the run; blocked cases make it fail."""
        if self._writer is None or self.recorder is None:
            return
        self.recorder.stop()
        if exitstatus == pytest.ExitCode.OK and self.recorder.tally.blocked:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        status = _status_of(int(session.exitstatus), has_enough=bool(session.shouldfail))
        if self._has_begun:
            self._emit(RunFinished(self.run.run_id, status, time.time()))
        self._close()
        if self.pusher is not None and self._has_begun:
            self.warnings += self.pusher.finish(self.run.run_id)
        if self._prepared is not None and self._has_begun and status != "interrupted":
            self._judge(session, self._prepared)
        if self._has_begun and status != "interrupted":
            self._keep_bodies(session.config)
        if self._quarantine and self._has_begun:
            self._tell_of_quarantine(self._quarantine)

    def _keep_bodies(self, config: pytest.Config) -> None:
        """Remember what some of the cases are made of, so that they are known again when they are renamed."""
        from maestro_fabric.aggregator.bodies import keep_bodies

        root = self._prepared.loaded.root if self._prepared is not None else config.rootpath
        keep_bodies(self.store, self.run.run_id, (root, config.rootpath, config.invocation_params.dir), now=time.time())

    def _tell_of_quarantine(self, quarantine: Quarantine) -> None:
        from maestro_fabric.compose.quarantining import quarantine_lines

        planned = [case.id for case in self._prepared.plan.cases] if self._prepared is not None else []
        self.warnings += quarantine_lines(quarantine, self.store, self.run.run_id, planned)

    def _judge(self, session: pytest.Session, prepared: Prepared) -> None:
        """Hold the run against the config's gates, now that it is in the history."""
        from maestro_fabric.compose.gating import broken_gates

        place = self.pusher.database if self.pusher is not None else self.store
        is_fatal = session.config.getoption("maestro_gate") == "fail"
        broken = broken_gates(prepared.loaded.config.gates, place, self.run.run_id, local=self.store, is_fatal=is_fatal)
        self.warnings += broken
        if broken and is_fatal and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_unconfigure(self) -> None:
        """Close the history also after a session that broke."""
        if self.pusher is not None:
            self.pusher.stop()
        self._close()

    def bad(self) -> Bad:
        """What has not passed so far, by suite."""
        return self.recorder.tally.bad if self.recorder is not None else {}

    def closing(self) -> Closing | None:
        """What the closing section tells; ``None`` when no run began."""
        if self.recorder is None:
            return None
        tally, store = self.recorder.tally, shown(self.store)
        own = (*(self._running.warnings if self._running is not None else ()), *self.warnings)
        warnings = tuple(dict.fromkeys((*own, *tally.warnings)))
        if self._prepared is None:
            return Closing(tally=tally, run_id=self.run.run_id if self._has_begun else "", store=store, warnings=warnings)
        return self._prepared.closing(tally, store=store, is_recorded=self._has_begun, shown=shown, warnings=warnings)

    def _begin(self) -> None:
        """Begin the run, once.

        Raises:
            UsageError: when the history does not take it.
        """
        if self._has_begun:
            return
        self._has_begun = True
        try:
            self._emit(RunStarted(self.run))
        except StoreError as exc:
            raise pytest.UsageError(str(exc)) from None
        if self.pusher is not None:
            self.pusher.start()
        for event in self._held:
            self._emit(event)
        self._held.clear()

    def _tell(self, event: Event) -> None:
        """Tell this, or keep it until the run begins: services start, and warnings come, before the first case."""
        if self._has_begun:
            self._emit(event)
        else:
            self._held.append(event)

    def _close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        if self._prepared is not None:
            self._prepared.forget_guards()
        self._give_back()
        self.warnings += self._writer.warnings
        if self._hooks is not None and self._prepared is not None:
            self.warnings += [*self._hooks.warnings, *self._prepared.plugins.warnings]
        self._writer = None


class Consequences:
    """What a blocked case means to pytest: shown apart, and run again by ``--lf``."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """The category of a blocked case, and of what is not the last word on a case inside a container."""
        if BLOCKED in report.__dict__:
            return "blocked", "B", ("BLOCKED", {"yellow": True})
        if report.__dict__.get(INNER) is False:
            return ("", "", ("", {})) if report.passed else ("rerun", "R", ("RERUN", {"yellow": True}))
        return None

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a blocked case among the last failed, from which its being skipped has just removed it."""
        if BLOCKED in report.__dict__:
            last_failed = getattr(self._config.pluginmanager.getplugin("lfplugin"), "lastfailed", None)
            if last_failed is not None:
                # Since 9.2 pytest keeps structured ids there, before it kept texts.
                last_failed[getattr(report, "id", report.nodeid)] = True


def register_recording(
    config: pytest.Config,
    options: Options,
    prepared: Prepared | None,
    names: Names,
    running: Running | None,
    attachments: Attachments,
    quarantine: Quarantine | None,
) -> None:
    """Register what records a session.

    Raises:
        UsageError: for ``--dist each``.
    """
    store = options.store or (prepared.store if prepared is not None else None)
    if store is None:
        return
    if config.getoption("dist", "no") == "each":
        raise pytest.UsageError(
            "--dist each runs every test once a worker, which a history cannot tell from attempts: leave it out, or the store"
        )
    run = prepared.run if prepared is not None else _plain_run(config.rootpath, store, quarantine)
    recording = Recording(store, run, prepared, names, running, attachments, quarantine)
    recording.pusher = find_pusher(options, prepared, store)
    manager = config.pluginmanager
    manager.register(recording, "maestro-recording")
    register_terminal(config, recording.closing, prepared, store)
    if prepared is not None:
        manager.register(Consequences(config), "maestro-consequences")
    # xdist registers its session after us.
    if config.getoption("dist", "no") != "no" and config.getoption("tx", None):
        from pytest_maestro.xdist import register_xdist

        register_xdist(config, prepared, run.run_id, recording.bad, names, running, store=store)


def _plain_run(rootdir: Path, store: Path, quarantine: Quarantine | None) -> RunInfo:
    size = quarantine.facts if quarantine else {}
    return RunInfo(
        run_id=new_run_id(),
        started_at=time.time(),
        orchestration_id=os.environ.get("MAESTRO_ORCHESTRATION_ID", ""),
        facts={**gather_facts(rootdir, os.environ), **size, "artifacts": str(artifacts_beside(store))},
    )


def _status_of(exitstatus: int, *, has_enough: bool) -> str:
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        return "passed"
    # xdist ends a run by --maxfail as if it was interrupted.
    return "failed" if exitstatus == pytest.ExitCode.TESTS_FAILED or has_enough else "interrupted"


def _both(writer: StoreWriter, hooks: HookSink) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        writer.receive(event)
        hooks.receive(event)

    return emit


def _nowhere(event: Event) -> None:
    """Before the run."""


def _nothing() -> None:
    """No folder was taken."""
