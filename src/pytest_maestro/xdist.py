"""The controller's and the workers' part when pytest-xdist spreads a session over processes."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_maestro.attachments import BLOCKED
from pytest_maestro.board import SERVICES, Board
from pytest_maestro.names import NATIVE_ADAPTER, Names

if TYPE_CHECKING:
    from maestro_fabric.compose import Prepared
    from maestro_fabric.engine import Job, Stage
    from maestro_fabric.plan import PlannedSuite
    from pytest_maestro.running import Bad, Running
    from pytest_maestro.scheduler import PlanScheduling
    from pytest_maestro.service_access import LocalServices

__all__ = ["BARRIER", "RUN_ID", "register_barrier", "register_xdist"]

RUN_ID = "maestro_run_id"
"""Where a worker's input holds the run's id."""

BARRIER = "maestro-barrier"
"""The name of the item that every worker has behind its collection, and the key that tells a worker to have it."""


class Controller:
    """What the controller adds: the run's id and the services for its workers, and what is run when, and where.

    Args:
        config: pytest's.
        prepared: The config, planned; ``None`` without one.
        run_id: The run that the workers are a part of.
        bad: Gives what has not passed so far, by suite.
        names: Gives identities.
        running: What starts the services; ``None`` without a config.
        store: The history, which knows how long tests usually take.
        is_scheduling: Whether our scheduler distributes, because there is a config and the user chose no other.
    """

    def __init__(
        self,
        config: pytest.Config,
        prepared: Prepared | None,
        run_id: str,
        bad: Callable[[], Bad],
        names: Names,
        running: Running | None,
        *,
        store: Path,
        is_scheduling: bool,
    ) -> None:
        self._store = store
        self._is_scheduling = is_scheduling
        self._config = config
        self._running = running
        self._prepared = prepared
        self._run_id = run_id
        self._bad = bad
        self._names = names
        self._scheduler: PlanScheduling | None = None
        self._board = Board(prepared.artifacts) if prepared is not None else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker the run's id."""
        node.workerinput[RUN_ID] = self._run_id
        node.workerinput[BARRIER] = self._is_scheduling

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """Start the services that the chosen tests need, before the first test is given out: one instance serves all workers.

        A failed one is told to the workers. All workers have the same tests, so the first that has collected speaks for all.
        """
        services = self._services()
        if services is None or self._board is None or self._board.has(SERVICES):
            return
        cases = [self._names.case(nodeid) for nodeid in ids]
        services.start(dict.fromkeys(name for case in cases if case.skip is None for name in case.services))
        self._board.write(SERVICES, services.as_note())

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Take away what was written for the workers."""
        if self._board is not None:
            self._board.clear()

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Our scheduler, for a config; ``--dist`` chooses another."""
        if not self._is_scheduling or self._prepared is None:
            return None
        from pytest_maestro.scheduler import PlanScheduling

        stages = [_stage(suite) for suite in self._prepared.plan.suites]
        self._scheduler = PlanScheduling(config, log, stages, self._jobs, self._reason, self._block, self._is_stopping)
        return self._scheduler

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A crash is judged only now: before, rerunfailures may have made a further attempt of it."""
        if self._scheduler is not None and str(report.when) == "???":
            self._scheduler.crash_reported(report.nodeid)

    def _services(self) -> LocalServices | None:
        return self._running.own_services if self._running is not None else None

    def _jobs(self, nodeids: Sequence[str]) -> list[Job]:
        """What the dispatcher must know of each test."""
        from maestro_fabric.aggregator.durations import usual_seconds
        from maestro_fabric.engine import Job

        usual = usual_seconds(self._store)
        jobs = []
        for nodeid in nodeids:
            suite = self._names.suite(nodeid)
            is_native = suite is None or suite.adapter == NATIVE_ADAPTER
            group = nodeid.partition("::")[0] if is_native else ""
            jobs.append(Job(suite.name if suite is not None else "", group, usual.get(self._names.case(nodeid).id)))
        return jobs

    def _reason(self, name: str) -> str:
        """Why a suite cannot run now that all it needs has ended."""
        from maestro_fabric.engine import needs_unmet

        suite = self._suite(name)
        return needs_unmet(suite, self._bad()) if suite is not None else ""

    def _suite(self, name: str) -> PlannedSuite | None:
        suites = self._prepared.plan.suites if self._prepared is not None else ()
        return next((suite for suite in suites if suite.name == name), None)

    def _block(self, nodeid: str, reason: str) -> None:
        """Report a case that no worker is given; one to be skipped stays that."""
        case = self._names.case(nodeid)
        location = case.location
        if case.skip is not None:
            reason = f"Skipped: {case.skip.reason}"
        file = nodeid.partition("::")[0]
        place = (location.file if location else file, location.line if location else 0, reason)
        where = (file, location.line - 1 if location else None, nodeid.partition("::")[2])
        report = pytest.TestReport(nodeid, where, {}, "skipped", place, "setup")
        if case.skip is None:
            setattr(report, BLOCKED, reason)
        hook = self._config.hook
        hook.pytest_runtest_logstart(nodeid=nodeid, location=where)
        hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=nodeid, location=where)

    def _is_stopping(self) -> bool:
        session = self._config.pluginmanager.getplugin("session")
        distributed = self._config.pluginmanager.getplugin("dsession")
        signs = (session, "shouldfail"), (session, "shouldstop"), (distributed, "shouldstop")
        return any(getattr(owner, sign, False) for owner, sign in signs)


class BarrierItem(pytest.Item):
    """A test that is none: a worker that gets it as its next one ends the one before, and is then idle."""

    def runtest(self) -> None:
        """Nothing."""


class Worker:
    """What a worker adds: the hidden item, after the ids were sent to the controller."""

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Append the barrier below the session, so that module fixtures are torn down before it."""
        yield
        session.items.append(BarrierItem.from_parent(session, name=BARRIER))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """The barrier is nobody's test."""
        return True if isinstance(item, BarrierItem) else None


def register_barrier(config: pytest.Config) -> None:
    """Register a worker's part of our scheduler, when the controller uses it."""
    if getattr(config, "workerinput", {}).get(BARRIER):
        config.pluginmanager.register(Worker(), "maestro-worker")


def register_xdist(
    config: pytest.Config,
    prepared: Prepared | None,
    run_id: str,
    bad: Callable[[], Bad],
    names: Names,
    running: Running | None,
    *,
    store: Path,
) -> None:
    """Register the controller's part; see `Controller`.

    Raises:
        UsageError: when the user chose a way of distributing and suites need others: only ours keeps their order.
    """
    chosen = _chosen_dist(config)
    if chosen and prepared is not None and any(suite.needs for suite in prepared.plan.suites):
        raise pytest.UsageError(
            f"{chosen} cannot run a suite only after those it needs (needs: in {prepared.loaded.path.name}): "
            "leave it out, -n alone keeps the order"
        )
    is_scheduling = prepared is not None and not chosen
    controller = Controller(config, prepared, run_id, bad, names, running, store=store, is_scheduling=is_scheduling)
    config.pluginmanager.register(controller, "maestro-xdist")


def _stage(suite: PlannedSuite) -> Stage:
    from maestro_fabric.engine import Stage

    if suite.adapter == NATIVE_ADAPTER:
        return Stage(suite.name, suite.needs)  # this very pytest runs them: nothing is started
    return Stage(suite.name, suite.needs, suite.config.stays_together, suite.adapter)


def _chosen_dist(config: pytest.Config) -> str:
    """The option by which somebody chose xdist's way of distributing; empty when ``-n`` alone did.

    The parsed value does not tell: ``-n`` makes it ``load``.
    """
    given = [*config.getini("addopts"), *shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *config.invocation_params.args]
    words = [str(word) for word in given]
    if any(word in ("-d", "--distload") for word in words):
        return "-d"
    if any(word == "--dist" or word.startswith("--dist=") for word in words):
        return f"--dist {config.getoption('dist')}"
    return ""
